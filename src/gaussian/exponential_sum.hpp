// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// re + i im, both formulas.
struct ComplexFormula {
  Expression re = 0, im = 0;

  ComplexFormula conjugate() const { return {re, -im}; }
  friend ComplexFormula operator+(const ComplexFormula& a, const ComplexFormula& b) { return {a.re + b.re, a.im + b.im}; }
  friend ComplexFormula operator-(const ComplexFormula& a, const ComplexFormula& b) { return {a.re - b.re, a.im - b.im}; }
  friend ComplexFormula operator*(const ComplexFormula& a, const ComplexFormula& b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
  friend ComplexFormula operator*(const Expression& a, const ComplexFormula& b) { return {a * b.re, a * b.im}; }
  bool is_zero() const { return re.is_number(0) && im.is_number(0); }
};
ComplexFormula exp(const ComplexFormula& z);

/// A constant in its shortest form, so that equal ones are mostly written the same.
Expression tidied(const Expression& constant);

/// Phi(slope x + offset).
struct NormalFactor {
  Expression slope, offset;
  bool operator==(const NormalFactor&) const = default;
};

/// P(x) exp(a x + b x^2) Phi(..) Phi(..), a complex, with the coefficients of P by exponent (fractions only for x > 0).
struct ExponentialTerm {
  ComplexFormula a;
  Expression b = 0;
  std::vector<NormalFactor> normals;
  std::map<Rational, ComplexFormula> coefficients;

  bool same_kind(const ExponentialTerm& other) const;
};

/// Thrown by what is outside the class; `term` is the part of the formula that is to blame, `open_sign` a constant whose sign would help.
struct OutsideClass {
  std::string term;
  std::optional<Expression> open_sign = std::nullopt;
};

/// A function of x in the class of Gaussian integration (derivations D-031): a sum of terms as above, real altogether.
class ExponentialSum {
 public:
  /// `e` holds x and other letters, which are real constants. Fractional powers of x are taken only if x is `positive`.
  ///   Errors  OutsideClass
  static ExponentialSum from(const Expression& e, bool positive);

  const std::vector<ExponentialTerm>& terms() const { return terms_; }
  void add(const ExponentialTerm& term);
  ExponentialSum times_power(int n) const;
  friend ExponentialSum operator+(const ExponentialSum& a, const ExponentialSum& b);
  friend ExponentialSum operator*(const ExponentialSum& a, const ExponentialSum& b);
  ExponentialSum scaled(const ComplexFormula& c) const;

 private:
  std::vector<ExponentialTerm> terms_;
};

}  // namespace infwidth
