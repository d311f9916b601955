// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <optional>

#include "infwidth/activation/catalogue.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/gaussian/two_variables.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

const Expression x = Expression::variable("x"), u = Expression::variable("u"), v = Expression::variable("v");

constexpr std::size_t most_terms = 64;

bool is_constant(const Expression& e) { return !e.depends_on("u") && !e.depends_on("v"); }

[[noreturn]] void refuse(const Expression& e) {
  throw UsageError("the term " + to_string(e) + " mixes u and v; write a sum of products f(s) g(t), s and t sums of multiples of u and v, like tanh(u)*relu(u - 2*v)");
}

/// of_u u + of_v v; (1, r) or (0, 1).
struct Direction {
  Rational of_u, of_v;
  bool operator==(const Direction& other) const { return of_u == other.of_u && of_v == other.of_v; }
};

/// of_u u + of_v v + offset, all constants.
struct Linear {
  Expression of_u = 0, of_v = 0, offset = 0;

  bool is_constant() const { return of_u.is_number(0) && of_v.is_number(0); }
  /// The combination that it is a function of; none if the ratio of its coefficients is no fraction.
  std::optional<Direction> direction() const {
    if (of_u.is_number(0)) return Direction{0, 1};
    const Expression ratio = simplify(of_v / of_u);
    return ratio.is_number() ? std::optional(Direction{1, ratio.value()}) : std::nullopt;
  }
  /// In x, the combination.
  Expression in_x() const { return (of_u.is_number(0) ? of_v : of_u) * x + offset; }
};

/// The linear part of a sum, and its other terms.
struct Sum {
  Linear linear;
  std::vector<std::pair<int, Expression>> others;
};

std::optional<Linear> linear(const Expression& e) {
  for (const char* variable : {"u", "v"}) {
    const std::optional<std::vector<Expression>> c = polynomial_coefficients(e, variable);
    if (!c || c->size() > 2) return std::nullopt;
    if (c->size() == 2 && !is_constant((*c)[1])) return std::nullopt;
  }
  const Expression of_u = simplify(differentiate(e, "u")), of_v = simplify(differentiate(e, "v"));
  if (!is_constant(of_u) || !is_constant(of_v)) return std::nullopt;
  return Linear{of_u, of_v, simplify(substitute(substitute(e, "u", 0), "v", 0))};
}

void collect(const Expression& e, int sign, Sum& sum) {
  if (e.op() == Op::add || e.op() == Op::subtract) {
    collect(e.argument(0), sign, sum);
    collect(e.argument(1), e.op() == Op::add ? sign : -sign, sum);
    return;
  }
  if (e.op() == Op::negate) return collect(e.argument(), -sign, sum);
  const std::optional<Linear> l = e.has_kinked_function() ? std::nullopt : linear(e);
  if (!l) {
    sum.others.emplace_back(sign, e);
    return;
  }
  sum.linear.of_u = sum.linear.of_u + Expression(sign) * l->of_u;
  sum.linear.of_v = sum.linear.of_v + Expression(sign) * l->of_v;
  sum.linear.offset = sum.linear.offset + Expression(sign) * l->offset;
}

/// A formula as a function of one combination of u and v.
struct OfOne {
  std::optional<Direction> direction;  // none: a constant
  Expression f;
};

/// None if it depends on more than one combination.
std::optional<OfOne> of_one(const Expression& e) {
  if (is_constant(e)) return OfOne{std::nullopt, e};
  const bool is_sum = e.op() == Op::add || e.op() == Op::subtract || e.op() == Op::negate || e.arguments().empty();
  OfOne result{std::nullopt, 0};
  const auto joins = [&](const std::optional<Direction>& d) {
    if (d && result.direction && !(*d == *result.direction)) return false;
    if (d) result.direction = d;
    return true;
  };
  if (is_sum) {
    Sum sum;
    collect(e, 1, sum);
    sum.linear.of_u = simplify(sum.linear.of_u);
    sum.linear.of_v = simplify(sum.linear.of_v);
    result.f = sum.linear.offset;
    if (!sum.linear.is_constant()) {
      const std::optional<Direction> d = sum.linear.direction();
      if (!d) return std::nullopt;
      result = {d, sum.linear.in_x()};
    }
    for (const auto& [sign, term] : sum.others) {
      const std::optional<OfOne> part = of_one(term);
      if (!part || !joins(part->direction)) return std::nullopt;
      result.f = sign > 0 ? result.f + part->f : result.f - part->f;
    }
    return result;
  }
  std::vector<Expression> arguments;
  for (const Expression& a : e.arguments()) {
    const std::optional<OfOne> part = of_one(a);
    if (!part || !joins(part->direction)) return std::nullopt;
    arguments.push_back(part->f);
  }
  result.f = Expression::make(e.op(), std::move(arguments));
  return result;
}

/// A factor of one combination, as a product of formulas in x.
struct Factor {
  Direction direction;
  std::vector<Expression> formulas;
};
struct Term {
  Expression constant = 1;
  std::vector<Factor> factors = {};

  void multiply(const Direction& direction, const Expression& f) {
    const auto known = std::find_if(factors.begin(), factors.end(), [&](const Factor& factor) { return factor.direction == direction; });
    if (known == factors.end()) {
      factors.push_back({direction, {f}});
    } else {
      known->formulas.push_back(f);
    }
  }
};
using Terms = std::vector<Term>;

Terms product(const Terms& a, const Terms& b) {
  Terms terms;
  for (const Term& s : a) {
    for (const Term& t : b) {
      Term both = s;
      both.constant = s.constant * t.constant;
      for (const Factor& factor : t.factors) {
        for (const Expression& f : factor.formulas) both.multiply(factor.direction, f);
      }
      terms.push_back(std::move(both));
    }
  }
  if (terms.size() > most_terms) throw UsageError("the formula becomes more than " + std::to_string(most_terms) + " products; split it");
  return terms;
}
Terms scaled(const Expression& by, Terms terms) {
  for (Term& t : terms) t.constant = by * t.constant;
  return terms;
}
Terms sum(Terms a, const Terms& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
/// Each factor of a product by itself.
template <class Function>
Terms mapped(const Term& t, const Function& f) {
  Term r{f(t.constant), {}};
  for (const Factor& factor : t.factors) {
    for (const Expression& g : factor.formulas) r.multiply(factor.direction, f(g));
  }
  return {r};
}

Terms terms_of(const Expression& e) {
  if (is_constant(e)) return {Term{e, {}}};
  if (const std::optional<OfOne> one = of_one(e)) {
    if (!one->direction) return {Term{one->f, {}}};  // u and v cancel
    Term t;
    t.multiply(*one->direction, one->f);
    return {t};
  }
  const auto argument = [&](std::size_t i) { return terms_of(e.argument(i)); };
  switch (e.op()) {
    case Op::negate: return scaled(-1, argument(0));
    case Op::add: return sum(argument(0), argument(1));
    case Op::subtract: return sum(argument(0), scaled(-1, argument(1)));
    case Op::multiply: return product(argument(0), argument(1));
    case Op::divide: {
      const Terms divisor = argument(1);
      if (divisor.size() == 1) return product(argument(0), mapped(divisor[0], [](const Expression& f) { return Expression(1) / f; }));
      break;
    }
    case Op::power: {
      const Expression& n = e.argument(1);
      if (!n.is_number() || denominator(n.value()) != 1) break;
      const Terms base = argument(0);
      if (base.size() == 1) return mapped(base[0], [&](const Expression& f) { return pow(f, n); });
      if (n.value() < 2 || n.value() > 16) break;
      Terms terms = base;
      for (long k = 1; k < static_cast<long>(numerator(n.value())); ++k) terms = product(terms, base);
      return terms;
    }
    case Op::exp: {  // of a sum of functions, each of one combination
      Terms terms = {Term{}};
      for (const Term& t : argument(0)) {
        if (t.factors.size() > 1) refuse(e);
        Expression f = t.constant;
        if (!t.factors.empty()) {
          for (const Expression& g : t.factors[0].formulas) f = f * g;
        }
        Term factor;
        if (t.factors.empty()) {
          factor.constant = exp(f);
        } else {
          factor.multiply(t.factors[0].direction, exp(f));
        }
        terms = product(terms, {factor});
      }
      return terms;
    }
    case Op::abs: case Op::sign: {
      const Terms inside = argument(0);
      if (inside.size() == 1) return mapped(inside[0], [&](const Expression& f) { return Expression::make(e.op(), {f}); });
      break;
    }
    case Op::max: case Op::min: {
      const std::optional<OfOne> difference = of_one(e.argument(0) - e.argument(1));
      if (!difference) break;
      Terms half_difference = terms_of(abs(e.argument(0) - e.argument(1)));
      const Expression half = Rational(1, 2);
      return sum(scaled(half, sum(argument(0), argument(1))), scaled(e.op() == Op::max ? half : -half, half_difference));
    }
    default: break;
  }
  refuse(e);
}

bool is_exponential(const Expression& f) {
  if (f.op() != Op::exp) return false;
  const auto c = polynomial_coefficients(f.argument(), "x");
  return c && c->size() <= 2;
}

/// Can f(s + t) be written as a sum of products of functions of s and of t?
bool dissolves(const Factor& factor) {
  return std::all_of(factor.formulas.begin(), factor.formulas.end(), [](const Expression& f) {
    if (f.has_kinked_function()) return false;
    const auto c = polynomial_coefficients(f, "x");
    return (c && c->size() <= 17) || is_exponential(f);
  });
}

/// f(a s + b t), s and t the combinations `first` and `second`.
Terms dissolved(const Expression& f, const Direction& first, const Expression& a, const Direction& second, const Expression& b) {
  const auto linear_in = [](const Direction& d, const Expression& by) {
    Term t;
    t.multiply(d, by * x);
    return t;
  };
  if (is_exponential(f)) {
    const auto c = *polynomial_coefficients(f.argument(), "x");
    Term t{exp(c[0]), {}};
    if (c.size() > 1) {
      t.multiply(first, exp(c[1] * a * x));
      t.multiply(second, exp(c[1] * b * x));
    }
    return {t};
  }
  const std::vector<Expression> c = *polynomial_coefficients(f, "x");
  const Terms argument = {linear_in(first, a), linear_in(second, b)};
  Terms result = {Term{c.back(), {}}};
  for (std::size_t i = c.size() - 1; i-- > 0;) {
    result = product(result, argument);
    if (!c[i].is_number(0)) result.push_back(Term{c[i], {}});
  }
  return result;
}

/// In at most two combinations.
Terms in_two(const Term& term) {
  if (term.factors.size() <= 2) return {term};
  std::vector<Factor> kept, rest;
  for (const bool wanted : {false, true}) {  // what cannot be written in others first
    for (const Factor& f : term.factors) {
      if (dissolves(f) == wanted) (kept.size() < 2 ? kept : rest).push_back(f);
    }
  }
  Terms terms = {Term{term.constant, {kept[0], kept[1]}}};
  const Direction &s = kept[0].direction, &t = kept[1].direction;
  const Rational determinant = s.of_u * t.of_v - s.of_v * t.of_u;
  for (const Factor& f : rest) {
    if (!dissolves(f)) {
      Expression shown = term.constant;
      for (const Factor& all : term.factors) {
        for (const Expression& g : all.formulas) shown = shown * substitute(g, "x", Expression(all.direction.of_u) * u + Expression(all.direction.of_v) * v);
      }
      refuse(shown);
    }
    const Direction& w = f.direction;
    const Rational a = (w.of_u * t.of_v - w.of_v * t.of_u) / determinant, b = (s.of_u * w.of_v - s.of_v * w.of_u) / determinant;
    for (const Expression& g : f.formulas) terms = product(terms, dissolved(g, s, a, t, b));
  }
  return terms;
}

}  // namespace

std::vector<ProductOfTwo> products_of_two(std::string_view formula) {
  Language language = activation_language();
  language.variables = {"u", "v"};
  std::vector<ProductOfTwo> products;
  for (const Term& whole : terms_of(parse(formula, language))) {
    for (const Term& term : in_two(whole)) {
      if (term.constant.is_number(0)) continue;
      ProductOfTwo product;
      for (const Factor& factor : term.factors) {
        Expression f = product.empty() ? term.constant : Expression(1);
        for (const Expression& g : factor.formulas) f = f * g;
        product.push_back({factor.direction.of_u, factor.direction.of_v, simplify(f)});
      }
      if (product.empty()) product.push_back({1, 0, term.constant});
      products.push_back(std::move(product));
      if (products.size() > most_terms) throw UsageError("the formula becomes more than " + std::to_string(most_terms) + " products; split it");
    }
  }
  return products;
}

}  // namespace infwidth
