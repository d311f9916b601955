// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/geometry/radial_metric.hpp"

#include <array>

#include "infwidth/geometry/metric.hpp"
#include "support/agreement.hpp"
#include "support/closed_forms.hpp"

using namespace infwidth;
using namespace closed_forms;

namespace {

template <class Real, class Phi>
RadialKernel<Real> features(int depth, const Real& s, const Real& w, const Real& b, Phi phi) {
  RadialKernel<Real> k = first_layer(s, w, b);
  for (int l = 1; l < depth; ++l) k = next_layer(k, phi(k.q[0]), w, b);
  return feature_kernel(k, phi(k.q[0]));
}

/// One layer's oracle: sigma_w2 and sigma_b2 of the first layer `first`, of the later ones `later`.
struct Deep {
  int depth;
  const char *A, *B, *volume, *ricci2, *ricci3;
};

}  // namespace

TEST_CASE("ReLU networks are flat, and their eigenvalues equal and exact", "[geometry]") {
  const Precision precision(100);
  const RadialMetric<Ball> m = radial_metric(features(4, Ball(3), Ball(1), Ball(1), Relu{}), 5);
  CHECK(m.A.value.is_exact());
  CHECK(m.radial.value.is_exact());
  CHECK(m.A.value.to_double() == 1.0 / 16);
  CHECK(m.volume.value.is_exact());
  CHECK(m.volume.value.to_double() == 1.0 / (1 << 10));
  CHECK(radial_metric(features(1, Ball(3), Ball(1), Ball(1), Relu{}), 2).volume.value.is_exact());  // sqrt(1/2)^2
  for (const auto* v : {&m.B, &m.curvature_radial, &m.curvature_tangential, &m.ricci_scalar}) CHECK(v->value.is_exact_zero());
}

TEST_CASE("arc-cosine networks are cones: the Ricci scalar of x_+^2 without bias", "[geometry]") {
  const DigitsPrecision precision(40);
  // k_l(x, x) = c s^(2^l): curvature -(d-1)(d-2) (1 - (3/4)^l) / k_l(x, x), flat in d = 2
  for (int l = 1; l <= 3; ++l) {
    const RadialKernel<Digits> k = features(l, constant<Digits>(7, 4), Digits(1), Digits(0), SquaredRelu{});
    const Digits deficit = 1 - pow(constant<Digits>(3, 4), l);
    // features: E[phi^2] without weights; the kernel of the features is k.q
    CHECK_THAT(radial_metric(k, 2).ricci_scalar.value, AgreesTo(Digits(0), 36, 1 / k.A[0]));
    CHECK_THAT(radial_metric(k, 3).ricci_scalar.value, AgreesTo(-2 * deficit / k.q[0], 36));
    CHECK_THAT(radial_metric(k, 5).ricci_scalar.value, AgreesTo(-12 * deficit / k.q[0], 36));
  }
}

TEST_CASE("deep GELU features with unit variances after the first layer", "[geometry]") {
  const DigitsPrecision precision(30);
  // By tests/reference/inline_geometry.py.
  const Deep rows[] = {{2, "0.2206595776698", "0.05090209806632", "0.2447911041669", "-0.035034309171", "-0.13530950054"},
                       {3, "0.08558069431648", "0.04280591577674", "0.1048208721234", "-0.40811277701", "-1.2404127587"}};
  for (const Deep& row : rows) {
    RadialKernel<Digits> k = first_layer(Digits(1), Digits(1), Digits(1));
    for (int l = 1; l <= row.depth; ++l) k = feature_kernel(k, Gelu{}(k.q[0]));
    const RadialMetric<Digits> plane = radial_metric(k, 2);
    CHECK_THAT(plane.A.value, AgreesTo(row.A, 12));
    CHECK_THAT(plane.B.value, AgreesTo(row.B, 12));
    CHECK_THAT(plane.volume.value, AgreesTo(row.volume, 12));
    CHECK_THAT(plane.ricci_scalar.value, AgreesTo(row.ricci2, 10));
    CHECK_THAT(radial_metric(k, 3).ricci_scalar.value, AgreesTo(row.ricci3, 10));
  }
}

TEST_CASE("in two dimensions no plane is orthogonal to x", "[geometry]") {
  const Precision precision(100);
  const RadialKernel<Ball> k = features(2, Ball(3), Ball(1), Ball(1), Erf{});
  const RadialMetric<Ball> plane = radial_metric(k, 2), space = radial_metric(k, 3);
  CHECK(space.curvature_tangential.exists());
  CHECK(plane.curvature_tangential.reason == "no plane is orthogonal to x in two dimensions");
  CHECK(plane.curvature_radial.exists());
  CHECK(plane.ricci_scalar.value.overlaps(Ball(2) * plane.curvature_radial.value));
}

TEST_CASE("one dimension has no tangential eigenvalue and no plane", "[geometry]") {
  const Precision precision(100);
  const RadialMetric<Ball> m = radial_metric(features(2, Ball(3), Ball(1), Ball(1), Erf{}), 1);
  CHECK_FALSE(m.tangential.exists());
  CHECK(m.ricci_scalar.exists());
  CHECK(m.ricci_scalar.value.is_exact_zero());
  CHECK_FALSE(m.curvature_radial.exists());
  CHECK(m.curvature_tangential.reason == "one dimension has no plane, and no sectional curvature");
  CHECK(Ball(m.volume.value * m.volume.value).overlaps(m.radial.value));
}

TEST_CASE("a singular metric has exact zeros and no logarithm", "[geometry]") {
  const Precision precision(100);
  const RadialMetric<Ball> m = radial_metric(features(1, Ball(0), Ball(1), Ball(0), Cosine{}), 2);
  for (const auto* v : {&m.A, &m.tangential, &m.radial, &m.volume}) {
    CHECK(v->exists());
    CHECK(v->value.is_exact_zero());
  }
  for (const auto* v : {&m.log_volume, &m.curvature_radial, &m.curvature_tangential, &m.ricci_scalar}) CHECK_FALSE(v->exists());
  for (const Value<Ball>& g : metric_matrix(m, {Ball(0), Ball(0)})) CHECK(g.value.is_exact_zero());
}

TEST_CASE("the metric matrix keeps its digits along an axis, where A + B x^2 cancels", "[geometry]") {
  const std::vector<double> x = {1e4, 1e-3, 0};
  const double s = norm2(x);
  const NetworkMetric network(make_architecture(2, {Activation::from_text("erf")}, {Rational(3, 2)}, {Rational(1, 4)}));
  const std::vector<Value<double>> g = matrix_by_double(network.at_by_double(std::array{s}, 3).back().metric, x);
  const Precision precision(400);
  const std::vector<Ball> exact = {Ball(x[0]), Ball(x[1]), Ball(0)};
  const Ball norm = exact[0] * exact[0] + exact[1] * exact[1];
  const std::vector<Value<Ball>> want = metric_matrix(radial_metric(features(2, norm, Ball(1.5), Ball(0.25), Erf{}), 3), exact);
  for (std::size_t i = 0; i < g.size(); ++i) {
    CHECK(std::abs(g[i].value - want[i].value.to_double()) <= g[i].error);
    CHECK(g[i].error <= 1.1e-12 * std::max(std::abs(g[i].value), g[i].scale));
  }
}

TEST_CASE("the squared norm of a million coordinates is rounded once", "[geometry]") {
  std::vector<double> x(1000000, 0.1);
  x[0] = 1e8;
  const double rest = 999999 * (0.1 * 0.1);
  CHECK(std::abs(norm2(x) - (1e16 + rest)) <= 2);
  CHECK(norm2(std::vector<double>(1000000, 0.1)) == 10000.000000000002);  // 10^6 times 0.1000000000000000055^2
  CHECK(norm2(std::vector<double>{}) == 0);
}
