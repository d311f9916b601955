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
#include "residue_rule.hpp"

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

/// E_j = e^(-2jh), and a weight v_j = e^(-(jh)^2/2q) E_j^power, by products alone: E is geometric, and so is the ratio of neighbouring weights.
class NodeRecurrence {
 public:
  NodeRecurrence(const ResidueRule& rule, const Ball& q, int power) : factor_precision_(rule.precision) {
    E_factor_ = exp(rule.h * Ball(-2));
    const Ball decay = exp(-(rule.h * rule.h) / (q * Ball(2))), first_ratio = decay * pow(E_factor_, power);
    ratio_factor_ = decay * decay;
    arb_one(E);
    arb_one(weight);
    arb_set(ratio_, first_ratio.get());
    arb_set(E_factor_rounded_, E_factor_.get());
    arb_set(ratio_factor_rounded_, ratio_factor_.get());
  }

  Register E, weight;

  /// To the next node, whose terms need p bits.
  void advance(long p) {
    if (factor_precision_ - p > 128) {  // the constant factors need no more digits than the numbers they multiply
      arb_set_round(E_factor_rounded_, E_factor_.get(), p);
      arb_set_round(ratio_factor_rounded_, ratio_factor_.get(), p);
      factor_precision_ = p;
    }
    arb_mul(E, E, E_factor_rounded_, p);
    arb_mul(weight, weight, ratio_, p);
    arb_mul(ratio_, ratio_, ratio_factor_rounded_, p);
  }

 private:
  long factor_precision_;
  Ball E_factor_, ratio_factor_;
  Register ratio_, E_factor_rounded_, ratio_factor_rounded_;
};

/// The sums over the nodes: sum_j' g(jh) e^(-(jh)^2/2q) j^(2k), the term j = 0 halved (the sum over all j is twice this).
/// For `silu`, j counts in w = j h: the factors w^2 are put in as h^2 j^2.
struct NodeSums {
  std::array<Ball, 3> square, slope_square;
};

template <TanhIntegrand integrand>
NodeSums sum_nodes(const ResidueRule& rule, const Ball& q, const Budget& budget) {
  NodeSums sums;
  NodeRecurrence node(rule, q, 0);
  Register &E = node.E, &weight = node.weight;
  Register inverse, a, t_square, term, jh, t, u;
  for (long j = 0; j <= rule.nodes; ++j) {
    if ((j & 255) == 255) budget.check();
    const long p = rule.precision_at(j);
    if (j > 0) node.advance(p);
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
Ball sum_sech4(const ResidueRule& rule, const Ball& q, const Budget& budget) {
  Ball sum;
  NodeRecurrence node(rule, q, 2);
  Register square, term;
  for (long j = 0; j <= rule.nodes; ++j) {
    if ((j & 255) == 255) budget.check();
    const long p = rule.precision_at(j);
    if (j > 0) node.advance(p);
    arb_add_ui(square, node.E, 1, p);
    arb_mul(square, square, square, p);
    arb_mul(square, square, square, p);
    arb_div(term, node.weight, square, p);
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
  PoleKernels(const ResidueRule& rule, const Ball& q) : rule_(rule), pi_(Ball::pi()), inverse_q_(Ball(1) / q) {
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
  const ResidueRule& rule_;
  long k_ = 0;
  Ball pi_, inverse_q_, c_, y_, gauss_, gauss_ratio_, gauss_ratio_step_, decay_, decay_step_;
};

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
  const ResidueRule rule = choose_residue_rule(q_double, Precision::bits() + bits_below_one(q_double), Decay::gaussian);
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
  const ResidueBounds error = residue_bounds(integrand, rule, q);
  const Ball two_h = Ball(2) * rule.h, four_pi = Ball(4) * Ball::pi();
  TanhExpectations result;
  for (std::size_t k = 0; k < 3; ++k) {
    result.square[k] = (norm * (two_h * node_square[k] + four_pi * pole_square[k])).widened(error.square[k]);
    result.slope_square[k] = (norm * (two_h * node_slope[k] + four_pi * pole_slope[k])).widened(error.slope_square[k]);
  }
  result.nodes = static_cast<std::uint64_t>(rule.nodes) + 1;
  result.poles = static_cast<std::uint64_t>(rule.pole_lines);
  return result;
}

Ball tanh_chi(const Ball& q, const Budget& budget) {
  const double q_double = positive_midpoint(q);
  const ResidueRule rule = choose_residue_rule(q_double, Precision::bits() + bits_below_one(std::max(q_double, 1.0)), Decay::gaussian_and_sech4);  // chi -> 1 as q -> 0
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
  return value.widened(sech4_bound(rule, q));
}

}  // namespace infwidth
