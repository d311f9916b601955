// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/expression.hpp"

#include "catch.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/digits.hpp"
#include "support/random_formulas.hpp"

using namespace infwidth;

namespace {

std::string printed(std::string_view text) { return to_string(parse(text)); }

const Expression x = Expression::variable("x");

}  // namespace

TEST_CASE("exact arithmetic is folded, and nothing else", "[expression]") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"0 + x", "x"}, {"x - 0", "x"}, {"0*x", "0"}, {"1*x", "x"}, {"0/x", "0"}, {"x/1", "x"}, {"x^1", "x"}, {"x^0", "1"}, {"-(-x)", "x"},
      {"1/2 + 1/3", "5/6"}, {"2^10", "1024"}, {"(2/3)^(-2)", "9/4"}, {"sqrt(9/4)", "3/2"}, {"sqrt(2)", "sqrt(2)"}, {"sqrt(2)^2", "2"}, {"x^(1/2)", "sqrt(x)"},
      {"exp(0) + log(1) + sin(0) + cos(0) + tanh(0) + erf(0)", "2"}, {"Phi(0) + sigmoid(0)", "1"}, {"relu(-3) + relu(3)", "3"},
      {"step(0)", "0"}, {"sign(0)", "0"}, {"step(2)", "1"}, {"sign(-2)", "-1"}, {"abs(-1/2)", "1/2"}, {"min(2, 3)", "2"}, {"max(2, 3)", "3"},
      {"2*(3*x)", "6*x"}, {"x*2", "2*x"}, {"2*x/4", "x/2"}, {"x/(1/2)", "2*x"}, {"1/2/x", "1/(2*x)"}, {"x - (-2)*x", "x + 2*x"}, {"(-x)^2", "x^2"}, {"(-x)^3", "-x^3"}, {"(x^2)^3", "x^6"},
      {"-(x - 1)", "1 - x"}, {"x*(1/x)", "x/x"},
      {"x + x", "x + x"}, {"x - x", "x - x"}, {"x*x", "x*x"}, {"sin(pi)", "sin(pi)"}, {"sqrt(x^2)", "sqrt(x^2)"}, {"sqrt(x)^2", "sqrt(x)^2"}};
  for (const auto& [text, want] : cases) {
    INFO(text);
    CHECK(printed(text) == want);
  }
  CHECK_THROWS_AS(Expression(1) / (x * 0), UsageError);
}

TEST_CASE("a formula prints as short as a person would write it", "[expression]") {
  for (const char* text : {"x^2", "-x^2", "2*x^3 - x + 1", "x/2*(1 + erf(x/sqrt(2)))", "1/(1 + exp(-x))", "(x + 1)*(x - 1)", "x^x^x", "(x^x)^x", "x - (x - 1)", "x/(x*x)",
                           "x*(x*x)", "-3/2*x", "2*(x/x*x)", "-x/x*x", "-((x - 1)*x)", "x^(-2)", "(-2)^x", "(1/2)^x", "max(x, 0) + 1/5*min(x, 0)", "-1/x", "x - 2/x"}) {
    CHECK(printed(text) == text);
  }
}

TEST_CASE("what is printed reads back as the same tree", "[expression]") {
  Formulas formulas(7);
  int compared = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string text = formulas.grammar(5);
    try {
      const Expression e = parse(text);
      INFO(text);
      const Expression back = parse(to_string(e));
      CHECK(back == e);
      CHECK(back.hash() == e.hash());
      ++compared;
    } catch (const UsageError&) {
      continue;  // a division by zero, an exponent beyond the bounds
    }
  }
  CHECK(compared > 3000);
}

TEST_CASE("a formula at a number folds to the value that its program gives there", "[expression]") {
  const Precision precision(128);
  Formulas formulas(5);
  int compared = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = formulas.grammar(5, false);
    for (const Rational& at : {Rational(-5, 8), Rational(3, 7), Rational(2)}) {
      try {
        const Expression e = parse(text);
        INFO(text << " = " << to_string(e) << " at " << at.str());
        const Program in_x({e}, "x"), folded({substitute(e, "x", Expression(at))}, "x");
        const Ball a = Evaluator<Ball>(in_x).value(Ball(at)), b = Evaluator<Ball>(folded).value(Ball(0));
        if (!a.is_finite() || !b.is_finite()) continue;
        CHECK(a.overlaps(b));
        ++compared;
      } catch (const UsageError&) {
        continue;
      }
    }
  }
  CHECK(compared > 3000);
}

TEST_CASE("trees know their size, variables and kinks", "[expression]") {
  const Expression e = parse("gate(x) + y", {{"x", "y"}, {{"gate", 1, [](const std::vector<Expression>& a) { return a[0] * relu(a[0]); }}}});
  CHECK(e.size() == 6);
  CHECK(e.depends_on("x"));
  CHECK(e.depends_on("y"));
  CHECK_FALSE(e.depends_on("z"));
  CHECK(e.has_kinked_function());
  CHECK_FALSE(parse("x + 1").has_kinked_function());
  Expression shared = x;
  for (int i = 0; i < 200; ++i) shared = shared * shared + 1;  // 2^200 nodes as a tree
  CHECK(shared.depends_on("x"));
  CHECK_FALSE(shared.depends_on("y"));
  CHECK(differentiate(shared, "x").depends_on("x"));
  CHECK(shared.size() > (std::size_t{1} << 60));
}

TEST_CASE("substitution replaces every occurrence and folds", "[expression]") {
  CHECK(to_string(substitute(parse("x^2 + a*x", {{"x", "a"}, {}}), "a", Expression(2))) == "x^2 + 2*x");
  CHECK(substitute(parse("x^2 + 3*x"), "x", Expression(2)) == Expression(10));
  CHECK(to_string(substitute(parse("tanh(x)"), "x", parse("x + 1"))) == "tanh(x + 1)");
}

TEST_CASE("derivatives are short where they are known to be", "[expression]") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"x^3", "3*x^2"}, {"tanh(x)", "1 - tanh(x)^2"}, {"sigmoid(x)", "sigmoid(x)*sigmoid(-x)"}, {"softplus(x)", "sigmoid(x)"}, {"Phi(x)", "exp(-x^2/2)/sqrt(2*pi)"},
      {"erf(x)", "2*exp(-x^2)/sqrt(pi)"}, {"sqrt(x)", "1/(2*sqrt(x))"}, {"x^2/2", "x"}, {"exp(2*x)", "2*exp(2*x)"}, {"relu(x)", "step(x)"}, {"abs(x)", "sign(x)"},
      {"step(x)", "0"}, {"sign(x)", "0"}, {"1/x", "-1/x^2"}, {"max(x, 0)", "step(x)"}, {"pi^2 + sqrt(2)", "0"}};
  for (const auto& [text, want] : cases) {
    INFO(text);
    CHECK(to_string(differentiate(parse(text), "x")) == want);
  }
}

TEST_CASE("derivatives agree with central differences of 60 digits", "[expression]") {
  const DigitsPrecision precision(60);
  const Digits h = pow(Digits(10), -20);
  for (const char* text : {"exp(x)", "log(x)", "sqrt(x)", "sin(x)", "cos(x)", "tan(x)", "sinh(x)", "cosh(x)", "tanh(x)", "asin(x)", "atan(x)", "erf(x)", "erfc(x)", "Phi(x)",
                           "sigmoid(x)", "softplus(x)", "x^7", "x^(-3)", "x^(5/3)", "x^x", "2^x", "(1 + x^2)/(2 - x)", "3/(1 + x)", "x*exp(-x^2)*sin(3*x)", "-x/pi",
                           "tanh(x)^3/(x^2 + 1)", "log(1 + exp(sin(x)))", "x^pi"}) {
    INFO(text);
    const Expression e = parse(text);
    const Expression slope = differentiate(e, "x");
    const Program program({e, slope, differentiate(slope, "x")}, "x");
    Evaluator<Digits> f(program);
    const Digits at = constant<Digits>(3, 7);
    const auto value = [&](const Digits& t, std::size_t k) { return Digits(f(t)[k]); };
    for (std::size_t k = 0; k < 2; ++k) {
      const Digits difference = (value(Digits(at + h), k) - value(Digits(at - h), k)) / (2 * h);
      // The truncation error is f'''/6 h^2, about 1e-40, and f''' is below 1e4 here.
      CHECK(abs(Digits(difference - value(at, k + 1))) < pow(Digits(10), -35));
    }
  }
}
