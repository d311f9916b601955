// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>

#include "infwidth/finite/layer_moments.hpp"

namespace infwidth {

/// The covariance M_l of one preactivation of layer l and its gradient in the input, given the layers before: q = E z^2, p_i = E z d_i z, g_ij = E d_i z d_j z.
/// At finite width M_l is random, a Markov chain in l. This is its mean and its covariance, in an orthonormal frame that begins with the direction of the input x:
/// r = x/|x|, and two directions t, u orthogonal to it. By rotation invariance the entries do not depend on which, nor on the dimension.
///   q, p, radial, tangential   of infinite width: p in the direction r, the others 0; g_rr and g_tt
///   shift        E M - M_infinity
///   covariance   Cov(M, M), both by `entry`
/// Both are sums over the layers l of a coefficient divided by the width n_l: linear in the 1/n_l that the steps were made with, O(n^-2) left out.
///   Derivation D-062
template <class Real>
struct JetLaw {
  static constexpr std::size_t entries = 10;
  /// Of M_ab, a and b: 0 the preactivation itself, 1 its derivative in r, 2 in t, 3 in u.
  static constexpr std::size_t entry(std::size_t a, std::size_t b) { return a <= b ? a * (7 - a) / 2 + b : entry(b, a); }

  Real q = Real(0), p = Real(0), radial = Real(0), tangential = Real(0);
  std::array<Real, entries> shift = {};
  std::array<std::array<Real, entries>, entries> covariance = {};

  const Real& cov(std::size_t a, std::size_t b, std::size_t c, std::size_t d) const { return covariance[entry(a, b)][entry(c, d)]; }
  /// M_infinity
  Real mean(std::size_t a, std::size_t b) const;
};

/// Layer 1, whose M is known: q = sigma_b2 + sigma_w2 s at |x|^2 = s.
template <class Real>
JetLaw<Real> first_jets(const Real& s, const Real& sigma_w2, const Real& sigma_b2);

/// M_(l+1) = sigma_b2 e_0 e_0^T + sigma_w2 / n_l sum over n_l units of f f^T, f = (phi(z), phi'(z) d z); inverse_width = 1/n_l.
/// With sigma_w2 = 1, sigma_b2 = 0: the features of layer l. The entries of q and p mean nothing where phi's averages were asked for the metric alone.
template <class Real>
JetLaw<Real> next_jets(const JetLaw<Real>& jets, const LayerMoments<Real>& phi, const Real& sigma_w2, const Real& sigma_b2, const Real& inverse_width);

/// The same for the metric alone and a homogeneous phi, exactly in n: where mean and covariance of g_l are exact, so are those of g_(l+1). q and p of the result are 0.
template <class Real>
JetLaw<Real> next_metric_exactly(const JetLaw<Real>& jets, const Slopes& phi, const Real& sigma_w2, const Real& inverse_width);

/// What a metric's mean and covariance say of its determinant in d dimensions, to first order in 1/n. To that order
///   E log det = log det_infinity + log_shift, Var log det = log_variance, E det^k = det_infinity^k (1 + k log_shift + k^2 log_variance / 2)
///   Derivation D-063
template <class Real>
struct DeterminantLaw {
  Real log_shift, log_variance;
};
template <class Real>
DeterminantLaw<Real> determinant_law(const JetLaw<Real>& jets, int dim);

}  // namespace infwidth
