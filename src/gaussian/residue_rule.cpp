// SPDX-License-Identifier: GPL-3.0-or-later
#include "residue_rule.hpp"

#include <cmath>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

ResidueRule choose_residue_rule(double q, long goal_bits, Decay decay) {
  ResidueRule rule;
  rule.q = q;
  rule.decay = decay;
  goal_bits = std::max(goal_bits, 32L);                            // so that Z >= 4 in the bound of the tail
  rule.goal = static_cast<double>(goal_bits) * std::log(2.0) + 3;  // e^3 covers the constants of the bound
  const double widest = std::sqrt(2 * rule.goal * q);               // the Gaussian alone stops there, on both axes
  const double rate = decay == Decay::gaussian_and_sech4 ? 4 : 0;   // w^2/2q + rate w = goal
  const double reach = q * (std::sqrt(rate * rate + 2 * rule.goal / q) - rate);
  const auto step_for = [&](double Y) { return 2 * pi_double * Y / (rule.goal + Y * Y / (2 * q)); };
  // Below pi/2 no pole needs to be passed; else the cheapest number of pole lines, a pole costing about 3 nodes.
  rule.pole_lines = 0;
  if (widest >= pi_double / 2) {
    const auto cost = [&](double m) { return reach / step_for(m * pi_double) + 3 * m; };
    double best = 1;
    const double most = std::max(1.0, std::ceil(widest / pi_double));
    for (double m = 1; m <= most; m = std::ceil(m * 1.05 + 0.1)) {
      if (cost(m) < cost(best)) best = m;
    }
    rule.pole_lines = static_cast<long>(best);
  }
  const double quarter = std::min(widest, pi_double / 4);
  const double Y = rule.pole_lines == 0 ? quarter : static_cast<double>(rule.pole_lines) * pi_double;
  // A step of 16 significant bits, rounded down: h is exact and its products are short.
  int exponent = 0;
  const double mantissa = std::frexp(step_for(Y), &exponent);
  rule.step = std::ldexp(std::floor(mantissa * 65536), exponent - 16);
  rule.h = Ball(rule.step);
  const double nodes = std::ceil(reach / rule.step);
  if (!(nodes < 1e9)) throw NotReached("tanh expectation: the variance " + short_text(q) + " asks for more than 1e9 nodes");
  rule.nodes = static_cast<long>(nodes);
  // The recurrences multiply a relative error by at most nodes^2.
  rule.precision = goal_bits + static_cast<long>(2 * std::log2(static_cast<double>(rule.nodes) + 2)) + 12;
  const Precision p(rule.precision);
  rule.Y = rule.pole_lines == 0 ? Ball(quarter) : Ball::pi() * Ball(rule.pole_lines);
  return rule;
}

namespace {

/// |integral f(x + iY) dx| for the two integrands and k = 0, 1, 2, without the Gaussian's e^(Y^2/2q): moments of xi^2 + Y^2/q, xi normal.
struct LineBounds {
  std::array<Ball, 3> square, slope_square;
};
LineBounds bounds_on_line(TanhIntegrand integrand, const ResidueRule& rule, const Ball& q) {
  const Ball eta = rule.Y * rule.Y / q;
  const std::array<Ball, 4> m = {Ball(1), eta + Ball(1), eta * eta + Ball(2) * eta + Ball(3),
                                 eta * eta * eta + Ball(3) * eta * eta + Ball(9) * eta + Ball(15)};
  // |He_0|, |He_2|, |He_4| <= 1, |z|^2 + 1, |z|^4 + 6|z|^2 + 3
  const auto weighted = [&](std::size_t shift) {
    const std::size_t s = shift;
    std::array<Ball, 3> r = {m[s], m[s + 1] + m[s], Ball(0)};
    if (s + 2 < m.size()) r[2] = m[s + 2] + Ball(6) * m[s + 1] + Ball(3) * m[s];
    return r;
  };
  LineBounds bounds;
  const std::array<Ball, 3> flat = weighted(0), quadratic = weighted(1);
  // On Im w = m pi, |t| <= 1 and |1 - t^2| <= 1; on Im w <= pi/4, |t| <= 1 and |1 - t^2| <= 2.
  const Ball slope(rule.pole_lines == 0 ? 2 : 1);
  for (std::size_t k = 0; k < 3; ++k) {
    if (integrand == TanhIntegrand::tanh) {
      bounds.square[k] = flat[k];
      bounds.slope_square[k] = slope * slope * flat[k];
    } else {
      bounds.square[k] = q * quadratic[k];                                             // |w^2 t^2| <= |w|^2
      bounds.slope_square[k] = Ball(2) * (flat[k] + slope * slope * q * quadratic[k]);  // |u|^2 <= 2 (1 + slope^2 |w|^2)
    }
  }
  return bounds;
}

/// The nodes left out, 2 h sum_(j > N) |f(jh)|: at most twice the integral from Z = N h / sqrt q, since the bound of f decreases there.
Ball tail_bound(TanhIntegrand integrand, const ResidueRule& rule, const Ball& q) {
  const Ball z2 = Ball(rule.nodes * rule.nodes) * rule.h * rule.h / q;
  if (certainly_positive(z2 - Ball(16)) != Truth::yes) {  // q is a ball too wide for these nodes: more precision narrows it
    Ball unbounded;
    arb_pos_inf(unbounded.get());
    return unbounded;
  }
  // For z >= Z >= 4: |He_2k| <= z^4, g <= 1 for tanh and g <= 2 (1 + q z^2) <= 2 (1 + q) z^2 for silu;
  // integral_Z z^m e^(-z^2/2) <= 2 Z^(m-1) e^(-Z^2/2) for m <= 6; and 2 * 2 / sqrt(2 pi) < 2.
  const Ball growth = integrand == TanhIntegrand::tanh ? Ball(1) : Ball(2) * (Ball(1) + q) * z2;
  return Ball(2) * growth * z2 * z2 * exp(-z2 / Ball(2));
}

/// The same for g = sech^4 <= 16 e^-4w alone, without weights: the terms fall by e^-(4 + W/q) h and more from W = N h on.
Ball sech4_tail_bound(const ResidueRule& rule, const Ball& q) {
  const Ball W = Ball(rule.nodes) * rule.h;
  return Ball(32) * (rule.h + Ball(1) / Ball(4)) * exp(-(Ball(4) * W) - W * W / (Ball(2) * q)) / sqrt(Ball(2) * Ball::pi() * q);
}

Ball line_damping(const ResidueRule& rule, const Ball& q) {
  return Ball(2) * exp(rule.Y * rule.Y / (q * Ball(2))) / (exp(Ball(2) * Ball::pi() * rule.Y / rule.h) - Ball(1));
}

}  // namespace

ResidueBounds residue_bounds(TanhIntegrand integrand, const ResidueRule& rule, const Ball& q) {
  const Precision low(bound_bits);
  const Ball damping = line_damping(rule, q), tail = tail_bound(integrand, rule, q);
  const LineBounds line = bounds_on_line(integrand, rule, q);
  ResidueBounds bounds;
  for (std::size_t k = 0; k < 3; ++k) {
    bounds.square[k] = damping * line.square[k] + tail;
    bounds.slope_square[k] = damping * line.slope_square[k] + tail;
  }
  return bounds;
}

Ball sech4_bound(const ResidueRule& rule, const Ball& q) {
  const Precision low(bound_bits);
  const Ball on_line(rule.pole_lines == 0 ? 4 : 1);  // see bounds_on_line
  return line_damping(rule, q) * on_line + sech4_tail_bound(rule, q);
}

}  // namespace infwidth
