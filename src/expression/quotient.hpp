// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth::algebra {

/// The sum of all terms, those with a minus last.
Expression sum_of(std::vector<Expression> terms);

/// Takes the factors that all of several products have in common out of them.
Expression shared_factors(std::vector<Expression>& products);

/// What stands above and below a fraction line, written in the order of a paper: numbers, pi, the dimension, the variances, s, other variables, roots,
/// sums from short to long, functions.
class Quotient {
 public:
  /// Times base^exponent.
  void multiply(const Expression& base, const Rational& exponent);
  void multiply(const Integer& base, const Integer& exponent);
  bool is_one() const { return number_above_ == 1 && number_below_ == 1 && above_.empty() && below_.empty(); }
  /// True if nothing but 1 stands above.
  bool is_inverse() const { return number_above_ == 1 && above_.empty(); }
  Quotient inverse() const;
  Expression formula() const;

 private:
  struct Factor {
    Expression base;
    Rational exponent;  // > 0
  };
  Integer number_above_ = 1, number_below_ = 1;
  std::vector<Factor> above_, below_;

  static Expression product(const Integer& number, const std::vector<Factor>& factors);
};

}  // namespace infwidth::algebra
