// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/geometry/metric.hpp"
#include "infwidth/network/architecture.hpp"

namespace infwidth {

/// Of each hidden layer, whether the preactivations of every random network are 0 at x: without biases at x = 0, and on through layers with phi(0) = 0.
std::vector<bool> certain_zeros(const Architecture& network, const InputPoint& x);

/// Are the features phi(h^L) of every random network 0 at x?
bool features_are_zero(const Architecture& network, const InputPoint& x);

/// Why no network of finite width has a metric at x, though infinite width may have one: a hidden layer's preactivations are certainly 0, and its phi has no derivative at 0.
/// "" where there is no such layer, or where the layers before it do not move with x.
///   Derivation D-065
std::string no_finite_metric(const Architecture& network, const InputPoint& x);

}  // namespace infwidth
