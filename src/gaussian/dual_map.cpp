// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/dual_map.hpp"

#include <algorithm>
#include <array>
#include <mutex>

#include "dual_over_ball.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/gaussian/bivariate_rule.hpp"
#include "infwidth/gaussian/pair_expectation.hpp"
#include "infwidth/gaussian/pair_quadrature.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/in_domain.hpp"
#include "infwidth/real/refine.hpp"

namespace infwidth {

namespace {

std::vector<Piece> slopes(std::vector<Piece> pieces) {
  for (Piece& p : pieces) {
    p.value = p.derivative;
    for (std::optional<PieceEnd>* end : {&p.left, &p.right}) {
      if (*end) (*end)->order = (*end)->derivative_order;
    }
  }
  return pieces;
}

Ball indeterminate() { return Ball(1) / Ball(0); }

/// Straight pieces that meet at 0, or one through it.
bool is_homogeneous(const Activation& phi) {
  const Expression x = Expression::variable("x");
  return std::all_of(phi.pieces().begin(), phi.pieces().end(), [&](const Piece& p) {
    for (const auto& end : {p.left, p.right}) {
      if (end && !(end->at.exact() && *end->at.exact() == 0)) return false;
    }
    return !p.derivative.depends_on("x") && is_identically_zero(p.value - p.derivative * x);
  });
}

/// An upper bound of sqrt(a b).
Ball mean_size(const Ball& a, const Ball& b) {
  const Precision p(64);
  return sqrt(a.magnitude() * b.magnitude()).magnitude();
}

/// A closed form at an exact covariance, with as many more bits as its terms cancel: to the working precision, of itself or, where it all but
/// vanishes, of `size`. Indeterminate where 4000 bits and four times the working precision do not do it.
Ball closed_at_point(const Program& program, const PairVariance<Ball>& point, const Ball& size) {
  const std::array<InDomain, 3> arguments = {point.q1, point.q2, point.c};
  const long wanted = Precision::bits(), most = 4 * wanted + 4000;
  // The formulas form q1 q2 - c^2 anew.
  const long lost = std::max(0L, log2_magnitude(point.q1) + log2_magnitude(point.q2) - log2_magnitude(point.beside));
  for (long bits = wanted + 20 + lost;;) {
    const Precision p(bits);
    const Ball value = Evaluator<InDomain>(program)(arguments)[0];
    const long missing = bits_over(value.radius(), max(abs(value.mid()), size * power_of_two(-wanted)) * power_of_two(-wanted));
    if (value.is_finite() && missing == 0) return value;
    const long step = value.is_finite() && missing != unknown_bits ? missing + 8 : bits;
    if (bits + step > most) return indeterminate();
    bits += step;
  }
}

}  // namespace

struct DualMap::State {
  Activation activation;
  VarianceMap map;
  DualForm form;
  std::optional<Program> kernel, derivative_kernel;  // of q1, q2, c
  PairExpectation of_values, of_slopes;
  mutable std::mutex mutex;
  mutable std::unique_ptr<const PairQuadrature> rule;
  mutable std::optional<VarianceMap> map_of_slope;

  explicit State(const Activation& a) : activation(a), map(a), form(dual_form(a)), of_values(a.pieces(), a.pieces()), of_slopes(slopes(a.pieces()), slopes(a.pieces())) {
    const std::vector<std::string> variables = {"q1", "q2", "c"};
    if (form.kernel) kernel.emplace(std::vector<Expression>{form.whole(*form.kernel)}, variables);
    if (form.derivative_kernel) derivative_kernel.emplace(std::vector<Expression>{form.whole(*form.derivative_kernel)}, variables);
  }

  const PairQuadrature& pair_rule() const {
    const std::lock_guard lock(mutex);
    if (!rule) rule = std::make_unique<const PairQuadrature>(activation.pieces(), activation.pieces(), activation.jump() ? PairRule::Of::values : PairRule::Of::values_and_slopes);
    return *rule;
  }

  /// The variance maps of phi' where that has a square integrable slope; null where a kink of phi makes it jump.
  const VarianceMap* slope_map() const {
    if (activation.pieces().size() > 1) return nullptr;
    const std::lock_guard lock(mutex);
    if (!map_of_slope) map_of_slope.emplace(activation.derivative());
    return map_of_slope->why_chi_is_infinite().empty() ? &*map_of_slope : nullptr;
  }

  /// Where v is a multiple of u by structure, or one of them 0.
  DualValue<Ball> of_one_variable(const PairVariance<Ball>& pair, const Budget& budget) const {
    const PairExpectation::Value value = of_values.at(pair, budget);
    DualValue<Ball> dual{value.value, Ball(0), "", false, value.method, value.evaluations};
    if (activation.jump()) {
      dual.no_derivative = map.why_chi_is_infinite();
      dual.derivative_is_infinite = true;
      return dual;
    }
    const PairExpectation::Value slope = of_slopes.at(pair, budget);
    dual.derivative = slope.value;
    dual.evaluations += slope.evaluations;
    return dual;
  }

  /// At an exact covariance; `size` and `slope_size` are those of the value and of the derivative.
  DualValue<Ball> at_point(const PairVariance<Ball>& point, const Ball& size, const Ball& slope_size, const Budget& budget) const {
    DualValue<Ball> dual;
    dual.value = kernel ? closed_at_point(*kernel, point, size) : indeterminate();
    dual.derivative = derivative_kernel ? closed_at_point(*derivative_kernel, point, slope_size) : indeterminate();
    dual.method = "closed form";
    if (dual.value.is_finite() && dual.derivative.is_finite()) return dual;
    const bool jumps = activation.jump().has_value();
    if (dual.value.is_finite() && jumps) {
      dual.no_derivative = map.why_chi_is_infinite();
      return dual;
    }
    PairQuadrature::Result result;
    try {
      result = pair_rule().integrate(point, Precision::bits(), budget);
    } catch (const NotReached& e) {
      if (kernel) throw Undecided(e.what());  // of which more bits may be enough
      throw;
    }
    if (!dual.value.is_finite()) dual.value = result.values[0];
    dual.method = result.method;
    dual.evaluations = result.evaluations;
    if (jumps) {
      dual.no_derivative = "E[phi' phi'] of an activation that jumps is known by formula alone, and there is none for " + activation.name();
    } else if (!dual.derivative.is_finite()) {
      dual.derivative = result.values[1];
    }
    return dual;
  }

  /// Over a ball of covariances, from its point and the variance maps over its variances.
  DualValue<Ball> over(const CovarianceBall& ball, const VarianceJet<Ball>& of_u, const VarianceJet<Ball>& of_v, const Budget& budget) const {
    const bool is_odd = activation.parity() == Parity::odd, is_even = activation.parity() == Parity::even;
    const bool has_slopes = of_u.chi_order >= 0 && of_v.chi_order >= 0;
    const Ball size = mean_size(of_u.Q, of_v.Q), root = sqrt(ball.point.q1 * ball.point.q2);
    const Ball slope_size = has_slopes ? mean_size(of_u.chi, of_v.chi) : (size / root).magnitude();
    DualValue<Ball> dual = at_point(ball.point, size, slope_size, budget);
    if (ball.point.c.is_exact_zero() && ball.largest.is_exact_zero()) {  // u and v are independent, and E phi(u) or E phi'(u) is 0
      if (is_odd) dual.value = Ball(0);
      if (is_even && dual.no_derivative.empty()) dual.derivative = Ball(0);
    }
    if (ball.spread().is_exact_zero()) return dual;

    const bool is_known = dual.no_derivative.empty();
    if (!has_slopes) {
      CovarianceBall along_variances = ball;
      along_variances.rho = Ball(0);
      const Ball slope_radius = is_known ? deviation_of_slope(ball, size) : indeterminate();
      const Ball by_slope = root * (dual.derivative.magnitude() + slope_radius) * ball.rho + deviation(along_variances, size, is_odd);
      dual.value = dual.value.widened(is_known && by_slope.is_finite() ? by_slope : deviation(ball, size, is_odd));
      if (is_known) dual.derivative = dual.derivative.widened(slope_radius);
      return dual;
    }
    Ball steepest;  // |E[phi' phi']| along the correlations
    const bool is_near = is_near_one(ball);
    if (const std::optional<Ball> radius = is_near ? deviation_by_curvature(ball, budget) : std::nullopt) {
      steepest = (dual.derivative.magnitude() + *radius).magnitude();
      dual.derivative = dual.derivative.widened(*radius);
    } else if (is_near) {
      dual.derivative = slope_near_one(ball, of_u, of_v, slope_size, budget);
      steepest = dual.derivative.magnitude();
    } else {
      steepest = (dual.derivative.magnitude() + deviation_along_rho(ball, slope_size)).magnitude();
      dual.derivative = dual.derivative.widened(deviation(ball, slope_size, is_even));
    }
    steepest = steepest.is_finite() ? min(steepest, slope_size) : slope_size;
    const Ball by_slopes = deviation_by_slopes(ball, of_u, of_v, steepest, is_odd);
    dual.value = dual.value.widened(by_slopes.is_finite() ? by_slopes : deviation(ball, size, is_odd));
    return dual;
  }

  /// How far E[phi'(u) phi'(v)] is from its value at the point: as that of phi, by the slopes of phi'.
  std::optional<Ball> deviation_by_curvature(const CovarianceBall& ball, const Budget& budget) const {
    const VarianceMap* const slope = slope_map();
    if (slope == nullptr) return std::nullopt;
    const auto around = [](const Ball& q, const Ball& distance) { return q.widened(q * expm1(distance)); };
    const Precision p(64);
    try {
      const VarianceJet<Ball> u = slope->at(around(ball.point.q1, ball.log_q1), budget), v = slope->at(around(ball.point.q2, ball.log_q2), budget);
      const Ball radius = deviation_by_slopes(ball, u, v, mean_size(u.chi, v.chi), activation.parity() == Parity::even);
      return radius.is_finite() ? std::optional(radius) : std::nullopt;
    } catch (const NotReached&) {
      return std::nullopt;
    } catch (const NoSuchQuantity&) {
      return std::nullopt;
    }
  }

  /// 1 - |correlation| at which the derivative is taken where it is smaller than that: E[phi' phi'] may go like sqrt(1 - rho) where phi' jumps, like
  /// 1 - rho else.
  Ball pulled_back(const CovarianceBall& ball) const {
    const long bits = -log2_magnitude(ball.spread());
    return power_of_two(-(activation.pieces().size() > 1 ? 2 * bits / 3 : bits / 2));
  }
  bool is_near_one(const CovarianceBall& ball) const { return certainly_positive(ball.gap - pulled_back(ball)) != Truth::yes; }

  /// E[phi'(u) phi'(v)] from that at a correlation farther from +-1, by what chi and E[phi'(u) phi'(u*)] at that correlation say of the rest (D-043).
  Ball slope_near_one(const CovarianceBall& ball, const VarianceJet<Ball>& of_u, const VarianceJet<Ball>& of_v, const Ball& slope_size,
                      const Budget& budget) const {
    const Ball t = max(pulled_back(ball), Ball(4) * ball.farthest), one(1);
    if (certainly_positive(power_of_two(-1) - t) != Truth::yes) return indeterminate();
    const int sign = arf_sgn(arb_midref(ball.point.c.get()));
    Ball farthest_rounding(0);
    const auto slope_at = [&](const Ball& q1, const Ball& q2, int side) {
      const PairVariance<Ball> point = exact_covariance(q1, q2, side, t);
      farthest_rounding = max(farthest_rounding, (abs(point.c) / sqrt(q1 * q2) - (one - t)).magnitude());
      return at_point(point, Ball(1), slope_size, budget).derivative;
    };
    const Ball& q1 = ball.point.q1;
    const Ball& q2 = ball.point.q2;
    const Ball slope = slope_at(q1, q2, sign), own_u = slope_at(q1, q1, 1), own_v = arb_equal(q1.get(), q2.get()) ? own_u : slope_at(q2, q2, 1);
    const auto missing = [&](const Ball& chi, const Ball& own, const Ball& distance) {
      return (chi - own + chi.magnitude() * Ball(2) * (Ball(2) * distance + Ball(2) * farthest_rounding) / t).magnitude();
    };
    const Ball rest_u = missing(of_u.chi, own_u, ball.log_q1), rest_v = missing(of_v.chi, own_v, ball.log_q2);
    return slope.widened(mean_size(rest_u, rest_v)).widened(slope_size * Ball(2) * (ball.log_q1 + ball.log_q2) / t);
  }
};

DualMap::DualMap(const Activation& activation) : state_(std::make_unique<const State>(activation)) {}
DualMap::~DualMap() = default;
DualMap::DualMap(DualMap&&) noexcept = default;
DualMap& DualMap::operator=(DualMap&&) noexcept = default;

const Activation& DualMap::activation() const { return state_->activation; }
const VarianceMap& DualMap::variance_map() const { return state_->map; }
const DualForm& DualMap::closed_form() const { return state_->form; }

std::optional<Rational> factor_along(const Activation& phi, const Rational& ratio) {
  if (ratio == 1) return ratio;
  const Rational size = ratio < 0 ? Rational(-ratio) : ratio;
  if (ratio == 0 || (ratio < 0 && phi.parity() == Parity::none) || (size != 1 && !is_homogeneous(phi))) return std::nullopt;
  return ratio < 0 && phi.parity() == Parity::odd ? ratio : size;
}

DualValue<Ball> DualMap::at(const PairVariance<Ball>& pair, const Budget& budget) const {
  const auto jet = [&](const Ball& q) {
    return q.is_exact_zero() || certainly_positive(q) == Truth::yes ? state_->map.at(q, budget) : VarianceJet<Ball>{};
  };
  const VarianceJet<Ball> of_u = jet(pair.q1);
  return at(pair, of_u, arb_equal(pair.q1.get(), pair.q2.get()) ? of_u : jet(pair.q2), budget);
}

DualValue<Ball> DualMap::at(const PairVariance<Ball>& pair, const VarianceJet<Ball>& of_u, const VarianceJet<Ball>& of_v,
                            const Budget& budget) const {
  const State& s = *state_;
  const std::optional<Rational> ratio = pair.q1.is_exact_zero() && pair.q2.is_exact_zero() ? Rational(1) : pair.ratio;
  if (const std::optional<Rational> factor = ratio ? factor_along(s.activation, *ratio) : std::nullopt) {
    // phi(v) = factor phi(u), ratio phi'(v) = factor phi'(u)
    DualValue<Ball> dual{Ball(*factor) * of_u.Q, Ball(Rational(*factor / *ratio)) * of_u.chi, "", false, of_u.method, of_u.evaluations};
    if (of_u.chi_order < 0) {
      dual.no_derivative = of_u.reason;
      dual.derivative_is_infinite = true;
    }
    return dual;
  }
  if (ratio || pair.q1.is_exact_zero() || pair.q2.is_exact_zero()) return s.of_one_variable(pair, budget);
  const bool is_regular = certainly_positive(pair.q1) == Truth::yes && certainly_positive(pair.q2) == Truth::yes;
  const std::optional<CovarianceBall> ball = is_regular ? CovarianceBall::around(pair) : std::nullopt;
  if (!ball) {
    DualValue<Ball> unknown;
    unknown.value = unknown.derivative = indeterminate();
    return unknown;
  }
  DualValue<Ball> over_ball = s.over(*ball, of_u, of_v, budget);
  // A formula on the ball itself is the narrower one where it has few roundings behind it, and where its value is small beside E phi^2.
  if (!ball->spread().is_exact_zero()) {
    const auto narrow = [&](Ball& value, const std::optional<Program>& formula) {
      if (!formula) return;
      const std::array<InDomain, 3> arguments = {pair.q1, pair.q2, pair.c};
      const Ball direct = Evaluator<InDomain>(*formula)(arguments)[0];
      if (direct.is_finite() && (!value.is_finite() || certainly_positive(value.radius() - direct.radius()) == Truth::yes)) value = direct;
    };
    narrow(over_ball.value, s.kernel);
    if (over_ball.no_derivative.empty()) narrow(over_ball.derivative, s.derivative_kernel);
  }
  return over_ball;
}

DualValue<Digits> DualMap::at(const PairVariance<Digits>& pair, const Budget& budget) const {
  const State& s = *state_;
  DualValue<Digits> dual;
  const auto infinite = [&] {
    dual.no_derivative = s.map.why_chi_is_infinite();
    dual.derivative_is_infinite = true;
    return dual;
  };
  const bool jumps = s.activation.jump().has_value();
  if ((pair.ratio && *pair.ratio == 1) || (pair.q1 == 0 && pair.q2 == 0)) {
    const VarianceJet<Digits> jet = s.map.at(pair.q1, budget);
    dual = {jet.Q, jet.chi, "", false, jet.method, jet.evaluations};
    return jet.chi_order < 0 ? infinite() : dual;
  }
  if (pair.ratio || pair.q1 == 0 || pair.q2 == 0) {
    const Estimate<Digits> value = s.of_values.at(pair, budget);
    dual = {value.value, Digits(0), "", false, value.method, value.evaluations};
    if (jumps) return infinite();
    const Estimate<Digits> slope = s.of_slopes.at(pair, budget);
    dual.derivative = slope.value;
    dual.evaluations += slope.evaluations;
    return dual;
  }
  const Estimate<Digits> value = bivariate_expectation(s.activation, BivariateOf::value, pair.q1, pair.q2, pair.c, budget);
  const Estimate<Digits> slope = bivariate_expectation(s.activation, BivariateOf::derivative, pair.q1, pair.q2, pair.c, budget);
  return {value.value, slope.value, "", false, value.method, value.evaluations + slope.evaluations};
}

}  // namespace infwidth
