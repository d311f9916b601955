// SPDX-License-Identifier: GPL-3.0-or-later
#include "limit_terms.hpp"

#include "infwidth/expression/simplify.hpp"

namespace infwidth {

namespace {

const Expression q = Expression::variable("q");

Expression power_of_q(const Rational& p) { return p < 0 ? 1 / pow(q, Expression(Rational(-p))) : pow(q, Expression(p)); }

/// The shorter of two ways; of nearly equal ones the one with a single fraction bar.
Expression tidy(const Expression& e) {
  const Assumptions given{.positive = {"q"}, .not_negative = {}};
  const Expression a = shorten(e, given), b = simplify(e, given);
  constexpr std::size_t little = 4;
  return to_string(b).size() + little < to_string(a).size() ? b : a;
}

Expression remainder_of(const Expression& size, const Rational& power) {
  const bool plain = power >= -1 && denominator(power) <= 2;
  return plain ? power_of_q(power) * size : pow(q, Expression(power)) * size;
}

/// The scale without its wave.
Expression size_of(const Scale& scale, int direction) {
  Expression exponent = 0;
  for (const auto& [p, c] : scale.exponent) exponent = exponent + c.expression() * power_of_q(Rational(p * direction));
  return exp(shorten(exponent, {.positive = {"q"}, .not_negative = {}}));
}

std::optional<Asymptotics> terms_of(const AsymptoticSeries& series, Limit limit, std::size_t least) {
  const int direction = limit == Limit::zero ? 1 : -1;
  Asymptotics r;
  for (const auto& part : series.parts) {
    const Expression size = size_of(part.scale, direction);
    for (const auto& [p, c] : part.series.terms) {
      const Rational power = p * direction;
      if (r.terms.size() == 2) {
        r.remainder = remainder_of(size, power);
        return r;
      }
      r.terms.push_back(tidy(c.expression() * power_of_q(power) * size * part.scale.wave));
    }
    if (!part.series.order) continue;
    if (r.terms.size() < least) return std::nullopt;
    r.remainder = remainder_of(size, Rational(*part.series.order * direction));
    return r;
  }
  return r;
}

}  // namespace

std::optional<Asymptotics> two_terms(const AsymptoticSeries& series, Limit limit) { return terms_of(series, limit, 2); }
std::optional<Asymptotics> known_terms(const AsymptoticSeries& series, Limit limit) { return terms_of(series, limit, 1); }

ExactConstant absolute_moment(const Rational& p) {
  // 2^(p/2) Gamma((p + 1)/2) / sqrt(pi)
  return ExactConstant::from(pow(Expression(2), Expression(Rational(p / 2))) * tgamma(Expression(Rational((p + 1) / 2))) / sqrt(Expression::pi()));
}

Expression written_term(const Expression& c, const Rational& p) { return c.is_number(1) ? remainder_of(1, p) : tidy(c * power_of_q(p)); }

std::vector<Estimate<Ball>> extrapolated(const std::function<Ball(const Ball&)>& f, const Rational& step, Limit limit) {
  constexpr int points = 14, first = 6;
  std::vector<Ball> u, value;
  for (int j = 0; j < points; ++j) {
    const Ball size = pow(Ball(4), first + j);
    value.push_back(f(limit == Limit::infinity ? size : Ball(1) / size));
    u.push_back(pow(size, Ball(Rational(-step))));
  }
  // Newton's divided differences, then the polynomial's coefficients.
  const auto coefficients = [&](int n_points) {
    std::vector<Ball> d(value.begin(), value.begin() + n_points), x(u.begin(), u.begin() + n_points);
    const auto n = d.size();
    for (std::size_t k = 1; k < n; ++k) {
      for (std::size_t i = n - 1; i >= k; --i) d[i] = (d[i] - d[i - 1]) / (x[i] - x[i - k]);
    }
    std::vector<Ball> c(n, Ball(0));
    for (std::size_t k = n; k-- > 0;) {  // c <- c (u - x_k) + d_k
      for (std::size_t i = n - 1; i > 0; --i) c[i] = c[i - 1] - x[k] * c[i];
      c[0] = d[k] - x[k] * c[0];
    }
    return c;
  };
  // Without the points nearest to the limit: where logarithms spoil the expansion, that shows.
  const std::vector<Ball> all = coefficients(points), fewer = coefficients(points - points / 3);
  std::vector<Estimate<Ball>> r;
  for (std::size_t k = 0; k < 4; ++k) {
    Estimate<Ball> e;
    e.value = all[k].mid();
    e.error = abs(all[k] - fewer[k]).magnitude() + all[k].radius();
    e.proven = false;
    e.evaluations = points;
    e.method = "extrapolation";
    r.push_back(e);
  }
  return r;
}

}  // namespace infwidth
