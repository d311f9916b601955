// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/two_variables.hpp"

#include "support/balls.hpp"
#include "infwidth/gaussian/expectation.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;

namespace {

const ExactCovariance sigma{1, 2, Rational(1, 2)};

Ball of(const char* formula, const ExactCovariance& at = sigma) { return TwoVariableExpectation(products_of_two(formula)).at(at).value; }
Ball of_one(const char* formula, const Rational& q) { return expectation(Activation::integrand_from_text(formula), Ball(q)).estimate.value; }

}  // namespace

TEST_CASE("a typed formula in u and v is taken apart into products", "[gaussian][two_variables]") {
  const Precision precision(110);
  CHECK(products_of_two("tanh(u)*relu(v)").size() == 1);
  CHECK(products_of_two("(u + v)^2").size() == 1);
  CHECK(products_of_two("max(u, v)").size() == 3);  // u/2, v/2, |u - v|/2
  CHECK(of("(u + v)^2").overlaps(Ball(4)));                            // 1 + 2 + 2/2
  CHECK(of("(u - v)^3 + u*v/2").overlaps(ball("1/4")));
  CHECK(of("exp(u - v)").overlaps(exp(Ball(1))));                      // (1 + 2 - 1)/2
  CHECK(of("u*exp(v)/3").overlaps(exp(Ball(1)) / Ball(6)));            // c E g'
  CHECK(of("gelu(u)*step(v)").overlaps(PairExpectation(Activation::from_text("gelu(x)").pieces(), Activation::from_text("step(x)").pieces()).at(sigma.as<Ball>()).value));
  CHECK(of("3").overlaps(Ball(3)));
  CHECK(of("u - u + v*0 + 2").overlaps(Ball(2)));
}

TEST_CASE("functions of linear combinations of u and v", "[gaussian][two_variables]") {
  const Precision precision(110);
  const Ball two_pi = Ball(2) * Ball::pi();
  CHECK(of("max(u, v)").overlaps(sqrt(Ball(2) / two_pi)));   // the variance of u - v is 2
  CHECK(is_narrow(of("max(u, v)"), 25));
  CHECK(of("min(u, v)").overlaps(-sqrt(Ball(2) / two_pi)));
  CHECK(of("maximum(u, v + 1) - max(u - 1, v)").overlaps(Ball(1)));
  CHECK(of("abs(u - v)").overlaps(Ball(2) * sqrt(Ball(2) / two_pi)));
  CHECK(of("relu(u + v)").overlaps(sqrt(Ball(4) / two_pi)));
  CHECK(of("step(u - v)").overlaps(ball("1/2")));
  CHECK(of("tanh(u + v)^2").overlaps(of_one("tanh(x)^2", 4)));
  CHECK(of("sqrt(2)*tanh(pi*(u - 2*v)/3 + 1)").overlaps(sqrt(Ball(2)) * of_one("tanh(pi*x/3 + 1)", 7)));
  CHECK(of("max(u + tanh(u - v), v)").overlaps(of_one("abs(x + tanh(x))/2", 2)));
  // max(u, v)^2 + min(u, v)^2 = u^2 + v^2, and max min = u v
  CHECK(of("max(u, v)^2 + min(u, v)^2").overlaps(Ball(3)));
  CHECK(of("max(u, v)*min(u, v)").overlaps(ball("1/2")));
  // Stein: E[u f(u + v)] = (q1 + c) E f', E[step(u-v) ..]
  CHECK(of("u*tanh(u + v)").overlaps(ball("3/2") * of_one("1 - tanh(x)^2", 4)));
  CHECK(of("u*v*relu(u + v)").overlaps(of("(u^2 + v^2 + 2*u*v)*relu(u + v)/2 - u^2*relu(u + v)/2 - v^2*relu(u + v)/2")));
  // three combinations, one of them polynomial or exponential
  CHECK(of("(u - v)*step(u)*step(v)").overlaps(of("relu(u)*step(v) - step(u)*relu(v)")));
  CHECK(of("exp((u + v)/2)*step(u)*step(v)").overlaps(of("exp(u/2)*step(u)*exp(v/2)*step(v)")));
  CHECK(of("abs(u*v)").overlaps(of("abs(u)*abs(v)")));
}

TEST_CASE("combinations that coincide or vanish at a singular covariance", "[gaussian][two_variables]") {
  const Precision precision(110);
  const ExactCovariance same{3, 3, 3}, opposite{3, 3, -3}, still{0, 2, 0};
  CHECK(of("max(u, v)", same).is_exact_zero());
  CHECK(of("abs(u - v)*cos(v)", same).contains_zero());
  CHECK(of("max(u, v)", opposite).overlaps(of_one("abs(x)", 3)));
  CHECK(of("tanh(u)*(u + v)", opposite).contains_zero());
  CHECK(of("max(u, v)", still).overlaps(of_one("relu(x)", 2)));
  CHECK(of("tanh(2*u + v)*tanh(u - v)", same).contains_zero());
}

TEST_CASE("what mixes u and v otherwise is refused, naming the term", "[gaussian][two_variables]") {
  CHECK_THROWS_AS(products_of_two("tanh(u*v)"), UsageError);
  CHECK_THROWS_AS(products_of_two("relu(u*v)"), UsageError);
  CHECK_THROWS_AS(products_of_two("x*u"), UsageError);
  CHECK_THROWS_WITH(products_of_two("1 + max(u^2, v)"), Catch::Matchers::ContainsSubstring("max(u^2, v)"));
  CHECK_THROWS_AS(products_of_two("tanh(u)*tanh(v)*tanh(u + v)"), UsageError);
  CHECK_THROWS_AS(products_of_two("tanh(u + sqrt(2)*v)"), UsageError);
}

TEST_CASE("the second route agrees in two variables", "[gaussian][two_variables]") {
  const Precision precision(110);
  const DigitsPrecision digits(40);
  for (const char* formula : {"tanh(u)*relu(v) + cos(u)*v^2", "max(u, v)*tanh(u)", "abs(u - 2*v)*gelu(u + v)"}) {
    CAPTURE(formula);
    const TwoVariableExpectation f(products_of_two(formula));
    const Estimate<Digits> second = f.by_digits(sigma);
    Ball there;
    arf_set_mpfr(arb_midref(there.get()), second.value.backend().data());
    CHECK(certainly_positive(power_of_two(-80) - abs(f.at(sigma).value - there)) == Truth::yes);
  }
}
