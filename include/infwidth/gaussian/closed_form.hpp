// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "infwidth/activation/recognise.hpp"
#include "infwidth/expression/expression.hpp"
#include "infwidth/gaussian/tanh_residue.hpp"

namespace infwidth {

/// Q and chi of an activation as formulas in q, each written once and differentiated by the machine.
///   chi      none where chi is infinite (step, sign) or has no closed form
///   radial   P = chi + 2 q chi' where that sum would cancel in double precision; none: form the sum
///   in_double   false where the formula cancels in double precision (ELU at small q, hard-tanh at large q): quadrature does not
///   Derivations D-030
struct ClosedForm {
  Expression Q = 0;
  std::optional<Expression> chi, radial;
  bool in_double = true;
};

/// The closed form of a normal form, if it has one.
std::optional<ClosedForm> closed_form(const Recognised& phi);

/// phi(x) = c + a f(b x) with f = tanh or f(w) = w (1 + tanh w), whose maps have no closed form but a rule of their own.
/// Q = constant + linear b^2 q + a^2 E square, chi = a^2 b^2 (slope_constant + E slope_square), at the variance b^2 q.
struct TanhForm {
  TanhIntegrand integrand = TanhIntegrand::tanh;
  Expression a = 1, b = 1, c = 0;
};
std::optional<TanhForm> tanh_form(const Recognised& phi);

}  // namespace infwidth
