// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/activation/local_series.hpp"
#include "infwidth/activation/point.hpp"

namespace infwidth {

/// A point where a subterm meets a pole or a branch point, with the terms that vanish there.
struct SingularPoint {
  RealPoint at;
  std::vector<Expression> vanishing;
};

/// The points of the closure of `where` at which a subterm of `f` (without kinked functions) is singular, in increasing order.
///   Errors   UsageError if a logarithm, a root or a power is not real on `where`;
///            NoSuchQuantity for a tangent with infinitely many poles; NotReached as `zeros_in`
std::vector<SingularPoint> singular_points(const Expression& f, const Interval& where);

/// `f` on `where`, on which it has no singular point inside, written without the singularities that are only in the writing:
/// atan(1/x) becomes pi/2 - atan(x) for x > 0, (x^2)^(1/3) becomes (-x)^(2/3) for x < 0, sqrt(x^2) becomes -x.
/// `ends`: the singular points among the ends of `where`.
Expression regular_form(const Expression& f, const Interval& where, const std::vector<SingularPoint>& ends);

}  // namespace infwidth
