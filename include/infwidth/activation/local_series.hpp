// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/activation/coefficient.hpp"
#include "infwidth/activation/point.hpp"
#include "infwidth/real/jet.hpp"

namespace infwidth {

constexpr int local_order = 15;

/// The expansion of a function on one side of a point t, in y = |x - t| > 0:
///     y^(valuation/root) (c_0 + c_1 y^(1/root) + ... + c_(terms-1) y^((terms-1)/root) + ...), a convergent series in y^(1/root).
/// c_0 is never an exact 0, unless no term is known (terms = 0); it may be a ball that holds 0.
struct LocalSeries {
  int root = 1;
  int valuation = 0;
  int terms = local_order + 1;
  Jet<Coefficient, local_order> jet;

  Rational exponent(int k) const { return Rational(valuation + k, root); }
  /// The coefficient of y^0, if it is known and no negative power stands before it.
  std::optional<Coefficient> limit() const;
};

/// What an expansion found at the point.
struct LocalBehaviour {
  LocalSeries series;
  bool regular = true;      // no subterm is singular at t: the formula is analytic there as it stands
  bool meromorphic = true;  // the formulas on both sides of t are one meromorphic function
};

/// Expands `f` (without kinked functions) at t, on the side `side` (+1: x > t, -1: x < t).
///   vanishing   terms known to be 0 at t, for points that are no fractions
///   Errors      NotReached naming the term and the point: an essential singularity (exp(-1/x^2)), a logarithmic one, an irrational
///               exponent at a zero, more than 6 for a root, or a coefficient of which it is open whether it is 0
LocalBehaviour expand_at(const Expression& f, const RealPoint& t, int side, const std::vector<Expression>& vanishing = {});

/// f(t), for a formula that is analytic there; exact where that is seen.
Coefficient value_at(const Expression& f, const Rational& t);

}  // namespace infwidth
