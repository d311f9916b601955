// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/optimiser.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "infwidth/real/functions.hpp"

namespace infwidth {

std::vector<double> parameter_scales(const FiniteNetwork& network, const Architecture& architecture, Parameterization kind) {
  std::vector<double> scales;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const DenseLayer& layer = network.layers[l];
    double weight = 1, bias = 1;
    if (kind == Parameterization::ntk) {
      const bool divided = l > 0 || architecture.input_scaling == InputScaling::fan_in;
      weight = std::sqrt(constant<double>(architecture.sigma_w2[l]) / (divided ? static_cast<double>(layer.inputs) : 1));
      bias = std::sqrt(constant<double>(architecture.sigma_b2[l]));
    }
    scales.insert(scales.end(), layer.weights.size(), weight);
    scales.insert(scales.end(), layer.biases.size(), bias);
  }
  return scales;
}

double Schedule::rate(double base, std::uint64_t epoch, std::uint64_t epochs) const {
  double rate = base;
  if (kind == Kind::step) rate *= std::pow(factor, static_cast<double>(epoch / std::max<std::uint64_t>(every, 1)));
  if (kind == Kind::cosine && epochs > 0) rate *= (1 + std::cos(std::numbers::pi * static_cast<double>(epoch) / static_cast<double>(epochs))) / 2;
  if (epoch < warmup) rate *= static_cast<double>(epoch + 1) / static_cast<double>(warmup);
  return rate;
}

}  // namespace infwidth
