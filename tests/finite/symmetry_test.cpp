// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/symmetry.hpp"

#include <cmath>
#include <random>

#include "catch.hpp"

using namespace infwidth;

namespace {

/// |g - Pg|^2 by solving the 2 x 2 normal equations of the least-squares fit of I and x x^T.
double by_normal_equations(const std::vector<double>& g, const std::vector<double>& x) {
  const std::size_t d = x.size();
  double n2 = 0, trace = 0, radial = 0, norm = 0;
  for (std::size_t i = 0; i < d; ++i) {
    n2 += x[i] * x[i];
    trace += g[i * d + i];
    for (std::size_t j = 0; j < d; ++j) {
      radial += x[i] * g[i * d + j] * x[j];
      norm += g[i * d + j] * g[i * d + j];
    }
  }
  const double dd = static_cast<double>(d), det = dd * n2 * n2 - n2 * n2;
  const double a = (trace * n2 * n2 - radial * n2) / det, b = (dd * radial - n2 * trace) / det;
  return norm - a * trace - b * radial;
}

std::vector<double> random_metric(std::size_t d, std::mt19937& random) {
  std::normal_distribution<double> normal;
  std::vector<double> j(d * d), g(d * d, 0);
  for (double& e : j) e = normal(random);
  for (std::size_t a = 0; a < d; ++a) {
    for (std::size_t b = 0; b < d; ++b) {
      for (std::size_t k = 0; k < d; ++k) g[a * d + b] += j[k * d + a] * j[k * d + b];
    }
  }
  return g;
}

}  // namespace

TEST_CASE("the symmetric part is the projection", "[symmetry]") {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  for (const std::size_t d : {2U, 3U, 5U}) {
    std::vector<double> x(d);
    for (double& c : x) c = normal(random);
    const std::vector<double> g = random_metric(d, random);
    CHECK(std::abs(symmetric_part(g.data(), x).broken - by_normal_equations(g, x)) < 1e-11);
    // A I + B x x^T has nothing else.
    std::vector<double> pure(d * d);
    double n2 = 0;
    for (const double c : x) n2 += c * c;
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) pure[i * d + j] = (i == j ? 2.0 : 0.0) - 0.3 * x[i] * x[j];
    }
    const SymmetricPart part = symmetric_part(pure.data(), x);
    CHECK(part.broken < 1e-28);
    CHECK(std::abs(part.tangential - 2) < 1e-14);
    CHECK(std::abs(part.radial - (2 - 0.3 * n2)) < 1e-13);
  }
  const SymmetricPart at_zero = symmetric_part(std::vector<double>{3, 1, 1, 5}.data(), std::vector<double>{0, 0});
  CHECK(at_zero.tangential == 4);
  CHECK(at_zero.radial == 4);
  CHECK(at_zero.broken == 4);
}

TEST_CASE("the defect of a metric that turns along is 0", "[symmetry]") {
  const double c = 0.6, s = 0.8;
  const std::vector<double> o = {c, -s, s, c}, g = {2, 0.5, 0.5, 1};
  std::vector<double> turned(4, 0), defect(3);
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      for (std::size_t k = 0; k < 2; ++k) {
        for (std::size_t l = 0; l < 2; ++l) turned[i * 2 + j] += o[i * 2 + k] * g[k * 2 + l] * o[j * 2 + l];
      }
    }
  }
  equivariance_defect(turned.data(), g.data(), o.data(), 2, defect.data());
  for (const double e : defect) CHECK(std::abs(e) < 1e-15);
  equivariance_defect(g.data(), g.data(), o.data(), 2, defect.data());
  CHECK(std::abs(defect[0]) > 0.1);
}
