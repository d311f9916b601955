// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/text.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;

namespace {

/// |parse(text.value) - x| <= parse(text.error), in exact arithmetic.
bool bounds(const NumberText& text, const Rational& x) {
  return abs(Rational(parse_rational(text.value) - x)) <= parse_rational(text.error);
}

/// One unit of the last digit of a printed number.
Rational last_unit(const std::string& value) {
  const std::size_t e = value.find('e');
  const std::string mantissa = value.substr(0, e);
  const std::size_t point = mantissa.find('.');
  const long after = point == std::string::npos ? 0 : static_cast<long>(mantissa.size() - point - 1);
  return parse_rational("1e" + std::to_string((e == std::string::npos ? 0 : std::stol(value.substr(e + 1))) - after));
}

}  // namespace

TEST_CASE("an exact ball prints its exact decimal where that is short", "[text]") {
  const auto text = [](double x) { return to_text(Ball(x), 15); };
  for (const auto& [x, want] : {std::pair{0.0, "0"}, {0.5, "0.5"}, {3.0, "3"}, {-1000000.0, "-1000000"}, {0.0009765625, "0.0009765625"},
                                {1e20, "100000000000000000000"}, {1e21, "1e21"}, {-0x1p-20, "-9.5367431640625e-7"}}) {
    CAPTURE(x);
    CHECK(text(x).value == want);
    CHECK(text(x).error == "0");
  }
}

TEST_CASE("the printed value is the nearest one of so many digits", "[text]") {
  CHECK(to_decimal(Ball(2.0 / 3), 4) == "0.6667");
  CHECK(to_decimal(Ball(999.96), 4) == "1000");
  CHECK(to_decimal(Ball(999.96), 3) == "1.00e3");  // 1000 would claim a fourth digit
  CHECK(to_decimal(Ball(0.99996), 4) == "1.000");
  CHECK(to_decimal(Ball(1234567.0), 3) == "1.23e6");
  const NumberText tie = to_text(Ball(0.125), 2);  // a tie: both neighbours are nearest
  CHECK((tie.value == "0.12" || tie.value == "0.13"));
  CHECK(bounds(tie, Rational(1, 8)));
  Precision p(400);
  CHECK(to_decimal(Ball::pi(), 50) == "3.1415926535897932384626433832795028841971693993751");
  CHECK(to_decimal(-Ball::pi() / Ball(1000), 5) == "-0.0031416");
}

TEST_CASE("value and error enclose every exact fraction, to one unit of the last digit", "[text]") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const Rational x = Rational(static_cast<long>(random() >> 20), 1 + static_cast<long>(random() >> 30)) *
                       parse_rational("1e" + std::to_string(static_cast<long>(random() % 61) - 30)) * (i % 2 == 0 ? 1 : -1);
    const long digits = 1 + static_cast<long>(random() % 60);
    Precision p(20 + static_cast<long>(random() % 250));
    const Ball ball(x);
    const NumberText text = to_text(ball, digits);
    CAPTURE(x.str(), digits, text.value, text.error);
    REQUIRE(bounds(text, x));
    if (!ball.is_exact()) REQUIRE(parse_rational(text.error) <= last_unit(text.value) * Rational(101, 100));
  }
}

TEST_CASE("exponents far beyond a double print in scientific notation", "[text]") {
  Precision p(200);
  CHECK(to_decimal(exp(Ball(-1000000)), 20) == "3.2968314780885585790e-434295");
  CHECK(to_decimal(exp(Ball(100000000)), 10) == "1.549976747e43429448");
  const NumberText power = to_text(power_of_two(-3000000), 12);
  CHECK(power.value == "1.03040523488e-903090");
  CHECK(power.error != "0");
  Ball huge = power_of_two(1L << 60);
  CHECK_THROWS_AS(to_text(huge, 10), NotReached);
}

TEST_CASE("a ball that holds 0 prints 0 and its bound", "[text]") {
  const NumberText text = to_text(Ball(power_of_two(-40)).widened(power_of_two(-39)), 15);
  CHECK(text.value == "0");
  CHECK(bounds(text, Rational(3) / Rational(Integer(1) << 40)));
  CHECK_THROWS_AS(to_text(Ball(1) / Ball(0), 15), NotReached);
  CHECK(to_text(Ball(1) / Ball(1), 15).value == "1");
}

TEST_CASE("a wide ball prints only the digits it has", "[text]") {
  CHECK(to_text(Ball(1.23456789).widened(Ball(1e-4)), 15).value == "1.235");
  CHECK(to_text(Ball(5.0).widened(Ball(4.0)), 15).value == "5");
}

TEST_CASE("doubles read back as themselves", "[text]") {
  for (const auto& [x, want] : {std::pair{0.1, "0.1"}, {-1e-7, "-1e-7"}, {1e22, "1e22"}, {123456789.0, "123456789"}, {0.00001, "0.00001"},
                                {2.5e-310, "2.5e-310"}, {1e20, "100000000000000000000"}, {0.0, "0"}, {-0.03125, "-0.03125"}})
    CHECK(to_text(x, 0).value == want);
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double x = 0;
    static_assert(sizeof bits == sizeof x);
    std::memcpy(&x, &bits, sizeof x);
    if (i % 2 == 0) x = std::ldexp(static_cast<double>(bits), static_cast<int>(bits % 90) - 110);
    if (!std::isfinite(x)) continue;
    char text[longest_double_text];
    const std::string shown(text, write_double(text, x));
    REQUIRE(shown.size() < sizeof text);
    REQUIRE(std::strtod(shown.c_str(), nullptr) == x);
  }
}

TEST_CASE("the error of a double covers the rounding of its text", "[text]") {
  for (const double x : {0.1, 1.0 / 3, 1e300, 5e-324, 123456789.125, 2.0}) {
    for (const double error : {0.0, 1e-13, 0.5}) {
      Precision p(2200);
      const NumberText text = to_text(x, error);
      const Ball distance = abs(Ball(parse_rational(text.value)) - Ball(x)) + Ball(error);
      CHECK(certainly_positive(distance - Ball(parse_rational(text.error))) != Truth::yes);
    }
  }
  CHECK(to_text(7.0, 0).error == "0");
}

TEST_CASE("Digits print with their estimated error", "[text]") {
  DigitsPrecision p(60);
  const NumberText text = to_text(Digits(2) / 3, Digits("1e-40"), 50);
  CHECK(text.value == "0.666666666666666666666666666666666666667");
  CHECK(bounds(text, Rational(2, 3)));
}

TEST_CASE("fractions print exactly where their decimal ends", "[text]") {
  const auto exact = [](const char* x) { return exact_text(parse_rational(x)); };
  CHECK(exact("1/10") == "0.1");
  CHECK(exact("-7/4") == "-1.75");
  CHECK(exact("2/3") == "2/3");
  CHECK(exact("1e-30") == "1e-30");
  CHECK(exact("12345678901234567890123") == "1.2345678901234567890123e22");
  CHECK(exact("0") == "0");
  CHECK(to_text(Rational(2, 3), 5).value == "0.66667");
  CHECK(bounds(to_text(Rational(2, 3), 5), Rational(2, 3)));
  CHECK(to_text(Rational(1, 4), 15).value == "0.25");
  for (const char* x : {"3/2", "1e-30", "-0.00012", "7/3", "123e25"}) CHECK(parse_rational(exact(x)) == parse_rational(x));
}
