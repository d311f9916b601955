// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "infwidth/finite/network.hpp"

namespace infwidth {

/// What is moved, and in what units: omega = (parameter) / (its scale), and f = readout / output_scale.
///   kind           standard: scales 1. ntk: the standard deviation the parameter was drawn with; parameters of deviation 0 stay
///   output_scale   gamma. 1 is the kernel regime of wide networks in the ntk parameterization, sqrt(width) there is the mean-field one (muP, for one hidden layer)
/// Learning rates are those of the function: gradient descent multiplies them by gamma^2, so that df/dt at the start does not depend on gamma, and Adam, whose steps do not know the size of a
/// gradient, by gamma.
struct TrainedParameters {
  Parameterization kind = Parameterization::standard;
  double output_scale = 1;
};

/// The scale of each parameter (in the order of `parameters_of`): 1, or the standard deviation that `architecture` gives it; 0: it does not move.
std::vector<double> parameter_scales(const FiniteNetwork& network, const Architecture& architecture, Parameterization kind);

enum class Method { gradient_descent, adam };

/// How the learning rate goes with the epoch, counted from 0, of `epochs`.
///   constant   the rate
///   step       times `factor` after every `every` epochs
///   cosine     rate (1 + cos(pi epoch / epochs)) / 2
/// In the first `warmup` epochs it grows linearly up to that.
struct Schedule {
  enum class Kind { constant, step, cosine } kind = Kind::constant;
  double factor = 0.1;
  std::uint64_t every = 1000, warmup = 0;

  double rate(double base, std::uint64_t epoch, std::uint64_t epochs) const;
};

/// One step: with g = dL/domega + weight_decay omega,
///   gradient descent   v = momentum v + g, omega -= rate v
///   adam               m = beta1 m + (1 - beta1) g, s = beta2 s + (1 - beta2) g^2, omega -= rate mhat / (sqrt(shat) + epsilon), mhat = m / (1 - beta1^t), shat = s / (1 - beta2^t)
/// as PyTorch's SGD and Adam.
struct Optimiser {
  Method method = Method::gradient_descent;
  double rate = 0.01, momentum = 0, weight_decay = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

}  // namespace infwidth
