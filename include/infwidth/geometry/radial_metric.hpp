// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/geometry/recursion.hpp"

namespace infwidth {

/// A number of a result.
///   scale   of a signed value: the size of the terms it is made of, the measure of a value that cancels; 0 for a positive one
///   error   of a double or of `Digits`, filled in by the engine: an estimate of |value - truth|. A ball's own radius is its proven error.
///   reason  why the quantity does not exist; the other fields then mean nothing. Empty where it exists.
template <class Real>
struct Value {
  Real value = Real(0), scale = Real(0), error = Real(0);
  std::string reason;

  bool exists() const { return reason.empty(); }
};

/// The metric A I + B x x^T on R^d at |x|^2 = norm2: derivations D-010 (recursion), D-011 (volume), D-012 (curvature).
///   tangential, radial     its eigenvalues: A, d - 1 times (none in d = 1), and A + |x|^2 B
///   volume, log_volume     sqrt(det g) and its natural logarithm
///   curvature_radial       sectional curvature of the planes that hold x (none in d = 1); the unit sphere has +1
///   curvature_tangential   of the planes orthogonal to x (none in d = 1 and d = 2)
///   ricci_scalar           2 (d-1) curvature_radial + (d-1)(d-2) curvature_tangential; the unit sphere S^2 has +2; an exact 0 in d = 1
/// At x = 0 both curvatures are their common limit.
///   Dim   an int, or what a formula has for the dimension
template <class Real, class Dim = int>
struct RadialMetric {
  Dim dim = 0;
  Real norm2;
  /// Of the radial eigenvalue and of the curvatures: the size of what has cancelled on the way, over that of the result. In floating point the
  /// error is this times the rounding, if that is more than the usual few roundings. 0 where nothing has.
  Real radial_loss = Real(0), curvature_loss = Real(0);
  Value<Real> A, B, tangential, radial, volume, log_volume, curvature_radial, curvature_tangential, ricci_scalar;

  /// f(value) for each of them.
  template <class F>
  void for_each(F f) {
    for (Value<Real>* v : {&A, &B, &tangential, &radial, &volume, &log_volume, &curvature_radial, &curvature_tangential, &ricci_scalar}) f(*v);
  }
};

/// Both sectional curvatures of A I + B x x^T, regular at s = 0 and without cancellation where it can be helped. `let` may name them.
///   loss   the size of the terms that cancelled, over that of the result (the larger of itself and 1/A): about 1/s close to the tip of a cone
template <class Real>
struct SectionalCurvature {
  Real radial, tangential, loss;
};

template <class Real, class Let = Unnamed>
SectionalCurvature<Real> sectional_curvature(const RadialKernel<Real>& k, const Let& let = {}) {
  const Real &s = k.s, &A = k.A[0];
  // Everything over A: products of several A would leave a double's range.
  const Real a1 = k.A[1] / A, a2 = Real(2) * k.A[2] / A, c = k.radial[0] / A, c1 = k.radial[1] / A;
  const Real defect = k.defect[0] / A, defect1 = k.defect[1] / A;
  const Real n = Real(1) + s * a1, n1 = Real(2) * a1 + s * a2;

  // The same polynomial twice: with C and C' for large s, with B - 2A' for small s and s = 0, where C' has no digits left.
  const Real far = n * (a1 * c + c1) - Real(2) * n1 * c;
  const Real far_size = (Real(1) + s * abs(a1)) * (abs(a1) * c + c / s) + Real(2) * (Real(2) * abs(a1) + s * abs(a2)) * c;
  const Real near = defect + s * (n * defect1 - Real(2) * a1 * (n * a1 + s * (a2 - Real(2) * a1 * a1)) -
                                  (Real(2) * a1 + s * (Real(2) * a2 - a1 * a1)) * defect);
  const Real near_size = abs(defect) + s * ((Real(1) + s * abs(a1)) * (abs(defect1) + Real(2) * a1 * a1) + Real(2) * s * abs(a1) * (abs(a2) + Real(2) * a1 * a1) +
                                            (Real(2) * abs(a1) + s * (Real(2) * abs(a2) + a1 * a1)) * abs(defect));
  const Real radial = less_cancelling(near, near_size, far, far_size) / (c * c), tangential = (defect - s * a1 * a1) / c;  // over 1/A
  const Real radial_size = less_cancelling(near_size, near_size, far_size, far_size) / (c * c);
  const Real tangential_size = (k.defect_terms / A + abs(defect) + s * a1 * a1) / c;
  return {let("K_radial", k.layer, Real(radial / A)), let("K_tangential", k.layer, Real(tangential / A)),
          radial_size / (Real(1) + abs(radial)) + tangential_size / (Real(1) + abs(tangential))};
}

/// sqrt(A^(dim-1) C). The halved exponent keeps A^(dim-1) out of a double's way; a ball has the range, and stays exact where A^(dim-1) C is a square.
template <class Real, class Dim>
Real volume_element(const Real& A, const Real& C, const Dim& dim) {
  return pow(A, Real(Real(dim - 1) / Real(2))) * sqrt(C);
}
inline Ball volume_element(const Ball& A, const Ball& C, const int& dim) { return sqrt(pow(A, dim - 1) * C); }

/// All quantities of the metric of `k` on R^dim, dim >= 1. Where `k` has no metric every quantity has that reason.
/// `let` may name what the curvature is made of.
template <class Real, class Dim, class Let = Unnamed>
RadialMetric<Real, Dim> radial_metric(const RadialKernel<Real>& k, const Dim& dim, const Let& let = {}) {
  RadialMetric<Real, Dim> m;
  m.dim = dim;
  m.norm2 = k.s;
  if (!k.no_metric.empty()) {
    m.for_each([&](Value<Real>& v) { v.reason = k.no_metric; });
    return m;
  }
  const Real A = k.singular ? Real(0) : k.A[0], directions(dim - 1);
  const Real C = k.singular || is_exact_zero(k.B[0]) ? A : k.radial[0];
  m.A.value = m.tangential.value = A;
  m.radial.value = C;
  m.B.value = k.B[0];
  m.B.scale = A / k.extent;
  m.B.reason = k.no_B;
  if (dim == 1) m.tangential.reason = "no direction is orthogonal to x in one dimension";
  if (k.singular) {
    for (auto* v : {&m.log_volume, &m.curvature_radial, &m.curvature_tangential, &m.ricci_scalar}) v->reason = "the metric is singular here";
  }
  if (dim == 1) m.curvature_radial.reason = m.curvature_tangential.reason = "one dimension has no plane, and no sectional curvature";
  if (dim == 2) m.curvature_tangential.reason = "no plane is orthogonal to x in two dimensions";
  if (k.singular) return m;

  m.radial_loss = k.radial_terms / C;
  m.volume.value = volume_element(A, C, dim);
  m.log_volume.value = (directions * log(A) + log(C)) / Real(2);
  m.log_volume.scale = Real(1);
  if (dim == 1) return m;
  m.curvature_radial.scale = m.curvature_tangential.scale = Real(1) / A;
  m.ricci_scalar.scale = Real(dim) * Real(dim) / A;
  for (auto* v : {&m.curvature_radial, &m.curvature_tangential, &m.ricci_scalar}) {
    if (v->reason.empty()) v->reason = k.no_B;
  }
  const SectionalCurvature<Real> curvature = sectional_curvature(k, let);
  m.curvature_loss = curvature.loss;
  m.curvature_radial.value = curvature.radial;
  m.curvature_tangential.value = curvature.tangential;
  m.ricci_scalar.value = directions * (Real(2) * curvature.radial + Real(dim - 2) * curvature.tangential);
  return m;
}

/// The components g_ij at the point x with |x|^2 = metric.norm2, row after row: dim x dim. Zeros for a singular metric.
template <class Real>
std::vector<Value<Real>> metric_matrix(const RadialMetric<Real>& metric, const std::vector<Real>& x) {
  const std::size_t d = x.size();
  const Real &A = metric.A.value, &C = metric.radial.value, &s = metric.norm2;
  std::vector<Value<Real>> g(d * d);
  for (std::size_t i = 0; i < d; ++i) {
    Real others(0);
    for (std::size_t k = 0; k < d; ++k) {
      if (k != i) others += x[k] * x[k];
    }
    // A + B x_i^2 as a mean of the two eigenvalues: for bounded activations the sum cancels.
    g[i * d + i].value = ratio_or_limit(Real(A * others + C * x[i] * x[i]), s, A);
  }
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      if (i == j) continue;
      // B is infinite at most at x = 0, where B x_i x_j -> 0.
      g[i * d + j].value = metric.B.exists() ? Real(metric.B.value * x[i] * x[j]) : Real(0);
      g[i * d + j].scale = sqrt(g[i * d + i].value * g[j * d + j].value);
    }
  }
  return g;
}

}  // namespace infwidth
