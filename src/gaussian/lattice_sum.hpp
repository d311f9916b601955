// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <vector>

#include "infwidth/gaussian/pair_rule.hpp"
#include "strip_function.hpp"
#include "tails.hpp"

// Trapezoidal rules against normal densities: the choice and the error of one (D-037, 1), and the sum over two variables (D-037, 2).

namespace infwidth {

/// A function that decays: |f|, |f'| <= rest where at <= |x| <= to; beyond, E[f^2; |x| > to] and E[f'^2; |x| > to] <= tail_square.
struct DecayCut {
  double at = 0, to = 0;
  std::vector<Ball> rest, tail_square;
};

/// Where a function decays, its formula is a difference of large numbers: bits enough for bounds of what must be left, about e^log_goal.
inline long bits_beside_decay(const std::vector<double>& log_goal) {
  return bound_bits + static_cast<long>(std::max(0.0, -1.5 * *std::min_element(log_goal.begin(), log_goal.end()))) + 32;
}

/// A rule: its step, exact, and the strip |Im x| <= height = 2^(level/8) that bounds its error.
struct LatticeStep {
  double h = 0, height = 0;
  int level = 0;
};

/// The longest step, at most `cap`, that leaves e^-4 of the goal; log(M/goal) = needed(level) for the largest |f| = M on a strip. None if
/// no level has one.
template <class Needed>
std::optional<LatticeStep> longest_step(double deviation, int highest, double cap, Needed needed) {
  std::optional<LatticeStep> best;
  int shorter = 0;
  for (int level = highest; level > highest - 60 && shorter < 3; --level) {
    const std::optional<double> need = needed(level);
    if (!need) continue;
    const double y = StripFunction::height(level),
                 h = 2 * std::numbers::pi * y / (std::max(*need, 1.0) + 4 + y * y / (2 * deviation * deviation));
    if (!best || h > best->h) {
      best = LatticeStep{h, y, level};
      shorter = 0;
    } else {
      ++shorter;
    }
  }
  if (!best) return best;
  int exponent = 0;  // 16 significant bits, rounded down: the nodes are exact
  const double mantissa = std::frexp(std::min(best->h, cap), &exponent);
  best->h = std::ldexp(std::floor(mantissa * 65536), exponent - 16);
  return best;
}

/// By how much the rule may be off, with a density of `variance`.
struct LatticeError {
  Ball lines;  // times the largest |f| on the strip
  Ball sides;  // times the largest |f| e^(-x^2/2 variance) on its sides
};
LatticeError lattice_error(const LatticeStep& step, const Ball& variance);

/// Is a strip of that height, cut off at +-at, small enough at its corners for sides to weigh little beside the goals? A hint: f, that
/// decays on the line, may be large beside it. `others`: what multiplies f.
bool has_small_sides(const StripFunction& f, double at, double height, double deviation, const std::vector<Ball>& others,
                     const std::vector<double>& log_goal);

struct LatticeSum {
  std::vector<Ball> values;
  std::uint64_t evaluations = 0;
};

/// E[f(u) g(v)] and, with slopes, E[f'(u) g'(v)], each to about e^log_goal[k]. It takes the fewest nodes where q1 <= q2.
/// None if a bound is missing, or it takes more than 5 10^7 nodes.
///   folded   f(-u) g(-v) = f(u) g(v)
std::optional<LatticeSum> lattice_sum(const StripFunction& f, const StripFunction& g, const PairVariance<Ball>& pair,
                                      const std::vector<double>& log_goal, const std::optional<DecayCut>& cut_f,
                                      const std::optional<DecayCut>& cut_g, bool folded, const Budget& budget);

}  // namespace infwidth
