// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <flint/fmpq_poly.h>

#include <optional>
#include <utility>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// A polynomial in x with exact rational coefficients.
class Polynomial {
 public:
  Polynomial() { fmpq_poly_init(value_); }
  Polynomial(const Rational& constant);  // NOLINT(google-explicit-constructor)
  Polynomial(const Polynomial& other) {
    fmpq_poly_init(value_);
    fmpq_poly_set(value_, other.value_);
  }
  Polynomial(Polynomial&& other) noexcept {
    fmpq_poly_init(value_);
    fmpq_poly_swap(value_, other.value_);
  }
  Polynomial& operator=(Polynomial other) noexcept {
    fmpq_poly_swap(value_, other.value_);
    return *this;
  }
  ~Polynomial() { fmpq_poly_clear(value_); }
  static Polynomial x();

  bool is_zero() const { return fmpq_poly_is_zero(value_) != 0; }
  /// -1 for the zero polynomial.
  long degree() const { return fmpq_poly_degree(value_); }
  /// 0 beyond the degree.
  Rational coefficient(long i) const;
  Rational at(const Rational& x) const;
  bool operator==(const Polynomial& other) const { return fmpq_poly_equal(value_, other.value_) != 0; }

  friend Polynomial operator+(const Polynomial& a, const Polynomial& b);
  friend Polynomial operator-(const Polynomial& a, const Polynomial& b);
  friend Polynomial operator*(const Polynomial& a, const Polynomial& b);
  /// The quotient without remainder.
  friend Polynomial divide(const Polynomial& a, const Polynomial& b);
  friend Polynomial gcd(const Polynomial& a, const Polynomial& b);

  fmpq_poly_struct* get() { return value_; }
  const fmpq_poly_struct* get() const { return value_; }

 private:
  fmpq_poly_t value_;
};

/// The formula of a polynomial, highest power first.
Expression to_expression(const Polynomial& p);

/// numerator / denominator in lowest terms.
struct RationalFunction {
  Polynomial numerator, denominator;
};

/// `e` as a quotient of polynomials in x with rational coefficients and degrees up to 200, if its tree is built of such.
std::optional<RationalFunction> rational_function(const Expression& e);
/// The same, where the denominator is a constant.
std::optional<Polynomial> rational_polynomial(const Expression& e);

/// The irreducible factors over the rationals, each with positive leading coefficient and without common factor of its coefficients.
std::vector<Polynomial> irreducible_factors(const Polynomial& p);

/// The coefficients (lowest first) if the tree of `e` is built as a polynomial in x of degree <= 200 whose coefficients are any
/// constants: pi*x + sqrt(2). Unlike `polynomial_coefficients` it costs microseconds and does no algebra on the constants.
std::optional<std::vector<Expression>> constant_coefficients(const Expression& e);

}  // namespace infwidth
