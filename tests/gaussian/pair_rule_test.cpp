// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/pair_rule.hpp"

#include "infwidth/gaussian/dual_form.hpp"
#include "infwidth/gaussian/dual_map.hpp"
#include "infwidth/gaussian/pair_expectation.hpp"
#include "infwidth/real/errors.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

PairVariance<Ball> pair(const char* q1, const char* q2, const char* c) { return PairVariance<Ball>::of(ball(q1), ball(q2), ball(c)); }

PairRule::Result by_rule(const char* activation, const PairVariance<Ball>& sigma, long bits) {
  const Activation phi = Activation::from_text(activation);
  return PairRule(phi.pieces(), phi.pieces(), PairRule::Of::values_and_slopes).integrate(sigma, bits);
}

/// The closed form at more bits than anything here needs.
std::pair<Ball, Ball> closed(const char* activation, const char* q1, const char* q2, const char* c) {
  const Precision precision(600);
  const DualMap map(Activation::from_text(activation));
  REQUIRE(map.closed_form().derivative_kernel);
  const DualValue<Ball> dual = map.at(pair(q1, q2, c));
  REQUIRE(dual.method == "closed form");
  return {dual.value, dual.derivative};
}

PairExpectation expectation_of(const char* f, const char* g) { return {Activation::from_text(f).pieces(), Activation::from_text(g).pieces()}; }

void check_closed_form(const char* activation, const char* q1, const char* q2, const char* c) {
  CAPTURE(activation, q1, q2, c);
  const Precision precision(150);
  const auto [F, dF] = closed(activation, q1, q2, c);
  const auto r = by_rule(activation, pair(q1, q2, c), 80);
  CHECK(r.values[0].overlaps(F));
  CHECK(r.values[1].overlaps(dF));
  CHECK(is_narrow(r.values[0], 22, r.scales[0]));
  CHECK(is_narrow(r.values[1], 22, r.scales[1]));
}

struct Row {
  const char *formula, *F1, *dF1, *F2, *dF2;
};

// At (q1, q2, c) = (1, 1, 1/2) and (7/10, 8/5, -2/5): mpmath, 40 working digits, grids in two variables: tests/reference/inline_duals.py.
const Row without_closed_form[] = {
    {"tanh", "0.1863244132034480861067828900", "0.3847470284410389015314680694", "-0.1404898318349886090268834237", "0.3575745533294833523964488383"},
    {"sigmoid", "0.2714283256317052803060872905", "0.04319002046226165353817856430", "0.2334571826761766524945198390", "0.04154612241003138899916931625"},
    {"softplus", "0.7800781652069435155740392116", "0.2714283256317052803060872905", "0.5734768987291500966862250217", "0.2334571826761766524945198390"},
    {"silu", "0.1831696630881595408246250705", "0.3122796152935397991093858498", "-0.04443554374113848764478676785", "0.2030906072633764825883445005"},
};

}  // namespace

TEST_CASE("the rule in two variables holds mpmath's values", "[gaussian][pair_rule][slow]") {
  const Precision precision(140);
  for (const Row& row : without_closed_form) {
    CAPTURE(row.formula);
    const auto first = by_rule(row.formula, pair("1", "1", "1/2"), 100), second = by_rule(row.formula, pair("7/10", "8/5", "-2/5"), 100);
    CHECK_THAT(first.values[0], Holds(row.F1, 25));
    CHECK_THAT(first.values[1], Holds(row.dF1, 25));
    CHECK_THAT(second.values[0], Holds(row.F2, 25));
    CHECK_THAT(second.values[1], Holds(row.dF2, 25));
    for (const auto& r : {first, second}) {
      for (std::size_t k = 0; k < 2; ++k) CHECK(is_narrow(r.values[k], 27, r.scales[k]));
    }
  }
}

TEST_CASE("the rule in two variables holds closed forms, a taste", "[gaussian][pair_rule]") {
  check_closed_form("hardtanh", "1", "1", "1/2");
  check_closed_form("erf", "3", "3", "-2.9999999");
  check_closed_form("elu:1", "3/2", "1/4", "-3/5");
}

TEST_CASE("the rule in two variables holds the closed forms, at every correlation", "[gaussian][pair_rule][slow]") {
  const char* activation = GENERATE("relu", "leaky_relu:1/5", "erf", "hardtanh", "elu:1", "relu6", "x^3 - x", "gaussian", "abs(x-1/3)");
  const auto [q1, q2, c] = GENERATE(std::tuple{"1", "1", "0"}, std::tuple{"1", "1", "1/2"}, std::tuple{"3/2", "1/4", "-3/5"},
                                    std::tuple{"2", "2", "1.99999"}, std::tuple{"1/100", "4", "0.19999999"}, std::tuple{"3", "3", "-2.9999999"});
  check_closed_form(activation, q1, q2, c);
}

TEST_CASE("products of two functions obey Stein's identities", "[gaussian][pair_rule]") {
  const Precision precision(120);
  const PairVariance<Ball> sigma = pair("1", "2", "1/2");
  // E[u g(v)] = c E g'(v), E[u^2 g(v)] = q1 E g(v) + c^2 E g''(v)
  const Ball slope = Ball(1) / Ball(2);
  const Ball g1 = expectation_of("1", "1 - tanh(x)^2").at(sigma).value, u_tanh = expectation_of("x", "tanh(x)").at(sigma).value;
  CHECK(u_tanh.overlaps(slope * g1));
  CHECK(is_narrow(u_tanh, 30));
  const Ball cosine = expectation_of("1", "cos(x)").at(sigma).value, square = expectation_of("x^2", "cos(x)").at(sigma).value;
  CHECK(cosine.overlaps(exp(Ball(-1))));
  CHECK(square.overlaps(cosine * (Ball(1) - slope * slope)));
  // a kink on one side alone: P(u > 0) E v+ ..
  CHECK(expectation_of("step(x)", "relu(x)").at(sigma).value.overlaps(sqrt(Ball(2) / (Ball(2) * Ball::pi())) * (Ball(1) + slope / sqrt(Ball(2))) / Ball(2)));
  // opposite parities
  CHECK(expectation_of("tanh(x)", "cos(x)").at(sigma).value.is_exact_zero());
}

TEST_CASE("removable singularities and large variances in two variables", "[gaussian][pair_rule]") {
  const Precision precision(100);
  // sin(x)/x is the mean of cos(t x) over t in [0, 1]: E = integral of exp(-(s^2 q1 + t^2 q2)/2) cosh(s t c)
  const PairExpectation sinc = expectation_of("sin(x)/x", "1");
  const Ball at_two = sinc.at(pair("2", "1", "1/2")).value;
  CHECK(at_two.overlaps(sqrt(Ball::pi()) / Ball(2) * erf(Ball(1))));  // integral of exp(-t^2)
  const Precision fewer(60);
  const Ball large = expectation_of("tanh(x)", "tanh(x)").at(pair("400", "400", "200")).value;
  CHECK(certainly_positive(large - ball("0.30")) == Truth::yes);
  CHECK(certainly_positive(ball("1/3") - large) == Truth::yes);  // of sign: 2/pi asin(1/2)
  CHECK(is_narrow(large, 12));
}

TEST_CASE("singular covariances are one-dimensional", "[gaussian][pair_rule]") {
  const Precision precision(120);
  const auto on_line = [](const char* f, const char* g, const Rational& ratio, const char* q) {
    PairVariance<Ball> sigma{ball(q), ball(q) * Ball(ratio) * Ball(ratio), ball(q) * Ball(ratio), Ball(0), ratio};
    return expectation_of(f, g).at(sigma).value;
  };
  CHECK(on_line("x^2", "x^2", Rational(2), "1/2").overlaps(Ball(3)));                                   // 4 * 3 q^2
  CHECK(on_line("relu(x)", "relu(x)", Rational(-3), "1").is_exact_zero());
  CHECK(on_line("relu(x - 1)", "step(x - 1)", Rational(2), "1").overlaps(expectation_of("relu(x - 1)", "1").at(pair("1", "1", "0")).value));
  CHECK(on_line("relu(x - 1)", "step(x - 4)", Rational(2), "1").overlaps(expectation_of("(x-1)*step(x-2)", "1").at(pair("1", "1", "0")).value));
  CHECK(on_line("abs(x)*tanh(x)", "tanh(x)", Rational(-1), "1").overlaps(-expectation_of("abs(x)*tanh(x)^2", "1").at(pair("1", "1", "0")).value));
  // a variance of 0
  PairVariance<Ball> zero{Ball(0), Ball(1), Ball(0), Ball(0)};
  CHECK(expectation_of("cos(x)", "x^2").at(zero).value.overlaps(Ball(1)));
  CHECK(expectation_of("step(x)", "x^2").at(zero).value.overlaps(ball("1/2")));
}

TEST_CASE("duals are safe where two points meet, oppose each other, or are 0", "[gaussian][dual_map]") {
  const Precision precision(220);
  const DualMap tanh(Activation::from_text("tanh")), relu(Activation::from_text("relu"));
  // 1 - rho = 1e-30: next to the value at rho = 1
  const PairVariance<Ball> near_one = pair("1", "1", "0.999999999999999999999999999999");
  const DualValue<Ball> at_one = tanh.at({Ball(1), Ball(1), Ball(1), Ball(0), Rational(1)}), beside = tanh.at(near_one);
  CHECK(certainly_positive(ball("1e-29") - abs(at_one.value - beside.value)) == Truth::yes);
  CHECK(certainly_negative(beside.value - at_one.value) == Truth::yes);
  const DualValue<Ball> opposite = tanh.at({Ball(1), Ball(1), Ball(-1), Ball(0), Rational(-1)});
  CHECK(opposite.value.overlaps(-at_one.value));
  CHECK(opposite.derivative.overlaps(at_one.derivative));
  CHECK(relu.at({Ball(1), Ball(1), Ball(-1), Ball(0), Rational(-1)}).value.is_exact_zero());
  const DualValue<Ball> at_zero = tanh.at({Ball(0), Ball(1), Ball(0), Ball(0)});
  CHECK(at_zero.value.is_exact_zero());
  // a jump: infinite where the points meet, by formula beside
  const DualMap step(Activation::from_text("step"));
  CHECK(step.at({Ball(1), Ball(1), Ball(1), Ball(0), Rational(1)}).derivative_is_infinite);
  CHECK(step.at(pair("1", "1", "1/2")).no_derivative.empty());
  CHECK_FALSE(DualMap(Activation::from_text("step(x)*tanh(x) + step(x)")).at(pair("1", "1", "1/2")).derivative_is_infinite);
}

TEST_CASE("what the rule in two variables cannot do is refused with the reason", "[gaussian][pair_rule]") {
  const Precision precision(100);
  CHECK_THROWS_AS(expectation_of("exp(x^2)", "x").at(pair("1", "1", "1/2")), NoSuchQuantity);
  CHECK_THROWS_AS(expectation_of("sqrt(abs(x))", "tanh(x)").at(pair("1", "1", "1/2")), NotReached);
  CHECK_FALSE(expectation_of("tanh(x)", "tanh(x)").at({Ball(1), Ball(1), Ball(1), Ball(0).widened(power_of_two(-90))}).value.is_finite());
}

