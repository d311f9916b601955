// SPDX-License-Identifier: GPL-3.0-or-later
#include "seen_spread.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

namespace infwidth {

namespace {

// skewness^2 / draws, where a test at level 1e-3 raises twice the alarms (D-070).
constexpr double longest_tail = 0.01;

}  // namespace

std::string unseen_spread(const DrawnSpread& s) {
  const double draws = static_cast<double>(s.draws);
  if (!std::isfinite(s.variance) || (s.known && !std::isfinite(*s.known))) return "the spread of the draws is beyond double precision";
  if (s.variance == 0) return fmt::format("the {} draws do not differ: their spread is not seen", s.draws);
  if (!std::isfinite(s.skewness)) return "the third moment of the draws, which tells a long tail, is beyond double precision";
  if (!(s.skewness * s.skewness <= longest_tail * draws)) return fmt::format("a long tail (skewness {:.2g}) that {} draws do not see; more draws do", s.skewness, s.draws);
  // Of normal draws the variance is known to sqrt(2 / draws): far below what theory has, a tail is missing.
  const double allowed = 1 - std::max(0.5, 5 * std::sqrt(2 / draws));
  if (s.known && s.variance < allowed * *s.known) return fmt::format("the {} draws show {:.2g} of the variance that theory has: a tail they do not see; more draws do", s.draws, s.variance / *s.known);
  return "";
}

}  // namespace infwidth
