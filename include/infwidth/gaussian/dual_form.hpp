// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "infwidth/gaussian/closed_form.hpp"

namespace infwidth {

/// The dual F(q1, q2, c) = E[phi(u) phi(v)] of an activation, (u, v) normal with variances q1, q2 and covariance c, |c| < sqrt(q1 q2), and dF/dc = E[phi'(u) phi'(v)], as
/// formulas. (Where phi jumps, dF/dc is finite off the diagonal q1 = q2 = c all the same.)
struct DualForm : ExpectationFormulas {
  std::optional<Expression> kernel, derivative_kernel;
};

/// By linearity in each factor and a table of two-variable Gaussian integrals (derivations D-033): the class of `closed_form`, of which a term may hold one Phi or
/// begin at one kink, not both; and the powers of |x| on each side of 0, of any exponents above -1, by Gauss's hypergeometric function (derivations D-036).
DualForm dual_form(const std::vector<FormulaPiece>& pieces, bool jumps, const Assumptions& given = {});
DualForm dual_form(const Activation& phi);

}  // namespace infwidth
