// SPDX-License-Identifier: GPL-3.0-or-later
// D-010 by another road than its proof: the metric as mixed derivatives of the two-point kernel, by differences with 120 digits.
#include "infwidth/geometry/recursion.hpp"
#include "support/agreement.hpp"
#include "support/closed_forms.hpp"

using namespace infwidth;

namespace {

constexpr unsigned working_digits = 120;

struct Net {
  Digits sigma_w2 = constant<Digits>(3, 2), sigma_b2 = constant<Digits>(1, 10);
};
using Vector = std::array<Digits, 3>;

Digits dot(const Vector& x, const Vector& y) { return x[0] * y[0] + x[1] * y[1] + x[2] * y[2]; }

/// E[erf(u) erf(v)] for variances p, q and covariance c.
Digits erf_dual(const Digits& p, const Digits& q, const Digits& c) { return 2 / pi<Digits>() * asin(2 * c / sqrt((1 + 2 * p) * (1 + 2 * q))); }
/// E[x_+^2 y_+^2] (arc-cosine of order 2).
Digits squared_relu_dual(const Digits& p, const Digits& q, const Digits& c) {
  const Digits determinant = p * q - c * c, angle = atan(sqrt(determinant) / c);  // c > 0 here
  return (3 * c * sqrt(determinant) + (pi<Digits>() - angle) * (determinant + 3 * c * c)) / (2 * pi<Digits>());
}

template <class Dual>
Digits kernel(const Vector& x, const Vector& y, int l, const Net& net, Dual dual) {
  Digits p = net.sigma_b2 + net.sigma_w2 * dot(x, x), q = net.sigma_b2 + net.sigma_w2 * dot(y, y), c = net.sigma_b2 + net.sigma_w2 * dot(x, y);
  for (int i = 1; i < l; ++i) {
    const Digits next_p = net.sigma_b2 + net.sigma_w2 * dual(p, p, p), next_q = net.sigma_b2 + net.sigma_w2 * dual(q, q, q);
    c = net.sigma_b2 + net.sigma_w2 * dual(p, q, c);
    p = next_p;
    q = next_q;
  }
  return c;
}

/// d/dx_i d/dy_j k at y = x by fourth-order central differences of step h: error of order h^4.
template <class Dual>
Digits mixed_derivative(const Vector& at, std::size_t i, std::size_t j, int l, const Net& net, Dual dual, const Digits& h) {
  const int weights[] = {1, -8, 0, 8, -1};
  Digits sum = 0;
  for (int a = -2; a <= 2; ++a) {
    for (int b = -2; b <= 2; ++b) {
      const int weight = weights[a + 2] * weights[b + 2];
      if (weight == 0) continue;
      Vector x = at, y = at;
      x[i] += a * h;
      y[j] += b * h;
      sum += weight * kernel(x, y, l, net, dual);
    }
  }
  return sum / (144 * h * h);
}

}  // namespace

TEST_CASE("D-010: A I + B x x^T is the mixed derivative of the two-point erf kernel, depths 1 to 4", "[derivation][geometry]") {
  const DigitsPrecision precision(working_digits);
  const Net net;
  const Vector x = {constant<Digits>(3, 5), constant<Digits>(-1, 4), constant<Digits>(1, 3)};
  const Digits h = pow(Digits(10), -15);  // differences: h^4 = 1e-60, and rounding 1e-120 / h^2
  RadialKernel<Digits> k = first_layer(dot(x, x), net.sigma_w2, net.sigma_b2);
  for (int l = 2; l <= 5; ++l) {
    k = next_layer(k, closed_forms::Erf{}(k.q[0]), net.sigma_w2, net.sigma_b2);
    CHECK_THAT(k.q[0], AgreesTo(kernel(x, x, l, net, erf_dual), 100));
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = i; j < 3; ++j) {
        const Digits g = k.B[0] * x[i] * x[j] + (i == j ? k.A[0] : Digits(0));
        CHECK_THAT(g, AgreesTo(mixed_derivative(x, i, j, l, net, erf_dual, h), 54, k.A[0]));
      }
    }
  }
}

TEST_CASE("D-010: the derivatives in s that are propagated are those of A and B along a ray", "[derivation][geometry]") {
  const DigitsPrecision precision(working_digits);
  const Net net;
  const Digits h = pow(Digits(10), -14), s = constant<Digits>(4, 5);
  const auto at = [&](int step) {
    RadialKernel<Digits> k = first_layer(Digits(s + step * h), net.sigma_w2, net.sigma_b2);
    for (int l = 2; l <= 4; ++l) k = next_layer(k, closed_forms::Gelu{}(k.q[0]), net.sigma_w2, net.sigma_b2);
    return k;
  };
  const RadialKernel<Digits> k[] = {at(-2), at(-1), at(0), at(1), at(2)};
  const auto slope = [&](auto of) { return Digits((of(k[0]) - 8 * of(k[1]) + 8 * of(k[3]) - of(k[4])) / (12 * h)); };
  using K = RadialKernel<Digits>;
  CHECK_THAT(k[2].q[1], AgreesTo(slope([](const K& p) { return p.q[0]; }), 50));
  CHECK_THAT(2 * k[2].q[2], AgreesTo(slope([](const K& p) { return p.q[1]; }), 50));
  CHECK_THAT(k[2].A[1], AgreesTo(slope([](const K& p) { return p.A[0]; }), 50));
  CHECK_THAT(2 * k[2].A[2], AgreesTo(slope([](const K& p) { return p.A[1]; }), 50));
  CHECK_THAT(k[2].B[1], AgreesTo(slope([](const K& p) { return p.B[0]; }), 50));
  CHECK_THAT(k[2].radial[1], AgreesTo(slope([](const K& p) { return p.radial[0]; }), 50));
  CHECK_THAT(k[2].beside[1], AgreesTo(slope([](const K& p) { return p.beside[0]; }), 50));
  CHECK_THAT(k[2].excess[1], AgreesTo(slope([](const K& p) { return p.excess[0]; }), 50));
  CHECK_THAT(k[2].defect[1], AgreesTo(slope([](const K& p) { return p.defect[0]; }), 50));
}

TEST_CASE("D-010: the order-2 arc-cosine kernel, which is not analytic on the diagonal", "[derivation][geometry]") {
  const DigitsPrecision precision(working_digits);
  const Net net;
  const Vector x = {constant<Digits>(3, 5), constant<Digits>(4, 5), Digits(0)};
  RadialKernel<Digits> k = first_layer(Digits(1), net.sigma_w2, net.sigma_b2);
  k = next_layer(k, closed_forms::SquaredRelu{}(k.q[0]), net.sigma_w2, net.sigma_b2);
  const Digits h = pow(Digits(10), -16);  // k holds the angle's fifth power in absolute value: the differences' error is of order h^3
  CHECK_THAT(k.A[0] + k.B[0] * x[0] * x[0], AgreesTo(mixed_derivative(x, 0, 0, 2, net, squared_relu_dual, h), 44));
  CHECK_THAT(k.B[0] * x[0] * x[1], AgreesTo(mixed_derivative(x, 0, 1, 2, net, squared_relu_dual, h), 44));
}
