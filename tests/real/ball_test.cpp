// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/ball.hpp"

#include <climits>
#include <random>

#include "infwidth/real/digits.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// The exact fraction m 2^e.
Rational fraction(std::mt19937_64& bits) {
  const auto m = static_cast<long>(bits() % 2'000'001) - 1'000'000;
  const auto e = static_cast<unsigned>(bits() % 30);
  return Rational(m) / Rational(Integer(1) << e);
}

/// A ball around `x` that is `by` wide on each side.
Ball around(const Rational& x, const Rational& by) { return Ball(x).widened(Ball(by)); }

}  // namespace

TEST_CASE("arithmetic of balls holds the exact fraction, from every point of its operands", "[real][ball]") {
  std::mt19937_64 bits(1);
  for (const long precision : {30L, 53L, 200L}) {
    const Precision scope(precision);
    for (int round = 0; round < 300; ++round) {
      const Rational x = fraction(bits), y = fraction(bits), wide = Rational(1 + static_cast<long>(bits() % 1000)) / 1'000'000;
      const Ball a = around(x, wide), b = around(y, wide);
      for (const Rational& at : {Rational(x - wide), x, Rational(x + wide)}) {
        for (const Rational& by : {Rational(y - wide), Rational(y + wide)}) {
          CHECK((a + b).overlaps(Ball(Rational(at + by))));
          CHECK((a - b).overlaps(Ball(Rational(at - by))));
          CHECK((a * b).overlaps(Ball(Rational(at * by))));
          if (!b.contains_zero()) CHECK((a / b).overlaps(Ball(Rational(at / by))));
        }
      }
    }
  }
}

TEST_CASE("a ball over 0 divides to no finite ball, and leaves a function's domain likewise", "[real][ball]") {
  const Precision scope(64);
  CHECK_FALSE((Ball(1) / Ball(0).widened(Ball(1))).is_finite());
  CHECK_FALSE(log(Ball(-1)).is_finite());
  CHECK_FALSE(sqrt(Ball(-1)).is_finite());
  CHECK_FALSE(asin(Ball(2)).is_finite());
  CHECK(sqrt(Ball(4)).is_exact());
}

TEST_CASE("elementary functions of balls hold what MPFR computes at three times the precision", "[real][ball]") {
  const Precision scope(100);
  const DigitsPrecision digits(90);
  const auto agrees = [](const Ball& got, const Digits& want) {
    Ball truth;
    arf_set_mpfr(arb_midref(truth.get()), want.backend().data());
    INFO(want.str(40));
    CHECK(got.overlaps(truth.widened(power_of_two(-280) * max(Ball(1), truth.magnitude()))));
    CHECK(is_narrow(got, 25, Ball(1)));
  };
  for (const char* text : {"0.3", "1", "2.75", "-1.5", "7", "0.0001"}) {
    const Ball x(parse_rational(text));
    const Digits t(text);
    agrees(exp(x), exp(t));
    agrees(expm1(x), expm1(t));
    agrees(sin(x), sin(t));
    agrees(cos(x), cos(t));
    agrees(tan(x), tan(t));
    agrees(sinh(x), sinh(t));
    agrees(cosh(x), cosh(t));
    agrees(tanh(x), tanh(t));
    agrees(atan(x), atan(t));
    if (t > 0) {
      agrees(log(x), log(t));
      agrees(log1p(x), log1p(t));
      agrees(sqrt(x), sqrt(t));
      agrees(pow(x, Ball(parse_rational("1/3"))), pow(t, Digits(Digits(1) / 3)));
    }
    if (abs(t) <= 1) agrees(asin(x), asin(t));
    for (const long n : {-3L, 0L, 1L, 9L}) agrees(pow(x, n), pow(t, static_cast<int>(n)));
  }
}

TEST_CASE("hulls, midpoints, radii and magnitudes", "[real][ball]") {
  const Precision scope(64);
  const Ball x = Ball(3).widened(Ball(1)), h = Ball::hull(Ball(-1), Ball(5));
  CHECK(h.contains(Ball(-1)));
  CHECK(h.contains(Ball(5)));
  CHECK(x.mid().is_exact());
  CHECK(x.mid().to_double() == 3);
  CHECK(x.radius().to_double() >= 1);
  CHECK(x.magnitude().to_double() >= 4);
  CHECK(x.mignitude().to_double() <= 2);
  CHECK(h.mignitude().is_exact_zero());
  CHECK(log2_magnitude(Ball(0)) == LONG_MIN);
  CHECK(log2_magnitude(Ball(8)) == 4);  // |x| < 2^4
  CHECK(power_of_two(-3).to_double() == 0.125);
}

TEST_CASE("a comparison is yes, no, or undecided where the ball holds both", "[real][ball]") {
  const Precision scope(64);
  CHECK(certainly_positive(Ball(1)) == Truth::yes);
  CHECK(certainly_positive(Ball(0)) == Truth::no);
  CHECK(certainly_positive(Ball(-1)) == Truth::no);
  CHECK(certainly_positive(Ball(0).widened(Ball(1))) == Truth::undecided);
  CHECK(certainly_negative(Ball(-2).widened(Ball(1))) == Truth::yes);
}

TEST_CASE("the working precision is that of the scope, and comes back", "[real][ball]") {
  const Precision outer(53);
  const Ball coarse = Ball(1) / Ball(3);
  {
    const Precision inner(500);
    const Ball fine = Ball(1) / Ball(3);
    CHECK(is_narrow(fine, 140));
    CHECK(coarse.contains(fine));
  }
  CHECK(Precision::bits() == 53);
  CHECK_FALSE(is_narrow(Ball(1) / Ball(3), 20));
}
