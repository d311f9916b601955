// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "infwidth/finite/network.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/training/data.hpp"
#include "infwidth/training/gradient.hpp"
#include "infwidth/training/loss.hpp"
#include "infwidth/training/optimiser.hpp"

namespace infwidth {

/// How a network is trained.
///   epochs   of all, which the cosine schedule needs
///   batch    points a step, 0: all of them. Which ones is decided by seed and epoch: a fresh permutation, cut into batches; the last one may be smaller
struct TrainingOptions {
  Loss loss = Loss::cross_entropy;
  Reduction reduction = Reduction::mean;
  TrainedParameters parameters = {};
  Optimiser optimiser = {};
  Schedule schedule = {};
  std::uint64_t epochs = 1000, batch = 0, seed = 1;
  int threads = 1;
};

/// What an epoch saw: the loss and the share of points classified right, each batch before its step.
struct EpochResult {
  double loss = 0, accuracy = 0;
};

/// A network that learns. The same bits for any number of threads, and after `load` of what `save` wrote.
class Trainer {
 public:
  /// `network`: drawn from `architecture`, with a readout of as many outputs as the loss wants.
  ///   Errors   UsageError: what Backpropagation refuses; an activation that jumps or is constant (its slope is no guide); a learning rate that is not positive, decay below 0, momentum
  ///            or betas outside [0, 1)
  Trainer(FiniteNetwork network, const Architecture& architecture, const TrainingData& data, const TrainingOptions& options);
  ~Trainer();
  Trainer(Trainer&&) noexcept;

  /// One pass through the data.
  ///   Errors   NotReached: the loss is no number any more, with step, learning rate and advice. The network is that before the step then.
  ///            NotReached, Stopped: the end of the budget. All is then as it was before the epoch.
  EpochResult epoch(const Budget& budget = {});
  std::uint64_t epochs_done() const;
  std::uint64_t steps_done() const;
  /// Loss and accuracy of the network as it is, on all data.
  EpochResult evaluate(const Budget& budget = {});
  /// As it is now.
  const FiniteNetwork& network();
  double output_scale() const;

  /// The whole state as bytes.
  ///   identity   what was asked, word by word: a state of another question is refused
  ///   Errors     UsageError naming `name`: no such state, a damaged one, of another question
  std::string state(const std::string& identity) const;
  void restore(const std::string& bytes, const std::string& identity, const std::string& name);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace infwidth
