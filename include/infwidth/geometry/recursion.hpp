// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <string>

#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/geometry/cancellation.hpp"
#include "infwidth/real/jet.hpp"

/// The layer recursion, written once for every number (derivations/geometry/recursion.md, D-010). A kernel that is invariant under rotations
/// induces the metric g = A(s) I + B(s) x x^T, s = |x|^2; a layer maps q, A, B as functions of s to the next ones. They are carried as truncated
/// Taylor series in s (`Jet`), so that curvature needs no differences.

namespace infwidth {

/// f(u(s)) as a series in s, from the derivatives of f at u(s).
template <class Real>
Jet<Real, 2> along(const Real& f, const Real& df, const Real& d2f, const Jet<Real, 2>& u) {
  Jet<Real, 2> r(f);
  r[1] = df * u[1];
  r[2] = df * u[2] + d2f * u[1] * u[1] / Real(2);
  return r;
}
template <class Real>
Jet<Real, 1> along(const Real& f, const Real& df, const Jet<Real, 2>& u) {
  Jet<Real, 1> r(f);
  r[1] = df * u[1];
  return r;
}
template <class Real>
Jet<Real, 1> truncated(const Jet<Real, 2>& u) {
  Jet<Real, 1> r(u[0]);
  r[1] = u[1];
  return r;
}
template <class Real>
Jet<Real, 1> derivative_series(const Jet<Real, 2>& u) {
  Jet<Real, 1> r(u[1]);
  r[1] = Real(2) * u[2];
  return r;
}

/// One kernel k(x, x) = q and its metric A I + B x x^T along a ray, as series at s.
///   extent      s + 1/sigma_w2 (of the first layer): A / extent is the size of A' and B where they cancel
///   radial      C = A + s B, the eigenvalue in the direction of x. Its derivative loses digits at small s: an error of rounding times C / s
///   beside      S = C - s q'^2 / q >= 0
///   excess      q' - A:    0 in the first layer, and while E[phi phi''] = 0
///   defect      B - 2 A':  0 for one hidden layer, where the metric is a Hessian
/// radial, beside, excess and defect are propagated themselves: to form them by subtraction costs the digits of double precision.
template <class Real>
struct RadialKernel {
  Real s, extent;
  int layer = 1;  // whose preactivations these are
  Jet<Real, 2> q, A;
  Jet<Real, 1> B, radial, beside, excess, defect;
  /// The sizes of the terms that have cancelled in them: their rounding is what a floating-point number has lost. 0 in the first layer.
  Real radial_terms = Real(0), beside_terms = Real(0), excess_terms = Real(0), defect_terms = Real(0);

  /// A = C = 0 by structure: `x^3` at the origin without bias.
  bool singular = false;
  /// Why q' (in s) is infinite, why there is no metric, why B and the curvature do not exist; empty where they do.
  std::string no_slope_of_q, no_metric, no_B;
};

/// The preactivations of the first hidden layer: q = sigma_b2 + sigma_w2 s. With input scaling `fan_in`, sigma_w2 is already divided by d.
/// `let` may name q (cancellation.hpp).
template <class Real, class Let = Unnamed>
RadialKernel<Real> first_layer(const Real& s, const Real& sigma_w2, const Real& sigma_b2, const Let& let = {}) {
  RadialKernel<Real> h;
  h.s = s;
  h.extent = s + Real(1) / sigma_w2;
  h.q = let("q", h.layer, Jet<Real, 2>(sigma_b2) + Jet<Real, 2>(sigma_w2) * Jet<Real, 2>::variable(s));
  h.A = Jet<Real, 2>(sigma_w2);
  h.radial = Jet<Real, 1>(sigma_w2);
  const Jet<Real, 1> q = truncated(h.q);
  h.beside = Jet<Real, 1>(sigma_w2 * sigma_b2) / q;
  h.beside[0] = ratio_or_limit(Real(sigma_w2 * sigma_b2), q[0], Real(0));
  h.singular = is_exact_zero(sigma_w2);
  return h;
}

/// What of q, A and B exists after a layer: at s = 0 a kink of phi at 0 makes derivatives infinite.
template <class Real>
void propagate_existence(const RadialKernel<Real>& h, const VarianceJet<Real>& phi, RadialKernel<Real>& next) {
  const bool q_constant = h.no_slope_of_q.empty() && is_exact_zero(h.q[1]) && is_exact_zero(h.q[2]);
  const bool chi_constant = phi.chi_order == 2 && is_exact_zero(phi.dchi) && is_exact_zero(phi.d2chi);
  next.no_slope_of_q = h.no_slope_of_q;
  next.no_metric = h.no_metric;
  next.no_B = h.no_B;
  if (next.no_slope_of_q.empty() && phi.Q_order < 1 && !q_constant) next.no_slope_of_q = phi.reason;
  if (next.no_metric.empty() && phi.chi_order < 0) next.no_metric = phi.reason;
  if (!chi_constant && !q_constant) {
    // s q'^2 has a limit other than 0 there: A I + B x x^T depends on the direction of x however small x is.
    if (next.no_metric.empty() && !h.no_slope_of_q.empty()) next.no_metric = h.no_slope_of_q + "; the metric has no limit at this point";
    if (next.no_B.empty() && phi.chi_order < 1) next.no_B = phi.reason;
  }
  next.singular = h.singular || (is_exact_zero(phi.chi) && (chi_constant || is_exact_zero(h.q[0])));
}

/// The kernel sigma_b2 + sigma_w2 E[phi phi] of the next preactivations, from that of this layer's.
/// `phi` is the jet of the layer's variance maps at h.q. With sigma_w2 = 1 and sigma_b2 = 0: the features phi(h) themselves.
/// `let` may name q, A, B and C.
template <class Real, class Let = Unnamed>
RadialKernel<Real> next_layer(const RadialKernel<Real>& h, const VarianceJet<Real>& phi, const Real& sigma_w2, const Real& sigma_b2, const Let& let = {}) {
  using Series = Jet<Real, 1>;
  const Jet<Real, 2> Q = along(phi.Q, phi.dQ, phi.d2Q, h.q);
  const Jet<Real, 2> chi = along(phi.chi, phi.dchi, phi.d2chi, h.q);
  const Series P = along(phi.radial, phi.dradial, h.q);
  const Series dQ = along(phi.dQ, phi.d2Q, h.q), dchi = along(phi.dchi, phi.d2chi, h.q);
  const Series chi1 = truncated(chi), q = truncated(h.q), dq = derivative_series(h.q);
  const Series w(sigma_w2), b(sigma_b2);

  RadialKernel<Real> next;
  next.s = h.s;
  next.extent = h.extent;
  next.layer = h.layer + 1;
  next.q = let("q", next.layer, Jet<Real, 2>(sigma_b2) + Jet<Real, 2>(sigma_w2) * Q);
  next.A = let("A", next.layer, Jet<Real, 2>(sigma_w2) * chi * h.A);
  next.B = let("B", next.layer, w * (chi1 * h.B + Series(2) * dchi * dq * dq));
  Series bend = dQ - chi1;  // E[phi phi'']
  if (is_exact_zero(h.q[0]) && is_exact_zero(phi.Q)) bend[0] = Real(0);  // q = 0 and phi(0) = 0: Q' and chi are the mean of the two phi'(0)^2
  next.excess = w * (dQ * h.excess + bend * truncated(h.A));
  next.defect = propagated_or(w * (chi1 * h.defect + Series(2) * dchi * dq * h.excess),
                              [&] { return next.B - Series(2) * derivative_series(next.A); });

  // s q'^2 / q, at q = 0 (which is s = 0) its limit q'.
  Series ray = Series::variable(h.s) * dq * dq / q;
  ray[0] = ratio_or_limit(Real(h.s * dq[0] * dq[0]), q[0], dq[0]);
  // q_next P - sigma_w2 q Q'^2 with Q P >= q Q'^2 (Cauchy-Schwarz), over q_next: for q_next = 0 its limit.
  const Series gram = truncated(Q) * P - q * dQ * dQ;
  const Series spread = b * P + w * gram;
  Series share = spread / truncated(next.q);
  share[0] = ratio_or_limit(spread[0], next.q[0], Real(P[0] - dQ[0]));
  next.radial = let("C", next.layer, propagated_or(w * (chi1 * h.beside + ray * P), [&] { return truncated(next.A) + Series::variable(h.s) * next.B; }));
  next.beside = w * (chi1 * h.beside + ray * share);

  const bool homogeneous = phi.Q_order == 2 && is_exact_zero(phi.d2Q) && is_exact_zero(phi.dchi);  // as ReLU: gram = bend = 0, nothing is lost
  const Real gram_terms = homogeneous ? Real(0) : phi.Q * phi.radial + h.q[0] * phi.dQ * phi.dQ;
  const Real bend_terms = homogeneous || is_exact_zero(bend[0]) ? Real(0) : abs(phi.dQ) + phi.chi;
  next.radial_terms = sigma_w2 * phi.chi * h.beside_terms;
  next.beside_terms = next.radial_terms + sigma_w2 * sigma_w2 * ray[0] * ratio_or_limit(gram_terms, next.q[0], Real(0));
  next.excess_terms = sigma_w2 * (abs(phi.dQ) * h.excess_terms + bend_terms * h.A[0]);
  next.defect_terms = sigma_w2 * (phi.chi * h.defect_terms + Real(2) * abs(phi.dchi * h.q[1]) * h.excess_terms);

  propagate_existence(h, phi, next);
  next.singular = next.singular || is_exact_zero(sigma_w2);
  return next;
}

/// The kernel of the features phi(h): the metric that a hidden layer induces.
template <class Real, class Let = Unnamed>
RadialKernel<Real> feature_kernel(const RadialKernel<Real>& h, const VarianceJet<Real>& phi, const Let& let = {}) {
  return next_layer(h, phi, Real(1), Real(0), let);
}

}  // namespace infwidth
