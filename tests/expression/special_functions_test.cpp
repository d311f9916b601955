// SPDX-License-Identifier: GPL-3.0-or-later
// gamma, owens_t, erf_re, erf_im and hyp2f1 in formulas.
#include "catch.hpp"
#include "infwidth/activation/activation.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"

using namespace infwidth;

namespace {

const Language language{.variables = {"x", "y"}, .functions = {}, .special_functions = true};
Expression formula(const std::string& text) { return parse(text, language); }
std::string printed(const std::string& text) { return to_string(formula(text)); }

const std::vector<const char*> of_both = {"owens_t(x, y)", "owens_t(x^2, x*y)", "erf_re(x, y)", "erf_im(x, y)", "erf_im(x*y, x - y)", "erf_re(2*y, 1/x)", "gamma(1/3)*owens_t(1, x + y)",
                                          "hyp2f1(1/2, 1/2, 3, x*y)", "hyp2f1(-1/3, 2, 5/3, x^2)*y"};

}  // namespace

TEST_CASE("the special functions fold to what they are at special arguments", "[special]") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"owens_t(-x, y)", "owens_t(x, y)"}, {"owens_t(x, -2*y)", "-owens_t(x, 2*y)"}, {"owens_t(x, 0)", "0"}, {"owens_t(0, x)", "atan(x)/(2*pi)"},
      {"erf_re(-x, -y)", "-erf_re(x, y)"}, {"erf_re(x, 0)", "erf(x)"}, {"erf_re(0, y)", "0"}, {"erf_im(-x, y)", "erf_im(x, y)"}, {"erf_im(x, -y/2)", "-erf_im(x, y/2)"},
      {"erf_im(x, 0)", "0"}, {"erf_im(0, y)", "erf_im(0, y)"}, {"gamma(1)", "1"}, {"gamma(5)", "24"}, {"gamma(1/2)", "sqrt(pi)"}, {"gamma(7/2)", "15/8*sqrt(pi)"},
      {"gamma(-3/2)", "4/3*sqrt(pi)"}, {"gamma(1/3)", "gamma(1/3)"}, {"gamma(10000)", "gamma(10000)"}, {"gamma(x)", "gamma(x)"}, {"erf_re(x, y) + 1", "erf_re(x, y) + 1"},
      {"hyp2f1(1/2, 1/3, x, y)", "hyp2f1(1/3, 1/2, x, y)"}, {"hyp2f1(1/2, 0, x, y)", "1"}, {"hyp2f1(x, 1/2, 3, 0)", "1"}, {"hyp2f1(x - 1, y, 3, x/2)", "hyp2f1(x - 1, y, 3, x/2)"}};
  for (const auto& [text, want] : cases) {
    INFO(text);
    CHECK(printed(text) == want);
    CHECK(formula(want) == formula(text));
  }
  CHECK_THROWS_AS(formula("gamma(-2)"), UsageError);
  CHECK_THROWS_AS(formula("gamma(0)"), UsageError);
  CHECK_THROWS_AS(formula("hyp2f1(x, y, -1, x)"), UsageError);
}

TEST_CASE("special functions are for claims, not for activations", "[special]") {
  for (const char* text : {"owens_t(x, 1)", "erf_re(x, 1)", "gamma(1/3)*x", "erf_im(x, 1)", "hyp2f1(1/2, 1/2, 1, x)"}) {
    INFO(text);
    CHECK_THROWS_WITH(parse(text), Catch::Matchers::ContainsSubstring("unknown function '"));
    CHECK_THROWS_AS(Activation::from_text(text), UsageError);
  }
  CHECK_THROWS_WITH(formula("owens_t(x)"), Catch::Matchers::ContainsSubstring("owens_t takes 2 arguments, not 1"));
  CHECK_THROWS_WITH(formula("owen_t(x, 1)"), Catch::Matchers::ContainsSubstring("did you mean owens_t?"));
  CHECK_THROWS_WITH(parse("owen_t(x, 1)"), !Catch::Matchers::ContainsSubstring("did you mean"));
}

TEST_CASE("derivatives of the special functions agree with central differences of 60 digits", "[special]") {
  const DigitsPrecision precision(60);
  const Digits h = pow(Digits(10), -20);
  for (const std::string text : of_both) {
    for (const char* along : {"x", "y"}) {
      INFO(text << " along " << along);
      const Expression other = Expression(Rational(5, 7));
      const Expression e = formula(text);
      const auto fixed = [&](const Expression& f) { return substitute(f, along[0] == 'x' ? "y" : "x", other); };
      const Expression slope = differentiate(e, along);
      const Program program({fixed(e), fixed(slope), fixed(differentiate(slope, along))}, along);
      Evaluator<Digits> f(program);
      const Digits at = constant<Digits>(3, 7);
      const auto value = [&](const Digits& t, std::size_t k) { return Digits(f(t)[k]); };
      for (std::size_t k = 0; k < 2; ++k) {
        const Digits difference = (value(Digits(at + h), k) - value(Digits(at - h), k)) / (2 * h);
        CHECK(abs(Digits(difference - value(at, k + 1))) < pow(Digits(10), -34) * (1 + abs(value(at, k + 1))));
      }
    }
  }
  CHECK(differentiate(formula("gamma(1/3)*x"), "x") == formula("gamma(1/3)"));
  CHECK_THROWS_AS(differentiate(formula("gamma(x)"), "x"), UsageError);
  CHECK_THROWS_AS(Program({formula("gamma(x)")}, "x"), UsageError);
  CHECK_THROWS_AS(differentiate(formula("hyp2f1(x, 1, 2, 1/2)"), "x"), UsageError);
  CHECK_THROWS_AS(Program({formula("hyp2f1(1, 1, x, 1/2)")}, "x"), UsageError);
}

TEMPLATE_TEST_CASE("a program of special functions gives the same value on every number, and jets its derivatives", "[special]", double, Pack, Digits, Ball) {
  const Precision precision(200);
  const DigitsPrecision digits(50);
  for (const std::string text : of_both) {
    INFO(text);
    std::vector<Expression> derivatives = {substitute(formula(text), "y", Expression(Rational(5, 7)))};
    for (int k = 1; k <= 2; ++k) derivatives.push_back(differentiate(derivatives.back(), "x"));
    const Program all(derivatives, "x"), one({derivatives[0]}, "x");
    Evaluator<Ball> balls(all);
    Evaluator<TestType> direct(all);
    Evaluator<Jet<TestType, 2>> jet(one);
    const auto want = balls(Ball(Rational(3, 7)));
    const auto got = direct(constant<TestType>(3, 7));
    const auto j = jet.value(Jet<TestType, 2>::variable(constant<TestType>(3, 7)));
    for (std::size_t k = 0; k <= 2; ++k) {
      const TestType other = j.derivative(static_cast<int>(k));
      if constexpr (std::is_same_v<TestType, Ball>) {
        CHECK(want[k].overlaps(other));
        CHECK(want[k].radius().to_double() < 1e-45);
      } else if constexpr (std::is_same_v<TestType, Pack>) {
        CHECK(std::abs(got[k][3] - want[k].to_double()) <= 1e-13 * (1 + std::abs(got[k][3])));
        CHECK(std::abs(other[3] - want[k].to_double()) <= 1e-13 * (1 + std::abs(got[k][3])));
      } else {
        const double scale = 1e-13 * (1 + std::abs(want[k].to_double()));
        CHECK(std::abs(static_cast<double>(got[k]) - want[k].to_double()) <= scale);
        CHECK(std::abs(static_cast<double>(other) - want[k].to_double()) <= scale);
      }
    }
  }
}

TEST_CASE("the algebra knows the special functions by their parities", "[special]") {
  const std::vector<std::pair<const char*, const char*>> identities = {
      {"owens_t(x - y, x)", "owens_t(y - x, x)"}, {"owens_t(x, y - x)", "-owens_t(x, x - y)"}, {"erf_re(x - y, y)", "-erf_re(y - x, y)"}, {"erf_im(x - y, x - y)", "-erf_im(y - x, y - x)"},
      {"owens_t(x - x, y)", "atan(y)/(2*pi)"}, {"erf_re(x, y - y)", "erf(x)"}, {"gamma(7/3)", "4/9*gamma(1/3)"}, {"gamma(x - x + 5/2)", "3/4*sqrt(pi)"},
      {"(owens_t(x, y) + 1)^2 - 1", "owens_t(x, y)*(owens_t(x, y) + 2)"}, {"erf_im(2*x/2, y)", "erf_im(x, y)"},
      {"hyp2f1(x, y, 3, x - 1)", "hyp2f1(2*y/2, x, 3, x - 1)"}, {"hyp2f1(x - x, y, 3, x)", "1"}, {"hyp2f1(x, y, 3, 2*(x - y))", "hyp2f1(x, y, 3, x - y + x - y)"}};
  for (const auto& [a, b] : identities) {
    INFO(a << " = " << b);
    CHECK(is_identically_zero(formula(a) - formula(b)));
  }
  for (const auto& [a, b] : std::vector<std::pair<const char*, const char*>>{
           {"owens_t(x, y)", "owens_t(y, x)"}, {"owens_t(x, y)", "-owens_t(-x, y)"}, {"erf_re(x, y)", "erf_im(x, y)"}, {"erf_re(x, y)", "erf(x)"}, {"gamma(1/3)", "gamma(2/3)"}, {"hyp2f1(x, y, 3, x)", "hyp2f1(x, y, 2, x)"}}) {
    INFO(a << " /= " << b);
    CHECK_FALSE(is_identically_zero(formula(a) - formula(b)));
  }
  CHECK(to_string(simplify(formula("owens_t(x, y)*2 + owens_t(x, y)"))) == "3*owens_t(x, y)");
  CHECK(to_string(*constant_ratio(formula("3*owens_t(x - y, 1)"), formula("owens_t(y - x, 1)"), "x")) == "3");
}
