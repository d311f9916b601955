// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <utility>
#include <vector>

#include "chart_integrands.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// A rough log2 E|g| of each output, and the bits that the formulas lose where they cancel.
struct SampledScales {
  std::vector<double> log2;
  long cancelling;
};

/// By the trapezoidal rule on a few hundred points of each chart between the ends of its range, which crowd at 0 and at the ends and close in on the largest
/// value of each integrand. Rough, but in balls, whose radii say whether a formula cancels too much for the precision, which is then raised from 40 +
/// `cancelling` bits. An output that is 0 by cancellation alone has what the first precision leaves of it.
///   q   exact
SampledScales sampled_scales(const std::vector<Chart>& charts, const std::vector<std::pair<double, double>>& ranges, ChartIntegrands::Of of, std::size_t functions, const Ball& q,
                             long cancelling, const Budget& budget);

}  // namespace infwidth
