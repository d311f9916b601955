// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/pair_expectation.hpp"

#include <algorithm>

#include "infwidth/activation/pieces.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/gaussian/at_zero.hpp"
#include "infwidth/gaussian/bivariate_rule.hpp"
#include "infwidth/gaussian/boost_rule.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

const Expression x = Expression::variable("x");

RealPoint scaled(const RealPoint& t, const Rational& by) {
  if (t.exact()) return RealPoint(Rational(*t.exact() * by));
  const Rational low = by > 0 ? Rational(t.low() * by) : Rational(t.high() * by), high = by > 0 ? Rational(t.high() * by) : Rational(t.low() * by);
  return RealPoint(substitute(*t.equation(), "x", x / Expression(by)), low, high);
}

/// The inner ends of the pieces.
std::vector<RealPoint> breaks(const std::vector<Piece>& pieces, const Rational& by) {
  std::vector<RealPoint> points;
  for (const Piece& p : pieces) {
    if (p.right) points.push_back(scaled(p.right->at, by));
  }
  if (by < 0) std::reverse(points.begin(), points.end());
  return points;
}

/// E f(v), E f(v)^2 of one function.
PairExpectation::Value mean(const std::vector<Piece>& f, Parity parity, const Ball& q, const Budget& budget) {
  if (q.is_exact_zero()) {
    const Ball value = expectation_at_zero(f);
    return {value, abs(value), 0, "value at 0"};
  }
  if (certainly_positive(q) != Truth::yes) return {Ball(1) / Ball(0), Ball(1), 0, ""};
  const auto result = PanelRule(f, Integrands::value, parity).integrate(q, Precision::bits(), 0, budget);
  return {result.integrals[0].moment[0], power_of_two(static_cast<long>(std::max(-1e6, std::min(1e6, result.integrals[0].log2_scale)))), result.evaluations, "Gauss-Legendre panels"};
}

}  // namespace

std::vector<Piece> product_along_line(const std::vector<Piece>& f, const std::vector<Piece>& g, const Rational& ratio) {
  std::vector<RealPoint> points;
  const std::vector<RealPoint> of_f = breaks(f, 1), of_g = breaks(g, 1 / ratio);
  std::size_t i = 0, j = ratio > 0 ? 0 : g.size() - 1;
  const auto next_of_g = [&] { return ratio > 0 ? j : g.size() - 1 - j; };
  std::vector<Stretch> stretches;
  std::optional<RealPoint> left;
  const auto add = [&](const std::optional<RealPoint>& right) {
    stretches.push_back({{left, right}, f[i].value * substitute(g[j].value, "x", Expression(ratio) * x)});
    left = right;
  };
  while (i < of_f.size() || next_of_g() < of_g.size()) {
    const bool f_is_next = next_of_g() == of_g.size() || (i < of_f.size() && compare(of_f[i], of_g[next_of_g()]) <= 0);
    const bool g_is_next = i == of_f.size() || (next_of_g() < of_g.size() && compare(of_g[next_of_g()], of_f[i]) <= 0);
    add(f_is_next ? of_f[i] : of_g[next_of_g()]);
    if (f_is_next) ++i;
    if (g_is_next) ratio > 0 ? ++j : --j;
  }
  add(std::nullopt);
  return make_pieces(stretches);
}

PairExpectation::PairExpectation(std::vector<Piece> f, std::vector<Piece> g)
    : f_(std::move(f)), g_(std::move(g)), parity_of_f_(parity_of(f_)), parity_of_g_(parity_of(g_)), lazy_(std::make_shared<Lazy>()) {}

PairExpectation::Value PairExpectation::along_line(const Rational& ratio, const Ball& q, const Budget& budget) const {
  const std::vector<Piece> product = product_along_line(f_, g_, ratio);
  return mean(product, parity_of(product), q, budget);
}

PairExpectation::Value PairExpectation::at(const PairVariance<Ball>& pair, const Budget& budget) const {
  const bool opposite_parities = parity_of_f_ != Parity::none && parity_of_g_ != Parity::none && parity_of_f_ != parity_of_g_;
  if (pair.q1.is_exact_zero() || pair.q2.is_exact_zero()) {
    const Value first = mean(f_, parity_of_f_, pair.q1, budget), second = mean(g_, parity_of_g_, pair.q2, budget);
    return {first.value * second.value, first.scale * second.scale, first.evaluations + second.evaluations, first.method == second.method ? first.method : first.method + " + " + second.method};
  }
  if (pair.ratio) return along_line(*pair.ratio, pair.q1, budget);
  if (certainly_positive(pair.q1) != Truth::yes || certainly_positive(pair.q2) != Truth::yes || certainly_positive(pair.beside) != Truth::yes) {
    return {Ball(1) / Ball(0), Ball(1), 0, ""};
  }
  {
    const std::lock_guard lock(lazy_->mutex);
    if (!lazy_->rule) lazy_->rule = std::make_unique<const PairQuadrature>(f_, g_, PairRule::Of::values);
  }
  const auto result = lazy_->rule->integrate(pair, opposite_parities ? 8 : Precision::bits(), budget);  // (of opposite parities: only whether it is finite)
  if (opposite_parities) return {Ball(0), result.scales[0], 0, "zero by symmetry"};
  return {result.values[0], result.scales[0], result.evaluations, result.method};
}

Estimate<Digits> PairExpectation::at(const PairVariance<Digits>& pair, const Budget& budget) const {
  const auto mean = [&](const std::vector<Piece>& f, const Digits& q) -> Estimate<Digits> {
    if (q != 0) return boost_expectation(f, q, budget);
    const Precision p(Precision::bits_for(Digits::default_precision()) + 32);
    return {to_digits(expectation_at_zero(f)), Digits(0), false, 0, "value at 0"};
  };
  if (pair.q1 == 0 || pair.q2 == 0) {
    const Estimate<Digits> first = mean(f_, pair.q1), second = mean(g_, pair.q2);
    const Digits error = abs(first.error * second.value) + abs(first.value * second.error);
    return {Digits(first.value * second.value), error, false, first.evaluations + second.evaluations, first.method == second.method ? first.method : first.method + " + " + second.method};
  }
  if (pair.ratio) return mean(product_along_line(f_, g_, *pair.ratio), pair.q1);
  return bivariate_expectation(f_, g_, pair.q1, pair.q2, pair.c, budget);
}

}  // namespace infwidth
