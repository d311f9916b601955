// SPDX-License-Identifier: GPL-3.0-or-later
// D-011 by another road than its proof: the determinant and the eigenvalues of the metric matrix, by elimination and by LAPACK.
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "../../src/real/decompositions.hpp"
#include "infwidth/geometry/radial_metric.hpp"
#include "support/agreement.hpp"
#include "support/brute_force.hpp"
#include "support/closed_forms.hpp"

using namespace infwidth;

namespace {

template <class Real, class Phi>
RadialMetric<Real> features(int depth, const Real& s, int dim, Phi phi) {
  const Real w = constant<Real>(3, 2), b = constant<Real>(1, 10);
  RadialKernel<Real> k = first_layer(s, w, b);
  for (int l = 1; l < depth; ++l) k = next_layer(k, phi(k.q[0]), w, b);
  return radial_metric(feature_kernel(k, phi(k.q[0])), dim);
}

template <std::size_t d>
void check_determinant(const std::array<Digits, d>& x) {
  Digits s = 0;
  for (const Digits& c : x) s += c * c;
  for (int depth = 1; depth <= 3; ++depth) {
    const RadialMetric<Digits> m = features(depth, s, static_cast<int>(d), closed_forms::Erf{});
    brute_force::Matrix<Digits, d> g;
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) g[i][j] = m.B.value * x[i] * x[j] + (i == j ? m.A.value : Digits(0));
    }
    Digits determinant;
    brute_force::inverse<Digits, d>(g, &determinant);
    CHECK_THAT(m.volume.value * m.volume.value, AgreesTo(determinant, 50));
    CHECK_THAT(2 * m.log_volume.value, AgreesTo(log(determinant), 50, Digits(1)));
  }
}

}  // namespace

TEST_CASE("D-011: the squared volume element is the determinant of the metric matrix", "[derivation][geometry]") {
  const DigitsPrecision precision(60);
  const Digits a = constant<Digits>(3, 5), b = constant<Digits>(-4, 7), c = constant<Digits>(1, 3);
  check_determinant<1>({a});
  check_determinant<2>({a, b});
  check_determinant<3>({a, b, c});
  check_determinant<4>({a, b, c, a + b});
  check_determinant<5>({a, b, c, a + b, Digits(0)});
}

TEST_CASE("D-011: the eigenvalues of the metric matrix are A, d - 1 times, and A + |x|^2 B along x", "[derivation][geometry]") {
  constexpr double rounding = 1e-13;  // of LAPACK's iterations, relative to the largest eigenvalue
  const std::vector<double> x = {0.5, -0.25, 1.5, 0.125};
  const double s = 0.25 + 0.0625 + 2.25 + 0.015625;
  const RadialMetric<double> m = features(3, s, 4, closed_forms::Gelu{});
  const std::vector<Value<double>> entries = metric_matrix(m, x);
  std::array<double, 16> vectors;
  std::array<double, 4> eigenvalues;
  for (std::size_t i = 0; i < 16; ++i) vectors[i] = entries[i].value;
  symmetric_eigenvectors(vectors.data(), 4, eigenvalues.data());
  REQUIRE(m.radial.value > m.tangential.value);  // LAPACK sorts them
  for (std::size_t i = 0; i < 3; ++i) CHECK(std::abs(eigenvalues[i] - m.tangential.value) <= rounding * m.radial.value);
  CHECK(std::abs(eigenvalues[3] - m.radial.value) <= rounding * m.radial.value);
  CHECK(std::abs(std::abs(std::inner_product(x.begin(), x.end(), vectors.begin() + 12, 0.0)) - std::sqrt(s)) <= 10 * rounding);
}
