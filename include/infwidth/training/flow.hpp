// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "infwidth/run/budget.hpp"
#include "infwidth/training/gradient.hpp"
#include "infwidth/training/optimiser.hpp"

namespace infwidth {

/// Gradient flow: of each parameter dW/dt = -mobility dL/dW, by Dormand and Prince's method of order 5 with steps of its own choice (Boost.odeint).
class GradientFlow {
 public:
  /// Mobilities are the squares of the scales of `parameters`, times gamma^2: in the ntk parameterization with gamma = 1 and the sum over the points, the flow whose limit of infinite width
  /// `infwidth predict --of ntk --time t` gives.
  ///   tolerance   of the error of a step, relative to each parameter and absolute
  GradientFlow(const FiniteNetwork& shape, const Architecture& architecture, const TrainingData& data, Loss loss, Reduction reduction, const TrainedParameters& parameters,
               double tolerance = 1e-9);

  /// Follows the flow from `start`; see(k, parameters) at times[k], in increasing order.
  ///   Errors   UsageError: a negative or decreasing time; NotReached: the step has shrunk to nothing; Stopped
  void follow(std::vector<double> start, std::span<const double> times, const std::function<void(std::size_t, const std::vector<double>&)>& see, const Budget& budget = {});

 private:
  Backpropagation gradient_;
  std::vector<double> mobility_;
  double tolerance_;
};

}  // namespace infwidth
