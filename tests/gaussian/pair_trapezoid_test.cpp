// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/pair_trapezoid.hpp"

#include <fstream>
#include <sstream>

#include "infwidth/gaussian/dual_map.hpp"
#include "infwidth/gaussian/pair_expectation.hpp"
#include "infwidth/gaussian/pair_quadrature.hpp"
#include "support/balls.hpp"
#include "support/paths.hpp"

using namespace infwidth;

namespace {

PairVariance<Ball> pair(const std::string& q1, const std::string& q2, const std::string& c) {
  return PairVariance<Ball>::of(ball(q1), ball(q2), ball(c));
}

/// Both variances q, the correlation 1 - t.
PairVariance<Ball> near_one(const Ball& q, const Ball& t) { return {q, q, q * (Ball(1) - t), q * q * t * (Ball(2) - t)}; }

PairTrapezoid trapezoid(const std::string& activation) {
  const Activation phi = Activation::from_text(activation);
  return {phi.pieces(), phi.pieces(), PairRule::Of::values_and_slopes};
}

PairRule::Result panels(const std::string& activation, const PairVariance<Ball>& sigma, long bits) {
  const Activation phi = Activation::from_text(activation);
  return PairRule(phi.pieces(), phi.pieces(), PairRule::Of::values_and_slopes).integrate(sigma, bits);
}

Truth less(const Ball& a, const Ball& b) { return certainly_positive(b - a); }

}  // namespace

TEST_CASE("the lattice rule holds another program's values, large variances too", "[gaussian][pair_trapezoid]") {
  const Precision precision(160);
  std::ifstream file(source_folder() / "tests/reference/pair_duals.csv");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line.rfind("activation,", 0) == 0) continue;
    std::istringstream fields(line);
    std::string name, q1, q2, c, value, slope;
    for (std::string* field : {&name, &q1, &q2, &c, &value, &slope}) std::getline(fields, *field, ',');
    CAPTURE(name, q1, q2, c);
    const auto r = trapezoid(name).integrate(pair(q1, q2, c), 110);
    REQUIRE(r);
    CHECK_THAT(r->values[0], Holds(value, 31));
    CHECK_THAT(r->values[1], Holds(slope, 31));
    for (std::size_t k = 0; k < 2; ++k) CHECK(is_narrow(r->values[k], 32, r->scales[k]));
    ++rows;
  }
  CHECK(rows == 37);  // seven activations at five covariances, tanh at two large ones
}

TEST_CASE("the lattice rule and the Gauss-Legendre products overlap", "[gaussian][pair_trapezoid]") {
  const auto [activation, q1, q2, c, digits] = GENERATE(
      std::tuple{"tanh", "1", "1", "0", 15}, std::tuple{"tanh", "3/2", "1/4", "-3/5", 30}, std::tuple{"tanh", "2", "2", "1.99999", 40},
      std::tuple{"silu", "2", "3", "1", 15}, std::tuple{"silu", "1/100", "4", "0.19999999", 30},
      std::tuple{"softplus", "1e-6", "2", "1e-3", 15}, std::tuple{"x*tanh(softplus(x))", "1", "2", "1.3", 15},
      std::tuple{"x*tanh(softplus(x))", "3", "3", "-2.999", 30}, std::tuple{"log(cosh(x))", "1", "1/2", "-1/2", 15},
      std::tuple{"atan(x)", "1", "1", "1/2", 15}, std::tuple{"x^3*tanh(x) - 2", "1", "1", "1/3", 15},
      std::tuple{"tanh", "100", "100", "50", 10}, std::tuple{"sigmoid(3*x + 1)", "2", "1", "1/5", 15},
      std::tuple{"tanh(x)*exp(-x^2/3)", "1", "1/3", "-1/3", 20},
      std::tuple{"tanh(x)^2*exp(-x^2/3)", "1", "1/3", "-1/3", 20}, std::tuple{"sin(x)*tanh(x)", "1", "2", "-1", 20});
  CAPTURE(activation, q1, q2, c, digits);
  const long bits = Precision::bits_for(digits) + 10;
  const Precision precision(bits + 40);
  const auto r = trapezoid(activation).integrate(pair(q1, q2, c), bits);
  REQUIRE(r);
  const auto other = panels(activation, pair(q1, q2, c), bits);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(r->values[k].overlaps(other.values[k]));
    CHECK(is_narrow(r->values[k], digits, r->scales[k]));
  }
}

TEST_CASE("two functions, by the lattice rule", "[gaussian][pair_trapezoid]") {
  const Precision precision(140);
  const auto of = [](const char* f, const char* g, const PairVariance<Ball>& sigma) {
    const auto r =
        PairTrapezoid(Activation::from_text(f).pieces(), Activation::from_text(g).pieces(), PairRule::Of::values).integrate(sigma, 100);
    REQUIRE(r);
    CHECK(is_narrow(r->values[0], 27, r->scales[0]));
    return r->values[0];
  };
  const PairVariance<Ball> sigma = pair("1", "2", "1/2");
  // Stein: E[u tanh(v)] = c E sech^2(v), E[u sin(v)] = c E cos(v) ..
  CHECK(
      of("x", "tanh", sigma)
          .overlaps(ball("1/2") *
                    PairExpectation(Activation::from_text("1").pieces(), Activation::from_text("1 - tanh(x)^2").pieces()).at(sigma).value));
  CHECK(of("x", "sin(x)", sigma).overlaps(exp(Ball(-1)) / Ball(2)));
  CHECK(of("x^2", "cos(x)", sigma).overlaps(exp(Ball(-1)) * ball("3/4")));
  CHECK(of("exp(x)", "exp(-x)", sigma).overlaps(exp(Ball(1))));
  CHECK(of("gelu", "silu", sigma).overlaps(of("silu", "gelu", pair("2", "1", "1/2"))));
}

TEST_CASE("near and equal correlations of +-1 cost and lose nothing", "[gaussian][pair_trapezoid]") {
  const char* activation = GENERATE("tanh", "silu", "x*tanh(softplus(x))");
  const char* t_text = GENERATE("1e-6", "1e-25");
  CAPTURE(activation, t_text);
  const Precision precision(240);
  const Ball q = ball("7/4"), t = ball(t_text);
  const DualMap map(Activation::from_text(activation));
  const VarianceJet<Ball> jet = map.variance_map().at(q);
  const auto r = trapezoid(activation).integrate(near_one(q, t), 200);
  REQUIRE(r);
  // F(rho) is a power series: Q - F = q t chi - (q t)^2/2 E[phi'' phi''] .., and E[phi''^2] < 4
  const Ball gap = jet.Q - r->values[0], first = q * t * jet.chi;
  CHECK(less(abs(gap - first), Ball(2) * q * q * t * t) == Truth::yes);
  CHECK(less(abs(jet.chi - r->values[1]), Ball(4) * q * t) == Truth::yes);
  CHECK(r->evaluations < 80000);
  // and opposite points
  PairVariance<Ball> opposite = near_one(q, t);
  opposite.c = -opposite.c;
  const auto s = trapezoid(activation).integrate(opposite, 60);
  REQUIRE(s);
  if (map.activation().parity() == Parity::odd) CHECK(s->values[0].overlaps(-r->values[0]));
  const auto equal = trapezoid(activation).integrate(near_one(q, ball("1e-60")), 60);
  REQUIRE(equal);
  CHECK(equal->values[0].overlaps(jet.Q));
}

TEST_CASE("slopes are the derivative of the values, from tiny to huge variances", "[gaussian][pair_trapezoid]") {
  const char* activation = GENERATE("tanh", "silu", "softplus", "x*tanh(softplus(x))");
  const Precision precision(260);
  const PairTrapezoid rule = trapezoid(activation);
  const auto check = [&](const Ball& q1, const Ball& q2, const Ball& c, long bits) {
    CAPTURE(activation, q1, q2, c);
    const Ball step = c * ball("1e-6");
    const auto at = [&](const Ball& covariance) {
      const auto r = rule.integrate(PairVariance<Ball>::of(q1, q2, covariance), bits);
      REQUIRE(r);
      for (std::size_t k = 0; k < 2; ++k) CHECK(is_narrow(r->values[k], 25, r->scales[k]));
      CHECK(r->evaluations < 20000);
      return *r;
    };
    const auto low = at(c), high = at(c + step);
    // The mean of the slope over the step is between them: F is a power series in c with coefficients >= 0, and where c < 0 it has few
    // terms that count
    const Ball rise = (high.values[0] - low.values[0]) / step, middle = (low.values[1] + high.values[1]) / Ball(2),
               change = abs(high.values[1] - low.values[1]);
    CHECK(less(abs(rise - middle), change / Ball(2) + power_of_two(-60) * abs(middle)) == Truth::yes);
  };
  for (const std::string q_text : {"1e-12", "1", "200", "1e10"}) {
    for (const char* rho : {"1/5", "-9/10"}) {
      const Ball q1 = ball(q_text), q2 = q1 * ball("1/3");
      check(q1, q2, ball(rho) * sqrt(q1 * q2), q_text.rfind("1e-", 0) == 0 ? 190 : 90);
    }
  }
  check(ball("1/5"), ball("1e8"), ball("1e3"), 90);  // v steep in u, and smooth given u
}

TEST_CASE("what the lattice rule cannot do it leaves", "[gaussian][pair_trapezoid]") {
  const Precision precision(100);
  CHECK_FALSE(trapezoid("relu").integrate(pair("1", "1", "1/2"), 60));
  CHECK_FALSE(trapezoid("tanh(x) + abs(x)").integrate(pair("1", "1", "1/2"), 60));
  CHECK_FALSE(trapezoid("exp(x^2/3)").integrate(pair("1", "1", "1/2"), 60));                  // E f^2 is infinite
  CHECK_FALSE(trapezoid("tanh").integrate(near_one(Ball(1), Ball(0).widened(Ball(1))), 60));  // is rho 1?
  const Activation mixed = Activation::from_text("tanh(x) + abs(x)"), smooth = Activation::from_text("tanh");
  CHECK(PairQuadrature(mixed.pieces(), mixed.pieces(), PairRule::Of::values).integrate(pair("1", "1", "1/2"), 50).method ==
        "Gauss-Legendre products");
  CHECK(PairQuadrature(smooth.pieces(), smooth.pieces(), PairRule::Of::values).integrate(pair("1", "1", "1/2"), 50).method ==
        "trapezoidal products");
}

TEST_CASE("variances that are balls widen the value, and it stays right", "[gaussian][pair_trapezoid]") {
  const Precision precision(120);
  const PairTrapezoid rule = trapezoid("tanh");
  const auto exact = rule.integrate(pair("1", "2", "1/2"), 90);
  const Ball blur = power_of_two(-40);
  const auto wide = rule.integrate({Ball(1).widened(blur), Ball(2), ball("1/2").widened(blur), ball("7/4").widened(Ball(3) * blur)}, 90);
  REQUIRE((exact && wide));
  CHECK(wide->values[0].contains(exact->values[0]));
  CHECK(less(wide->values[0].radius(), power_of_two(-34)) == Truth::yes);
}
