// SPDX-License-Identifier: GPL-3.0-or-later
#include "catch.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/validation/constant.hpp"

using namespace infwidth;

TEST_CASE("constants are written as a person would", "[validation]") {
  const DigitsPrecision precision(50);
  const Digits p = pi<Digits>();
  const auto text = [](const Digits& x) { return constant_text(x, 36); };
  CHECK(text(Digits(3)) == "3");
  CHECK(text(constant<Digits>(-1, 4)) == "-1/4");
  CHECK(text(constant<Digits>(355, 113)) == "355/113");
  CHECK(text(p) == "pi");
  CHECK(text(-3 / (4 * p)) == "-3/(4*pi)");
  CHECK(text(2 / p) == "2/pi");
  CHECK(text(sqrt(Digits(2)) / 3) == "sqrt(2)/3");
  CHECK(text(1 / sqrt(Digits(2))) == "sqrt(2)/2");
  CHECK(text(5 * sqrt(p) / 2) == "5*sqrt(pi)/2");
  CHECK(text(1 / sqrt(2 * p)) == "1/sqrt(2*pi)");
  CHECK(text(p * p / 6) == "pi^2/6");
  CHECK(text(Digits(0)) == "0");
}

TEST_CASE("what is no simple constant is a decimal, with as many digits as are known", "[validation]") {
  const DigitsPrecision precision(50);
  CHECK(constant_text(exp(Digits(3)), 36) == "20.085536923187667741");
  CHECK(constant_text(exp(Digits(3)), 10) == "20.08553692");
  CHECK(constant_text(Digits("0.3333333333"), 36) == "0.33333333330000000000");  // not 1/3
  CHECK(constant_text(constant<Digits>(1, 3), 5) == "0.33333");        // five digits are no proof
}
