// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/program.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/expression/parse.hpp"
#include "support/random_formulas.hpp"

using namespace infwidth;

namespace {

const std::vector<const char*> smooth = {
    "exp(x)", "log(x)", "sqrt(x)", "sin(x)", "cos(x)", "tan(x)", "sinh(x)", "cosh(x)", "tanh(x)", "asin(x)", "atan(x)", "erf(x)", "erfc(x)", "Phi(x)", "sigmoid(x)",
    "softplus(x)", "x^3 - 2*x + 1/3", "x^(-2)", "x^(3/2)", "x^(-1/2)", "x^(1/3)", "x^x", "2^x*pi", "sqrt(2)*sin(sqrt(2)*x + pi/4)", "x/2*(1 + erf(x/sqrt(2)))", "x/3 + x/4",
    "-x", "x", "5", "x^17"};

Program program_of(const char* text) { return Program({parse(text)}, "x"); }

template <class Real>
Real value(const char* text, const Real& x) {
  const Program program = program_of(text);
  return Evaluator<Real>(program).value(x);
}

}  // namespace

TEST_CASE("a program gives the same value on every number", "[program]") {
  const Precision precision(200);
  const DigitsPrecision digits(50);
  for (const char* text : smooth) {
    INFO(text);
    const Program program = program_of(text);
    const Rational at(3, 7);
    const double want = static_cast<double>(Evaluator<Digits>(program).value(constant<Digits>(at)));
    const double tolerance = 4e-15 * std::abs(want);
    CHECK(std::abs(Evaluator<double>(program).value(constant<double>(at)) - want) <= tolerance);
    Pack points(0.0);
    for (int i = 0; i < Pack::size; ++i) points[i] = constant<double>(at) + 0.01 * i;
    const Pack values = Evaluator<Pack>(program).value(points);
    for (int i = 0; i < Pack::size; ++i) {
      const double alone = Evaluator<double>(program).value(points[i]);
      CHECK(std::abs(values[i] - alone) <= 4e-15 * std::abs(alone));
    }
    const Ball ball = Evaluator<Ball>(program).value(Ball(at));
    REQUIRE(ball.is_finite());
    CHECK(std::abs(ball.to_double() - want) <= tolerance);
    const ComplexBall complex = Evaluator<ComplexBall>(program).value(ComplexBall(at));
    REQUIRE(complex.is_finite());
    CHECK(complex.re().overlaps(ball));
    CHECK(complex.im().contains_zero());
  }
}

TEMPLATE_TEST_CASE("jets of a program are its derivatives", "[program]", double, Pack, Digits, Ball, ComplexBall) {
  const Precision precision(200);
  const DigitsPrecision digits(50);
  for (const char* text : smooth) {
    INFO(text);
    std::vector<Expression> derivatives = {parse(text)};
    for (int k = 1; k <= 2; ++k) derivatives.push_back(differentiate(derivatives.back(), "x"));
    const Program program({derivatives[0]}, "x"), all(derivatives, "x");
    const TestType at = constant<TestType>(3, 7);
    Evaluator<Jet<TestType, 2>> jet(program);
    Evaluator<Jet<TestType, 5>> longer(program);
    Evaluator<TestType> direct(all);
    const auto j = jet.value(Jet<TestType, 2>::variable(at));
    const auto l = longer.value(Jet<TestType, 5>::variable(at));
    const auto d = direct(at);
    for (int k = 0; k <= 2; ++k) {
      const TestType one = j.derivative(k), other = d[static_cast<std::size_t>(k)], third = l.derivative(k);
      if constexpr (std::is_same_v<TestType, Ball>) {
        CHECK(one.overlaps(other));
        CHECK(third.overlaps(other));
        CHECK(one.radius().to_double() < 1e-40);
      } else if constexpr (std::is_same_v<TestType, ComplexBall>) {
        CHECK(one.re().overlaps(other.re()));
        CHECK(third.re().overlaps(other.re()));
      } else if constexpr (std::is_same_v<TestType, Pack>) {
        CHECK(std::abs(one[7] - other[7]) <= 1e-12 * (1 + std::abs(other[7])));
        CHECK(std::abs(third[7] - other[7]) <= 1e-12 * (1 + std::abs(other[7])));
      } else {
        const TestType tolerance = std::is_same_v<TestType, double> ? TestType(1e-12) : TestType(pow(TestType(10), -44));
        CHECK(abs(TestType(one - other)) <= tolerance * (1 + abs(other)));
        CHECK(abs(TestType(third - other)) <= tolerance * (1 + abs(other)));
      }
    }
  }
}

TEST_CASE("random formulas: doubles agree with balls wherever cancellation is mild", "[program]") {
  const Precision precision(128);
  Formulas formulas(11);
  int compared = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = formulas.grammar(4, false);
    try {
      const Program program({parse(text)}, "x");
      const Ball ball = Evaluator<Ball>(program).value(Ball(Rational(5, 8)));
      const double value = Evaluator<double>(program).value(0.625);
      if (!ball.is_finite() || std::abs(ball.to_double()) > 1e200 || ball.radius().to_double() > 1e-25 * std::abs(ball.to_double())) continue;
      INFO(text);
      // Cancellation may cost a double most of its digits in a random formula; a wrong instruction costs all of them.
      if (std::isfinite(value) && std::abs(value - ball.to_double()) <= 1e-6 * std::abs(ball.to_double())) ++compared;
    } catch (const UsageError&) {
      continue;
    }
  }
  CHECK(compared > 1500);
}

TEST_CASE("a double of 0.1 is the double nearest to 1/10", "[program]") { CHECK(value<double>("0*x + 0.1", 0) == 0.1); }

TEST_CASE("what is free of the variable is computed once, what is shared is computed once", "[program]") {
  CHECK(program_of("sqrt(2)*pi*exp(1/3)*x").size() == 2);                           // x, and one product
  CHECK(program_of("5").size() == 0);
  CHECK(Program({parse("tanh(x)^2"), parse("1 - tanh(x)^2")}, "x").size() == 4);    // x, tanh, square, difference
  CHECK(program_of("(x + 1)*(1 + x)").size() == 3);                                 // x, sum, square
  Expression deep = Expression::variable("x");
  for (int i = 0; i < 500; ++i) deep = sin(deep) + deep;                            // 2^500 nodes as a tree
  CHECK(Program({deep}, "x").size() == 1001);
}

TEST_CASE("half-integer powers are right at 0", "[program]") {
  const Precision precision(128);
  CHECK(value<Ball>("x^(3/2)", 0).is_exact_zero());
  CHECK(value<double>("x^(5/2)", 4) == 32);
}

TEST_CASE("an evaluator takes the precision at its construction", "[program]") {
  const Program program = program_of("x/3 + pi");
  for (const long bits : {100L, 2000L, 100L}) {
    const Precision precision(bits);
    Evaluator<Ball> f(program);
    CHECK(arb_rel_accuracy_bits(f.value(Ball(1)).get()) > bits - 8);
  }
}

TEST_CASE("several outputs come in their order, also constants and the variable itself", "[program]") {
  const Program program({parse("x"), parse("3/2"), parse("x^2"), parse("x")}, "x");
  Evaluator<double> f(program);
  const auto values = f(3);
  REQUIRE(values.size() == 4);
  CHECK(values[0] == 3);
  CHECK(values[1] == 1.5);
  CHECK(values[2] == 9);
  CHECK(values[3] == 3);
}

TEST_CASE("kinked functions and foreign variables do not compile", "[program]") {
  for (const char* text : {"relu(x)", "x + abs(x)", "min(x, 1)", "step(sin(x))"}) CHECK_THROWS_AS(program_of(text), std::logic_error);
  CHECK_THROWS_AS(Program({Expression::variable("y")}, "x"), std::logic_error);
}
