// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "infwidth/finite/moments.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"

namespace infwidth {

/// How an ensemble is run.
///   draws       how many
///   threads     the same bits for any number
///   block       how many draws are made between two looks at the budget, and merged at once: a part of the result's last bits
///   keep        which entries of the vectors are kept, of every draw (for medians)
///   checkpoint  a file that what is known so far is written to, every ten seconds and at the end of an interrupted run; "" for none
///   resume      begin with what the checkpoint holds, if it is there
///   identity    what was asked, word by word: a checkpoint of another question is refused
struct EnsembleOptions {
  std::uint64_t draws = 0;
  int threads = 1;
  std::uint64_t block = 64;
  std::vector<std::size_t> keep = {};
  std::string checkpoint = {}, identity = {};
  bool resume = false;
  Budget budget = {};
  Progress* progress = nullptr;  // advances by draws
};

/// Fills `count` vectors, those of the draws first, first + 1, ..
using Draws = std::function<void(std::uint64_t first, std::uint64_t count, double* vectors)>;

struct EnsembleResult {
  Moments moments;
  std::vector<std::vector<double>> kept;  // of each entry of `keep`, one number a draw
  bool complete = false;                  // false: stopped, or late; what there is is of the first draws, all of them
};

/// Mean and covariance of vectors of `size` entries over draws 0, 1, .., computed in blocks that are merged in their order.
///   make_draws   called once a thread: what it returns belongs to that thread
/// The end of the budget ends the run, seen here or by a draw that throws: the result then holds the draws so far.
///   Errors       what the draws throw; UsageError: a checkpoint that is no such file, or of another question
EnsembleResult run_ensemble(std::size_t size, const std::function<Draws()>& make_draws, const EnsembleOptions& options);

}  // namespace infwidth
