// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/activation/point.hpp"
#include "infwidth/activation/polynomial.hpp"

namespace infwidth {

/// All zeros of `u` (analytic and without kinked functions, inside the open interval `where`) in that interval, in increasing order,
/// each once: proven complete. Empty if `u` is known to vanish identically: ask `vanishes_identically` first.
///   Errors   UsageError if a sine or its relatives cross 0 for ever;
///            NotReached, naming the term, if a double zero off the fractions tried, or the behaviour at an end, cannot be decided,
///            or there are more than 200 zeros
std::vector<RealPoint> zeros_in(const Expression& u, const Interval& where);

/// Is `u` the zero function on `where`? Proven if yes; no is certain too, up to the algebra of `is_identically_zero`.
bool vanishes_identically(const Expression& u, const Interval& where);

/// The sign of `u`, which has no zero inside `where`: evaluated at an interior point.
int sign_inside(const Expression& u, const Interval& where);

/// The real roots of a polynomial, in increasing order: fractions exactly, the others by their irreducible factor.
///   Errors   NotReached for an irreducible factor of degree > 100
std::vector<RealPoint> real_roots(const Polynomial& p);

}  // namespace infwidth
