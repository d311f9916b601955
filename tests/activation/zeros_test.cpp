// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "catch.hpp"
#include "infwidth/activation/tail.hpp"
#include "infwidth/activation/zeros.hpp"
#include "infwidth/expression/parse.hpp"

using namespace infwidth;

namespace {

std::string zeros_of(const char* formula, const Interval& where = {}) {
  std::string text;
  for (const RealPoint& t : zeros_in(parse(formula), where)) {
    char number[32];
    std::snprintf(number, sizeof number, "%.6g", t.approximately());
    text += (text.empty() ? "" : " ") + (t.exact() ? to_string(*t.exact()) : std::string(number));
  }
  return text;
}

}  // namespace

TEST_CASE("all real zeros are found, fractions as fractions", "[activation]") {
  CHECK(zeros_of("x^2 - 1/4") == "-1/2 1/2");
  CHECK(zeros_of("(3*x - 1)^2*(x^2 + 1)*(x^3 - 2)") == "1/3 1.25992");
  CHECK(zeros_of("x^5 - x - 1") == "1.1673");
  CHECK(zeros_of("exp(x) - 1") == "0");
  CHECK(zeros_of("exp(3*x - 1) - 1") == "1/3");
  CHECK(zeros_of("exp(x) - 1000000") == "13.8155");
  CHECK(zeros_of("x - tanh(2*x)") == "-0.957504 0 0.957504");
  CHECK(zeros_of("sin(x) - x") == "0");
  CHECK(zeros_of("cosh(x - 1) - 1") == "1");
  CHECK(zeros_of("x*exp(-x) - 1/10") == "0.111833 3.57715");
  CHECK(zeros_of("x*Phi(x) + 1/10") == "-1.50165 -0.24894");
  CHECK(zeros_of("log(1 + x^2) - 3") == "-4.3687 4.3687");
  CHECK(zeros_of("exp(exp(x)) - 3") == "0.0940478");
  CHECK(zeros_of("1/x - 3 - x") == "-3.30278 0.302776");
  CHECK(zeros_of("exp(x)*(x - 2)/(1 + x^2)") == "2");
  CHECK(zeros_of("x - sqrt(2)") == "1.41421");
  for (const char* positive : {"exp(x) - x", "1 + x^2", "2 + sin(x)", "softplus(x) - x", "cosh(x) + sin(x)", "x^2 - x + sigmoid(x)"}) {
    INFO(positive);
    CHECK(zeros_of(positive) == "");
  }
}

TEST_CASE("zeros are those of the open interval", "[activation]") {
  CHECK(zeros_of("sin(x)", {RealPoint(Rational(0)), RealPoint(Rational(7))}) == "3.14159 6.28319");
  CHECK(zeros_of("x^2 - x", {RealPoint(Rational(0)), std::nullopt}) == "1");
  CHECK(zeros_of("sqrt(x) - 3", {RealPoint(Rational(0)), std::nullopt}) == "9");
  const RealPoint root_two = real_roots(*rational_polynomial(parse("x^2 - 2")))[1];
  CHECK(zeros_of("(x^2 - 2)*cos(x)", {root_two, RealPoint(Rational(5))}) == "1.5708 4.71239");
  CHECK(zeros_of("exp(x^2 - 2) - 1", {RealPoint(Rational(0)), RealPoint(Rational(5))}) == "1.41421");
}

TEST_CASE("the sign on a ray is proven from growth, never guessed", "[activation]") {
  const auto sign = [](const char* formula, long from) { return sign_on_ray(parse(formula), from); };
  CHECK(sign("exp(x) - x^3", 16) == 1);
  CHECK(sign("x^2 - exp(x)", 16) == -1);
  CHECK(sign("x*exp(-x) - 1/10", 16) == -1);
  CHECK(sign("1/10 - x*Phi(-x)", 16) == 1);
  CHECK(sign("x^2*erfc(x) - exp(-x)", 64) == -1);
  CHECK(sign("x - log(1 + x^2)", 64) == 1);
  CHECK(sign("atan(x) - 1", 4) == 1);
  CHECK(sign("x + 10*sin(x)", 64) == 1);
  CHECK(sign("sqrt(1 + x^2) - 3", 16) == 1);
  CHECK(sign("sin(x)", 64) == 0);
  CHECK(sign("sin(x)*x - 1", 64) == 0);
  CHECK(sign("x - 100", 16) == 0);
  CHECK(sign("exp(x) - 100000000", 16) == 0);
}

TEST_CASE("equal points are told equal, near ones apart", "[activation]") {
  const RealPoint a = real_roots(*rational_polynomial(parse("x^2 - 2")))[1], b = real_roots(*rational_polynomial(parse("(x^2 - 2)*(x - 7)")))[1];
  CHECK((compare(a, b) == 0));
  CHECK((compare(a, RealPoint(Rational(3, 2))) < 0));
  // 665857/470832 exceeds sqrt 2 by 1.6e-12
  CHECK((compare(a, RealPoint(Rational(665857, 470832))) < 0));
  CHECK((compare(RealPoint(Rational(1, 3)), RealPoint(Rational(1, 3))) == 0));
}
