// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/polynomial.hpp"

#include <flint/fmpz_poly_factor.h>

#include "infwidth/activation/rewrite.hpp"

namespace infwidth {

namespace {

constexpr long largest_degree = 200;

/// An exact fraction as FLINT has it.
class Fraction {
 public:
  explicit Fraction(const Rational& r) {
    fmpq_init(value_);
    fmpq_set_mpq(value_, r.backend().data());
  }
  Fraction() { fmpq_init(value_); }
  Fraction(const Fraction&) = delete;
  Fraction& operator=(const Fraction&) = delete;
  ~Fraction() { fmpq_clear(value_); }
  fmpq* get() { return value_; }
  Rational rational() const {
    Rational r;
    fmpq_get_mpq(r.backend().data(), value_);
    return r;
  }

 private:
  fmpq_t value_;
};

}  // namespace

Polynomial::Polynomial(const Rational& constant) : Polynomial() {
  Fraction c(constant);
  fmpq_poly_set_fmpq(value_, c.get());
}

Polynomial Polynomial::x() {
  Polynomial p;
  fmpq_poly_set_coeff_si(p.value_, 1, 1);
  return p;
}

Rational Polynomial::coefficient(long i) const {
  Fraction c;
  fmpq_poly_get_coeff_fmpq(c.get(), value_, i);
  return c.rational();
}

Rational Polynomial::at(const Rational& x) const {
  Fraction at(x), value;
  fmpq_poly_evaluate_fmpq(value.get(), value_, at.get());
  return value.rational();
}

Polynomial operator+(const Polynomial& a, const Polynomial& b) {
  Polynomial r;
  fmpq_poly_add(r.value_, a.value_, b.value_);
  return r;
}
Polynomial operator-(const Polynomial& a, const Polynomial& b) {
  Polynomial r;
  fmpq_poly_sub(r.value_, a.value_, b.value_);
  return r;
}
Polynomial operator*(const Polynomial& a, const Polynomial& b) {
  Polynomial r;
  fmpq_poly_mul(r.value_, a.value_, b.value_);
  return r;
}
Polynomial divide(const Polynomial& a, const Polynomial& b) {
  Polynomial r;
  fmpq_poly_div(r.value_, a.value_, b.value_);
  return r;
}
Polynomial gcd(const Polynomial& a, const Polynomial& b) {
  Polynomial r;
  fmpq_poly_gcd(r.value_, a.value_, b.value_);
  return r;
}

Expression to_expression(const Polynomial& p) {
  const Expression x = Expression::variable("x");
  Expression sum = 0;
  for (long i = p.degree(); i >= 0; --i) {
    const Rational c = p.coefficient(i);
    if (c == 0) continue;
    const Expression term = Expression(Rational(abs(c))) * pow(x, Expression(static_cast<int>(i)));
    sum = c > 0 ? sum + term : sum - term;
  }
  return sum;
}

namespace {

std::optional<RationalFunction> in_lowest_terms(Polynomial numerator, Polynomial denominator) {
  if (denominator.is_zero()) return std::nullopt;
  if (denominator.degree() > 0) {
    const Polynomial common = gcd(numerator, denominator);
    numerator = divide(numerator, common);
    denominator = divide(denominator, common);
  }
  const Rational leading = denominator.coefficient(denominator.degree());
  if (leading != 1) {
    numerator = numerator * Polynomial(Rational(1 / leading));
    denominator = denominator * Polynomial(Rational(1 / leading));
  }
  if (numerator.degree() > largest_degree || denominator.degree() > largest_degree) return std::nullopt;
  return RationalFunction{std::move(numerator), std::move(denominator)};
}

Polynomial power(const Polynomial& p, long n) {
  Polynomial r;
  fmpq_poly_pow(r.get(), p.get(), static_cast<ulong>(n));
  return r;
}

}  // namespace

std::optional<RationalFunction> rational_function(const Expression& e) {
  switch (e.op()) {
    case Op::number: return RationalFunction{e.value(), Polynomial(Rational(1))};
    case Op::variable: return RationalFunction{Polynomial::x(), Polynomial(Rational(1))};
    case Op::negate: {
      auto u = rational_function(e.argument());
      if (u) u->numerator = Polynomial(Rational(-1)) * u->numerator;
      return u;
    }
    case Op::add:
    case Op::subtract: {
      const auto a = rational_function(e.argument(0));
      if (!a) return std::nullopt;
      const auto b = rational_function(e.argument(1));
      if (!b) return std::nullopt;
      const Polynomial left = a->numerator * b->denominator, right = b->numerator * a->denominator;
      return in_lowest_terms(e.op() == Op::add ? left + right : left - right, a->denominator * b->denominator);
    }
    case Op::multiply:
    case Op::divide: {
      const auto a = rational_function(e.argument(0));
      if (!a) return std::nullopt;
      auto b = rational_function(e.argument(1));
      if (!b) return std::nullopt;
      if (e.op() == Op::divide) std::swap(b->numerator, b->denominator);
      return in_lowest_terms(a->numerator * b->numerator, a->denominator * b->denominator);
    }
    case Op::power: {
      const auto n = integer_exponent(e);
      if (!n) return std::nullopt;
      auto u = rational_function(e.argument(0));
      if (!u) return std::nullopt;
      if (*n < 0) std::swap(u->numerator, u->denominator);
      const long exponent = *n < 0 ? -*n : *n;
      const long degree = std::max(u->numerator.degree(), u->denominator.degree());
      if (exponent * std::max(degree, 0L) > largest_degree) return std::nullopt;
      return in_lowest_terms(power(u->numerator, exponent), power(u->denominator, exponent));
    }
    default: return std::nullopt;
  }
}

std::optional<Polynomial> rational_polynomial(const Expression& e) {
  auto u = rational_function(e);
  if (!u || u->denominator.degree() > 0) return std::nullopt;
  return std::move(u->numerator);
}

std::vector<Polynomial> irreducible_factors(const Polynomial& p) {
  fmpz_poly_t whole;
  fmpz_poly_init(whole);
  fmpq_poly_get_numerator(whole, p.get());
  fmpz_poly_factor_t factors;
  fmpz_poly_factor_init(factors);
  fmpz_poly_factor(factors, whole);
  std::vector<Polynomial> result;
  for (slong i = 0; i < factors->num; ++i) {
    Polynomial f;
    fmpq_poly_set_fmpz_poly(f.get(), factors->p + i);
    if (f.coefficient(f.degree()) < 0) f = Polynomial(Rational(-1)) * f;
    result.push_back(std::move(f));
  }
  fmpz_poly_factor_clear(factors);
  fmpz_poly_clear(whole);
  return result;
}

std::optional<std::vector<Expression>> constant_coefficients(const Expression& e) {
  using Coefficients = std::vector<Expression>;
  if (!e.depends_on("x")) return Coefficients{e};
  const auto product = [](const Coefficients& a, const Coefficients& b) {
    Coefficients r(a.size() + b.size() - 1, 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) r[i + j] = r[i + j] + a[i] * b[j];
    }
    return r;
  };
  std::vector<Coefficients> u;
  if (e.op() == Op::variable) return Coefficients{0, 1};
  if (e.op() == Op::power) {
    const auto n = integer_exponent(e);
    if (!n || *n < 1) return std::nullopt;
    const auto base = constant_coefficients(e.argument(0));
    if (!base || static_cast<long>(base->size() - 1) * *n > largest_degree) return std::nullopt;
    Coefficients r = *base;
    for (long i = 1; i < *n; ++i) r = product(r, *base);
    return r;
  }
  if (e.op() != Op::add && e.op() != Op::subtract && e.op() != Op::multiply && e.op() != Op::divide && e.op() != Op::negate) return std::nullopt;
  for (const Expression& argument : e.arguments()) {
    auto c = constant_coefficients(argument);
    if (!c) return std::nullopt;
    u.push_back(std::move(*c));
  }
  Coefficients r = u[0];
  switch (e.op()) {
    case Op::negate:
      for (Expression& c : r) c = -c;
      break;
    case Op::add:
    case Op::subtract:
      r.resize(std::max(u[0].size(), u[1].size()), 0);
      for (std::size_t i = 0; i < u[1].size(); ++i) r[i] = e.op() == Op::add ? r[i] + u[1][i] : r[i] - u[1][i];
      break;
    case Op::multiply: {
      if (u[0].size() + u[1].size() > static_cast<std::size_t>(largest_degree) + 2) return std::nullopt;
      r = product(u[0], u[1]);
      break;
    }
    default:
      if (u[1].size() != 1) return std::nullopt;
      for (Expression& c : r) c = c / u[1][0];
  }
  while (r.size() > 1 && r.back().is_number(0)) r.pop_back();
  return r;
}

}  // namespace infwidth
