// SPDX-License-Identifier: GPL-3.0-or-later
// D-012 by another road than its proof. The curvatures of A I + B x x^T against Christoffel symbols stand in tests/geometry/curvature_test.cpp; here
// the warped product, whose curvatures need no tensors, and the factor -1/4 of Hessian metrics.
#include "geometry/agreement.hpp"
#include "geometry/brute_force.hpp"
#include "geometry/closed_forms.hpp"
#include "infwidth/geometry/radial_metric.hpp"

using namespace infwidth;
using brute_force::Curvature;
using brute_force::Metric;
using brute_force::Taylor;

namespace {

Rational fraction(int p, int q) { return Rational(p, q); }

/// T_i T^i - T_ijk T^ijk, T_ijk = d_k g_ij, T_i = g^jk T_jki.
template <std::size_t d>
Rational trace_form(const Metric<Rational, d>& g, const brute_force::Matrix<Rational, d>& up) {
  Rational result = 0;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t a = 0; a < d; ++a) {
        for (std::size_t b = 0; b < d; ++b) {
          for (std::size_t k = 0; k < d; ++k) {
            for (std::size_t c = 0; c < d; ++c) {
              const Rational metrics = up[i][a] * up[j][b] * up[k][c];
              result += metrics * (g[i][j].gradient[b] * g[k][c].gradient[a] - g[i][j].gradient[k] * g[a][b].gradient[c]);
            }
          }
        }
      }
    }
  }
  return result;
}

/// The Hessian of a polynomial potential in three coordinates, exactly: potential = |x|^2/2 + sum of the cubic and quartic terms below.
Metric<Rational, 3> hessian_metric(const std::array<Rational, 3>& at) {
  using T = Taylor<Rational, 3>;
  T x = T::coordinate(at[0], 0), y = T::coordinate(at[1], 1), z = T::coordinate(at[2], 2);
  const T half(fraction(1, 2)), fifth(fraction(1, 5));
  // x^3 y / 6 + x y^2 / 5 + x y z / 2 + z^4 / 12 + x^2 z^2 / 4
  Metric<Rational, 3> g;
  g[0][0] = T(1) + x * y + half * z * z;
  g[1][1] = T(1) + T(2) * fifth * x;
  g[2][2] = T(1) + z * z + half * x * x;
  g[0][1] = g[1][0] = half * x * x + T(2) * fifth * y + half * z;
  g[0][2] = g[2][0] = half * y + x * z;
  g[1][2] = g[2][1] = half * x;
  return g;
}

}  // namespace

TEST_CASE("D-012: a Hessian metric has R = -1/4 (T_i T^i - T_ijk T^ijk), not -3/4", "[derivation][geometry]") {
  const Metric<Rational, 3> g = hessian_metric({fraction(1, 3), fraction(1, 5), fraction(-1, 4)});
  const Curvature<Rational, 3> curvature(g);
  const Rational form = trace_form<3>(g, curvature.inverse_metric());
  REQUIRE(form != 0);
  CHECK(curvature.ricci_scalar() == -form / 4);
  // The slip: the products of Christoffel symbols with the opposite sign.
  CHECK(Curvature<Rational, 3>(g, -1).ricci_scalar() == -3 * form / 4);
}

TEST_CASE("D-012: one hidden layer has a Hessian metric, so the same factor", "[derivation][geometry]") {
  // chi = q^2, as of x^3 up to a constant: A = (b + s)^2, B = 2 A' = 4 (b + s), d = 3
  using T = Taylor<Rational, 3>;
  const Rational b = fraction(1, 10);
  const std::array<Rational, 3> at = {fraction(3, 5), fraction(-1, 4), fraction(1, 3)};
  std::array<T, 3> x;
  for (std::size_t i = 0; i < 3; ++i) x[i] = T::coordinate(at[i], i);
  const T q = T(b) + x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
  Metric<Rational, 3> g;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) g[i][j] = T(4) * q * x[i] * x[j] + (i == j ? q * q : T(0));
  }
  const Curvature<Rational, 3> curvature(g);
  CHECK(curvature.ricci_scalar() == -trace_form<3>(g, curvature.inverse_metric()) / 4);

  const Precision precision(200);
  RadialKernel<Ball> k;
  k.s = Ball(Rational(q.value - b));
  k.extent = k.s + Ball(1);
  const Ball root(q.value);
  k.A[0] = root * root, k.A[1] = Ball(2) * root, k.A[2] = Ball(1);
  k.B[0] = Ball(4) * root, k.B[1] = Ball(4);
  k.radial[0] = k.A[0] + k.s * k.B[0], k.radial[1] = k.A[1] + k.B[0] + k.s * k.B[1];
  CHECK(radial_metric(k, 3).ricci_scalar.value.contains(Ball(curvature.ricci_scalar())));
}

TEST_CASE("D-012: the curvatures of the warped product C dr^2 + H^2 dOmega^2, H = r sqrt(A)", "[derivation][geometry]") {
  // -H''/H and (1 - H'^2)/H^2, ' by arc length, with derivatives in r by differences
  const DigitsPrecision precision(110);
  const auto at = [](const Digits& r) {
    RadialKernel<Digits> k = first_layer(Digits(r * r), constant<Digits>(3, 2), constant<Digits>(1, 10));
    for (int l = 1; l < 3; ++l) k = next_layer(k, closed_forms::Gelu{}(k.q[0]), constant<Digits>(3, 2), constant<Digits>(1, 10));
    return feature_kernel(k, closed_forms::Gelu{}(k.q[0]));
  };
  const Digits r = constant<Digits>(6, 5), h = pow(Digits(10), -12);
  const auto slope = [&](auto f, const Digits& t) { return Digits((f(t - 2 * h) - 8 * f(t - h) + 8 * f(t + h) - f(t + 2 * h)) / (12 * h)); };
  const auto H = [&](const Digits& t) { return Digits(t * sqrt(at(t).A[0])); };
  const auto dH = [&](const Digits& t) {  // by arc length
    const RadialKernel<Digits> k = at(t);
    return Digits(slope(H, t) / sqrt(k.A[0] + k.s * k.B[0]));
  };
  const RadialKernel<Digits> k = at(r);
  const SectionalCurvature<Digits> curvature = sectional_curvature(k);
  const Digits speed = sqrt(k.A[0] + k.s * k.B[0]);
  CHECK_THAT(curvature.radial, AgreesTo(-slope(dH, r) / speed / H(r), 40));
  CHECK_THAT(curvature.tangential, AgreesTo((1 - dH(r) * dH(r)) / (H(r) * H(r)), 40));
}
