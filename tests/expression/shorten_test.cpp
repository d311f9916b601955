// SPDX-License-Identifier: GPL-3.0-or-later
#include <random>

#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"
#include "support/balls.hpp"
#include "support/sanitized.hpp"

using namespace infwidth;

namespace {

const Assumptions given{.positive = {"q", "a"}, .not_negative = {}};

Expression formula(const std::string& text) { return parse(text, Language{.variables = {"q", "a", "k"}, .functions = {}, .special_functions = true}); }
std::string shortened(const std::string& text) { return to_string(shorten(formula(text), given)); }

/// Sums of products of what comes out of integration.
class RandomSum {
 public:
  explicit RandomSum(unsigned seed) : random_(seed) {}
  // One draw a statement: which operand is evaluated first is the compiler's choice, and the sums are the same for all.
  std::string text() {
    std::string sum = term();
    const unsigned long more = below(4);
    for (unsigned long i = 0; i < more; ++i) {
      sum += below(2) == 0 ? "+" : "-";
      sum += term();
    }
    return sum;
  }

 private:
  std::mt19937 random_;

  unsigned long below(unsigned long n) { return random_() % n; }
  std::string number() {
    const unsigned long above = 1 + below(6);
    const bool whole = below(2) == 0;
    if (whole) return std::to_string(above);
    const unsigned long under = 1 + below(4);
    return std::to_string(above) + "/" + std::to_string(under);
  }
  std::string linear() {
    const std::string constant = number();
    const std::string sign = below(2) == 0 ? "+" : "-";
    const std::string slope = number();
    return "(" + constant + sign + slope + "*q)";
  }
  std::string positive() {
    const bool sum = below(2) == 0;
    const std::string slope = number();
    return sum ? "(1+" + slope + "*q)" : "(q*" + slope + ")";
  }
  std::string factor() {
    const unsigned long kind = below(11);
    switch (kind) {
      case 0: return "*" + linear();
      case 1: return "/" + positive();
      case 2: return "*sqrt(" + positive() + ")";
      case 3: return "/sqrt(2*pi*" + positive() + ")";
      case 4: return "*exp(-" + positive() + "/2)";
      case 5: return "*Phi(-" + number() + "*sqrt(q))";
      case 6: return "*(1-erf(a/sqrt(" + positive() + ")))";
      case 7: return "*asin(q/" + positive() + "/9)";
      case 8: return "*owens_t(-1/sqrt(q), " + linear() + ")";
      case 9: return "*a^2";
      default: return "*(cos(" + number() + ")-exp(-1/(2*q)))";
    }
  }
  std::string term() {
    std::string t = "(" + number() + ")";
    const unsigned long factors = 1 + below(3);
    for (unsigned long i = 0; i < factors; ++i) t += factor();
    return t;
  }
};

}  // namespace

TEST_CASE("what is shortened keeps its value", "[expression][shorten]") {
  RandomSum random(7);
  for (int i = 0; i < 60; ++i) {
    const std::string text = random.text();
    const Expression e = formula(text), s = shorten(e, given);
    CAPTURE(text, to_string(s));
    const Precision bits(200);
    for (const auto& [q, a] : {std::pair(Rational(2, 9), Rational(5, 3)), std::pair(Rational(17, 5), Rational(1, 7))}) {
      const Program program({substitute(e, "a", Expression(a)), substitute(s, "a", Expression(a))}, "q");
      Evaluator<Ball> evaluate(program);
      const auto values = evaluate(constant<Ball>(q));
      CHECK(values[1].is_finite());
      CHECK(values[0].overlaps(values[1]));
    }
  }
}

TEST_CASE("what is short is left alone: twice is once", "[expression][shorten]") {
  RandomSum random(11);
  for (int i = 0; i < (sanitized ? 60 : 300); ++i) {
    const std::string text = random.text();
    const Expression once = shorten(formula(text), given);
    CAPTURE(text);
    CHECK(to_string(shorten(once, given)) == to_string(once));
  }
}

TEST_CASE("terms are collected by their functions and roots", "[expression][shorten]") {
  CHECK(shortened("q/2 + q/2") == "q");
  CHECK(shortened("q*exp(-q)/3 + exp(-q)/3 + q") == "q + (1 + q)*exp(-q)/3");
  CHECK(shortened("exp(q)*exp(-3*q)") == "exp(-2*q)");
  CHECK(shortened("1/sqrt(1+4*q) - 4*q/((1+4*q)*sqrt(1+4*q))") == "1/(1 + 4*q)^(3/2)");
  CHECK(shortened("(q^2-1)/(q-1)") == "1 + q");
  CHECK(shortened("1/(1+q) + q/(1+q)") == "1");
  CHECK(shortened("(1 + 2*q + q^2)*a") == "a*(1 + q)^2");
  CHECK(shortened("sin(q)^2 + cos(q)") == "cos(q) + sin(q)^2");
  CHECK(shortened("q - q") == "0");
}

TEST_CASE("fractions and roots get one bar", "[expression][shorten]") {
  CHECK(shortened("4/pi/sqrt(1+4*q)") == "4/(pi*sqrt(1 + 4*q))");
  CHECK(shortened("q/sqrt(2*pi*q)") == "sqrt(q/(2*pi))");
  CHECK(shortened("2*q/sqrt(2)") == "q*sqrt(2)");
  CHECK(shortened("sqrt(q)*sqrt(a)/sqrt(pi)") == "sqrt(a*q/pi)");
  CHECK(shortened("sqrt(a^2*q)") == "a*sqrt(q)");
}

TEST_CASE("of two forms as long as each other the one of fewer fractions", "[expression][shorten]") {
  CHECK(shortened("1/2 - exp(-2*q)/2") == "(1 - exp(-2*q))/2");
  CHECK(shortened("1/4 + asin(q/(1+q))/(2*pi)") == "1/4 + asin(q/(1 + q))/(2*pi)");
}

TEST_CASE("normal distribution functions become error functions or complements, whichever is shorter", "[expression][shorten]") {
  CHECK(shortened("Phi(1/sqrt(q)) - Phi(-1/sqrt(q))") == "erf(1/sqrt(2*q))");
  CHECK(shortened("2*Phi(-2*sqrt(q))*exp(2*q)") == "exp(2*q)*erfc(sqrt(2*q))");
  CHECK(shortened("1 - erf(q)") == "erfc(q)");
  CHECK(shortened("(1 + erf(q))*a") == "a*erfc(-q)");
  CHECK(shortened("2 + erf(q)") == "2 + erf(q)");
}

TEST_CASE("odd and even functions take positive arguments", "[expression][shorten]") {
  CHECK(shortened("owens_t(-q, a) + owens_t(q, -a)") == "0");
  CHECK(shortened("owens_t(-sqrt(q), -a)") == "-owens_t(sqrt(q), a)");
  CHECK(shortened("asin(-q/(1+q))") == "-asin(q/(1 + q))");
  CHECK(shortened("cos(-q) - sin(-q)") == "cos(q) + sin(q)");
}

TEST_CASE("roots of letters of open sign are not taken apart", "[expression][shorten]") {
  CHECK(shortened("sqrt(k^2)") == "sqrt(k^2)");
  CHECK(shortened("k*sqrt(q*k^2) - k*sqrt(q*k^2)") == "0");
}

TEST_CASE("a pole at a point where forms are compared does not matter", "[expression][shorten]") {
  // 3/5 is such a point
  CHECK(shortened("q/(q-3/5) + q/(q-3/5)") == "10*q/(5*q - 3)");
}

TEST_CASE("what has kinks stays as it is", "[expression][shorten]") { CHECK(shortened("relu(q) + relu(q)") == "relu(q) + relu(q)"); }
