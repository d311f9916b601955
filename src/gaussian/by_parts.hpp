// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/gaussian/chart.hpp"

namespace infwidth {

/// Where a chart ends that has no end: |x| beyond which the tails are left out.
struct Cut {
  double low = 0, high = 0;
};

/// What integration by parts leaves at the ends of the charts, for E h and its first two derivatives in q, then E g (h = phi^2, g = phi'^2):
///     0,   sum s (h p' - h' p)/2,   sum s (h p''' - h' p'' + h'' p' - h''' p)/4,   s = 1 at right ends, -1 at left ones,
/// p the normal density of variance q. Ends that two charts share meet in one jump first. An end where an even function is folded, and the
/// charts of branch points, have none.
///   integrals   1 (h alone) or 2
///   Derivation D-027
std::vector<Ball> boundary_terms(const std::vector<Chart>& charts, const std::vector<Cut>& cuts, std::size_t integrals, const Ball& q);

}  // namespace infwidth
