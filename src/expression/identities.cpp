// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "algebra.hpp"
#include "infwidth/expression/simplify.hpp"
#include "samples.hpp"

namespace infwidth {

namespace {

using namespace algebra;

constexpr std::size_t largest_formula = 400;  // nodes
constexpr int largest_degree = 200;

bool is_in_reach(const Expression& e) { return e.size() <= largest_formula && !e.has_kinked_function(); }

/// Quick and rigorous: at some point the formula is not 0, or at none of them is it defined.
bool is_certainly_not_zero(const Expression& e) {
  bool defined = false;
  for (const std::optional<Ball>& value : samples(e)) {
    if (!value) continue;
    if (!value->contains_zero()) return true;
    defined = true;
  }
  return !defined;
}

/// Quick and rigorous: at two points the ratio differs, or it is defined at fewer than two.
bool is_certainly_not_constant(const Expression& a, const Expression& b, std::string_view variable) {
  const auto above = samples(a, variable), below = samples(b, variable);
  std::optional<Ball> first;
  int defined = 0;
  for (std::size_t i = 0; i < above.size(); ++i) {
    if (!above[i] || !below[i] || below[i]->contains_zero()) continue;
    const Ball ratio = *above[i] / *below[i];
    if (first && !first->overlaps(ratio)) return true;
    if (!first) first = ratio;
    ++defined;
  }
  return defined < 2;
}

/// The terms of p by the part of their monomial in generators that depend on the variable.
std::map<Monomial, Polynomial> by_dependent_part(const Polynomial& p, const Field& field, std::string_view variable) {
  std::map<Monomial, Polynomial> parts;
  for (const auto& [m, c] : p.terms()) {
    Monomial dependent = m;
    for (std::size_t g = 0; g < m.size(); ++g) {
      if (!field.generator(g).base.depends_on(variable)) dependent[g] = 0;
    }
    dependent = product(dependent, {});
    parts[dependent].add(product(m, power(dependent, -1)), c);
  }
  return parts;
}

/// p with the sign of a square root (or of the imaginary unit) turned.
Polynomial conjugate(const Polynomial& p, std::size_t root) {
  Polynomial r;
  for (const auto& [m, c] : p.terms()) r.add(m, exponent(m, root) % 2 != 0 ? Rational(-c) : c);
  return r;
}

/// above / below with no square roots of numbers, and no imaginary unit, below.
Expression rationalized(Polynomial above, Polynomial below, Field& field) {
  for (std::size_t g = 0; g < field.generators(); ++g) {
    if (!field.generator(g).number || field.generator(g).root != 2) continue;
    const Polynomial mirrored = conjugate(below, g);
    if (mirrored == below) continue;
    above = field.multiply(above, mirrored);
    below = field.multiply(below, mirrored);
  }
  return field.formula(field.divide(Fraction(above), Fraction(below)));
}

std::optional<Expression> proven_ratio(const Expression& a, const Expression& b, std::string_view variable) {
  Algebra algebra;
  const std::vector<Fraction> both = algebra.fractions_of({a, b});
  Field& field = algebra.field();
  const Fraction above = field.reduced(both[0]), below = field.reduced(both[1]);
  if (below.numerator.is_zero()) return std::nullopt;
  const Fraction left = field.reduced(Fraction(field.multiply(above.numerator, field.whole_denominator(below))));
  const Fraction right = field.reduced(Fraction(field.multiply(below.numerator, field.whole_denominator(above))));
  const Polynomial p = field.multiply(left.numerator, field.whole_denominator(right));
  const Polynomial q = field.multiply(right.numerator, field.whole_denominator(left));
  if (p.is_zero()) return Expression(0);
  const auto p_parts = by_dependent_part(p, field, variable), q_parts = by_dependent_part(q, field, variable);
  if (q_parts.empty()) return std::nullopt;
  const auto& [monomial, denominator] = *q_parts.rbegin();
  const auto numerator = p_parts.find(monomial);
  if (numerator == p_parts.end()) return std::nullopt;
  const Fraction difference = field.subtract(Fraction(field.multiply(p, denominator)), Fraction(field.multiply(q, numerator->second)));
  if (!field.is_zero(difference)) return std::nullopt;
  return rationalized(numerator->second, denominator, field);
}

using Coefficients = std::vector<Rational>;

/// Plain arithmetic with numbers, lowest coefficient first. GiveUp for anything else.
Coefficients rational_polynomial(const Expression& e, std::string_view variable, Work& work) {
  const auto trimmed = [](Coefficients c) {
    while (!c.empty() && c.back() == 0) c.pop_back();
    if (c.size() > largest_degree + 1) throw GiveUp();
    return c;
  };
  const auto times = [&](const Coefficients& a, const Coefficients& b) {
    work.spend(a.size() * b.size() + 1);
    Coefficients r(a.size() + b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) r[i + j] += a[i] * b[j];
    }
    return trimmed(std::move(r));
  };
  const auto part = [&](std::size_t i) { return rational_polynomial(e.argument(i), variable, work); };
  work.spend(1);
  switch (e.op()) {
    case Op::number: return trimmed({e.value()});
    case Op::variable:
      if (e.name() != variable) throw GiveUp();
      return {0, 1};
    case Op::negate: return times({-1}, part(0));
    case Op::add: case Op::subtract: {
      Coefficients a = part(0);
      const Coefficients b = part(1);
      a.resize(std::max(a.size(), b.size()));
      for (std::size_t i = 0; i < b.size(); ++i) a[i] += e.op() == Op::add ? b[i] : Rational(-b[i]);
      return trimmed(std::move(a));
    }
    case Op::multiply: return times(part(0), part(1));
    case Op::divide:
      if (!e.argument(1).is_number()) throw GiveUp();
      return times(part(0), {1 / e.argument(1).value()});
    case Op::power: {
      const Expression& n = e.argument(1);
      if (!n.is_number() || denominator(n.value()) != 1 || n.value() < 0 || n.value() > largest_degree) throw GiveUp();
      const Coefficients base = part(0);
      Coefficients r = {1};
      for (int i = static_cast<int>(numerator(n.value())); i > 0; --i) r = times(r, base);
      return r;
    }
    default: throw GiveUp();
  }
}

std::optional<std::vector<Expression>> proven_polynomial(const Expression& e, std::string_view variable) {
  Algebra algebra;
  Field& field = algebra.field();
  const Fraction f = field.reduced(algebra.fractions_of({e})[0]);
  for (const auto& [base, n] : f.denominator) {
    for (const auto& [dependent, rest] : by_dependent_part(base, field, variable)) {
      if (!dependent.empty()) return std::nullopt;
    }
  }
  std::vector<Expression> coefficients = {0};
  for (const auto& [dependent, rest] : by_dependent_part(f.numerator, field, variable)) {
    std::size_t degree = 0;
    for (std::size_t g = 0; g < dependent.size(); ++g) {
      if (dependent[g] == 0) continue;
      const Generator& x = field.generator(g);
      if (x.kind != Generator::Kind::plain || x.root != 1 || x.base.op() != Op::variable) return std::nullopt;
      if (dependent[g] < 0 || dependent[g] > largest_degree) return std::nullopt;
      degree = static_cast<std::size_t>(dependent[g]);
    }
    if (coefficients.size() <= degree) coefficients.resize(degree + 1, Expression(0));
    Fraction coefficient = f;
    coefficient.numerator = rest;
    coefficients[degree] = field.formula(coefficient);
  }
  return coefficients;
}

}  // namespace

bool is_identically_zero(const Expression& e) {
  if (e.is_number()) return e.is_number(0);
  if (!is_in_reach(e) || is_certainly_not_zero(e)) return false;
  try {
    Algebra algebra;
    const Fraction f = algebra.fractions_of({e})[0];
    return algebra.field().is_zero(f);
  } catch (const GiveUp&) {
    return false;
  }
}

std::optional<Expression> constant_ratio(const Expression& a, const Expression& b, std::string_view variable) {
  if (!is_in_reach(a) || !is_in_reach(b) || is_certainly_not_constant(a, b, variable)) return std::nullopt;
  try {
    return proven_ratio(a, b, variable);
  } catch (const GiveUp&) {
    return std::nullopt;
  }
}

std::optional<std::vector<Expression>> polynomial_coefficients(const Expression& e, std::string_view variable) {
  try {
    Work work(300'000);
    const Coefficients numbers = rational_polynomial(e, variable, work);
    if (numbers.empty()) return std::vector<Expression>{0};
    return std::vector<Expression>(numbers.begin(), numbers.end());
  } catch (const GiveUp&) {
    // not plain arithmetic: by the algebra
  }
  if (!is_in_reach(e)) return std::nullopt;
  try {
    return proven_polynomial(e, variable);
  } catch (const GiveUp&) {
    return std::nullopt;
  }
}

}  // namespace infwidth
