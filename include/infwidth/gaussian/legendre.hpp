// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "infwidth/real/ball.hpp"

namespace infwidth {

/// The Gauss-Legendre rule of n points on [-1, 1], n even: the positive nodes with their weights (the rule is symmetric).
struct LegendreRule {
  std::vector<Ball> nodes, weights;  // n/2 each, nodes decreasing
};

/// The rule at `bits` of precision or more. Computed once for each n and precision and kept; safe from any thread.
std::shared_ptr<const LegendreRule> legendre_rule(int n, long bits);

/// The ladder of even n that rules are taken from: the least one >= n.
int legendre_size(int n);

}  // namespace infwidth
