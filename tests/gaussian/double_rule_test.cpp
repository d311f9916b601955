// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/double_rule.hpp"

#include <cmath>

#include "infwidth/gaussian/expectation.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

constexpr double accuracy = 1e-12;

/// |got - want| <= accuracy max(|want|, scale), the difference formed in balls.
bool close(double got, const Ball& want, double scale) {
  const Ball error = abs(want - Ball(got)), size = max(abs(want), Ball(scale));
  return std::isfinite(got) && certainly_positive(error - Ball(accuracy) * size) != Truth::yes;
}

/// Values to 12 digits of themselves, derivatives to 12 digits of value / q.
void compare(const char* formula, std::initializer_list<double> variances) {
  const Activation phi = Activation::from_text(formula);
  const VarianceMap map(phi);
  const DoubleRule rule(phi, DoubleRule::Purpose::variance_maps);
  const Precision p(320);
  for (const double q : variances) {
    const VarianceJet<Ball> want = map.at(Ball(q));
    const VarianceJet<double> got = rule.at(q);
    CAPTURE(formula, q);
    const double Q = std::abs(want.Q.to_double()), chi = std::abs(want.chi.to_double());
    CHECK(close(got.Q, want.Q, 0));
    CHECK(close(got.dQ, want.dQ, Q / q));
    CHECK(close(got.d2Q, want.d2Q, Q / q / q));
    if (want.chi_order < 0) continue;
    CHECK(close(got.chi, want.chi, 0));
    CHECK(close(got.radial, want.radial, 0));
    CHECK(close(got.dchi, want.dchi, chi / q));
    CHECK(close(got.d2chi, want.d2chi, chi / q / q));
    CHECK(close(got.dradial, want.dradial, chi / q));
  }
}

}  // namespace

TEST_CASE("double precision: 12 digits for the catalogue", "[gaussian][double_rule][slow]") {
  const char* formula = GENERATE("relu", "leaky_relu:1/5", "step", "relu_power:2", "relu_power:3/2", "erf", "gelu", "sin", "gaussian", "tanh",
                                 "sigmoid", "softplus", "silu", "elu:1", "selu", "hardtanh", "relu6", "hermite:4");
  compare(formula, {1e-12, 0.3, 1e4});
}

TEST_CASE("double precision: jumps off 0, below and above q = 1", "[gaussian][double_rule]") {
  compare("step(x-1)+x/3", {0.1, 0.7, 1.7, 20});
  compare("max(-1,min(1,x))+relu(x-2)^2", {0.1, 0.7, 1.7, 20});
}

TEST_CASE("double precision: 12 digits for the catalogue, from 1e-12 to 1e8", "[gaussian][double_rule][slow]") {
  const char* formula = GENERATE("identity", "relu", "leaky_relu:-3", "abs", "step", "sign", "relu_power:2", "relu_power:3", "relu_power:1/2",
                                 "relu_power:7/2", "erf", "normal_cdf", "gelu", "cos", "gaussian", "tanh", "sigmoid", "softplus", "silu", "elu:1",
                                 "selu", "hardtanh", "relu6", "rbf:1/2", "monomial:3", "hermite:4");
  // An oscillation of many periods costs nodes; a clip far below sqrt q leaves nothing of the derivatives' own size.
  const bool wave = std::string(formula) == "cos" || std::string(formula) == "rbf:1/2";
  if (wave) {
    compare(formula, {1e-12, 1e-6, 0.01, 1, 30, 1e3});
  } else {
    compare(formula, {1e-12, 1e-9, 1e-6, 1e-3, 0.01, 0.3, 0.999, 1, 1.7, 4, 30, 1e3, 1e5, 1e8});
  }
}

TEST_CASE("double precision: formulas that cancel or overflow in doubles, narrow features, algebraic ends", "[gaussian][double_rule][slow]") {
  const char* formula =
      GENERATE("tanh(50*x)", "exp(-x^2)*sin(20*x)", "x/sqrt(1+x^2)", "log(1+x^2)", "sqrt(1+x^2)", "cosh(x)^(-1)", "exp(-abs(x))",
               "softplus(relu(x)-1)", "erf(x)^3*x", "(1-cos(x))/x^2", "1/x-1/sinh(x)", "(exp(x)-exp(-x))/(exp(x)+exp(-x))", "relu(x)^(4/3)",
               "abs(x)^(3/2)+x", "sqrt(abs(x-1))*x+1", "abs(x)^(-1/4)", "max(-1,min(1,3*x))+step(x-2)", "tanh(100000*x)");
  const bool wave = std::string(formula) == "(1-cos(x))/x^2";
  const bool costly = std::string(formula).find("inh") != std::string::npos ||
                      std::string(formula).find("exp(-x))/") != std::string::npos;  // for the balls beside it
  if (wave || costly) {
    compare(formula, {1e-8, 0.3, 20});
  } else {
    compare(formula, {1e-8, 1e-3, 0.3, 1, 20, 1e4, 1e8});
  }
}

TEST_CASE("double precision: means, beside E|f|", "[gaussian][double_rule]") {
  const Precision p(160);
  const char* formula = GENERATE("cos(x)", "exp(x)", "relu(x-1)", "step(x-1)", "x^2*exp(-x^2)", "exp(x)*sin(3*x)", "sin(x)/x");
  for (const double q : {1e-9, 0.02, 1.0, 17.0}) {
    const Activation f = Activation::from_text(formula);
    const auto mean = DoubleRule(f, DoubleRule::Purpose::mean).mean(q);
    CAPTURE(formula, q);
    CHECK(close(mean.value, expectation(f, Ball(q)).estimate.value, std::max(mean.magnitude, 1e-300)));
    CHECK(mean.magnitude >= std::abs(mean.value) * (1 - accuracy));
  }
}

TEST_CASE("double precision: what leaves its range is no number", "[gaussian][double_rule]") {
  const auto Q = [](const char* f, double q) { return DoubleRule(Activation::from_text(f), DoubleRule::Purpose::variance_maps).at(q).Q; };
  CHECK_FALSE(std::isfinite(Q("exp(x)", 1e6)));
  CHECK_FALSE(std::isfinite(Q("exp(x^2/2)", 1)));    // diverges
  CHECK_FALSE(std::isfinite(Q("exp(x^2/8)", 2.5)));  // diverges slowly
  CHECK(std::isfinite(Q("exp(x)", 100)));
}

TEST_CASE("values alone are those of the whole rule", "[double_rule][slow]") {
  for (const char* name : {"silu", "elu:1", "tanh", "sin(x)*x/(1+x^2)", "hardtanh", "abs(x)^(3/2)"}) {
    const Activation phi = Activation::from_text(name);
    const DoubleRule all(phi, DoubleRule::Purpose::variance_maps), values(phi, DoubleRule::Purpose::values);
    for (const double q : {1e-6, 0.01, 0.3, 0.9, 1.5, 40.0}) {
      CAPTURE(name, q);
      const VarianceJet<double> want = all.at(q), got = values.at(q);
      CHECK(std::abs(got.Q - want.Q) <= 1e-14 * want.Q);
      CHECK(std::abs(got.chi - want.chi) <= 1e-14 * want.chi);
      CHECK(std::abs(got.dQ - want.dQ) <= 1e-12 * (std::abs(want.dQ) + want.Q / q));
      CHECK(got.Q_order == 1);
      CHECK(got.chi_order == 0);
    }
  }
}
