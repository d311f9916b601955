// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/network/architecture.hpp"

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

using List = std::vector<Rational>;

Architecture network(int depth, const List& sigma_w2, const List& sigma_b2, std::size_t activations = 1) {
  return make_architecture(depth, std::vector<Activation>(activations, Activation::from_text("erf")), sigma_w2, sigma_b2);
}

}  // namespace

TEST_CASE("one variance goes to every layer and the readout", "[network]") {
  const Architecture a = network(3, {Rational(3, 2)}, {Rational(1, 10)});
  CHECK(a.depth() == 3);
  CHECK(a.sigma_w2 == List(4, Rational(3, 2)));
  CHECK(a.sigma_b2 == List(4, Rational(1, 10)));
  CHECK(a.input_scaling == InputScaling::unit);
}

TEST_CASE("as many variances as hidden layers leave the readout 1 and 0, one more names it", "[network]") {
  const Architecture hidden = network(2, {2, 3}, {4, 5});
  CHECK(hidden.sigma_w2 == List{2, 3, 1});
  CHECK(hidden.sigma_b2 == List{4, 5, 0});
  const Architecture all = network(2, {2, 3, 4}, {5, 6, 7});
  CHECK(all.sigma_w2 == List{2, 3, 4});
  CHECK(all.sigma_b2 == List{5, 6, 7});
  const Architecture shallow = network(1, {2, 3}, {5});
  CHECK(shallow.sigma_w2 == List{2, 3});
  CHECK(shallow.sigma_b2 == List{5, 5});
}

TEST_CASE("activations are given once, or once a hidden layer", "[network]") {
  CHECK(network(4, {1}, {0}).activations.size() == 4);
  CHECK(network(2, {1}, {0}, 2).activations.size() == 2);
  CHECK_THROWS_AS(network(3, {1}, {0}, 2), UsageError);
  CHECK_THROWS_AS(network(3, {1}, {0}, 0), UsageError);
}

TEST_CASE("a network that is none is refused with the cure", "[network]") {
  CHECK_THROWS_WITH(network(0, {1}, {0}), ContainsSubstring("depth: 0"));
  CHECK_THROWS_WITH(network(4, {1, 2}, {0}), ContainsSubstring("sigma_w2: 2 values for depth 4; give 1 (every layer), 4 (the hidden layers) or 5"));
  CHECK_THROWS_WITH(network(2, {1}, {}), ContainsSubstring("sigma_b2: 0 values"));
  CHECK_THROWS_WITH(network(2, {1, -2}, {0}), ContainsSubstring("sigma_w2: value 2 is -2"));
  CHECK_THROWS_WITH(network(1, {1}, {Rational(-1, 2)}), ContainsSubstring("sigma_b2: value 1 is -1/2"));
  CHECK_THROWS_WITH(network(1, {0}, {1}), ContainsSubstring("sigma_w2: the first layer's weight variance is 0"));
  CHECK_NOTHROW(network(2, {1, 0, 1}, {1}));
}
