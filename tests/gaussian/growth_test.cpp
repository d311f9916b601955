// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/growth.hpp"

#include <cmath>

#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/errors.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

Expression formula(const char* text) { return parse(text, Language{.variables = {"x"}, .functions = {}}); }
double at(const LogBound& b, double x) { return b.constant + b.log_x * std::log(x) + b.linear * x + b.square * x * x; }

const char* const formulas[] = {"1",
                                "x",
                                "x^3-x",
                                "2*x^2+3*x-7",
                                "1/(1+x^2)",
                                "x/sqrt(1+x^2)",
                                "sqrt(1+x^2)",
                                "(1+x^2)^(1/3)",
                                "(1+x^2)^(-3/2)",
                                "exp(x)",
                                "exp(-x)",
                                "exp(-(x-1)^2)",
                                "exp(x^2/8)",
                                "exp(x^2/8)/(1+x^2)",
                                "exp(3*x)*exp(-2*x)",
                                "x*exp(-x^2)*sin(20*x)",
                                "sinh(x)",
                                "cosh(x)",
                                "x/sinh(x)",
                                "1/cosh(x)",
                                "cosh(x)^(-1)",
                                "(exp(x)-exp(-x))/(exp(x)+exp(-x))",
                                "tanh(x)",
                                "tanh(x-3)",
                                "x*tanh(2*x)",
                                "log(1+x^2)",
                                "log(1+exp(x))",
                                "atan(x)",
                                "x*atan(x^2)",
                                "asin(tanh(x))",
                                "erf(x)",
                                "erf(x)^3*x",
                                "erfc(x)",
                                "erfc(x)*exp(x^2)",
                                "1-erf(x)",
                                "Phi(x)",
                                "x*Phi(x)",
                                "Phi(2*x-1)*x^2",
                                "sigmoid(x)",
                                "x*sigmoid(x)",
                                "1/sigmoid(x)",
                                "softplus(x)",
                                "softplus(x)^2",
                                "1/softplus(x)",
                                "softplus(x^2)-x^2",
                                "sin(x)/x",
                                "x^2*cos(x)",
                                "exp(sin(x))",
                                "(2+cos(x))^x",
                                "1e-200*exp(x)",
                                "exp(x)-exp(x-1)"};

}  // namespace

TEST_CASE("growth bounds dominate the function, from above and below", "[gaussian][growth]") {
  const char* text = GENERATE(from_range(std::begin(formulas), std::end(formulas)));
  const Expression f = formula(text);
  const Program program({f}, "x");
  const Precision p(256);
  Evaluator<Ball> evaluate(program);
  int found = 0;
  for (const Tail tail : {Tail::left, Tail::right}) {
    for (const double from : {1.0, 4.0, 30.0, 1000.0}) {
      std::optional<Growth> bound;
      try {
        bound = growth(f, tail, from);
      } catch (const NotReached&) {
        continue;
      }
      ++found;
      for (const double step : {1.0, 1.0009765625, 1.5, 2.0, 7.0, 30.0}) {
        const double x = from * step;
        const Ball value = abs(evaluate.value(Ball(tail == Tail::left ? -x : x)));
        if (!value.is_finite()) continue;
        CAPTURE(text, tail == Tail::left, from, x);
        const Ball above = exp(Ball(at(bound->upper, x)) + ball("1e-9") * Ball(1 + std::abs(at(bound->upper, x))));
        CHECK(certainly_positive(value - above) != Truth::yes);
        if (bound->lower) {
          const Ball below = exp(Ball(at(*bound->lower, x)) - ball("1e-9") * Ball(1 + std::abs(at(*bound->lower, x))));
          CHECK(certainly_positive(below - value) != Truth::yes);
        }
      }
    }
  }
  CHECK(found > 0);
}

TEST_CASE("growth bounds are sharp enough to tell what decides convergence", "[gaussian][growth]") {
  CHECK(growth(formula("exp(x^2/8)"), Tail::right, 1).upper.square - 0.125 < 1e-9);
  CHECK(0.125 - growth(formula("exp(x^2/8)*(1+x^4)"), Tail::left, 1).lower->square < 1e-9);
  CHECK(growth(formula("erfc(x)*exp(x^2)"), Tail::right, 2).upper.square < 1e-9);
  CHECK(growth(formula("exp(-x)"), Tail::right, 1).upper.linear < -0.99);
  CHECK(growth(formula("1/(1+x^2)"), Tail::right, 1).upper.log_x < -1.99);
  CHECK(growth(formula("1/cosh(x)"), Tail::right, 1).upper.linear < -0.99);
}

TEST_CASE("growth refuses what it cannot bound, naming the term", "[gaussian][growth]") {
  CHECK_THROWS_WITH(growth(formula("x+exp(exp(x))"), Tail::right, 10), Catch::Matchers::ContainsSubstring("exp(exp(x))"));
  CHECK_THROWS_WITH(growth(formula("exp(x^3)"), Tail::right, 10), Catch::Matchers::ContainsSubstring("exp(x^3)"));
  CHECK_THROWS_AS(growth(formula("1/sin(x)"), Tail::right, 10), NotReached);
  CHECK_THROWS_AS(growth(formula("1e-400*exp(x^2)"), Tail::right, 10), NotReached);
}

TEST_CASE("divergence is decided by the square's coefficient", "[gaussian][growth]") {
  const auto verdict = [](const char* f, int power, double q) { return diverges(growth(formula(f), Tail::right, 4), power, q, q); };
  CHECK(verdict("exp(x^2)", 1, 4) == true);
  CHECK(verdict("exp(x^2)", 1, 0.4) == false);
  CHECK(verdict("exp(x^2)", 2, 0.3) == true);
  CHECK(verdict("exp(x^2)", 2, 0.2) == false);
  CHECK(verdict("exp(x^2)", 2, 0.25) == std::nullopt);  // the borderline itself
  CHECK(verdict("exp(x)", 2, 1e8) == false);
  CHECK(verdict("x^9", 2, 1e8) == false);
  CHECK(verdict("sin(x)*exp(x^2)", 1, 4) == std::nullopt);  // no lower bound
}

TEST_CASE("the Gaussian tail is an upper bound, and a close one", "[gaussian][growth]") {
  const Precision p(128);
  const double q = GENERATE(1e-6, 0.3, 1.0, 2.5e5);
  const Growth one = growth(formula("1"), Tail::right, 1), square = growth(formula("x^2"), Tail::right, 1),
               falling = growth(formula("exp(-x)"), Tail::right, 1);
  for (const double z : {0.5, 1.5, 3.0, 8.0, 20.0}) {
    const double cut = z * std::sqrt(q);
    if (cut < 1) continue;
    CAPTURE(q, z);
    const Ball rq = sqrt(Ball(q)), density = exp(-Ball(cut) * Ball(cut) / Ball(2 * q)) / sqrt(Ball(2) * Ball::pi() * Ball(q));
    const Ball mass = Phi(Ball(-cut) / rq);                                                                   // integral p
    const Ball second = Ball(q) * (mass + Ball(cut) * density);                                               // integral x^2 p
    const Ball fourth = Ball(3) * mass + (pow(Ball(cut) / rq, 3) + Ball(3) * Ball(cut) / rq) * rq * density;  // integral z^4 p
    const auto check = [&](const Growth& f, int power, int weight, const Ball& truth) {
      const auto bound = gaussian_tail(f, power, weight, q, q, cut);
      if (!bound) return;
      CHECK(certainly_positive(*bound - truth) == Truth::yes);
      if (z >= 8) CHECK(certainly_positive(truth * Ball(8) - *bound) == Truth::yes);
    };
    check(one, 2, 0, mass);
    check(one, 2, 4, max(mass, fourth));
    check(square, 1, 0, second);
    const Ball tilted = exp(Ball(q) / Ball(2)) * Phi(Ball(-cut) / rq - rq);  // integral e^-x p
    if (q < 1e4)
      check(falling, 1, 0, tilted);
    else
      CHECK(gaussian_tail(falling, 1, 4, q, q, 60.0).has_value());  // it falls by itself, long before the Gaussian does
  }
}

TEST_CASE("the Gaussian tail holds for every variance of a ball", "[gaussian][growth]") {
  const Precision p(128);
  const Growth one = growth(formula("1"), Tail::right, 1);
  const double low = 1, high = 9, cut = 6.5;
  const auto bound = gaussian_tail(one, 1, 4, low, high, cut);
  REQUIRE(bound.has_value());
  for (const double q : {1.0, 2.0, 5.0, 9.0}) {
    const Ball rq = sqrt(Ball(q)), z = Ball(cut) / rq, density = exp(-z * z / Ball(2)) / sqrt(Ball(2) * Ball::pi());
    const Ball fourth = Ball(3) * Phi(-z) + (pow(z, 3) + Ball(3) * z) * density;
    CHECK(certainly_positive(*bound - fourth) == Truth::yes);
  }
  // Where the function falls by itself, the density 1/sqrt(2 pi q) is largest at the least q.
  const auto falling = gaussian_tail(growth(formula("exp(-x)"), Tail::right, 1), 1, 0, 1e2, 1e6, 5);
  REQUIRE(falling.has_value());
  const Ball q(100), tilted = exp(q / Ball(2)) * Phi(Ball(-5) / Ball(10) - Ball(10));
  CHECK(certainly_positive(*falling - tilted) == Truth::yes);
}
