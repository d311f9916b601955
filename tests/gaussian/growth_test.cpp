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

/// Which bounds of a formula are found, to the left and to the right, from |x| = 1, 4, 30, 1000 on: an upper one everywhere, a lower one too (B) or not (u).
struct Row {
  const char *formula, *left, *right;
};
const Row rows[] = {
    {"1", "BBBB", "BBBB"},
    {"x", "BBBB", "BBBB"},
    {"x^3-x", "uBBB", "uBBB"},
    {"2*x^2+3*x-7", "uBBB", "uBBB"},
    {"1/(1+x^2)", "BBBB", "BBBB"},
    {"x/sqrt(1+x^2)", "BBBB", "BBBB"},
    {"sqrt(1+x^2)", "BBBB", "BBBB"},
    {"(1+x^2)^(1/3)", "BBBB", "BBBB"},
    {"(1+x^2)^(-3/2)", "BBBB", "BBBB"},
    {"exp(x)", "BBBB", "BBBB"},
    {"exp(-x)", "BBBB", "BBBB"},
    {"exp(-(x-1)^2)", "BBBB", "BBBB"},
    {"exp(x^2/8)", "BBBB", "BBBB"},
    {"exp(x^2/8)/(1+x^2)", "BBBB", "BBBB"},
    {"exp(3*x)*exp(-2*x)", "BBBB", "BBBB"},
    {"x*exp(-x^2)*sin(20*x)", "uuuu", "uuuu"},
    {"sinh(x)", "BBBB", "BBBB"},
    {"cosh(x)", "BBBB", "BBBB"},
    {"x/sinh(x)", "BBBB", "BBBB"},
    {"1/cosh(x)", "BBBB", "BBBB"},
    {"cosh(x)^(-1)", "BBBB", "BBBB"},
    {"(exp(x)-exp(-x))/(exp(x)+exp(-x))", "BBBB", "BBBB"},
    {"tanh(x)", "BBBB", "BBBB"},
    {"tanh(x-3)", "BBBB", "uBBB"},
    {"x*tanh(2*x)", "BBBB", "BBBB"},
    {"log(1+x^2)", "uBBB", "uBBB"},
    {"log(1+exp(x))", "uuuu", "BBBB"},
    {"atan(x)", "uuuu", "uuuu"},
    {"x*atan(x^2)", "uuuu", "uuuu"},
    {"asin(tanh(x))", "uuuu", "uuuu"},
    {"erf(x)", "BBBB", "BBBB"},
    {"erf(x)^3*x", "BBBB", "BBBB"},
    {"erfc(x)", "BBBB", "uuuu"},
    {"erfc(x)*exp(x^2)", "BBBB", "uuuu"},
    {"1-erf(x)", "BBBB", "uuuu"},
    {"Phi(x)", "uuuu", "BBBB"},
    {"x*Phi(x)", "uuuu", "BBBB"},
    {"Phi(2*x-1)*x^2", "uuuu", "BBBB"},
    {"sigmoid(x)", "BBBB", "BBBB"},
    {"x*sigmoid(x)", "BBBB", "BBBB"},
    {"1/sigmoid(x)", "BBBB", "BBBB"},
    {"softplus(x)", "BBBB", "BBBB"},
    {"softplus(x)^2", "BBBB", "BBBB"},
    {"1/softplus(x)", "BBBB", "BBBB"},
    {"softplus(x^2)-x^2", "uuuu", "uuuu"},
    {"sin(x)/x", "uuuu", "uuuu"},
    {"x^2*cos(x)", "uuuu", "uuuu"},
    {"exp(sin(x))", "BBBB", "BBBB"},
    {"(2+cos(x))^x", "BBBB", "BBBB"},
    {"1e-200*exp(x)", "BBBB", "BBBB"},
    {"exp(x)-exp(x-1)", "uuuu", "uuuu"},
    {"asinh(x)", "BBBB", "BBBB"},
    {"sin(exp(-x))", "uuuu", "uuuu"},
};

}  // namespace

TEST_CASE("growth bounds dominate the function, from above and below", "[gaussian][growth]") {
  const Row row = GENERATE(from_range(std::begin(rows), std::end(rows)));
  const Expression f = formula(row.formula);
  const Program program({f}, "x");
  const Precision p(256);
  Evaluator<Ball> evaluate(program);
  for (const Tail tail : {Tail::left, Tail::right}) {
    std::string found;
    for (const double from : {1.0, 4.0, 30.0, 1000.0}) {
      const Growth bound = growth(f, tail, from);
      found += bound.lower ? 'B' : 'u';
      for (const double step : {1.0, 1.0009765625, 1.5, 2.0, 7.0, 30.0}) {
        const double x = from * step;
        const Ball value = abs(evaluate.value(Ball(tail == Tail::left ? -x : x)));
        CAPTURE(row.formula, tail == Tail::left, from, x);
        CHECK((value.is_finite() || x > 100));  // beyond, tanh(x) is 1 to 256 bits, and asin of it no ball
        if (!value.is_finite()) continue;
        const Ball above = exp(Ball(at(bound.upper, x)) + ball("1e-9") * Ball(1 + std::abs(at(bound.upper, x))));
        CHECK(certainly_positive(value - above) != Truth::yes);
        if (bound.lower) {
          const Ball below = exp(Ball(at(*bound.lower, x)) - ball("1e-9") * Ball(1 + std::abs(at(*bound.lower, x))));
          CHECK(certainly_positive(below - value) != Truth::yes);
        }
      }
    }
    CAPTURE(row.formula, tail == Tail::left);
    CHECK(found == (tail == Tail::left ? row.left : row.right));
  }
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
      // None where the weighted integrand may still rise: z^4 e^(-z^2/2) up to z = 2, with the bound's slack and x^2 a little further.
      CAPTURE(power, weight);
      if (z >= 3) REQUIRE(bound.has_value());
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
