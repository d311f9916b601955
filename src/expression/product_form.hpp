// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fraction.hpp"

namespace infwidth::algebra {

/// constant + slope v, where v is one variable for the whole product: the dimension in A^((d-1)/2).
struct Exponent {
  Rational constant = 0, slope = 0;

  bool is_zero() const { return constant == 0 && slope == 0; }
  bool is_integer() const { return slope == 0 && denominator(constant) == 1; }
  bool operator==(const Exponent&) const = default;
  Exponent times(const Rational& c) const { return {Rational(constant * c), Rational(slope * c)}; }
  Exponent plus(const Exponent& e) const { return {Rational(constant + e.constant), Rational(slope + e.slope)}; }
};

/// Polynomials of a field as the shortest formulas that are found: plain sums, or collected by one generator after the other.
class FormulaWriter {
 public:
  explicit FormulaWriter(Field& field) : field_(field) {}
  Field& field() { return field_; }

  Expression polynomial(const Polynomial& p);
  const std::vector<std::pair<Polynomial, int>>& factors(const Polynomial& primitive);

 private:
  Field& field_;
  std::map<std::map<Monomial, Rational>, std::vector<std::pair<Polynomial, int>>> factors_;
  std::map<std::map<Monomial, Rational>, Expression> written_;

  Expression plain(const Polynomial& p);
  std::optional<Expression> collected(const Polynomial& p, std::size_t generator);
};

/// A product of powers of numbers, generators, irreducible polynomials and one exponential. GiveUp where a power is not known to be real.
class ProductForm {
 public:
  /// `variable` of the exponents' slopes. `decaying`: sums of exponentials are written by exp(-u), 1 + exp(-2 q), not by exp(u).
  ProductForm(FormulaWriter& writer, std::string variable, bool decaying = false)
      : writer_(&writer), variable_(std::move(variable)), decaying_(decaying) {}

  /// Times f^e. If e is no integer, f as a whole is positive.
  void multiply(const Fraction& f, const Exponent& e);
  /// Divides both by the factors that they share, and returns those.
  ProductForm take_common(std::vector<ProductForm>& with);
  /// Divides by the number in front, and returns it: only for whole powers of numbers, else 1.
  Rational take_number();

  Expression formula() const;

 private:
  FormulaWriter* writer_;
  std::string variable_;
  bool decaying_ = false, negative_ = false;
  std::vector<std::pair<Integer, Exponent>> numbers_;        // primes, or what is left beyond 1000
  std::vector<std::pair<Polynomial, Exponent>> powers_;
  std::vector<std::pair<Expression, Exponent>> exponential_;  // exp of the sum of products

  void multiply_polynomial(const Polynomial& p, const Exponent& e);
  void multiply_number(const Rational& c, const Exponent& e);
  void multiply_generator(std::size_t g, int n, const Exponent& e);
  void multiply_base(const Polynomial& base, const Exponent& e);
  void join_binomials();
  Expression quotient() const;
  Expression written(const Exponent& e) const;
  Expression base_formula(const Polynomial& base) const;
};

}  // namespace infwidth::algebra
