// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"
#include "infwidth/training/probe.hpp"
#include "infwidth/training/task.hpp"
#include "infwidth/training/trainer.hpp"
#include "infwidth/validation/symmetry_study.hpp"

namespace infwidth {

/// A training with looks at the geometry in between.
///   network, widths    what is drawn, network number `draw` of the seed in `training`
///   record             epochs at which the geometry is recorded, in increasing order; 0 is before the first step
///   probe, of          where, and what; none: losses alone are recorded
///   symmetry_points    at how many of the training points the symmetry-breaking index is taken; 0: not
///   checkpoint         a file that keeps the state, written every ten seconds and at the end of an interrupted run; "" for none
///   resume             go on from it, if it is there
///   identity           what was asked, word by word: a checkpoint of another question is refused
///   see                called after each epoch
struct HistoryOptions {
  Architecture network;
  std::vector<std::uint64_t> widths;
  TrainingOptions training;
  std::uint64_t draw = 0;
  std::vector<std::uint64_t> record;
  std::optional<Probe> probe;
  ProbeRequest of;
  int symmetry_points = 16;
  std::string checkpoint, identity;
  bool resume = false;
  Budget budget;
  Progress* progress = nullptr;  // advances by epochs
  std::function<void(std::uint64_t epoch, const EpochResult&)> see;
};

/// The network after `epoch` epochs.
///   result      loss and accuracy on all data
///   geometry    empty without a probe, or with the reason `no_geometry`
///   symmetry    none without being asked for, or with the reason `no_symmetry`
struct HistoryEntry {
  std::uint64_t epoch = 0;
  EpochResult result;
  std::vector<double> parameters;
  ProbeRecord geometry;
  std::optional<NetworkSymmetry> symmetry;
  std::string no_geometry, no_symmetry;
};

struct History {
  std::vector<HistoryEntry> entries;
  FiniteNetwork network;  // as it is at the end
  std::uint64_t epochs = 0;
  bool complete = false;  // false: stopped, or late; the last entry is then the network at that moment
};

/// Trains, and records. The end of the budget ends it: what is known then is looked at for `last_look` at most, and entries that this does not suffice for say so.
///   Errors   as Trainer and record; UsageError: a checkpoint that is none, or of another question. A loss that is no number ends the run: NotReached.
History train(const Task& task, const HistoryOptions& options);

/// The budget of what is done after the end of the budget.
inline constexpr std::chrono::duration<double> last_look{2};

/// Of each entry: its log-volume against the distance to the decision boundary of the last entry, and its change since the first.
///   layer    of those recorded, from 0; none: the last one
///   Errors   UsageError: no flat probe
std::vector<Magnification> magnification_history(const History& history, const Probe& probe, std::optional<std::size_t> layer = std::nullopt);

}  // namespace infwidth
