// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// `Expression::make` for a piece of an activation.
///   Errors   NoSuchQuantity for a division by the number 0: relu(x) is 0 for x < 0, and 1/relu(x) is nothing there
Expression rebuild(Op op, std::vector<Expression> arguments);

/// The exponent of a power, if it is an integer of at most 10000 in magnitude.
std::optional<long> integer_exponent(const Expression& power);

/// The slope and the constant of a formula built as b x + d, with any constants b and d.
struct Linear {
  Expression slope, constant;
};
std::optional<Linear> linear(const Expression& e);

/// constant + factor * core, with all constants taken out of sums and products from the outside.
struct Peeled {
  Expression factor, constant, core;
};
Peeled peel(const Expression& e);

/// What the sign of a formula is on the whole line where it is real, as far as its tree shows it: 1 + x^2 is positive, x^2 not negative.
enum class SignClass { positive, not_negative, negative, not_positive, unknown };
SignClass sign_class(const Expression& e);

/// numerator / denominator of the fractions in a sum, product or quotient: sin(x)/x - 1/2 gives (2 sin(x) - x) / (2 x).
struct Fractions {
  Expression numerator, denominator;
};
Fractions together(const Expression& e);

}  // namespace infwidth
