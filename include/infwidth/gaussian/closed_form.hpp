// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/activation/formula_piece.hpp"
#include "infwidth/activation/recognise.hpp"
#include "infwidth/expression/expression.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/gaussian/expectation_formulas.hpp"
#include "infwidth/gaussian/tanh_residue.hpp"

namespace infwidth {

/// Q and chi of an activation as formulas in q, each to be differentiated by the machine.
///   chi    none where it is infinite or outside the class
///   below  the expectations are finite only for q below this constant; none: for every q
/// (A formula may divide 0 by 0 at single points q: the product of a Phi with an offset and an exponential that begins at a kink.)
struct ClosedForm : ExpectationFormulas {
  std::optional<Expression> Q, chi;
  std::optional<Expression> below;
};

/// By linearity and a small table of Gaussian integrals (derivations D-031): piecewise sums of x^k exp(a x + b x^2), a complex, and of polynomials
/// times one erf or Phi of a linear function. `given`: the signs of other letters. `jumps`: chi is infinite.
ClosedForm closed_form(const std::vector<FormulaPiece>& pieces, bool jumps, const Assumptions& given = {});
/// The same for an activation; where its formula leaves the class, its normal form (`recognise`) is tried.
ClosedForm closed_form(const Activation& phi);

/// P = E[phi'(sqrt(q) z)^2 z^2] = chi + 2 q chi', formed without that sum; none outside the class. Constants are put in.
std::optional<Expression> closed_form_of_radial(const Activation& phi);

/// phi(x) = c + a f(b x) with f = tanh or f(w) = w (1 + tanh w), whose maps have no closed form but a rule of their own.
/// Q = constant + linear b^2 q + a^2 E square, chi = a^2 b^2 (slope_constant + E slope_square), at the variance b^2 q.
struct TanhForm {
  TanhIntegrand integrand = TanhIntegrand::tanh;
  Expression a = 1, b = 1, c = 0;
};
std::optional<TanhForm> tanh_form(const Recognised& phi);

}  // namespace infwidth
