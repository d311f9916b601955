// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// A function of x, its slope and its second slope, as formulas for double precision.
struct DoubleForm {
  Expression value, slope, second;
};

/// The same functions as `formula`, differentiate(formula) and its derivative, in a form whose steps lose no digits where those of the plain one do: sech^2 for 1 - tanh^2,
/// 2 sigmoid(2u) for 1 + tanh(u), tanh(u/2) (e^u + 1) for e^u - 1, erfc for 1 - erf, and the three-term recurrence for a Hermite polynomial. Not for printing.
///   formula   without kinked functions
///   Accuracy  of every activation of the catalogue, `double_form_ulps`, mixed: that of the exact function, at an argument, both within so many 2^-53; what is
///             below (1 + |x|) times the least normal number may be 0
///   Derivation D-064
DoubleForm double_form(const Expression& formula);

/// |error| <= double_form_ulps 2^-53 (|f| + |x f'|), of each of the three functions f; a Hermite polynomial or a power of degree k: times k.
constexpr double double_form_ulps = 8;

}  // namespace infwidth
