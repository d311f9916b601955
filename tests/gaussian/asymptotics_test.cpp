// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/asymptotics.hpp"

#include <cmath>

#include "infwidth/expression/program.hpp"
#include "infwidth/real/errors.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

VarianceMap map_of(const std::string& activation) { return VarianceMap(Activation::from_text(activation)); }

Ball value(Expression e, const Asymptotics& found, const Ball& q) {
  for (const auto& [name, constant] : found.constants) e = substitute(e, name, constant);
  // Numeric constants by the midpoints of their decimals.
  std::vector<Ball> numbers;
  for (const auto& c : found.numeric) {
    const Expression one = substitute(e, c.name, 1), zero = substitute(e, c.name, 0);
    if (one == zero) continue;
    const Program slope({one - zero}, "q");
    return Evaluator<Ball>(slope).value(q) * c.value.value;
  }
  const Program program({e}, "q");
  return Evaluator<Ball>(program).value(q);
}

Ball residual(const VarianceMap& map, bool chi, const Asymptotics& found, const Ball& q) {
  const VarianceJet<Ball> jet = map.at(q);
  Ball r = chi ? jet.chi : jet.Q;
  for (const Expression& term : found.terms) r -= value(term, found, q);
  return r;
}

bool is_exponentially_small(const Asymptotics& found) { return found.remainder && to_string(*found.remainder).find("exp") != std::string::npos; }

std::string shown(const std::string& activation, bool chi, Limit limit) {
  const Asymptotics found = asymptotics(map_of(activation), chi, limit);
  Expression sum = 0;
  for (const Expression& term : found.terms) sum = sum + term;
  return to_string(sum) + (found.remainder ? " + O(" + to_string(*found.remainder) + ")" : "");
}

const std::vector<std::string> catalogue_entries = {"identity", "relu", "leaky_relu:1/5", "abs", "relu_power:2", "relu_power:3/2", "relu_power:5/3", "erf", "normal_cdf", "gelu", "sin", "cos", "exp", "gaussian", "elu:1", "elu:1/2",
                                                    "selu", "hardtanh", "relu6", "rbf:1", "monomial:3", "hermite:4", "step", "sign"};

}  // namespace

TEST_CASE("what two terms leave is of the order of the remainder, at both limits", "[asymptotics]") {
  std::vector<std::string> entries = catalogue_entries;
  for (const char* more : {"x*exp(-x^2)", "relu(x-1) + 2*sin(x)", "relu(x)*sin(x)", "exp(-abs(x))", "min(x,0)^2 - cos(3*x)", "gelu(x) + relu(x-1)", "erf(x+1)"}) entries.emplace_back(more);
  for (const std::string& name : entries) {
    const VarianceMap map = map_of(name);
    for (const Limit limit : {Limit::zero, Limit::infinity}) {
      for (const bool chi : {false, true}) {
        if (chi && !map.why_chi_is_infinite().empty()) continue;
        const Asymptotics found = asymptotics(map, chi, limit);
        INFO(name << (chi ? " chi" : " Q") << (limit == Limit::zero ? " at 0" : " at oo"));
        CHECK_FALSE(found.fitted);
        CHECK(found.numeric.empty());
        // Exponentially small remainders need as many digits as they are small.
        const bool small = is_exponentially_small(found);
        const Precision precision(small ? 6000 : 1200);
        const Rational near = small ? Rational(1, 50) : Rational(1, 100000000), nearer = small ? Rational(1, 100) : Rational(1, 1000000000000);
        std::vector<Ball> ratio;
        for (const Rational& t : {near, nearer}) {
          const Ball q = limit == Limit::zero ? Ball(t) : Ball(Rational(1 / t));
          const Ball r = residual(map, chi, found, q);
          if (!found.remainder) {
            CHECK(r.contains_zero());
            continue;
          }
          ratio.push_back(r / value(*found.remainder, found, q));
        }
        if (ratio.empty()) continue;
        INFO("ratios " << ratio[0].to_double() << ' ' << ratio[1].to_double());
        CHECK_FALSE(ratio[1].contains_zero());
        CHECK(std::abs(ratio[1].to_double()) < 1e5);
        CHECK(std::abs((ratio[0] / ratio[1]).to_double() - 1) < (small ? 0.3 : 0.01));
      }
    }
  }
}

TEST_CASE("expansions as a person would write them", "[asymptotics]") {
  const auto zero = Limit::zero, infinity = Limit::infinity;
  CHECK(shown("erf", false, infinity) == "1 - 2/(pi*sqrt(q)) + O(q^(-3/2))");
  CHECK(shown("erf", false, zero) == "4*q/pi - 8*q^2/pi + O(q^3)");
  CHECK(shown("relu", false, infinity) == "q/2");
  CHECK(shown("relu", true, zero) == "1/2");
  CHECK(shown("gelu", false, infinity) == "q/2 - 5/(6*pi*sqrt(2*q)) + O(q^(-3/2))");
  CHECK(shown("elu:1", true, infinity) == "1/2 + 1/(2*sqrt(2*pi*q)) + O(q^(-3/2))");
  CHECK(shown("elu:1", true, zero) == "1 - sqrt(2*q/pi) + O(q)");
  CHECK(shown("sin", false, infinity) == "1/2 - exp(-2*q)/2");
  CHECK(shown("exp", false, infinity) == "exp(2*q)");
  CHECK(shown("exp", false, zero) == "1 + 2*q + O(q^2)");
  CHECK(shown("exp(x)*sin(x)", false, infinity) == "exp(2*q)/2 - cos(4*q)/2");
  CHECK(shown("tanh", false, zero) == "q - 2*q^2 + O(q^3)");
  CHECK(shown("tanh", true, zero) == "1 - 2*q + O(q^2)");
  CHECK(shown("tanh", false, infinity) == "1 - sqrt(2/(pi*q)) + O(q^(-3/2))");
  CHECK(shown("tanh", true, infinity) == "2*sqrt(2/(pi*q))/3 - (pi^2 - 6)/(18*q^(3/2)*sqrt(2*pi)) + O(q^(-5/2))");
  CHECK(shown("hardtanh", true, zero) == "1 - exp(-1/(2*q))*sqrt(2*q/pi) + O(q^(3/2)*exp(-1/(2*q)))");
}

TEST_CASE("at 0 the Taylor series of the activation and the closed form agree", "[asymptotics]") {
  for (const std::string& name : catalogue_entries) {
    const Activation phi = Activation::from_text(name);
    const ClosedForm form = closed_form(phi);
    for (const bool chi : {false, true}) {
      if (chi && phi.jump()) continue;
      INFO(name << (chi ? " chi" : " Q"));
      const auto a = asymptotics_by_taylor_series(phi, chi), b = asymptotics_by_closed_form(form, chi, Limit::zero);
      REQUIRE(a);
      REQUIRE(b);
      for (std::size_t k = 0; k < std::min(a->terms.size(), b->terms.size()); ++k) {
        const Precision precision(200);
        const Ball q(Rational(3, 7));
        CHECK((value(a->terms[k], *a, q) - value(b->terms[k], *b, q)).contains_zero());
      }
      // (an exponentially small term, and a series that ends, are seen by the closed form alone)
      if (a->terms.size() < 2) continue;
      CHECK(a->terms.size() == b->terms.size());
      CHECK(a->remainder == b->remainder);
    }
  }
}

namespace {

void check_routes_to_infinity(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const VarianceMap map = map_of(name);
    for (const bool chi : {false, true}) {
      INFO(name << (chi ? " chi" : " Q"));
      const Asymptotics exact = asymptotics(map, chi, Limit::infinity);
      CHECK(exact.numeric.empty());
      const auto tails = asymptotics_by_tails(map, chi), fit = asymptotics_by_fit(map, chi, Limit::infinity);
      const Precision precision(200);
      const Ball q(5);
      for (const auto& other : {tails, fit}) {
        REQUIRE(other);
        REQUIRE(other->terms.size() == exact.terms.size());
        for (std::size_t k = 0; k < exact.terms.size(); ++k) {
          const Ball a = value(exact.terms[k], exact, q), b = value(other->terms[k], *other, q);
          CHECK(std::abs((b / a).to_double() - 1) < 1e-12);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("at infinity the tails, the extrapolation and the closed form agree", "[asymptotics]") { check_routes_to_infinity({"erf", "hardtanh", "elu:1"}); }
TEST_CASE("at infinity the routes agree for tanh and its relatives, and for more closed forms", "[asymptotics][slow]") {
  check_routes_to_infinity({"tanh", "sigmoid", "silu", "gelu", "normal_cdf", "exp(-abs(x))", "relu(x-1)*2 - x", "tanh(x/3)*2 + 1"});
}

TEST_CASE("numeric constants are right and say that they are not proven", "[asymptotics]") {
  // Q of softplus: q/2 + 2 zeta(3)/sqrt(2 pi q); its chi is the sigmoid's Q.
  const Asymptotics Q = asymptotics(map_of("softplus"), false, Limit::infinity);
  REQUIRE(Q.numeric.size() == 1);
  const Precision precision(200);
  const Ball want = Ball(2) * ball("1.2020569031595942853997381615114499907649862923405") / sqrt(Ball(2) * Ball::pi());
  CHECK(std::abs((Q.numeric[0].value.value - want).to_double()) < 1e-18);
  CHECK_FALSE(Q.numeric[0].value.proven);
  CHECK_FALSE(Q.fitted);
}

TEST_CASE("a fit finds exponents and constants of algebraic tails", "[asymptotics][slow]") {
  // E[z^2 q / (1 + q z^2)^2] = sqrt(pi/8) q^(-1/2) - 1/q + ..
  const Asymptotics Q = asymptotics(map_of("x/(1+x^2)"), false, Limit::infinity);
  CHECK(Q.fitted);
  REQUIRE(Q.numeric.size() == 2);
  CHECK(to_string(Q.terms[0]) == "c_1/sqrt(q)");
  CHECK(to_string(Q.terms[1]) == "c_2/q");
  const Precision precision(200);
  CHECK(std::abs((Q.numeric[0].value.value - sqrt(Ball::pi() / Ball(8))).to_double()) < 1e-18);
  CHECK(std::abs((Q.numeric[1].value.value + Ball(1)).to_double()) < 1e-18);
}

TEST_CASE("what has no limit, or logarithms in it, is refused", "[asymptotics]") {
  CHECK_THROWS_AS(asymptotics(map_of("step"), true, Limit::zero), NoSuchQuantity);
  CHECK_THROWS_AS(asymptotics(map_of("exp(x^2/4)"), false, Limit::infinity), NoSuchQuantity);
  CHECK_THROWS_AS(asymptotics(map_of("x/(1+abs(x))"), false, Limit::infinity), NotReached);
  CHECK_THROWS_AS(asymptotics(map_of("exp(x)*tanh(x)"), false, Limit::infinity), NotReached);
}
