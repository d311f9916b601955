// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/symmetry_study.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

Architecture network(const char* activation, int depth, const Rational& sigma_w2 = 1, const Rational& sigma_b2 = 0) {
  return make_architecture(depth, {Activation::from_text(activation)}, {sigma_w2}, {sigma_b2});
}

const std::vector<std::vector<Rational>> here = {{Rational(3, 5), Rational(4, 5), Rational(1, 5)}};

}  // namespace

TEST_CASE("the expected index is the mean over random networks", "[symmetry]") {
  // Exact for one hidden layer and for relu at any depth; to first order in 1/n else.
  const auto holds = [](const Architecture& n, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points, const char* standing) {
    const EnsembleSymmetry s = ensemble_symmetry(n, widths, points, {.draws = 1000, .seed = 5, .threads = 2});
    CAPTURE(standing, s.index, s.standard_error, s.expected.value_or(0));
    REQUIRE(s.expected);
    CHECK(s.standing == standing);
    CHECK(std::abs(s.index - *s.expected) < 4 * s.standard_error);
    CHECK(s.test.p_value > 1e-3);
    CHECK(s.complete);
  };
  holds(network("erf", 1, 1, Rational(1, 10)), {30}, here, "exact");
  holds(network("erf", 1, 1, Rational(1, 10)), {30}, {{0, 0, 0}}, "exact");
  holds(network("relu", 2, 2), {40, 20}, here, "exact");
  holds(network("tanh", 2, 2), {100}, {{1, 0}, {Rational(1, 2), 1}}, "leading 1/n");
}

TEST_CASE("a law that is not invariant is found out", "[symmetry]") {
  // A network that sees the first coordinate larger than the second.
  const NetworkEnsemble ensemble(network("erf", 1), {1000}, 2, 3);
  FiniteNetwork one = ensemble.network(0);
  for (std::size_t k = 0; k < 1000; ++k) one.layers[0].weights[2 * k] *= 3;
  const NetworkSymmetry broken = network_symmetry(one, network("erf", 1), {{Rational(3, 5), Rational(4, 5)}}), plain = network_symmetry(ensemble.network(0), network("erf", 1), {{Rational(3, 5), Rational(4, 5)}});
  REQUIRE(plain.expected);
  CHECK(plain.standing == "exact");
  CHECK(plain.index < 10 * *plain.expected);
  CHECK(broken.index > 20 * *plain.expected);
  CHECK(plain.tangential_spread < 0.15);
  CHECK(broken.tangential_spread > 0.3);
  CHECK(broken.radial_spread > 2 * plain.radial_spread);
}

TEST_CASE("what has no symmetry to look at is refused", "[symmetry]") {
  CHECK_THROWS_WITH(ensemble_symmetry(network("erf", 1), {10}, {{1}}, {}), ContainsSubstring("one dimension"));
  CHECK_THROWS_WITH(ensemble_symmetry(network("erf", 1), {10}, here, {.draws = 20, .rotations = 10}), ContainsSubstring("components need"));
  CHECK_THROWS_AS(ensemble_symmetry(network("erf", 1), {10}, {}, {}), UsageError);
  CHECK_THROWS_AS(ensemble_symmetry(network("step", 1), {10}, here, {}), NoSuchQuantity);
}
