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
#include "infwidth/real/text.hpp"

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

/// Which of the two integrands the nodes must reach for: sech^4 falls by itself, tanh^2 only with the Gaussian.
enum class Decay { gaussian, gaussian_and_sech4 };

struct Rule {
  long precision;   // working bits
  double goal;      // natural logarithm of 1/tolerance
  Ball h;           // exact step
  double step, q;   // h and q again, for estimates
  long pole_lines;  // Y = pole_lines * pi, or a quarter of pi at most if 0
  Ball Y;
  long nodes;       // j = 0 .. nodes
  Decay decay;

  /// -log of the size of the term at node j, relative to 1: it needs that many bits less.
  double smallness(long j) const {
    const double w = static_cast<double>(j) * step;
    return w * w / (2 * q) + (decay == Decay::gaussian_and_sech4 ? std::max(0.0, 4 * w - 2.8) : 0);  // sech^4 w <= 16 e^-4w, log 16 < 2.8
  }
  long precision_at(long j) const { return std::max(40L, precision - static_cast<long>(smallness(j) * 1.4426)); }
};

constexpr double pi_double = 3.14159265358979323846;
constexpr long bound_bits = 64;  // error bounds need no more

/// Step, contour and number of nodes for a tolerance of 2^-goal_bits at the variance q (its midpoint; the bound is formed from the ball).
Rule choose_rule(double q, long goal_bits, Decay decay) {
  Rule rule;
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

/// The sums over the nodes: sum_j' g(jh) e^(-(jh)^2/2q) j^(2k), the term j = 0 halved (the sum over all j is twice this).
/// For `silu`, j counts in w = j h: the factors w^2 are put in as h^2 j^2.
struct NodeSums {
  std::array<Ball, 3> square, slope_square;
};

template <TanhIntegrand integrand>
NodeSums sum_nodes(const Rule& rule, const Ball& q, const Budget& budget) {
  NodeSums sums;
  Register E, E1, weight, ratio, ratio_step, inverse, a, t_square, term, jh, t, u;
  const Ball E1_exact = exp(rule.h * Ball(-2)), decay = exp(-(rule.h * rule.h) / (q * Ball(2))), decay_square = decay * decay;
  arb_set(E1, E1_exact.get());
  arb_one(E);
  arb_one(weight);
  arb_set(ratio, decay.get());
  arb_set(ratio_step, decay_square.get());
  long factor_precision = rule.precision;
  for (long j = 0; j <= rule.nodes; ++j) {
    if ((j & 255) == 255) budget.check();
    const long p = rule.precision_at(j);
    if (factor_precision - p > 128) {  // the constant factors need no more digits than the numbers they multiply
      arb_set_round(E1, E1_exact.get(), p);
      arb_set_round(ratio_step, decay_square.get(), p);
      factor_precision = p;
    }
    if (j > 0) {
      arb_mul(E, E, E1, p);
      arb_mul(weight, weight, ratio, p);
      arb_mul(ratio, ratio, ratio_step, p);
    }
    arb_add_ui(inverse, E, 1, p);
    if constexpr (integrand == TanhIntegrand::tanh) {  // sech^2 = 4 E / (1 + E)^2
      arb_mul(inverse, inverse, inverse, p);
      arb_div(a, E, inverse, p);
    } else {
      arb_inv(inverse, inverse, p);
      arb_mul(a, inverse, inverse, p);
      arb_mul(a, a, E, p);
    }
    arb_mul_2exp_si(a, a, 2);
    const ulong j_square = static_cast<ulong>(j) * static_cast<ulong>(j);
    const auto add_moments = [&](std::array<Ball, 3>& into) {
      if (j == 0) arb_mul_2exp_si(term, term, -1);
      arb_add(into[0].get(), into[0].get(), term, rule.precision);
      for (std::size_t k = 1; k < into.size(); ++k) {
        arb_mul_ui(term, term, j_square, p);
        arb_add(into[k].get(), into[k].get(), term, rule.precision);
      }
    };
    arb_sub_ui(t_square, a, 1, p);  // minus t^2
    arb_mul(term, t_square, weight, p);
    arb_neg(term, term);
    if constexpr (integrand == TanhIntegrand::silu) arb_mul_ui(term, term, j_square, p);
    add_moments(sums.square);
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
  if constexpr (integrand == TanhIntegrand::silu) {
    for (Ball& m : sums.square) m *= rule.h * rule.h;
  }
  return sums;
}

/// sum_j' sech^4(jh) e^(-(jh)^2/2q), the term j = 0 halved. With u_j = E_j^2 e^(-(jh)^2/2q), geometric-Gaussian like the weight itself, a term is
/// 16 u / (1 + E)^4: five products and a division a node.
Ball sum_sech4(const Rule& rule, const Ball& q, const Budget& budget) {
  Ball sum;
  Register E, E1, u, ratio, ratio_step, square, term;
  const Ball E1_exact = exp(rule.h * Ball(-2)), decay = exp(-(rule.h * rule.h) / (q * Ball(2))), decay_square = decay * decay;
  arb_set(E1, E1_exact.get());
  arb_one(E);
  arb_one(u);
  const Ball first_ratio = decay * E1_exact * E1_exact;
  arb_set(ratio, first_ratio.get());
  arb_set(ratio_step, decay_square.get());
  long factor_precision = rule.precision;
  for (long j = 0; j <= rule.nodes; ++j) {
    if ((j & 255) == 255) budget.check();
    const long p = rule.precision_at(j);
    if (factor_precision - p > 128) {
      arb_set_round(E1, E1_exact.get(), p);
      arb_set_round(ratio_step, decay_square.get(), p);
      factor_precision = p;
    }
    if (j > 0) {
      arb_mul(E, E, E1, p);
      arb_mul(u, u, ratio, p);
      arb_mul(ratio, ratio, ratio_step, p);
    }
    arb_add_ui(square, E, 1, p);
    arb_mul(square, square, square, p);
    arb_mul(square, square, square, p);
    arb_div(term, u, square, p);
    arb_mul_2exp_si(term, term, j == 0 ? 3 : 4);
    arb_add(sum.get(), sum.get(), term, rule.precision);
  }
  return sum;
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

/// The Taylor coefficients at the poles y_k = (k + 1/2) pi, k = 0, 1, .., of the Gaussian and counting kernel on the imaginary axis,
///   e^(y^2/2q) / (e^(c y) - 1),   c = 2 pi / h.
/// Both exponentials are geometric in k, so a pole costs no exp; and a pole whose kernel is 2^-m needs m bits less.
class PoleKernels {
 public:
  PoleKernels(const Rule& rule, const Ball& q) : rule_(rule), pi_(Ball::pi()), inverse_q_(Ball(1) / q) {
    c_ = Ball(2) * pi_ / rule.h;
    y_ = pi_ * power_of_two(-1);
    gauss_ = exp(y_ * y_ * inverse_q_ / Ball(2));
    gauss_ratio_ = pow(gauss_, 8);  // y_(k+1)^2 - y_k^2 = 2 pi^2 (k + 1), 8 y_0^2 for k = 0
    gauss_ratio_step_ = gauss_ratio_;
    decay_ = exp(-c_ * y_);
    decay_step_ = decay_ * decay_;
  }

  const Ball& y() const { return y_; }
  /// The bits that the current pole's terms need.
  long precision() const {
    const double y = (static_cast<double>(k_) + 0.5) * pi_double;
    const double smallness = (2 * pi_double * y / rule_.step - y * y / (2 * rule_.q)) * 1.4426;
    return std::max(40L, rule_.precision - static_cast<long>(std::max(0.0, smallness)));
  }
  /// Coefficients 0 to 3; only 1 and 3 if `odd_only`.
  Jet<Ball, 3> coefficients(bool odd_only = false) const {
    // b = 1/(e^(cy) - 1) has b' = -c b (1 + b), then b'' = c^2 b (1 + b)(1 + 2b), then -c^3 b (1 + b)(1 + 6b + 6b^2)
    const Ball half = power_of_two(-1);
    const Ball b = decay_ / (Ball(1) - decay_), cb = c_ * b * (Ball(1) + b), c2b = c_ * cb;
    const Ball e1 = -cb, e2 = c2b * (Ball(1) + b + b) * half, e3 = -(c_ * c2b * (Ball(1) + Ball(6) * b * (Ball(1) + b))) / Ball(6);
    // e^((y+e)^2/2q) = e^(y^2/2q) (1 + g1 e + ..), g1 = y/q, 2 g2 = g1^2 + 1/q, 6 g3 = g1 (g1^2 + 3/q)
    const Ball g1 = y_ * inverse_q_, g1_square = g1 * g1;
    const Ball g2 = (g1_square + inverse_q_) * half, g3 = g1 * (g1_square + Ball(3) * inverse_q_) / Ball(6);
    Jet<Ball, 3> w;
    w[1] = gauss_ * (e1 + b * g1);
    w[3] = gauss_ * (e3 + e2 * g1 + e1 * g2 + b * g3);
    if (odd_only) return w;
    w[0] = gauss_ * b;
    w[2] = gauss_ * (e2 + e1 * g1 + b * g2);
    return w;
  }
  void advance() {
    ++k_;
    y_ += pi_;
    gauss_ *= gauss_ratio_;  // the ratio is e^(2 pi^2 k / 2q) here
    gauss_ratio_ *= gauss_ratio_step_;
    decay_ *= decay_step_;
  }

 private:
  const Rule& rule_;
  long k_ = 0;
  Ball pi_, inverse_q_, c_, y_, gauss_, gauss_ratio_, gauss_ratio_step_, decay_, decay_step_;
};

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

/// The same for g = sech^4 <= 16 e^-4w alone, without weights: the terms fall by e^-(4 + W/q) h and more from W = N h on.
Ball sech4_tail_bound(const Rule& rule, const Ball& q) {
  const Ball W = Ball(rule.nodes) * rule.h;
  return Ball(32) * (rule.h + Ball(1) / Ball(4)) * exp(-(Ball(4) * W) - W * W / (Ball(2) * q)) / sqrt(Ball(2) * Ball::pi() * q);
}

/// Both parts of the error: the line Im w = Y, its damping 2 / (e^(2 pi Y / h) - 1) and the Gaussian's e^(Y^2/2q) put in, and the nodes left out.
struct ErrorBounds {
  LineBounds line;
  Ball tail;
};
Ball line_damping(const Rule& rule, const Ball& q) {
  return Ball(2) * exp(rule.Y * rule.Y / (q * Ball(2))) / (exp(Ball(2) * Ball::pi() * rule.Y / rule.h) - Ball(1));
}
ErrorBounds error_bounds(TanhIntegrand integrand, const Rule& rule, const Ball& q) {
  const Precision low(bound_bits);
  const Ball damping = line_damping(rule, q);
  ErrorBounds error{bounds_on_line(integrand, rule, q), tail_bound(integrand, rule, q)};
  for (auto* part : {&error.line.square, &error.line.slope_square}) {
    for (Ball& b : *part) b *= damping;
  }
  return error;
}

double positive_midpoint(const Ball& q) {
  if (certainly_positive(q) != Truth::yes) throw NotReached("tanh expectation: the variance cannot be told from 0 at this precision");
  return q.to_double();
}

/// Bits between the bounds and the expectations: g and its He-weighted ones vanish like q^3 at worst for small q; for large q, E sech^4 falls
/// like 1/sqrt q, and silu's bound of |u|^2 on the line grows like q.
long bits_below_one(double q) { return static_cast<long>(std::ceil(std::abs(std::log2(q)) * (q < 1 ? 3 : 1))) + 4; }

}  // namespace

TanhExpectations tanh_expectations(TanhIntegrand integrand, const Ball& q, const Budget& budget) {
  const double q_double = positive_midpoint(q);
  if (q_double < 1e-290 || q_double > 1e290) throw NotReached("tanh expectation: the variance " + short_text(q_double) + " is outside [1e-290, 1e290]");
  const Rule rule = choose_rule(q_double, Precision::bits() + bits_below_one(q_double), Decay::gaussian);
  const Precision scope(rule.precision);
  const NodeSums sums = integrand == TanhIntegrand::tanh ? sum_nodes<TanhIntegrand::tanh>(rule, q, budget)
                                                         : sum_nodes<TanhIntegrand::silu>(rule, q, budget);
  const Ball norm = Ball(1) / sqrt(Ball::pi() * q * Ball(2));
  const Ball per_j2 = rule.h * rule.h / q;
  const auto by_hermite = [&](const std::array<Ball, 3>& m) {
    const Ball m1 = per_j2 * m[1], m2 = per_j2 * per_j2 * m[2];
    return std::array<Ball, 3>{m[0], m1 - m[0], m2 - Ball(6) * m1 + Ball(3) * m[0]};
  };
  const std::array<Ball, 3> node_square = by_hermite(sums.square), node_slope = by_hermite(sums.slope_square);

  std::array<Ball, 3> pole_square, pole_slope;
  PoleKernels poles(rule, q);
  for (long k = 0; k < rule.pole_lines; ++k, poles.advance()) {
    if ((k & 63) == 63) budget.check();
    std::array<Ball, 3> square, slope;
    {
      const Precision fewer(poles.precision());
      const Ball& y = poles.y();
      const Jet<Ball, 3> kernel = poles.coefficients(), e = Jet<Ball, 3>::variable(y), z2 = -(e * e) * Jet<Ball, 3>(Ball(1) / q);
      for (int order = 0; order < 3; ++order) {
        const Jet<Ball, 3> w = order == 0 ? kernel : kernel * hermite_even(order, z2);
        square[static_cast<std::size_t>(order)] = residue_square(integrand, y, w);
        slope[static_cast<std::size_t>(order)] = residue_slope_square(integrand, y, w);
      }
    }
    for (std::size_t order = 0; order < 3; ++order) {
      pole_square[order] += square[order];
      pole_slope[order] += slope[order];
    }
  }
  const ErrorBounds error = error_bounds(integrand, rule, q);
  const Ball two_h = Ball(2) * rule.h, four_pi = Ball(4) * Ball::pi();
  TanhExpectations result;
  for (std::size_t k = 0; k < 3; ++k) {
    result.square[k] = (norm * (two_h * node_square[k] + four_pi * pole_square[k])).widened(error.line.square[k] + error.tail);
    result.slope_square[k] = (norm * (two_h * node_slope[k] + four_pi * pole_slope[k])).widened(error.line.slope_square[k] + error.tail);
  }
  result.nodes = static_cast<std::uint64_t>(rule.nodes) + 1;
  result.poles = static_cast<std::uint64_t>(rule.pole_lines);
  return result;
}

Ball tanh_chi(const Ball& q, const Budget& budget) {
  const double q_double = positive_midpoint(q);
  const Rule rule = choose_rule(q_double, Precision::bits() + bits_below_one(std::max(q_double, 1.0)), Decay::gaussian_and_sech4);  // chi -> 1 as q -> 0
  const Precision scope(rule.precision);
  const Ball nodes = sum_sech4(rule, q, budget);
  Ball residues;
  PoleKernels poles(rule, q);
  for (long k = 0; k < rule.pole_lines; ++k, poles.advance()) {
    if ((k & 63) == 63) budget.check();
    Ball residue;
    {
      const Precision fewer(poles.precision());
      residue = residue_slope_square(TanhIntegrand::tanh, poles.y(), poles.coefficients(true));
    }
    residues += residue;
  }
  const Ball norm = Ball(1) / sqrt(Ball::pi() * q * Ball(2));
  const Ball value = norm * (Ball(2) * rule.h * nodes + Ball(4) * Ball::pi() * residues);
  const Precision low(bound_bits);
  const Ball sech4_on_line(rule.pole_lines == 0 ? 4 : 1);  // see bounds_on_line
  return value.widened(line_damping(rule, q) * sech4_on_line + sech4_tail_bound(rule, q));
}

}  // namespace infwidth
