// SPDX-License-Identifier: GPL-3.0-or-later
// Every entry of the table of Gaussian integrals (derivations D-031) against proven panels of the same function on the same interval.
#include "../../src/gaussian/gaussian_integral.hpp"

#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// An interval with fractions for ends; "": infinity.
struct Ends {
  const char *left, *right;
};

Expression formula_in_x(const std::string& text) { return parse(text, Language{.variables = {"x"}, .functions = {}, .special_functions = true}); }

/// By the table, as a formula in q.
Expression by_table(const Expression& f, const Ends& ends) {
  const auto end = [](const std::string& t) { return t.empty() ? std::nullopt : std::optional<Expression>(parse_rational(t)); };
  const bool positive = std::string(ends.left) == "0";
  Expression sum = 0;
  const ExponentialSum terms = ExponentialSum::from(f, positive);
  for (const ExponentialTerm& t : terms.terms()) {
    sum = sum + gaussian_integral(t, {end(ends.left), end(ends.right)}, {.positive = {"q"}, .not_negative = {}}).re;
  }
  return sum;
}

/// Against the panels of the function itself.
void compare(const std::string& text, const Ends& ends, const std::vector<Piece>& pieces) {
  const Expression formula = by_table(formula_in_x(text), ends);
  const Program program({formula}, "q");
  const Precision bits(160);
  Evaluator<Ball> evaluate(program);
  const PanelRule panels(pieces, Integrands::value, Parity::none);
  for (const char* q : {"2/7", "9/4"}) {
    const Ball value = evaluate.value(ball(q)), want = panels.integrate(ball(q), 100, 0).integrals[0].moment[0];
    CAPTURE(text, ends.left, ends.right, q, to_string(formula));
    CHECK(value.overlaps(want));
    CHECK(is_narrow(value, 30, Ball(1)));
    CHECK(is_narrow(want, 26, Ball(1)));
  }
}
void compare(const std::string& text, const Ends& ends) {
  const auto end = [](const std::string& t) { return t.empty() ? std::nullopt : std::optional<PieceEnd>(PieceEnd{parse_rational(t)}); };
  compare(text, ends, {{end(ends.left), end(ends.right), formula_in_x(text), Expression(0)}});
}

const Ends whole = {"", ""}, right = {"0", ""}, left = {"", "0"};

}  // namespace

TEST_CASE("moments of exponentials: lines, half lines and intervals", "[gaussian][gaussian_integral]") {
  for (const Ends& ends : {whole, right, left, Ends{"1/3", ""}, Ends{"-1/2", ""}, Ends{"", "1/3"}, Ends{"", "-1/2"}, Ends{"-1", "2"}, Ends{"0", "1"}}) {
    for (const char* f : {"x^4", "x^3*exp(-2*x/3 - x^2/5)", "exp(x + x^2/10)", "x^2*exp(x/3)*sin(2*x+1)", "x*cos(x)*exp(-x^2/3)"}) compare(f, ends);
  }
}

TEST_CASE("powers with fractions on the half line", "[gaussian][gaussian_integral]") {
  compare("x^(1/2)", right, analytic_pieces(formula_in_x("relu(x)^(1/2)")));
  compare("x^(7/3)*exp(-x^2/4)", right, analytic_pieces(formula_in_x("relu(x)^(7/3)*exp(-x^2/4)")));
}

TEST_CASE("one normal distribution function: on the line beside everything", "[gaussian][gaussian_integral]") {
  for (const char* f : {"Phi(x)", "x^3*Phi(-2*x+1)", "x^2*Phi(x/2-2)*exp(x/3-x^2/4)", "Phi(x+1)*sin(2*x)", "x*Phi(-x/2)*cos(x)*exp(x/4)"}) compare(f, whole);
}

TEST_CASE("one normal distribution function on half lines and intervals: slopes, offsets and ends of both signs", "[gaussian][gaussian_integral]") {
  for (const Ends& ends : {right, left, Ends{"2/3", ""}, Ends{"-1", ""}, Ends{"", "2/3"}, Ends{"", "-1"}, Ends{"-1/2", "1"}, Ends{"0", "1"}, Ends{"-1", "0"}}) {
    for (const char* normal : {"Phi(3*x/2)", "Phi(3*x/2+4/5)", "Phi(3*x/2-4/5)", "Phi(-x/2)", "Phi(-x/2+4/5)", "Phi(-x/2-4/5)"}) {
      for (const char* front : {"", "x*exp(-2*x/3-x^2/4)*"}) compare(std::string(front) + normal, ends);
    }
  }
}

TEST_CASE("the corner of the two half planes on an axis", "[gaussian][gaussian_integral]") {
  compare("Phi(2*x-1)", {"1/2", ""});                  // offset + slope t = 0
  compare("Phi(2*x-1)*exp(x/3)", {"1/2", ""});
  compare("Phi(1-2*x)*exp(-x/3)", {"", "1/2"});
  compare("Phi(3*x+1/2)*exp(3*x/2)", {"-1/6", ""});    // and a = slope offset besides
  compare("Phi(x+1/2)*exp(x/2)", {"0", ""});           // a = slope offset, t = 0
  compare("x*Phi(x/2-1)*exp(-x/2)", {"", "0"});
}

TEST_CASE("two normal distribution functions: equal, different, with offsets of both signs", "[gaussian][gaussian_integral]") {
  for (const char* f : {"Phi(x)*Phi(x)", "Phi(x)*Phi(-x)", "Phi(2*x)*Phi(-x/3)", "Phi(x+1)*Phi(x+1)", "Phi(x-1)*Phi(x-1)", "Phi(-x-1)^2", "Phi(x)*Phi(x+1)", "Phi(-x)*Phi(x-2)",
                        "Phi(2*x+1)*Phi(x/2+3)", "Phi(2*x+1)*Phi(x/2-3)", "Phi(2*x-1)*Phi(-x/2-3)", "Phi(x+1)*Phi(2*x)", "Phi(2*x)*Phi(x-2)", "Phi(x+2)*Phi(x+2/3)"}) {
    for (const char* front : {"", "x^2*exp(-x^2/6)*"}) compare(std::string(front) + f, whole);
  }
}

TEST_CASE("two normal distribution functions on either half line: the orthant of three Gaussians", "[gaussian][gaussian_integral]") {
  for (const Ends& ends : {right, left}) {
    for (const char* f : {"Phi(x)^2", "Phi(2*x)*Phi(-x/3)", "Phi(-x)*Phi(-3*x)"}) {
      for (const char* front : {"", "x*exp(-x^2/6)*"}) compare(std::string(front) + f, ends);
    }
  }
}

TEST_CASE("hyperbolic functions, error functions, powers and roots are read into the class", "[gaussian][gaussian_integral]") {
  for (const char* f : {"x*sinh(x/2+1)", "cosh(1-x)", "erf(x/2+1)", "x*erf(x/2-1)", "erfc(1-x)", "x*2^(x+1)", "x^2/exp(x-1)^2", "x*sqrt(exp(x+1-x^2/3))", "(3*exp(x))^(-1/2)", "sin(x)^2*cos(x+1)", "-(x-1)^3/2",
                        "2^(-x^2)", "x*(1/2)^(x^2+x)"}) {
    compare(f, whole);
  }
  compare("Phi((x+1)^2-x^2-2*x-1)*exp(x)", right);  // of a constant, after all
}

TEST_CASE("what the table does not have is named", "[gaussian][gaussian_integral]") {
  const auto refused = [](const char* f, const Ends& ends) {
    CAPTURE(f);
    CHECK_THROWS_AS(by_table(formula_in_x(f), ends), OutsideClass);
  };
  refused("Phi(x)*sin(x)", right);
  refused("Phi(x)*Phi(2*x)*exp(x)", whole);
  refused("Phi(x)*Phi(2*x+1)", right);
  refused("Phi(x)*Phi(2*x)", {"1", ""});
  refused("Phi(x)*Phi(2*x)", {"-1", "0"});
  refused("Phi(x)*Phi(2*x)*Phi(3*x)", whole);
  refused("x^(-3/2)", right);
  refused("x^(1/2)*exp(x)", right);
  refused("tanh(x)", whole);
  refused("exp(x^3)", whole);
  refused("sin(x^2)", whole);
  refused("1/(1+x)", right);
  refused("x^x", right);
  refused("sqrt(x)", left);
}

TEST_CASE("a sign that decides between two forms must be known", "[gaussian][gaussian_integral]") {
  const Language language{.variables = {"x", "k", "q"}, .functions = {}, .special_functions = true};
  const ExponentialSum normal = ExponentialSum::from(parse("Phi(x+k)", language), false);
  const FormulaInterval where{Expression(1), std::nullopt};
  CHECK_THROWS_AS(gaussian_integral(normal.terms()[0], where, {.positive = {"q"}, .not_negative = {}}), OutsideClass);
  CHECK_NOTHROW(gaussian_integral(normal.terms()[0], where, {.positive = {"q", "k"}, .not_negative = {}}));
}
