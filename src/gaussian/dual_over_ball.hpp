// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "infwidth/gaussian/pair_rule.hpp"
#include "infwidth/gaussian/variance_map.hpp"

/// A dual over a ball of covariances: its values at one exact covariance, and bounds of how far they are from those of all others, which come from
/// one variable alone (derivations D-043). So the radius grows from layer to layer no faster than the dual makes it grow.

namespace infwidth {

/// A ball of covariances with q1, q2 > 0, around an exact one.
///   point     the exact covariance; 0 < beside, known to about the working precision
///   log_q1, log_q2, rho   bounds of |log(q1 / point.q1)|, |log(q2 / point.q2)| and of the distance of the correlations
///   gap       a lower bound of 1 - |correlation|; 0 where the ball may hold +-1
///   farthest  an upper bound of 1 - |correlation|
///   largest   an upper bound of |correlation|
struct CovarianceBall {
  PairVariance<Ball> point;
  Ball log_q1, log_q2, rho, gap, farthest, largest;

  /// None where nothing is known of the correlation at this precision.
  static std::optional<CovarianceBall> around(const PairVariance<Ball>& pair);

  /// The sum of the three distances, an exact ball: 0 if the ball is a point.
  Ball spread() const { return (log_q1 + log_q2 + rho).magnitude(); }
};

/// An exact covariance of exact variances whose correlation is about sign (1 - t), 0 < t < 1.
PairVariance<Ball> exact_covariance(const Ball& q1, const Ball& q2, int sign, const Ball& t);

/// How far E[f(u) g(v)] of any f and g with E f^2 E g^2 <= size^2 is from its value at the point. `odd`: f and g are odd functions. Not finite where
/// gap = 0.
Ball deviation(const CovarianceBall& of, const Ball& size, bool odd);
/// The same along the correlation alone.
Ball deviation_along_rho(const CovarianceBall& of, const Ball& size);
/// The same of dE[f(u) g(v)]/dc.
Ball deviation_of_slope(const CovarianceBall& of, const Ball& size);
/// The same of E[phi(u) phi(v)], by its slopes: jets over the ball, chi finite, |E[phi'(u) phi'(v)]| <= slope at the point's variances and the
/// correlations of the ball.
Ball deviation_by_slopes(const CovarianceBall& of, const VarianceJet<Ball>& u, const VarianceJet<Ball>& v, const Ball& slope, bool odd);

}  // namespace infwidth
