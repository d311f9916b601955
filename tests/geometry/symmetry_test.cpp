// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/geometry/symmetry.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"

using namespace infwidth;

namespace {

SymmetryDeviation of_network(const char* activation, int depth, const std::vector<Rational>& x, bool kinked = false) {
  const NetworkKernel kernel(make_architecture(depth, {Activation::from_text(activation)}, {1}, {Rational(1, 10)}));
  SymmetryOptions options;
  options.rotations = 2;
  options.kinked = kinked;
  return symmetry_deviation([&](const auto& a, const auto& b) { return kernel.at(InputPair::of(a, b), {.digits = symmetry_digits(options)}).back().feature.value; }, x, options);
}

}  // namespace

TEST_CASE("a Haar matrix is orthogonal, and a function of seed and draw", "[symmetry]") {
  for (const std::size_t d : {1U, 2U, 5U}) {
    const std::vector<Rational> o = haar_orthogonal(d, 7, 3);
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        Rational dot = i == j ? -1 : 0;
        for (std::size_t k = 0; k < d; ++k) dot += o[i * d + k] * o[j * d + k];
        CHECK(abs(dot) < Rational(1, 1'000'000'000'000'000'000) * Rational(1, 1'000'000'000'000'000'000));
      }
    }
    CHECK(o == haar_orthogonal(d, 7, 3));
    CHECK(o != haar_orthogonal(d, 8, 3));
  }
}

TEST_CASE("entries of Haar matrices have the moments of the sphere", "[symmetry]") {
  // E o_11^2 = 1/3, E o_11^4 = 1/5, E o_11 o_22 = 0 in three dimensions; 2000 draws.
  double second = 0, fourth = 0, across = 0;
  for (std::uint64_t k = 0; k < 2000; ++k) {
    const std::vector<Rational> o = haar_orthogonal(3, 1, k);
    const double a = constant<double>(o[0]), b = constant<double>(o[4]);
    second += a * a / 2000;
    fourth += a * a * a * a / 2000;
    across += a * b / 2000;
  }
  CHECK(std::abs(second - 1.0 / 3) < 0.03);
  CHECK(std::abs(fourth - 0.2) < 0.03);
  CHECK(std::abs(across) < 0.03);
}

TEST_CASE("infinitely wide networks are invariant, by three roads", "[symmetry]") {
  const auto holds = [](const SymmetryDeviation& s) {
    CHECK(s.rotation < s.resolution);
    CHECK(s.killing < s.resolution);
    CHECK(s.form < s.resolution);
  };
  holds(of_network("erf", 2, {Rational(3, 5), Rational(4, 5)}));
  holds(of_network("sin", 1, {Rational(1, 2), 1, Rational(-1, 3)}));
  holds(of_network("relu", 2, {Rational(3, 5), Rational(4, 5)}, true));
}

TEST_CASE("a kernel that prefers a direction is found out, by each road", "[symmetry]") {
  // k = exp(x.y + x_1 y_1 / 100): g = exp(..) (D + D x (D x)^T), D = diag(1.01, 1).
  const auto preferring = [](const std::vector<Rational>& a, const std::vector<Rational>& b) { return exp(constant<Ball>(Rational(a[0] * b[0] * Rational(101, 100) + a[1] * b[1]))); };
  const SymmetryDeviation s = symmetry_deviation(preferring, {Rational(1, 2), Rational(1, 3)});
  CHECK(s.rotation > 1e-3);
  CHECK(s.killing > 1e-3);
  CHECK(s.form > 1e-4);
  CHECK_THROWS_AS(symmetry_deviation(preferring, {}), UsageError);
}

TEST_CASE("a deviation that falls with the steps is theirs: invariant, or no verdict, never broken", "[symmetry]") {
  // Metrics that change over lengths of 1/sigma_w: 1e-2 is within reach of shorter steps, 1e-7 of none that are tried.
  const auto of_variance = [](const Rational& sigma_w2) {
    const NetworkKernel kernel(make_architecture(2, {Activation::from_text("erf")}, {sigma_w2}, {0}));
    const auto with = [&kernel](long digits) {
      return [&kernel, digits](const auto& a, const auto& b) { return kernel.at(InputPair::of(a, b), {.digits = digits}).back().feature.value; };
    };
    const std::vector<Rational> x = {Rational(5, 2), Rational(-1, 1000)};
    const SymmetryDeviation once = symmetry_deviation(with(28), x);
    CHECK_FALSE(once.holds());
    return settled_symmetry(with, x);
  };
  const SettledSymmetry near = of_variance(10'000);
  CHECK(near.verdict == SymmetryVerdict::holds);
  CHECK(near.deviation.largest() < 1e-9);
  CHECK(of_variance(Rational(Integer(100'000'000'000'000))).verdict == SymmetryVerdict::open);
}

TEST_CASE("a broken symmetry stays, however short the steps", "[symmetry]") {
  // D = diag(1 + 1e-6, 1)
  const auto preferring = [](const std::vector<Rational>& a, const std::vector<Rational>& b) { return exp(constant<Ball>(Rational(a[0] * b[0] * Rational(1'000'001, 1'000'000) + a[1] * b[1]))); };
  const SettledSymmetry s = settled_symmetry([&](long) { return preferring; }, {Rational(1, 2), Rational(1, 3)});
  CHECK(s.verdict == SymmetryVerdict::broken);
  CHECK(std::abs(s.deviation.largest() / 1e-6 - 1) < 1);
}
