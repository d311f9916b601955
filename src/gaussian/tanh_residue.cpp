// SPDX-License-Identifier: GPL-3.0-or-later
//
// D-021. For f even and meromorphic, with poles in the upper half plane at i y_k only, and a line Im w = Y that meets none:
//   integral f = h sum_j f(j h) + 4 pi sum_(y_k < Y) Res_e F(y_k + e) + R,   F(y) = f(i y) / (e^(2 pi y / h) - 1),
//   |R| <= 2 / (e^(2 pi Y / h) - 1) * integral |f(x + i Y)| dx.
// Here f = g(w) He_2k(w/sqrt q) e^(-w^2/2q) / sqrt(2 pi q), and the poles of g are those of tanh, y_k = (k + 1/2) pi.
// The nodes need no exp: e^(-2jh) and e^(-(jh)^2/2q) are geometric recurrences.
#include "infwidth/gaussian/tanh_residue.hpp"

#include <algorithm>
#include <cmath>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/jet.hpp"

namespace infwidth {

namespace {

/// One arb_t for the hot loop, cleared at the end of its scope.
struct Register {
  arb_t x;
  Register() { arb_init(x); }
  ~Register() { arb_clear(x); }
  Register(const Register&) = delete;
  Register& operator=(const Register&) = delete;
  operator arb_ptr() { return x; }  // NOLINT(google-explicit-constructor)
};

struct Rule {
  long precision;   // working bits
  double goal;      // natural logarithm of 1/tolerance
  Ball h;           // exact step
  long pole_lines;  // Y = pole_lines * pi, or a quarter of pi if 0
  Ball Y;
  long nodes;       // j = 0 .. nodes
};

constexpr double pi_double = 3.14159265358979323846;

/// Step, contour and number of nodes for a tolerance of 2^-goal_bits at the variance q (its midpoint; the bound is formed from the ball).
Rule choose_rule(double q, long goal_bits) {
  Rule rule;
  const double s = std::sqrt(q);
  goal_bits = std::max(goal_bits, 32L);                            // so that Z >= 4 in the bound of the tail
  rule.goal = static_cast<double>(goal_bits) * std::log(2.0) + 3;  // e^3 covers the constants of the bound
  const double reach = std::sqrt(2 * rule.goal);                   // nodes stop at |w| = reach sqrt(q)
  const auto step_for = [&](double Y) { return 2 * pi_double * Y / (rule.goal + Y * Y / (2 * q)); };
  // The Gaussian alone allows Y up to s sqrt(2 goal); below pi/2 no pole needs to be passed.
  const double widest = s * reach;
  if (widest < pi_double / 2) {
    rule.pole_lines = 0;
  } else {
    // A node costs 1, a pole about 16: the cheapest number of pole lines.
    const auto cost = [&](double m) { return reach * s / step_for(m * pi_double) + 16 * m; };
    double best = 1;
    const double most = std::max(1.0, std::ceil(widest / pi_double));
    for (double m = 1; m <= most; m = std::ceil(m * 1.05 + 0.1)) {
      if (cost(m) < cost(best)) best = m;
    }
    rule.pole_lines = static_cast<long>(best);
  }
  const double Y = rule.pole_lines == 0 ? std::min(widest, pi_double / 4) : static_cast<double>(rule.pole_lines) * pi_double;
  const double h = step_for(Y);
  // A step of 16 significant bits, rounded down: h is exact and its products are short.
  int exponent = 0;
  const double mantissa = std::frexp(h, &exponent);
  rule.h = Ball(static_cast<long>(std::floor(mantissa * 65536))) * power_of_two(exponent - 16);
  const double nodes = std::ceil(reach * s / (h * 0.9999));
  if (!(nodes < 1e9)) throw NotReached("tanh expectation: the variance " + std::to_string(q) + " asks for more than 1e9 nodes");
  rule.nodes = static_cast<long>(nodes);
  const double guard = 2 * std::log2(static_cast<double>(rule.nodes) + 2) + 12;
  rule.precision = goal_bits + static_cast<long>(guard);
  {
    const Precision p(rule.precision);
    // pi is not exact: a line a little below m pi meets no pole either, but the bounds |t| <= 1 hold on m pi itself, where the ball for Y encloses it.
    rule.Y = rule.pole_lines == 0 ? Ball(std::min(widest, pi_double / 4)) : Ball::pi() * Ball(rule.pole_lines);
  }
  return rule;
}

/// The sums over the nodes: sum_j' g(jh) e^(-(jh)^2/2q) j^(2k), the term j = 0 halved (the sum over all j is twice this).
/// For `silu`, j counts in w = j h: the factors w^2 are put in as h^2 j^2.
struct NodeSums {
  std::array<Ball, 3> square, slope_square;
};

template <TanhIntegrand integrand, int moments, bool with_square>
NodeSums sum_nodes(const Rule& rule, const Ball& q, const Budget& budget) {
  const long p = rule.precision;
  NodeSums sums;
  Register E, E1, weight, ratio, ratio_step, inverse, a, t_square, term, jh, t, u;
  const Ball two_h = rule.h * Ball(2);
  const Ball E1_ball = exp(-two_h);
  const Ball decay = exp(-(rule.h * rule.h) / (q * Ball(2)));
  arb_set(E1, E1_ball.get());
  arb_one(E);
  arb_one(weight);
  arb_set(ratio, decay.get());
  arb_mul(ratio_step, ratio, ratio, p);
  for (long j = 0; j <= rule.nodes; ++j) {
    if ((j & 255) == 255) budget.check();
    if (j > 0) {
      arb_mul(E, E, E1, p);
      arb_mul(weight, weight, ratio, p);
      arb_mul(ratio, ratio, ratio_step, p);
    }
    arb_add_ui(inverse, E, 1, p);
    arb_inv(inverse, inverse, p);
    arb_mul(a, inverse, inverse, p);
    arb_mul(a, a, E, p);
    arb_mul_2exp_si(a, a, 2);  // sech^2 = 4 E / (1 + E)^2
    const auto add_moments = [&](std::array<Ball, 3>& into) {
      if (j == 0) arb_mul_2exp_si(term, term, -1);
      arb_add(into[0].get(), into[0].get(), term, p);
      if constexpr (moments > 1) {
        const ulong j_square = static_cast<ulong>(j) * static_cast<ulong>(j);
        for (std::size_t k = 1; k < moments; ++k) {
          arb_mul_ui(term, term, j_square, p);
          arb_add(into[k].get(), into[k].get(), term, p);
        }
      }
    };
    if constexpr (with_square || integrand == TanhIntegrand::silu) arb_sub_ui(t_square, a, 1, p);  // minus t^2
    if constexpr (with_square) {
      arb_mul(term, t_square, weight, p);
      arb_neg(term, term);
      if constexpr (integrand == TanhIntegrand::silu) arb_mul_ui(term, term, static_cast<ulong>(j) * static_cast<ulong>(j), p);
      add_moments(sums.square);
    }
    if constexpr (integrand == TanhIntegrand::tanh) {
      arb_mul(term, a, a, p);
    } else {
      arb_sub_ui(t, E, 1, p);
      arb_neg(t, t);
      arb_mul(t, t, inverse, p);
      arb_mul_ui(jh, rule.h.get(), static_cast<ulong>(j), p);
      arb_mul(u, jh, a, p);
      arb_add(u, u, t, p);
      arb_mul(term, u, u, p);
    }
    arb_mul(term, term, weight, p);
    add_moments(sums.slope_square);
  }
  if constexpr (integrand == TanhIntegrand::silu && with_square) {
    for (Ball& m : sums.square) m *= rule.h * rule.h;
  }
  return sums;
}

/// He_2k at z^2 = x, as a polynomial in x.
template <class Real>
Real hermite_even(int k, const Real& x) {
  if (k == 0) return Real(1);
  if (k == 1) return x - Real(1);
  return x * x - Real(6) * x + Real(3);
}

/// Res_e of g(i(y+e)) w(e), w given by its Taylor coefficients: the Laurent coefficients of g at the pole, written out (D-021).
Ball residue_square(TanhIntegrand integrand, const Ball& y, const Jet<Ball, 3>& w) {
  if (integrand == TanhIntegrand::tanh) return -w[1];  // t^2 = -cot^2 e = -1/e^2 + 2/3 - ..
  return y * y * w[1] + Ball(2) * y * w[0];            // w^2 t^2 = (y + e)^2 cot^2 e
}
Ball residue_slope_square(TanhIntegrand integrand, const Ball& y, const Jet<Ball, 3>& w) {
  const Ball two_thirds = Ball(2) / Ball(3);
  if (integrand == TanhIntegrand::tanh) return w[3] + two_thirds * w[1];  // csc^4 e = 1/e^4 + (2/3)/e^2 + ..
  // u = i v, v = (y + e) csc^2 e - cot e = y/e^2 + y/3 + (2/3) e + ..
  return -(y * y * (w[3] + two_thirds * w[1]) + Ball(2) * two_thirds * y * w[0]);
}

/// e^((y+e)^2/2q) / (e^(2 pi (y+e)/h) - 1): the Gaussian and the counting kernel on the imaginary axis.
Jet<Ball, 3> kernel_at(const Ball& y, const Ball& q, const Ball& two_pi_over_h) {
  using J = Jet<Ball, 3>;
  const J e = J::variable(y);
  return exp(e * e / J(q * Ball(2))) / (exp(e * J(two_pi_over_h)) - J(1));
}

/// |integral f(x + iY) dx| for the two integrands and k = 0, 1, 2, without the Gaussian's e^(Y^2/2q): moments of xi^2 + Y^2/q, xi normal.
struct LineBounds {
  std::array<Ball, 3> square, slope_square;
};
LineBounds bounds_on_line(TanhIntegrand integrand, const Rule& rule, const Ball& q) {
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
Ball tail_bound(TanhIntegrand integrand, const Rule& rule, const Ball& q) {
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

double positive_midpoint(const Ball& q) {
  if (certainly_positive(q) != Truth::yes) throw NotReached("tanh expectation: the variance cannot be told from 0 at this precision");
  return q.to_double();
}

/// Bits between 1 and the expectations: g and its He-weighted ones vanish like q^3 at worst for small q, sech^4 like 1/sqrt q for large q.
long bits_below_one(double q) { return static_cast<long>(std::ceil(std::abs(std::log2(q)) * (q < 1 ? 3 : 0.5))) + 4; }

}  // namespace

TanhExpectations tanh_expectations(TanhIntegrand integrand, const Ball& q, const Budget& budget) {
  const double q_double = positive_midpoint(q);
  if (q_double < 1e-290 || q_double > 1e290) throw NotReached("tanh expectation: the variance " + std::to_string(q_double) + " is outside [1e-290, 1e290]");
  const Rule rule = choose_rule(q_double, Precision::bits() + bits_below_one(q_double));
  const Precision scope(rule.precision);
  const NodeSums sums = integrand == TanhIntegrand::tanh ? sum_nodes<TanhIntegrand::tanh, 3, true>(rule, q, budget)
                                                         : sum_nodes<TanhIntegrand::silu, 3, true>(rule, q, budget);
  const Ball norm = Ball(1) / sqrt(Ball::pi() * q * Ball(2));
  const Ball per_j2 = rule.h * rule.h / q;
  const auto by_hermite = [&](const std::array<Ball, 3>& m) {
    const Ball m1 = per_j2 * m[1], m2 = per_j2 * per_j2 * m[2];
    return std::array<Ball, 3>{m[0], m1 - m[0], m2 - Ball(6) * m1 + Ball(3) * m[0]};
  };
  const std::array<Ball, 3> node_square = by_hermite(sums.square), node_slope = by_hermite(sums.slope_square);

  std::array<Ball, 3> pole_square, pole_slope;
  const Ball two_pi_over_h = Ball::pi() * Ball(2) / rule.h;
  for (long k = 0; k < rule.pole_lines; ++k) {
    if ((k & 63) == 63) budget.check();
    const Ball y = Ball::pi() * (Ball(2 * k + 1) / Ball(2));
    const Jet<Ball, 3> kernel = kernel_at(y, q, two_pi_over_h);
    const Jet<Ball, 3> e = Jet<Ball, 3>::variable(y);
    const Jet<Ball, 3> z2 = -(e * e) / Jet<Ball, 3>(q);
    for (int order = 0; order < 3; ++order) {
      const Jet<Ball, 3> w = order == 0 ? kernel : kernel * hermite_even(order, z2);
      const auto at = static_cast<std::size_t>(order);
      pole_square[at] += residue_square(integrand, y, w);
      pole_slope[at] += residue_slope_square(integrand, y, w);
    }
  }
  const LineBounds line = bounds_on_line(integrand, rule, q);
  const Ball damping = Ball(2) * exp(rule.Y * rule.Y / (q * Ball(2))) / (exp(two_pi_over_h * rule.Y) - Ball(1));
  const Ball tail = tail_bound(integrand, rule, q);
  const Ball two_h = Ball(2) * rule.h, four_pi = Ball(4) * Ball::pi();
  TanhExpectations result;
  for (std::size_t k = 0; k < 3; ++k) {
    result.square[k] = (norm * (two_h * node_square[k] + four_pi * pole_square[k])).widened(damping * line.square[k] + tail);
    result.slope_square[k] = (norm * (two_h * node_slope[k] + four_pi * pole_slope[k])).widened(damping * line.slope_square[k] + tail);
  }
  result.nodes = static_cast<std::uint64_t>(rule.nodes) + 1;
  result.poles = static_cast<std::uint64_t>(rule.pole_lines);
  return result;
}

Ball tanh_chi(const Ball& q, const Budget& budget) {
  const double q_double = positive_midpoint(q);
  const Rule rule = choose_rule(q_double, Precision::bits() + bits_below_one(std::max(q_double, 1.0)));  // chi tends to 1 as q -> 0
  const Precision scope(rule.precision);
  const NodeSums sums = sum_nodes<TanhIntegrand::tanh, 1, false>(rule, q, budget);
  const Ball two_pi_over_h = Ball::pi() * Ball(2) / rule.h;
  Ball poles;
  for (long k = 0; k < rule.pole_lines; ++k) {
    if ((k & 63) == 63) budget.check();
    const Ball y = Ball::pi() * (Ball(2 * k + 1) / Ball(2));
    poles += residue_slope_square(TanhIntegrand::tanh, y, kernel_at(y, q, two_pi_over_h));
  }
  const Ball damping = Ball(2) * exp(rule.Y * rule.Y / (q * Ball(2))) / (exp(two_pi_over_h * rule.Y) - Ball(1));
  const Ball norm = Ball(1) / sqrt(Ball::pi() * q * Ball(2));
  const LineBounds line = bounds_on_line(TanhIntegrand::tanh, rule, q);
  return (norm * (Ball(2) * rule.h * sums.slope_square[0] + Ball(4) * Ball::pi() * poles))
      .widened(damping * line.slope_square[0] + tail_bound(TanhIntegrand::tanh, rule, q));
}

}  // namespace infwidth
