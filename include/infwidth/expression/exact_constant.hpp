// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>

#include "infwidth/expression/expression.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

/// A real constant as a sum of products of rational powers of pi, e, primes, letters and of functions (erf(1), log(2)) of such: a number type on
/// which series are expanded exactly, and which knows whether it is 0. Letters are generic: no polynomial in them is 0 unless it is so for all values.
///   Errors   NotReached where a sign is needed and not known (a root of a letter), or where balls of 256 bits and algebra leave open whether
///            a sum is 0
class ExactConstant {
 public:
  ExactConstant() = default;
  ExactConstant(int x) : ExactConstant(Rational(x)) {}  // NOLINT(google-explicit-constructor)
  ExactConstant(const Rational& x);                     // NOLINT(google-explicit-constructor)
  /// A formula without kinked functions, all of whose variables are constants.
  static ExactConstant from(const Expression& e);
  /// A function of constants that has no simpler form.
  static ExactConstant atom(const Expression& e);

  /// Proven, either way.
  bool is_zero() const;
  /// -1, 0, 1.
  int sign() const;
  /// The fraction, if it is one.
  std::optional<Rational> rational() const;
  Expression expression() const;

  ExactConstant operator-() const;
  ExactConstant& operator+=(const ExactConstant& b);
  ExactConstant& operator-=(const ExactConstant& b) { return *this += -b; }
  ExactConstant& operator*=(const ExactConstant& b) { return *this = *this * b; }
  friend ExactConstant operator+(ExactConstant a, const ExactConstant& b) { return a += b; }
  friend ExactConstant operator-(ExactConstant a, const ExactConstant& b) { return a -= b; }
  friend ExactConstant operator*(const ExactConstant& a, const ExactConstant& b);
  friend ExactConstant operator/(const ExactConstant& a, const ExactConstant& b) { return a * b.power(-1); }
  /// Errors also for 0 to a negative power.
  ExactConstant power(const Rational& exponent) const;
  friend ExactConstant exp(const ExactConstant& u);

 private:
  struct Atom {
    std::string text;
    Expression formula;
    bool operator<(const Atom& other) const { return text < other.text; }
    bool operator==(const Atom& other) const { return text == other.text; }
  };
  using Monomial = std::map<Atom, Rational>;  // of numbers only primes, with powers in (0, 1)
  std::map<Monomial, Rational> terms_;

  static ExactConstant single(const Monomial& m, const Rational& coefficient);
  static ExactConstant number_power(const Rational& base, const Rational& exponent);
  static Expression written(const Monomial& m, const Rational& coefficient);
  bool has_letters() const;
};

ExactConstant log(const ExactConstant& u);
ExactConstant sqrt(const ExactConstant& u);
ExactConstant sin(const ExactConstant& u);
ExactConstant cos(const ExactConstant& u);
ExactConstant tan(const ExactConstant& u);
ExactConstant tanh(const ExactConstant& u);
ExactConstant asin(const ExactConstant& u);
ExactConstant atan(const ExactConstant& u);
ExactConstant asinh(const ExactConstant& u);
ExactConstant erf(const ExactConstant& u);
ExactConstant erfc(const ExactConstant& u);
ExactConstant Phi(const ExactConstant& u);
ExactConstant sigmoid(const ExactConstant& u);
ExactConstant softplus(const ExactConstant& u);

template <>
struct Constants<ExactConstant> {
  static ExactConstant of(const Rational& r) { return r; }
  static ExactConstant pi() { return ExactConstant::from(Expression::pi()); }
};

}  // namespace infwidth
