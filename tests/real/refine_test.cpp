// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/refine.hpp"

#include <vector>

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

TEST_CASE("how many bits a value lacks to stand", "[refine]") {
  Precision p(200);
  const auto ball = [](double middle, long exponent) { return Ball(middle).widened(power_of_two(exponent)); };
  CHECK(missing_bits(ball(1, -100), 15) == 0);
  const long missing = missing_bits(ball(1, -20), 15);  // 10^-15 = 2^-49.8
  CHECK(missing >= 29);
  CHECK(missing <= 33);
  CHECK(missing_bits(ball(0, -20), 15) == unknown_bits);  // no scale
  CHECK(missing_bits(ball(0, -20), 15, Ball(1)) >= 79);   // 10^-30 = 2^-99.7
  CHECK(missing_bits(Ball(1) / Ball(0), 15) == unknown_bits);
}

TEST_CASE("precision rises by what is missing, after a refusal too, and to the last one at most", "[refine]") {
  const PrecisionRange range{100, 1000};
  std::vector<long> tried;
  CHECK(raise_precision(range, [&]() -> long {
    tried.push_back(Precision::bits());
    if (tried.size() == 1) throw Undecided("0 cannot be told from 0");
    return tried.size() == 2 ? 300 : 0;
  }));
  REQUIRE(tried.size() == 3);
  CHECK(tried[0] == 100);
  CHECK(tried[1] > 100);
  CHECK(tried[2] == tried[1] + 308);
  CHECK_FALSE(raise_precision(range, [] { return unknown_bits; }));
  CHECK_THROWS_AS(raise_precision(range, []() -> long { throw Undecided("never"); }), Undecided);
  long most = 0;
  CHECK_FALSE(raise_precision(range, [&] { return most = Precision::bits(); }));
  CHECK(most == 1000);
  CHECK_THROWS_AS(raise_precision(range, []() -> long { throw NotReached("for good"); }), NotReached);
}
