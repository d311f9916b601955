// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "infwidth/network/architecture.hpp"
#include "infwidth/real/rational.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"
#include "infwidth/validation/comparison.hpp"

namespace infwidth {

/// What is held against simulation. Curvature, and kernels of more than one hidden layer, have no theory at finite width.
struct StudyQuantities {
  bool metric = true, volume = true, log_volume = true, curvature = false, kernel = false, ntk = false;
};

/// How.
///   draws        networks drawn, of each width
///   extrapolate  draw networks of widths n, 2n and 4n: what has no theory at finite width is extrapolated to infinite width, with its error, and takes part in the verdict
///   alpha        the level of the verdict: how often a true theory is called false
///   inject       relative errors that are put into the theory to see them caught, by quantity: "metric" (as if chi of the last layer were off: the volume goes along, the
///                curvature goes the other way), "volume", "log-volume", "curvature", "kernel", "ntk"
struct StudyOptions {
  StudyQuantities of = {};
  std::uint64_t draws = 1000, seed = 1;
  bool extrapolate = false;
  double alpha = 1e-3;
  std::map<std::string, double> inject = {};
  int threads = 1;
  std::string checkpoint = {}, identity = {};
  bool resume = false;
  Budget budget = {};
  Progress* progress = nullptr;
};

/// One quantity: what theory says and what the networks say.
///   theory      at these widths where there is a theory for them, else the limit of infinite width
///   standing    "exact", "leading 1/n", "limit"
///   mean        over the draws; or, where `note` says so, freed of the next order of 1/n, or extrapolated
///   z           (mean - theory) / standard error; none where the theory says nothing at this width
///   in_verdict  whether the row takes part
struct StudyRow {
  std::string quantity;
  double theory = 0, limit = 0;
  std::string standing;
  double mean = 0, standard_error = 0;
  std::optional<double> z;
  std::uint64_t draws = 0;
  std::string note;
  bool in_verdict = false;
};

/// What came out.
///   omnibus    the test of all rows of the verdict together
///   power      the probability that the injected errors are caught; none without any
///   complete   false: stopped before the last draw
struct StudyResult {
  std::vector<StudyRow> rows;
  Omnibus test;
  std::optional<double> power;
  double alpha = 0;
  std::uint64_t draws = 0;
  bool complete = false;

  bool agrees() const { return test.p_value >= alpha; }
};

/// How many draws `validate` will make, for a progress bar.
std::uint64_t study_draws(const StudyOptions& options);

/// Holds the theory of random networks of given widths against networks drawn.
///   points   rows of exact coordinates, all of one dimension
///   Errors   UsageError: no points, nothing asked for, fewer than 20 draws, alpha outside (0, 1), metric or curvature in more than `most_entries` dimensions; NoSuchQuantity
///            where theory has no metric; NotReached
///   Derivation D-071
StudyResult validate(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points, const StudyOptions& options);

}  // namespace infwidth
