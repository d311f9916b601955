// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/asymptotic_series.hpp"

#include <string>

#include "catch.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;

namespace {

Expression formula(const std::string& text) { return parse(text, {.variables = {"q"}, .functions = {}, .special_functions = true}); }

Ball at(const Expression& e, const Ball& q) {
  const Program program({e}, "q");
  return Evaluator<Ball>(program).value(q);
}

Ball value(const AsymptoticSeries& series, const Ball& t, const Ball& q) {
  Ball sum(0);
  for (const auto& part : series.parts) {
    Ball power_sum(0), exponent(0);
    for (const auto& [p, c] : part.series.terms) power_sum += at(c.expression(), q) * pow(t, Ball(p));
    for (const auto& [p, c] : part.scale.exponent) exponent += at(c.expression(), q) * pow(t, Ball(p));
    sum += power_sum * exp(exponent) * at(part.scale.wave, q);
  }
  return sum;
}

/// The largest remainder, as O() holds it; none: the series is exact.
std::optional<Ball> remainder(const AsymptoticSeries& series, const Ball& t, const Ball& q) {
  for (const auto& part : series.parts) {
    if (!part.series.order) continue;
    Ball exponent(0);
    for (const auto& [p, c] : part.scale.exponent) exponent += at(c.expression(), q) * pow(t, Ball(p));
    return pow(t, Ball(*part.series.order)) * exp(exponent);
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("a series differs from its function by its remainder, at every variable near the limit", "[asymptotic_series]") {
  const std::string text = GENERATE(as<std::string>(), "exp(2*q)*erfc(sqrt(2*q))", "asin(2*q/(1 + 2*q))", "1/(1 + 4*q)^(3/2)", "atan(sqrt(q))", "atan(-1/q)", "tanh(q - 1)", "softplus(-q)",
                                    "softplus(2*q)", "log(3*exp(q) + 1)", "sinh(2*q)/cosh(q)", "sin(q + 1/q)", "(1 + 1/q)^q", "sigmoid(-q)*q", "Phi(-sqrt(q))*exp(q/2)", "erf(1/sqrt(2*q) - 1)",
                                    "owens_t(1/sqrt(q), sqrt(1 + q))", "owens_t(sqrt(q), 1/2)", "owens_t(1/sqrt(q), 3)", "owens_t(1 + 1/q, 2*sqrt(q)*sqrt(1 + 1/q))", "erf_re(sqrt(q), sqrt(q)/2)",
                                    "erf_im(sqrt(q), sqrt(q)/2)", "erf_im(0, sqrt(q))", "exp(-q)*erf_im(1/sqrt(q), sqrt(q))", "erf_re(1/sqrt(q), sqrt(q))", "q*(erf(1/sqrt(2*q)) - sqrt(2/(pi*q))*exp(-1/(2*q)))",
                                    "cos(q)*exp(-2*q) + 1/2", "(pi + q)^(-2)", "exp(q)*exp(-q)*asin(1/(1+q))");
  const int power = GENERATE(1, -1);
  INFO(text << " with q = t^" << power);
  const Precision precision(3000);
  const Expression f = formula(text);
  std::optional<AsymptoticSeries> series;
  try {
    series = asymptotic_series(f, "q", 1, power, 3);
  } catch (const NotReached& e) {
    INFO(e.what());
    // Oscillations without end, at one of the limits, and a pole of a power.
    CHECK((text == "sin(q + 1/q)" || text.find("erf_im(1/sqrt(q)") != std::string::npos || text.find("erf_re(1/sqrt(q)") != std::string::npos || text == "(1 + 1/q)^q"));
    return;
  }
  for (const Rational& t : {Rational(1, 20), Rational(1, 80), Rational(1, 240)}) {
    const Ball q = power == 1 ? Ball(t) : Ball(Rational(1 / t));
    const Ball error = at(f, q) - value(*series, Ball(t), q);
    const auto bound = remainder(*series, Ball(t), q);
    REQUIRE(error.is_finite());
    if (!bound) {
      CHECK(error.contains_zero());
      continue;
    }
    const Ball ratio = abs(error) / *bound;
    INFO("t = " << to_string(t) << ", error/remainder = " << ratio.to_double());
    // One bound for all t: a wrong coefficient would let the ratio grow at least like t^(-1/2), a missing remainder without bound.
    CHECK(certainly_positive(Ball(2000) - ratio) == Truth::yes);
  }
}

TEST_CASE("exact constants know when they are 0 and what sign they have", "[asymptotic_series]") {
  const auto constant = [](const std::string& text) { return ExactConstant::from(formula(text)); };
  CHECK(constant("sqrt(8) - 2*sqrt(2)").is_zero());
  CHECK(constant("sqrt(6)/(sqrt(2)*sqrt(3)) - 1").is_zero());
  CHECK(constant("1/(1 + sqrt(2)) - sqrt(2) + 1").is_zero());
  CHECK(constant("erfc(1) + erf(1) - 1").is_zero());
  CHECK(constant("Phi(sqrt(2)) - (1 + erf(1))/2").is_zero());
  CHECK(constant("exp(1/2)*exp(3/2) - exp(2)").is_zero());
  CHECK(constant("erf(-1) + erf(1)").is_zero());
  CHECK(constant("owens_t(2, 1) - Phi(2)*Phi(-2)/2").is_zero());
  CHECK(constant("gamma(5/2)/sqrt(pi)").rational() == Rational(3, 4));
  CHECK(constant("pi^2 - 10").sign() == -1);
  CHECK(constant("1/1000000000000 - pi + pi").rational() == Rational(1, 1000000000000));
  CHECK(constant("sqrt(2) - 1").power(-2).sign() == 1);
  CHECK_THROWS_AS(constant("1 - sqrt(2)").power(Rational(1, 2)), NotReached);
}
