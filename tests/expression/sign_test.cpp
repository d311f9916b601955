// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/sign.hpp"

#include "catch.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<std::string> letters = {"a", "b", "t"};

Assumptions given(const std::string& text) {
  Assumptions result;
  if (!text.empty()) assume(result, text, letters);
  return result;
}

/// '+', '-', '0', or '?' where it is open.
char sign(const std::string& formula, const std::string& assumptions = "") {
  Language language;
  language.variables = letters;
  const auto s = proven_sign(parse(formula, language), given(assumptions));
  return !s ? '?' : *s > 0 ? '+' : *s < 0 ? '-' : '0';
}

std::string complaint(const std::string& assumptions) {
  try {
    given(assumptions);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("signs of formulas follow from those of their letters", "[expression]") {
  CHECK(sign("a") == '?');
  CHECK(sign("a", "a>0") == '+');
  CHECK(sign("a", "a>=0") == '+');
  CHECK(sign("a", "a<0") == '-');
  CHECK(sign("-2*a/b", "a>0, b<0") == '+');
  CHECK(sign("a^2 + 1") == '+');
  CHECK(sign("-a*a") == '-');
  CHECK(sign("a - b") == '?');
  CHECK(sign("a - b", "a>b") == '+');
  CHECK(sign("2*b - 2*a", "a>b") == '-');
  CHECK(sign("t - b", "b<a<t") == '+');
  CHECK(sign("b", "0<a<b") == '+');
  CHECK(sign("1 - a^2", "0<a<1") == '+');
  CHECK(sign("exp(1) - pi") == '-');
  CHECK(sign("a + 1 - a", "b>t") == '+');
  CHECK(sign("a - a") == '0');
  CHECK(sign("sqrt(2)*a - a", "a<0") == '-');
  CHECK(sign("a - b", "a>0, b>0") == '?');
}

TEST_CASE("assumptions hold or do not hold at points", "[expression]") {
  const Assumptions a = given("0<a<=1, t>b");
  CHECK(hold(a, {{"a", Rational(1, 2)}, {"b", -3}, {"t", 0}}));
  CHECK_FALSE(hold(a, {{"a", 2}, {"b", -3}, {"t", 0}}));
  CHECK_FALSE(hold(a, {{"a", -1}, {"b", -3}, {"t", 0}}));
  CHECK_FALSE(hold(a, {{"a", Rational(1, 2)}, {"b", 3}, {"t", 0}}));
}

TEST_CASE("what is no assumption is refused", "[expression]") {
  CHECK_THAT(complaint("a"), ContainsSubstring("'a' is no comparison; write it like a > 0"));
  CHECK_THAT(complaint("a = 1"), ContainsSubstring("is no comparison"));
  CHECK_THAT(complaint("u > 0"), ContainsSubstring("unknown name 'u'"));
  CHECK_THAT(complaint("a >"), ContainsSubstring("the formula is empty"));
  CHECK_THAT(complaint("a > 0, a < 0"), ContainsSubstring("contradicts"));
  CHECK_THAT(complaint("1 < 0"), ContainsSubstring("contradicts"));
}
