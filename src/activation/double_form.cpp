// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/double_form.hpp"

#include <optional>
#include <unordered_map>

#include "infwidth/activation/polynomial.hpp"

namespace infwidth {

namespace {

/// c + g or c - g with a number c, written without the cancellation where g is near -c.
std::optional<Expression> without_cancellation(const Expression& e) {
  const bool minus = e.op() == Op::subtract;
  if (!minus && e.op() != Op::add) return std::nullopt;
  const bool first = e.argument(0).is_number();
  if (first == e.argument(1).is_number()) return std::nullopt;
  Expression g = e.argument(first ? 1 : 0);
  Rational c = e.argument(first ? 0 : 1).value();
  Rational sign = minus && first ? -1 : 1;
  if (minus && !first) c = -c;
  if (g.op() == Op::negate) {
    g = Expression(g.argument());
    sign = -sign;
  }
  if (g.arguments().size() != 1 || abs(c) != 1) return std::nullopt;
  // sign (k + g)
  const bool plus_one = c * sign == 1;
  const Expression u = g.argument(), s = sign;
  if (plus_one) {
    if (g.op() == Op::tanh) return s * (2 * sigmoid(2 * u));
    if (g.op() == Op::erf) return s * erfc(-u);
    return std::nullopt;
  }
  switch (g.op()) {
    case Op::exp: return s * (tanh(u / 2) * (g + 1));
    case Op::tanh: return s * (-2 * sigmoid(-2 * u));
    case Op::erf: return s * -erfc(u);
    case Op::erfc: return s * -erf(u);
    case Op::sigmoid: return s * -sigmoid(-u);
    case Op::Phi: return s * -Phi(-u);
    case Op::cos: return s * (-2 * pow(sin(u / 2), 2));
    case Op::cosh: return s * (2 * pow(sinh(u / 2), 2));
    default: return std::nullopt;
  }
}

/// f'(u) and f''(u) of a function of one argument; `e` is f(u).
struct Outer {
  Expression first, second;
};
std::optional<Outer> outer(const Expression& e, const Expression& u) {
  switch (e.op()) {
    case Op::exp: return Outer{e, e};
    case Op::log: return Outer{1 / u, -pow(1 / u, 2)};
    case Op::sqrt: return Outer{1 / (2 * e), -1 / (4 * (e * u))};
    case Op::sin: return Outer{cos(u), -e};
    case Op::cos: return Outer{-sin(u), -e};
    case Op::tan: {
      const Expression slope = 1 + pow(e, 2);
      return Outer{slope, 2 * (e * slope)};
    }
    case Op::sinh: return Outer{cosh(u), e};
    case Op::cosh: return Outer{sinh(u), e};
    case Op::tanh: {
      // One exponential; 0 where it or its inverse overflows, as sech^2 is then.
      const Expression w = exp(u), slope = pow(2 / (w + 1 / w), 2);
      return Outer{slope, -2 * (e * slope)};
    }
    case Op::asin: {
      const Expression root = sqrt((1 - u) * (1 + u));
      return Outer{1 / root, u / pow(root, 3)};
    }
    case Op::atan: {
      const Expression slope = 1 / (1 + pow(u, 2));
      return Outer{slope, -2 * (u * slope) * slope};
    }
    case Op::erf: case Op::erfc: {
      const Expression slope = (e.op() == Op::erf ? 2 : -2) * exp(-pow(u, 2)) / sqrt(Expression::pi());
      return Outer{slope, -2 * (u * slope)};
    }
    case Op::Phi: {
      const Expression slope = exp(-pow(u, 2) / 2) / sqrt(2 * Expression::pi());
      return Outer{slope, -(u * slope)};
    }
    case Op::sigmoid: {
      const Expression slope = e * sigmoid(-u);
      return Outer{slope, -(slope * tanh(u / 2))};
    }
    case Op::softplus: return Outer{sigmoid(u), sigmoid(u) * sigmoid(-u)};
    default: return std::nullopt;
  }
}

/// Value, slope and second slope of every node, from the leaves, each shared subtree once.
class Tangents {
 public:
  const DoubleForm& of(const Expression& e) {
    const void* id = &e.arguments();  // one address a node
    if (const auto found = done_.find(id); found != done_.end()) return found->second;
    DoubleForm form = make(e);
    return done_.emplace(id, std::move(form)).first->second;
  }

 private:
  std::unordered_map<const void*, DoubleForm> done_;

  DoubleForm make(const Expression& e) {
    if (!e.depends_on("x")) return {e, 0, 0};
    if (e.op() == Op::variable) return {e, 1, 0};
    if (e.arguments().size() == 1) return of_function(e);
    if (e.arguments().size() != 2) return plain(e);
    const DoubleForm u = of(e.argument(0)), v = of(e.argument(1));
    const Expression value = Expression::make(e.op(), {u.value, v.value});
    switch (e.op()) {
      case Op::add: return {without_cancellation(value).value_or(value), u.slope + v.slope, u.second + v.second};
      case Op::subtract: return {without_cancellation(value).value_or(value), u.slope - v.slope, u.second - v.second};
      case Op::multiply: return {value, u.slope * v.value + u.value * v.slope, u.second * v.value + 2 * (u.slope * v.slope) + u.value * v.second};
      case Op::divide: {
        const Expression slope = (u.slope - value * v.slope) / v.value;
        return {value, slope, (u.second - 2 * (slope * v.slope) - value * v.second) / v.value};
      }
      case Op::power: return of_power(value, u, v);
      default: return plain(e);
    }
  }

  DoubleForm of_function(const Expression& e) {
    const DoubleForm u = of(e.argument());
    if (e.op() == Op::negate) return {-u.value, -u.slope, -u.second};
    if (e.op() == Op::log && u.value.op() == Op::cosh) {
      // log cosh w, whose cosh overflows long before: tanh w and sech^2 w.
      const DoubleForm w = of(e.argument().argument());
      const Expression t = tanh(w.value);
      const Outer slopes = *outer(t, w.value);
      return {softplus(2 * w.value) - w.value - log(Expression(2)), t * w.slope, slopes.first * pow(w.slope, 2) + t * w.second};
    }
    const Expression value = Expression::make(e.op(), {u.value});
    const std::optional<Outer> f = outer(value, u.value);
    if (!f) return plain(e);
    return {value, f->first * u.slope, f->second * pow(u.slope, 2) + f->first * u.second};
  }

  static DoubleForm of_power(const Expression& value, const DoubleForm& u, const DoubleForm& v) {
    if (v.slope.is_number(0)) {
      const Expression &n = v.value, outer_slope = n * pow(u.value, n - 1), outer_second = n * (n - 1) * pow(u.value, n - 2);
      return {value, outer_slope * u.slope, outer_second * pow(u.slope, 2) + outer_slope * u.second};
    }
    // exp(L), L = v log u
    const Expression log_u = log(u.value), rate = u.slope / u.value;
    const Expression first = v.slope * log_u + v.value * rate;
    const Expression second = v.second * log_u + 2 * (v.slope * rate) + v.value * (u.second / u.value - pow(rate, 2));
    return {value, value * first, value * (pow(first, 2) + second)};
  }

  static DoubleForm plain(const Expression& e) {
    const Expression slope = differentiate(e, "x");
    return {e, slope, differentiate(slope, "x")};
  }
};

/// The k for which p is a multiple of He_k, from 2 on, and that multiple.
struct Hermite {
  long degree;
  Rational factor;
};
std::optional<Hermite> hermite_degree(const Polynomial& p) {
  const long k = p.degree();
  if (k < 2) return std::nullopt;
  // He_k = sum over j of (-1)^j k! / (2^j j! (k - 2j)!) x^(k - 2j): each coefficient from the one before.
  const Rational factor = p.coefficient(k);
  Rational expected = factor;
  for (long i = k; i >= 0; --i) {
    if ((k - i) % 2 == 1) {
      if (p.coefficient(i) != 0) return std::nullopt;
      continue;
    }
    if (p.coefficient(i) != expected) return std::nullopt;
    const long j = (k - i) / 2 + 1;
    expected = -expected * i * (i - 1) / (2 * j);
  }
  return Hermite{k, factor};
}

DoubleForm by_recurrence(const Hermite& h) {
  // He_(n+1) = x He_n - n He_(n-1), He_n' = n He_(n-1)
  const Expression x = Expression::variable("x"), factor = h.factor;
  Expression lowest = 0, before = 1, now = x;
  for (int n = 1; n < h.degree; ++n) {
    const Expression next = x * now - n * before;
    lowest = before;
    before = now;
    now = next;
  }
  const auto k = static_cast<int>(h.degree);
  return {factor * now, factor * k * before, factor * k * (k - 1) * lowest};
}

}  // namespace

DoubleForm double_form(const Expression& formula) {
  if (const std::optional<Polynomial> p = rational_polynomial(formula)) {
    if (const std::optional<Hermite> h = hermite_degree(*p)) return by_recurrence(*h);
  }
  return Tangents().of(formula);
}

}  // namespace infwidth
