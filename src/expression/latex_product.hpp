// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// base^exponent; the exponent is a number > 0 or a formula without a sign in front.
struct PrintedFactor {
  Expression base, exponent;
};

/// A product as it is set: sign, number, and factors above and below one fraction bar, in the order of print: roots of numbers, pi, variables, sums,
/// other roots, exponentials, functions.
struct PrintedProduct {
  bool negative = false;
  Rational number = 1;  // > 0, or 0 for the number 0
  std::vector<PrintedFactor> above, below;
};

/// Any formula as one: a sum is one factor. Powers of the same base are one factor; exponentials all go above.
PrintedProduct printed_product(const Expression& e);

/// The terms of a sum, its signs multiplied out.
struct PrintedTerm {
  bool negative;
  Expression term;
};
std::vector<PrintedTerm> printed_terms(const Expression& e);

/// Does a sum, or a product of anything, begin with a minus sign?
bool begins_with_minus(const Expression& e);

}  // namespace infwidth
