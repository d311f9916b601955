// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "infwidth/finite/network.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/training/data.hpp"
#include "infwidth/training/loss.hpp"

namespace infwidth {

/// The parameters of a network in one row: of each layer the weights, row after row, then the biases.
std::vector<double> parameters_of(const FiniteNetwork& network);
void put_parameters(FiniteNetwork& network, std::span<const double> parameters);

/// What a network of given parameters does on data.
///   loss       mean or sum over the points
///   right      how many points are classified as their labels say
struct LossValue {
  double loss = 0;
  std::size_t right = 0;
};

/// The loss of a network on data and its gradient in all parameters, by backpropagation; the function is f = readout / output_scale.
/// The bits are the same for any number of threads: rows are cut into blocks that do not depend on it, and added in one order.
///   Derivation D-084
class Backpropagation {
 public:
  /// `shape`: a network with a readout, whose layers, activations and residual connections are meant; its numbers are not looked at.
  ///   Errors   UsageError: no readout, a readout of another size than the loss wants, points of another dimension
  Backpropagation(const FiniteNetwork& shape, Loss loss, Reduction reduction, double output_scale, const TrainingData& data, int threads = 1);
  ~Backpropagation();
  Backpropagation(Backpropagation&&) noexcept;

  std::size_t size() const;
  std::size_t points() const;
  /// Over the points of `rows` (all of them: empty); `gradient` is written, of size(), or left out (null): then only the loss is computed. Where the loss is no finite number, the gradient
  /// is NaN.
  ///   Errors   NotReached: an activation that is no number at a preactivation; the end of the budget, which is looked at before each block of some hundred points (and Stopped)
  LossValue at(std::span<const double> parameters, double* gradient, std::span<const std::uint32_t> rows = {}, const Budget& budget = {});
  /// The same, each piece of the gradient handed over as soon as it is final: use(first, count, values), on any thread, each parameter once. Nothing is handed over where the loss is no
  /// finite number, or an error is thrown.
  LossValue at(std::span<const double> parameters, std::span<const std::uint32_t> rows, const std::function<void(std::size_t, std::size_t, const double*)>& use, const Budget& budget = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace infwidth
