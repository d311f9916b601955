// SPDX-License-Identifier: GPL-3.0-or-later
// Curvature against brute force. The first cases test the brute force itself: each tells the right sign of the products of Christoffel symbols from
// the wrong one (which the sphere S^2, the plane H^2 and every cone do not).
#include <array>

#include "infwidth/geometry/radial_metric.hpp"
#include "support/agreement.hpp"
#include "support/brute_force.hpp"
#include "support/closed_forms.hpp"

using namespace infwidth;
using brute_force::Curvature;
using brute_force::Metric;
using brute_force::Taylor;

namespace {

Rational fraction(int p, int q) { return Rational(p, q); }

template <class Real, std::size_t d>
std::array<Taylor<Real, d>, d> coordinates(const std::array<Real, d>& x) {
  std::array<Taylor<Real, d>, d> r;
  for (std::size_t i = 0; i < d; ++i) r[i] = Taylor<Real, d>::coordinate(x[i], i);
  return r;
}

/// A delta_ij + B x_i x_j.
template <class Real, std::size_t d, class Coefficients>
Metric<Real, d> radial(const std::array<Real, d>& at, Coefficients coefficients) {
  using T = Taylor<Real, d>;
  const auto x = coordinates<Real, d>(at);
  T s(0);
  for (const T& c : x) s = s + c * c;
  const auto [A, B] = coefficients(s);
  Metric<Real, d> g;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) g[i][j] = B * x[i] * x[j] + (i == j ? A : T(0));
  }
  return g;
}

/// A made-up metric, positive definite for 0 <= s <= 3: defect and excess are nothing special.
template <class T>
std::array<T, 2> made_up(const T& s) {
  return {(T(3) + s) / (T(2) + s * s), (s - T(1)) / (T(4) + s)};
}

/// The same as the recursion would leave it.
template <class Real>
RadialKernel<Real> kernel_of(const Real& at) {
  using Series = Jet<Real, 3>;
  const auto [A, B] = made_up(Series::variable(at));
  RadialKernel<Real> k;
  k.s = at;
  k.extent = at + Real(1);
  const Series C = A + Series::variable(at) * B;
  for (int i = 0; i <= 2; ++i) k.A[i] = A[i];
  for (int i = 0; i <= 1; ++i) {
    k.B[i] = B[i];
    k.radial[i] = C[i];
    k.defect[i] = B[i] - Real(2 * (i + 1)) * A[i + 1];
  }
  return k;
}

/// A vector orthogonal to x: (x_2, -x_1, 0, ..), and another one to both where d >= 3: (0, .., u, -v).
template <std::size_t d>
void check_made_up(const std::array<Rational, d>& x) {
  const Curvature<Rational, d> brute(radial<Rational, d>(x, [](const auto& s) { return made_up(s); }));
  Rational s = 0;
  for (const Rational& c : x) s += c * c;
  const Precision precision(300);
  const RadialMetric<Ball> m = radial_metric(kernel_of(Ball(s)), static_cast<int>(d));
  const auto holds = [](const Value<Ball>& v, const Rational& exact) {
    return v.exists() && v.value.contains(Ball(exact)) && certainly_positive(Ball(1) - v.value.radius() * power_of_two(250)) == Truth::yes;
  };
  CHECK(holds(m.ricci_scalar, brute.ricci_scalar()));
  std::array<Rational, d> across{};
  across[0] = x[1], across[1] = -x[0];
  CHECK(holds(m.curvature_radial, brute.sectional(x, across)));
  if constexpr (d >= 3) {
    std::array<Rational, d> other{};  // orthogonal to x and to `across`
    other[0] = x[0], other[1] = x[1];
    other[2] = -(x[0] * x[0] + x[1] * x[1]) / x[2];
    CHECK(holds(m.curvature_tangential, brute.sectional(across, other)));
  }
}

/// A and B of an erf network of `depth` hidden layers by the bare recursion: no series in s, no radial eigenvalue.
template <class T>
std::array<T, 2> erf_network(const T& s, int depth, const T& w, const T& b, const T& by_pi) {
  T q = b + w * s, dq = w, A = w, B = T(0);
  for (int l = 1; l <= depth; ++l) {
    const T root = sqrt(T(1) + T(4) * q);
    const T chi = T(4) * by_pi / root, dchi = T(-8) * by_pi / (root * root * root), dQ = T(4) * by_pi / ((T(1) + T(2) * q) * root);
    const T variance = l == depth ? T(1) : w;
    A = variance * chi * A;
    B = variance * (chi * B + T(2) * dchi * dq * dq);
    q = b + w * T(2) * by_pi * atan(T(2) * q / root);
    dq = w * dQ * dq;
  }
  return {A, B};
}

template <std::size_t d>
void check_erf(int depth, const std::array<Digits, d>& x) {
  const Digits w = constant<Digits>(3, 2), b = constant<Digits>(1, 10), by_pi = 1 / pi<Digits>();
  using T = Taylor<Digits, d>;
  const Curvature<Digits, d> brute(radial<Digits, d>(x, [&](const T& s) { return erf_network<T>(s, depth, w, b, by_pi); }));
  Digits s = 0;
  for (const Digits& c : x) s += c * c;
  RadialKernel<Digits> k = first_layer(s, w, b);
  for (int l = 1; l < depth; ++l) k = next_layer(k, closed_forms::Erf{}(k.q[0]), w, b);
  const RadialMetric<Digits> m = radial_metric(feature_kernel(k, closed_forms::Erf{}(k.q[0])), static_cast<int>(d));
  CHECK_THAT(m.ricci_scalar.value, AgreesTo(brute.ricci_scalar(), 45));
  const std::vector<Value<Digits>> g = metric_matrix(m, std::vector<Digits>(x.begin(), x.end()));
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) CHECK_THAT(g[i * d + j].value, AgreesTo(brute.metric()[i][j], 50));
  }
}

}  // namespace

TEST_CASE("brute force: the plane in a nonlinear chart is flat, the flipped sign is not", "[geometry]") {
  // X = x + x^2/2, Y = y + xy/3; g = J^T J
  using T = Taylor<Rational, 2>;
  const auto [x, y] = coordinates<Rational, 2>({fraction(1, 3), fraction(1, 2)});
  const T third(fraction(1, 3)), Xx = T(1) + x, Yx = third * y, Yy = T(1) + third * x;
  const Metric<Rational, 2> g = {{{Xx * Xx + Yx * Yx, Yx * Yy}, {Yx * Yy, Yy * Yy}}};
  CHECK(Curvature<Rational, 2>(g).ricci_scalar() == 0);
  CHECK(Curvature<Rational, 2>(g, -1).ricci_scalar() == fraction(-243, 1600));
}

TEST_CASE("brute force: hyperbolic space H^3 has Ricci scalar -6", "[geometry]") {
  using T = Taylor<Rational, 3>;
  const auto x = coordinates<Rational, 3>({fraction(1, 3), fraction(-2, 7), fraction(5, 4)});
  Metric<Rational, 3> g;
  for (std::size_t i = 0; i < 3; ++i) g[i][i] = T(1) / (x[2] * x[2]);
  CHECK(Curvature<Rational, 3>(g).ricci_scalar() == -6);
  CHECK(Curvature<Rational, 3>(g).sectional({1, 0, 0}, {1, 2, 3}) == -1);
  CHECK(Curvature<Rational, 3>(g, -1).ricci_scalar() == -2);
}

TEST_CASE("brute force: the sphere S^3 in polar coordinates has Ricci scalar 6", "[geometry]") {
  const DigitsPrecision precision(50);
  using T = Taylor<Digits, 3>;
  const auto [chi, theta, phi] = coordinates<Digits, 3>({constant<Digits>(4, 5), constant<Digits>(6, 5), Digits(0)});
  Metric<Digits, 3> g;
  g[0][0] = T(1);
  g[1][1] = sin(chi) * sin(chi);
  g[2][2] = g[1][1] * sin(theta) * sin(theta);
  CHECK_THAT((Curvature<Digits, 3>(g).ricci_scalar()), AgreesTo(Digits(6), 45));
  CHECK_THAT((Curvature<Digits, 3>(g).sectional({1, 0, 2}, {0, 1, 1})), AgreesTo(Digits(1), 45));
  const Digits sine = sin(chi.value);
  CHECK_THAT((Curvature<Digits, 3>(g, -1).ricci_scalar()), AgreesTo(2 + 4 / (sine * sine), 45));
}

TEST_CASE("the curvatures of any A I + B x x^T are those of brute force, exactly", "[geometry]") {
  check_made_up<2>({fraction(3, 5), fraction(4, 7)});
  check_made_up<2>({fraction(-1, 9), fraction(1, 1000)});
  check_made_up<3>({fraction(3, 5), fraction(4, 7), fraction(-2, 3)});
  check_made_up<3>({fraction(1, 100), fraction(1, 200), fraction(1, 300)});
  check_made_up<4>({fraction(1, 2), fraction(-1, 3), fraction(5, 7), fraction(2, 9)});
}

TEST_CASE("the unit sphere in stereographic coordinates has curvature 1 everywhere", "[geometry]") {
  const DigitsPrecision precision(40);
  for (const Digits& s : {Digits(0), constant<Digits>(1, 3), Digits(1), Digits(50)}) {  // at s = 1 N = A + sA' is 0: the equator
    const auto A = Jet<Digits, 3>(4) / pow(Jet<Digits, 3>(1) + Jet<Digits, 3>::variable(s), 2);
    RadialKernel<Digits> k;
    k.s = s;
    k.extent = s + 1;
    for (int i = 0; i <= 2; ++i) k.A[i] = A[i];
    for (int i = 0; i <= 1; ++i) {
      k.radial[i] = A[i];
      k.defect[i] = Digits(-2 * (i + 1)) * A[i + 1];
    }
    const SectionalCurvature<Digits> curvature = sectional_curvature(k);
    CHECK_THAT(curvature.radial, AgreesTo(Digits(1), 38));
    CHECK_THAT(curvature.tangential, AgreesTo(Digits(1), 38));
    CHECK_THAT(radial_metric(k, 2).ricci_scalar.value, AgreesTo(Digits(2), 38));
    CHECK_THAT(radial_metric(k, 3).ricci_scalar.value, AgreesTo(Digits(6), 38));
  }
}

TEST_CASE("the curvature of erf networks of depth 1 to 3 is that of brute force", "[geometry]") {
  const DigitsPrecision precision(60);
  for (int depth = 1; depth <= 3; ++depth) {
    check_erf<2>(depth, {constant<Digits>(3, 5), constant<Digits>(4, 7)});
    check_erf<3>(depth, {constant<Digits>(3, 5), constant<Digits>(-4, 7), constant<Digits>(7, 4)});
  }
}

TEST_CASE("one hidden layer of erf: the Ricci scalar in closed form, negative", "[geometry]") {
  const DigitsPrecision precision(50);
  const Digits w = constant<Digits>(3, 2), b = constant<Digits>(1, 10);
  for (int dim : {2, 3, 10}) {
    for (const Digits& s : {Digits(0), constant<Digits>(1, 1000000), Digits(1), Digits(100000000)}) {
      const RadialKernel<Digits> h = first_layer(s, w, b);
      const Digits found = radial_metric(feature_kernel(h, closed_forms::Erf{}(h.q[0])), dim).ricci_scalar.value;
      const Digits a = 1 + 4 * b;
      CHECK_THAT(found, AgreesTo(-(dim - 1) * (dim + 2) * pi<Digits>() * w * s / (a * sqrt(a + 4 * w * s)), 35));
    }
  }
}
