// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/boost_rule.hpp"

#include "support/agreement.hpp"

using namespace infwidth;

namespace {

Digits digits_of(const Ball& x) {
  Digits r;
  arf_get_mpfr(r.backend().data(), arb_midref(x.get()), MPFR_RNDN);
  return r;
}

void compare(const char* formula, const char* variance, unsigned working, int wanted) {
  const DigitsPrecision digits(working);
  const Precision bits(Precision::bits_for(working) + 64);
  const VarianceMap map(Activation::from_text(formula));
  const VarianceJet<Digits> got = map.at(constant<Digits>(parse_rational(variance)));
  const VarianceJet<Ball> want = map.at(Ball(parse_rational(variance)));
  CAPTURE(formula, variance);
  const Digits q = constant<Digits>(parse_rational(variance)), Q = digits_of(want.Q), chi = digits_of(want.chi);
  CHECK_FALSE(got.proven);
  CHECK_THAT(got.Q, AgreesTo(Q, wanted));
  if (want.chi_order < 0) {
    CHECK(got.chi_order < 0);
    return;
  }
  CHECK_THAT(got.dQ, AgreesTo(digits_of(want.dQ), wanted, Q / q));
  CHECK_THAT(got.d2Q, AgreesTo(digits_of(want.d2Q), wanted, Q / (q * q)));
  CHECK_THAT(got.chi, AgreesTo(chi, wanted));
  CHECK_THAT(got.dchi, AgreesTo(digits_of(want.dchi), wanted, chi / q));
  CHECK_THAT(got.d2chi, AgreesTo(digits_of(want.d2chi), wanted, chi / (q * q)));
  CHECK_THAT(got.radial, AgreesTo(digits_of(want.radial), wanted, chi));
}

}  // namespace

TEST_CASE("Boost's quadrature agrees with the balls to 36 of 40 digits", "[gaussian][boost_rule]") {
  const char* formula = GENERATE("tanh", "softplus", "elu:1", "hardtanh", "step", "x/sqrt(1+x^2)");
  compare(formula, "17/10", 40, 36);
}

TEST_CASE("Boost's quadrature agrees with the balls over variances and precisions", "[gaussian][boost_rule][slow]") {
  const char* formula = GENERATE("tanh", "silu", "softplus", "gelu", "elu:1", "selu", "relu6", "relu_power:3/2", "exp(-abs(x))", "max(-1,min(1,x))");
  for (const char* q : {"1/1000000", "1/2", "40"}) compare(formula, q, 40, 34);
  compare(formula, "17/10", 100, 95);
  compare(formula, "17/10", 40, 36);  // after a run at 100 digits
}

TEST_CASE("Boost's mean, with its estimate of the error", "[gaussian][boost_rule]") {
  const DigitsPrecision digits(40);
  const auto mean = [](const char* f, const char* q) { return boost_expectation(Activation::from_text(f).pieces(), Digits(q)); };
  CHECK_THAT(mean("exp(x)", "3").value, AgreesTo(Digits(exp(Digits("1.5"))), 37));
  CHECK_THAT(mean("cos(x)", "3").value, AgreesTo(Digits(exp(Digits("-1.5"))), 35));
  CHECK_THAT(mean("relu(x)", "2").value, AgreesTo(Digits(1 / sqrt(pi<Digits>())), 37));
  CHECK_FALSE(mean("exp(x)", "3").proven);
  CHECK(mean("exp(x)", "3").error < Digits("1e-30"));
}
