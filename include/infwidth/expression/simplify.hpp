// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

// Computer algebra behind a wall: GiNaC finds the shorter forms, one thread at a time, and no GiNaC type or exception leaves
// src/expression/simplify.cpp and src/expression/factor.cpp. The proofs use polynomial arithmetic of our own (src/expression/algebra.hpp), whose cost is bounded.
// All of them take formulas without kinked functions (others: no), of at most 400 nodes, and are exact: a "yes" is a proof wherever both
// sides are defined and real; a "no" only means that none was found within a few tenths of a second.

/// A shorter equal formula where algebra finds one, else `e` itself.
Expression simplify(const Expression& e);

/// What may be taken for granted of a formula's variables.
///   positive, not_negative   names of variables
///   facts                    formulas that are positive (t - s where s < t, -a where a < 0): `proven_sign` alone looks at them
struct Assumptions {
  std::set<std::string> positive, not_negative;
  std::vector<Expression> facts = {};

  void add(const Assumptions& more) {
    positive.insert(more.positive.begin(), more.positive.end());
    not_negative.insert(more.not_negative.begin(), more.not_negative.end());
    facts.insert(facts.end(), more.facts.begin(), more.facts.end());
  }
};

/// The shortest text that is found for a formula in several positive quantities: a product of powers of irreducible polynomials, exponents linear
/// in one variable allowed ((2 w)^(d/2)), or a sum of such products over its transcendental parts. Equal wherever `e` is defined and real under
/// the assumptions: by algebra, and checked at points in balls of 200 bits. `e` itself where nothing shorter is found.
/// For formulas built from closed forms: metrics, volumes, curvatures. Phi and erfc are symbols to it, which do not meet in erf.
Expression simplify(const Expression& e, const Assumptions& given);

/// The same for sums that come out of integration, of any size: one term for each product of functions and roots, with a coefficient rational in the
/// letters; roots of positive letters are taken apart; Phi and the error functions meet in erf, which becomes its complement where that is shorter.
/// Other functions of one argument stay what they are. Equal sums are mostly written the same, in one order of terms. Returns `e` itself where
/// nothing is gained, or an exponent has a letter.
/// For the formulas of Q, chi and the duals, where `simplify` leaves Phi(u) - Phi(-u) and takes up to 30 times as long.
Expression shorten(const Expression& e, const Assumptions& given);

/// Proven to be the zero function: after writing the hyperbolic functions, sigmoid and Phi by exp and erf, and exponentials and
/// trigonometric functions of sums by products, the rational normal form is 0.
bool is_identically_zero(const Expression& e);

/// The constant a / b, free of `variable`, if algebra proves that the ratio is constant.
std::optional<Expression> constant_ratio(const Expression& a, const Expression& b, std::string_view variable);

/// The coefficients (lowest first; {0} for the zero polynomial) if `e` is proven to be a polynomial in `variable` with coefficients free of it, of degree <= 200.
std::optional<std::vector<Expression>> polynomial_coefficients(const Expression& e, std::string_view variable);

}  // namespace infwidth
