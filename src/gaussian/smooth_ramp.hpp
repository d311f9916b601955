// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "infwidth/gaussian/pair_rule.hpp"
#include "lattice_sum.hpp"

// Activations that tend to straight lines at both ends: the lines, joined smoothly, and their closed duals (derivation D-038).

namespace infwidth {

/// L(x) = a + b x + (c + d x) erf(kappa x), with fractions as coefficients.
struct SmoothRamp {
  Rational a, b, c, d, kappa;

  Expression formula() const;
};

/// The ramp that a function with strip of half height `strip` seems to tend to at both ends; none if it does not tend to lines within |x| =
/// 2048: a guess, which bounds of f - L have to prove.
std::optional<SmoothRamp> find_ramp(const Expression& f, const Expression& slope, double strip);

/// Is |r| <= limits[0], |r'| <= limits[1] proven for all real x with 0 < from <= |x| <= to, r = f - L? `f`: a program with the outputs f,
/// f'.
bool is_below(const Program& f, const SmoothRamp& ramp, const std::vector<Ball>& limits, double from, double to);

/// E[L(u) L(v)], E[L'(u) L'(v)].
std::vector<Ball> ramp_dual(const SmoothRamp& ramp, const PairVariance<Ball>& pair);

/// E[r(v) L(u)] and E[r'(v) L'(u)], q2 being the variance of v, each to about e^log_goal[k]; r decays as `cut` says. None if a bound is
/// missing.
std::optional<LatticeSum> ramp_product(const SmoothRamp& ramp, const StripFunction& r, const DecayCut& cut, const PairVariance<Ball>& pair,
                                       const std::vector<double>& log_goal, const Budget& budget);

}  // namespace infwidth
