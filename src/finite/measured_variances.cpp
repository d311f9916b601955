// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/measured_variances.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/exact_rational.hpp"

namespace infwidth {

namespace {

double mean_square(const std::vector<double>& x) {
  double largest = 0;
  for (const double v : x) largest = std::max(largest, std::abs(v));
  if (largest == 0) return 0;
  double sum = 0;
  for (const double v : x) sum += (v / largest) * (v / largest);  // no square overflows
  return sum / static_cast<double>(x.size()) * largest * largest;
}

}  // namespace

Architecture measured_architecture(const FiniteNetwork& network) {
  std::vector<Rational> weights, biases;
  for (const DenseLayer& layer : network.layers) {
    const double fan_in = weights.empty() ? 1 : static_cast<double>(layer.inputs);
    for (const auto& [variance, into] : {std::pair{fan_in * mean_square(layer.weights), &weights}, std::pair{mean_square(layer.biases), &biases}}) {
      if (!std::isfinite(variance)) throw NoSuchQuantity("the mean square of the numbers of layer " + std::to_string(biases.size() + 1) + " is beyond double precision; scale the network down");
      into->push_back(exact_rational(variance));
    }
  }
  if (!network.has_readout()) {
    weights.emplace_back(1);
    biases.emplace_back(0);
  }
  if (weights[0] == 0) throw NoSuchQuantity("the squares of the first layer's weights are all 0 in double precision: no random network is like it");
  return make_architecture(static_cast<int>(network.depth()), network.activations, weights, biases);
}

}  // namespace infwidth
