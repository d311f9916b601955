// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/certain_zero.hpp"

#include <algorithm>

#include "infwidth/activation/slope.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

/// Are phi(0) and phi'(0) seen to be 0?
bool value_is_zero(const Activation& phi) {
  try {
    return value_and_slope(phi, 0).value.is_zero();
  } catch (const NotReached&) {
    return false;
  }
}
bool slope_is_zero(const Activation& phi) {
  try {
    return value_and_slope(phi, 0).slope.is_zero();
  } catch (const NotReached&) {
    return false;
  }
}

}  // namespace

std::vector<bool> certain_zeros(const Architecture& network, const InputPoint& x) {
  std::vector<bool> zero(network.activations.size(), false);
  for (std::size_t l = 0; l < zero.size(); ++l) {
    if (network.sigma_b2[l] != 0) break;
    const bool of_input = l == 0 && x.norm2 == 0;
    const bool of_features = l > 0 && value_is_zero(network.activations[l - 1]);
    if (network.sigma_w2[l] != 0 && !of_input && !of_features) break;
    zero[l] = true;
  }
  return zero;
}

bool features_are_zero(const Architecture& network, const InputPoint& x) { return certain_zeros(network, x).back() && value_is_zero(network.activations.back()); }

std::string no_finite_metric(const Architecture& network, const InputPoint& x) {
  const std::vector<bool> zero = certain_zeros(network, x);
  for (std::size_t l = 0; l < zero.size() && zero[l]; ++l) {
    if (network.sigma_w2[l] == 0 && (l == 0 || !network.residual)) return "";  // nothing comes through
    const Activation& phi = network.activations[l];
    const std::vector<Rational> without = points_without_slope(phi);
    if (std::find(without.begin(), without.end(), Rational(0)) != without.end()) {
      return "hidden layer " + std::to_string(l + 1) + " (" + phi.name() + "): without biases all preactivations are exactly 0 at this point, where phi has no derivative: no network of finite width has a "
             "metric there, and that of infinite width is only a limit; move the point, or give biases";
    }
    if (!network.residual && slope_is_zero(phi)) return "";
  }
  return "";
}

}  // namespace infwidth
