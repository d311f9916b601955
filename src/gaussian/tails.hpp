// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <climits>
#include <cmath>
#include <vector>

#include "infwidth/gaussian/chart.hpp"
#include "infwidth/gaussian/growth.hpp"
#include "infwidth/real/errors.hpp"

/// What the proven rules in one variable and in two share: magnitudes as logarithms, and the growth of a chart's functions.
namespace infwidth {

constexpr long bound_bits = 64;  // magnitudes on ellipses need no more

/// An upper bound of log2 of a magnitude, as a double that may be compared and added: -1e18 for 0, 1e18 for infinity.
inline double log2_of(const Ball& x) {
  const long e = log2_magnitude(x);
  return e == LONG_MIN ? -1e18 : e == LONG_MAX ? 1e18 : static_cast<double>(e);
}

/// 2^e as a ball that is at least that large.
inline Ball two_to(double e) { return e < -9e17 ? Ball(0) : power_of_two(static_cast<long>(std::ceil(e))); }

/// The growth of phi, phi' or f for |x| >= from on one side; `from` rises until bounds are found.
///   Errors   NotReached as `growth`
inline std::vector<Growth> growth_of(const Chart& chart, Tail side, double& from) {
  for (;; from *= 4) {
    try {
      std::vector<Growth> bounds;
      for (const Expression& f : chart.growth_formulas) bounds.push_back(growth(f, side, from));
      return bounds;
    } catch (const NotReached&) {
      if (from > 1e12) throw;
    }
  }
}

}  // namespace infwidth
