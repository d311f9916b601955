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
///   constants, open_sign  as of ClosedForm
///   outside               where a formula is missing: the term that leaves the class
struct DualForm {
  std::optional<Expression> kernel, derivative_kernel;
  std::vector<std::pair<std::string, Expression>> constants;
  std::string outside;
  std::optional<Expression> open_sign;

  Expression whole(const Expression& formula) const;
};

/// By linearity in each factor and a table of two-variable Gaussian integrals (derivations D-033): the class of `closed_form`, of which a term may hold one Phi or
/// begin at one kink, not both.
DualForm dual_form(const std::vector<FormulaPiece>& pieces, bool jumps, const Assumptions& given = {});
DualForm dual_form(const Activation& phi);

}  // namespace infwidth
