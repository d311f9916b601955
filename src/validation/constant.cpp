// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/constant.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "infwidth/expression/expression.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

/// The fraction within 10^-digits of x, if its numerator and denominator are at most `largest`: by continued fractions.
std::optional<Rational> fraction(const Digits& x, long digits, long largest) {
  const Digits tolerance = abs(x) * pow(Digits(10), -digits);
  Integer p0 = 1, q0 = 0, p1, q1 = 1;
  Digits rest = x;
  p1 = static_cast<Integer>(floor(rest));
  while (abs(p1) <= largest && q1 <= largest) {
    const Rational candidate(p1, q1);
    if (abs(x - constant<Digits>(candidate)) <= tolerance) return candidate;
    const Digits part = rest - floor(rest);
    if (part == 0) return std::nullopt;
    rest = 1 / part;
    if (rest > largest) return std::nullopt;
    const Integer a = static_cast<Integer>(floor(rest));
    std::swap(p0, p1), std::swap(q0, q1);
    p1 = a * p0 + p1, q1 = a * q0 + q1;
  }
  return std::nullopt;
}

/// Numbers that the formulas of this field are made of, and how they are written above and below a fraction bar.
struct Unit {
  const char *above, *below;
  Digits value;
};

std::array<Unit, 17> units() {
  const Digits p = pi<Digits>(), two(2), e = exp(Digits(1));
  return {{
      {"", "", Digits(1)},
      {"pi", "", p},
      {"", "pi", 1 / p},
      {"sqrt(2)", "", sqrt(two)},
      {"sqrt(pi)", "", sqrt(p)},
      {"", "sqrt(pi)", 1 / sqrt(p)},
      {"sqrt(2*pi)", "", sqrt(two * p)},
      {"", "sqrt(2*pi)", 1 / sqrt(two * p)},
      {"sqrt(2/pi)", "", sqrt(two / p)},
      {"sqrt(pi/2)", "", sqrt(p / two)},
      {"pi^2", "", p * p},
      {"", "pi^2", 1 / (p * p)},
      {"sqrt(3)", "", sqrt(Digits(3))},
      {"exp(1)", "", e},
      {"", "exp(1)", 1 / e},
      {"exp(1/2)", "", sqrt(e)},
      {"", "exp(1/2)", 1 / sqrt(e)},
  }};
}

std::string written(const Rational& r, const Unit& unit) {
  const Integer above = abs(numerator(r)), below = denominator(r);
  std::string top = above == 1 && *unit.above != '\0' ? unit.above : above.str();
  if (above != 1 && *unit.above != '\0') top += std::string("*") + unit.above;
  std::string bottom = below == 1 ? unit.below : below.str();
  if (below != 1 && *unit.below != '\0') bottom = "(" + bottom + "*" + unit.below + ")";
  return (r < 0 ? "-" : "") + top + (bottom.empty() ? "" : "/" + bottom);
}

}  // namespace

std::string constant_text(const Digits& value, long digits) {
  constexpr long fewest_digits = 8;
  if (value == 0) return "0";
  long largest = digits < fewest_digits ? 0 : 1;
  for (long k = 0; k < std::min(6L, digits / 4); ++k) largest *= 10;
  for (const Unit& unit : units()) {
    if (const auto r = fraction(Digits(value / unit.value), digits, largest)) return written(*r, unit);
  }
  return to_text(value, abs(value) * pow(Digits(10), -digits), std::min(20L, digits)).value;
}

}  // namespace infwidth
