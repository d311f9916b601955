// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "integration_problem.hpp"

namespace infwidth {

/// Is E[f(u) f(v)] of these powers better written by Gauss's hypergeometric function? For a fractional exponent there is nothing else; a one-sided x_+^2, x_+^3, .. has
/// inverse sines too, whose terms cancel near correlation -1.
bool wants_power_dual(const SidedPowers& f);

/// E[f(u) f(v)] for f = sum_p (right x_+^p + left x_-^p), p > -1, as a formula in q1, q2, c (derivations D-036). No two terms cancel for f of one exponent,
/// but where the odd part changes its sign with c.
Expression power_dual(const SidedPowers& f, const Assumptions& given);

}  // namespace infwidth
