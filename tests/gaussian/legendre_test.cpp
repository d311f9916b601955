// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/legendre.hpp"

#include "support/balls.hpp"

using namespace infwidth;

TEST_CASE("Gauss-Legendre: n points integrate every power below 2n exactly, and not the power 2n", "[gaussian][legendre]") {
  const int n = GENERATE(4, 10, 24, 60);
  const Precision p(200);
  const auto rule = legendre_rule(n, 200);
  REQUIRE(rule->nodes.size() == static_cast<std::size_t>(n / 2));
  for (int power = 0; power <= 2 * n; power += 2) {
    Ball sum;
    for (std::size_t i = 0; i < rule->nodes.size(); ++i) sum += Ball(2) * rule->weights[i] * pow(rule->nodes[i], power);
    CAPTURE(n, power);
    CHECK(sum.overlaps(Ball(2) / Ball(power + 1)) == (power < 2 * n));
    CHECK(is_narrow(sum, 55));
  }
}

TEST_CASE("Gauss-Legendre: 30, 100, 30 digits in one process keep their precision", "[gaussian][legendre]") {
  for (const long bits : {100L, 340L, 100L}) {
    const auto rule = legendre_rule(20, bits);
    const Precision p(bits + 100);
    for (const Ball& node : rule->nodes) CHECK(is_narrow(node, static_cast<int>(static_cast<double>(bits) * 0.3)));
  }
}

TEST_CASE("the ladder of rule sizes is even and wastes at most a fifth", "[gaussian][legendre]") {
  for (int n = 1; n < 3000; ++n) {
    const int size = legendre_size(n);
    CHECK(size % 2 == 0);
    CHECK(size >= n);
    CHECK((size <= 4 || size < n + 3 || size * 5 <= n * 6 + 10));
  }
}
