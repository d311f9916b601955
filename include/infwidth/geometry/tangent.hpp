// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/geometry/recursion.hpp"

/// The metric of the tangent kernel (NTK), and residual connections: derivations/geometry/tangent.md, D-042.

namespace infwidth {

/// The tangent kernel Theta(x, x) = T and its metric A I + B x x^T along a ray, as series at s.
///   terms   the size of the terms of B that may have cancelled
template <class Real>
struct TangentKernel {
  Jet<Real, 2> T, A;
  Jet<Real, 1> B;
  Real terms = Real(0);
  std::string no_metric, no_B;
  bool singular = false;
};

/// That of the first preactivations. `standard`: weights and biases themselves are trained; `own_bias` is the biases' part, 1 (0 where there are none).
template <class Real>
TangentKernel<Real> first_tangent(const RadialKernel<Real>& h, bool standard, const Real& own_bias = Real(1)) {
  TangentKernel<Real> t;
  t.T = standard ? Jet<Real, 2>::variable(h.s) + Jet<Real, 2>(own_bias) : h.q;
  t.A = standard ? Jet<Real, 2>(Real(1)) : h.A;
  return t;
}

/// The next one: `own` is the kernel of the layer's own parameters, sigma_b2 + sigma_w2 E[phi phi] (standard: n E[phi phi] + 1, without biases n E[phi phi]); `phi` and `slope` are the variance maps of phi and phi' at h.q, so that
/// slope.chi = E[phi''^2].
template <class Real>
TangentKernel<Real> next_tangent(const TangentKernel<Real>& t, const RadialKernel<Real>& h, const RadialKernel<Real>& own, const VarianceJet<Real>& phi, const VarianceJet<Real>& slope,
                                 const Real& sigma_w2) {
  using Series = Jet<Real, 1>;
  const Jet<Real, 2> chi = along(phi.chi, phi.dchi, phi.d2chi, h.q), psi = along(slope.chi, slope.dchi, slope.d2chi, h.q), w2(sigma_w2);
  const Series chi1 = truncated(chi), psi1 = truncated(psi), dchi = along(phi.dchi, phi.d2chi, h.q), dpsi = along(slope.dchi, slope.d2chi, h.q);
  const Series T = truncated(t.T), dT = derivative_series(t.T), dq = derivative_series(h.q), w(sigma_w2), two(Real(2));
  TangentKernel<Real> next;
  next.T = own.q + w2 * chi * t.T;
  next.A = own.A + w2 * (chi * t.A + t.T * psi * h.A);
  next.B = own.B + w * (chi1 * t.B + T * (psi1 * h.B + two * dpsi * dq * dq) + two * dchi * dq * dT);
  next.terms = abs(own.B[0]) + sigma_w2 * (phi.chi * t.terms + t.T[0] * (abs(slope.chi * h.B[0]) + Real(2) * abs(slope.dchi) * h.q[1] * h.q[1]) + Real(2) * abs(phi.dchi * h.q[1] * t.T[1]));

  const bool straight = slope.chi_order == 2 && is_exact_zero(slope.chi) && is_exact_zero(slope.dchi) && is_exact_zero(slope.d2chi);
  const bool q_constant = h.no_slope_of_q.empty() && is_exact_zero(h.q[1]) && is_exact_zero(h.q[2]);
  next.no_metric = t.no_metric.empty() ? own.no_metric : t.no_metric;
  if (next.no_metric.empty() && slope.chi_order < 0) next.no_metric = slope.reason;
  if (next.no_metric.empty() && !h.no_slope_of_q.empty() && !straight) next.no_metric = h.no_slope_of_q + "; the metric has no limit at this point";
  next.no_B = t.no_B.empty() ? own.no_B : t.no_B;
  if (next.no_B.empty() && !q_constant && !straight && slope.chi_order < 1) next.no_B = slope.reason;
  next.singular = own.singular && t.singular;
  return next;
}

/// What the geometry asks of a kernel, with q = T.
template <class Real>
RadialKernel<Real> radial_kernel(const TangentKernel<Real>& t, const RadialKernel<Real>& h) {
  using Series = Jet<Real, 1>;
  RadialKernel<Real> k;
  k.s = h.s;
  k.extent = h.extent;
  k.layer = h.layer + 1;
  k.q = t.T;
  k.A = t.A;
  k.B = t.B;
  k.radial = truncated(t.A) + Series::variable(h.s) * t.B;
  k.defect = t.B - Series(Real(2)) * derivative_series(t.A);
  k.radial_terms = t.A[0] + h.s * t.terms;
  k.defect_terms = t.terms + Real(2) * abs(t.A[1]);
  k.no_metric = t.no_metric;
  k.no_B = t.no_B;
  k.singular = t.singular;
  return k;
}

/// h + alpha f, the two independent: the kernels add up. `beside` is formed by a difference, whose loss is counted.
template <class Real>
RadialKernel<Real> with_residual(const RadialKernel<Real>& h, const RadialKernel<Real>& f, const Real& alpha2) {
  using Series = Jet<Real, 1>;
  const Jet<Real, 2> by(alpha2);
  const Series by1(alpha2);
  RadialKernel<Real> next = f;
  next.q = h.q + by * f.q;
  next.A = h.A + by * f.A;
  next.B = h.B + by1 * f.B;
  next.radial = h.radial + by1 * f.radial;
  next.excess = h.excess + by1 * f.excess;
  next.defect = h.defect + by1 * f.defect;
  const Series q = truncated(next.q), dq = derivative_series(next.q);
  Series ray = Series::variable(h.s) * dq * dq / q;
  ray[0] = ratio_or_limit(Real(h.s * dq[0] * dq[0]), q[0], dq[0]);
  next.beside = next.radial - ray;
  next.radial_terms = h.radial_terms + alpha2 * f.radial_terms;
  next.beside_terms = next.radial_terms + next.radial[0] + ray[0];
  next.excess_terms = h.excess_terms + alpha2 * f.excess_terms;
  next.defect_terms = h.defect_terms + alpha2 * f.defect_terms;
  next.no_slope_of_q = h.no_slope_of_q.empty() ? f.no_slope_of_q : h.no_slope_of_q;
  next.no_metric = h.no_metric.empty() ? f.no_metric : h.no_metric;
  next.no_B = h.no_B.empty() ? f.no_B : h.no_B;
  next.singular = h.singular && f.singular;
  return next;
}
template <class Real>
TangentKernel<Real> with_residual(const TangentKernel<Real>& t, const TangentKernel<Real>& f, const Real& alpha2) {
  TangentKernel<Real> next = f;
  next.T = t.T + Jet<Real, 2>(alpha2) * f.T;
  next.A = t.A + Jet<Real, 2>(alpha2) * f.A;
  next.B = t.B + Jet<Real, 1>(alpha2) * f.B;
  next.terms = t.terms + alpha2 * f.terms;
  next.singular = t.singular && f.singular;
  return next;
}

}  // namespace infwidth
