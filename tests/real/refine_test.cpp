// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/refine.hpp"

#include "catch.hpp"

using namespace infwidth;

TEST_CASE("a value stands when its radius is small beside it, or beside its scale once it cancels", "[refine]") {
  Precision p(200);
  const auto ball = [](double middle, int decimal_radius) { return Ball(middle).widened(pow(Ball(10), decimal_radius)); };
  CHECK(stands(Ball(0), 1000));
  CHECK(stands(ball(0.5, -20), 15));
  CHECK_FALSE(stands(ball(0.5, -20), 20));
  CHECK_FALSE(stands(ball(1e-10, -20), 15));
  CHECK_FALSE(stands(ball(0, -31), 15));  // no scale: a positive quantity
  CHECK(stands(ball(0, -31), 15, Ball(1)));
  CHECK_FALSE(stands(ball(0, -29), 15, Ball(1)));
  CHECK(stands(ball(0, -29), 15, Ball(1000)));
  CHECK_FALSE(stands(Ball(1) / Ball(0), 1));
}

TEST_CASE("precision rises until a cancelling difference stands", "[refine]") {
  Ball difference;
  refine(30, "difference", [&] {
    const Ball tiny = pow(Ball(10), -100);
    difference = exp(tiny) - Ball(1);  // loses 100 digits
    return stands(difference, 30);
  });
  const Ball relative = (difference * pow(Ball(10), 100) - Ball(1)).magnitude();
  CHECK(certainly_positive(pow(Ball(10), -29) - relative) == Truth::yes);
}

TEST_CASE("what never stands is not reached", "[refine]") {
  long tries = 0;
  CHECK_THROWS_WITH(refine(20, "sum", [&] { return ++tries < 0; }), Catch::Matchers::ContainsSubstring("sum: 20 digits do not stand"));
  CHECK(tries > 3);
}
