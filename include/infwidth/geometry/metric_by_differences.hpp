// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <vector>

#include "infwidth/real/ball.hpp"

namespace infwidth {

/// Any kernel k(x, y).
using PointKernel = std::function<Ball(const std::vector<Rational>& x, const std::vector<Rational>& y)>;

/// The metric from its definition, g_ij = d^2 k / dx_i dy_j at y = x, by differences of step h and h/2, extrapolated: the route that needs nothing but the kernel.
///   Accuracy   g + O(h^4), not proven; the kernel must be known to h^6 of itself or better
///   Returns    d x d, row after row
std::vector<Ball> metric_by_differences(const PointKernel& kernel, const std::vector<Rational>& x, const Rational& h);

}  // namespace infwidth
