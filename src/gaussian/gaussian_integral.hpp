// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "exponential_sum.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth {

/// An interval of the line with constant ends; none: infinity.
struct FormulaInterval {
  std::optional<Expression> left, right;
};

/// `proven_sign` of a constant.
///   Errors  OutsideClass where it stays open
int sign_of(const Expression& constant, const Assumptions& given);

/// Phi(x + i y).
ComplexFormula normal_cdf(const Expression& x, const Expression& y);

/// The integral over the interval of term(x) p_q(x) dx, p_q the density of N(0, q), as a formula in q: a small table of masses (normal, bivariate
/// normal, an orthant of the trivariate one) and a recursion in the power by parts (derivations D-031).
///   Errors  OutsideClass for what the table does not have
ComplexFormula gaussian_integral(const ExponentialTerm& term, const FormulaInterval& interval, const Assumptions& given);

}  // namespace infwidth
