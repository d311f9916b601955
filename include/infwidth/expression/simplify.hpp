// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

// Computer algebra behind a wall: GiNaC finds the shorter forms, one thread at a time, and no GiNaC type or exception leaves
// src/expression/simplify.cpp. The proofs use polynomial arithmetic of our own (src/expression/algebra.hpp), whose cost is bounded.
// All of them take formulas without kinked functions (others: no), of at most 400 nodes, and are exact: a "yes" is a proof wherever both
// sides are defined and real; a "no" only means that none was found within a few tenths of a second.

/// A shorter equal formula where algebra finds one, else `e` itself.
Expression simplify(const Expression& e);

/// The same for sums that come out of integration, of any size: one term for each product of functions and roots, with a coefficient rational in the
/// letters; roots of letters in `positive` are taken apart; error functions become their complements where that is shorter. Functions of one argument
/// stay what they are, Phi becomes erf or erfc. Returns `e` itself where nothing is gained.
Expression shorten(const Expression& e, const std::set<std::string>& positive);

/// Proven to be the zero function: after writing the hyperbolic functions, sigmoid and Phi by exp and erf, and exponentials and
/// trigonometric functions of sums by products, the rational normal form is 0.
bool is_identically_zero(const Expression& e);

/// The constant a / b, free of `variable`, if algebra proves that the ratio is constant.
std::optional<Expression> constant_ratio(const Expression& a, const Expression& b, std::string_view variable);

/// The coefficients (lowest first; {0} for the zero polynomial) if `e` is proven to be a polynomial in `variable` with coefficients free of it, of degree <= 200.
std::optional<std::vector<Expression>> polynomial_coefficients(const Expression& e, std::string_view variable);

}  // namespace infwidth
