// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>

#include "support/balls.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/refine.hpp"

using namespace infwidth;

namespace {

/// Q, Q', Q'', chi, chi', chi'' by the weights of D-020, at a precision that makes up for what they cancel.
std::array<Ball, 6> by_weights(const Activation& phi, const Rational& q, int extra_bits) {
  const Precision p(200 + extra_bits);
  const Ball at(q), two_q = at * Ball(2);
  const auto found = PanelRule(phi.pieces(), Integrands::square_and_slope_square, phi.parity()).integrate(at, 120 + extra_bits, 2);
  std::array<Ball, 6> r;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& m = found.integrals[i].moment;
    r[3 * i] = m[0];
    r[3 * i + 1] = (m[1] - m[0]) / two_q;
    r[3 * i + 2] = (m[2] - Ball(6) * m[1] + Ball(3) * m[0]) / (two_q * two_q);
  }
  return r;
}

std::array<Ball, 6> numbers(const VarianceJet<Ball>& jet) { return {jet.Q, jet.dQ, jet.d2Q, jet.chi, jet.dchi, jet.d2chi}; }

/// The map refined until all six stand at 15 digits as the command line asks for them.
VarianceJet<Ball> refined(const VarianceMap& map, const Rational& q) {
  VarianceJet<Ball> jet;
  refine(15, "map", [&] {
    jet = map.at(Ball(q));
    const auto six = numbers(jet);
    for (std::size_t i = 0; i < 6; ++i) {
      const bool exists = static_cast<int>(i % 3) <= (i < 3 ? jet.Q_order : jet.chi_order);
      if (exists && !stands(six[i], 15, i < 3 ? jet.Q : jet.chi)) return false;
    }
    return true;
  });
  return jet;
}

// With kinks at 0 and beside it, a removable singularity, features at other scales than 1.
const char* const formulas[] = {"atan(x)", "x/sqrt(1+x^2)", "log(1+x^2)", "tanh(x)", "silu", "softplus", "sigmoid(100*x)", "sin(x)/x", "max(atan(x), -atan(x)/3)",
                                "max(tanh(x), 1/1000000)", "min(softplus(x), 1)", "x*tanh(softplus(x))", "atan(x)*abs(x)", "relu(tanh(x))+cos(x)", "asinh(x)", "asin(x/(2+2*x^2))"};

}  // namespace

TEST_CASE("derivatives in a small variance by parts agree with the weights on the density", "[gaussian][small_variance][slow]") {
  const char* formula = GENERATE(from_range(std::begin(formulas), std::end(formulas)));
  const Activation phi = Activation::from_text(formula);
  const PanelRule rule(phi.pieces(), Integrands::square_and_slope_square, phi.parity());
  REQUIRE(rule.has_derivatives());
  for (const char* q_text : {"1/2000", "1e-6", "1e-13", "1e-25"}) {
    const Rational q = parse_rational(q_text);
    CAPTURE(formula, q_text);
    const std::array<Ball, 6> want = by_weights(phi, q, static_cast<int>(-2 * std::log2(Ball(q).to_double())) + 8);
    const Precision p(200);
    const auto found = rule.derivatives(Ball(q), 120);
    for (std::size_t i = 0; i < 6; ++i) {
      const Ball& got = found.integrals[i / 3].moment[i % 3];
      CAPTURE(i);
      CHECK(got.overlaps(want[i]));
      CHECK(is_narrow(want[i], 20, Ball(1)));
      CHECK(is_narrow(got, 25, abs(found.integrals[i / 3].moment[0])));
    }
  }
}

TEST_CASE("near variance 0 the maps have 15 digits of each derivative, down to 1e-300", "[gaussian][small_variance][slow]") {
  struct Series {
    const char *formula, *Q1, *Q2, *chi0, *chi1, *chi2;  // at q = 0: Q', Q'', chi, chi', chi''
  };
  // From the Taylor series of phi^2 and phi'^2: E x^2k = (2k-1)!! q^k.
  const Series rows[] = {{"atan(x)", "1", "-4", "1", "-2", "18"},          {"tanh", "1", "-4", "1", "-2", "14"},      {"x/sqrt(1+x^2)", "1", "-6", "1", "-3", "36"},
                         {"sin(x)/x", "-1/3", "4/15", "0", "1/9", "-2/15"}, {"silu", "1/4", "3/8", "1/4", "1/4", "-1/2"}, {"log(1+x^2)", "0", "6", "0", "4", "-48"},
                         {"asinh(x)", "1", "-2", "1", "-1", "6"}};
  for (const Series& row : rows) {
    const VarianceMap map(Activation::from_text(row.formula));
    for (const char* q_text : {"1e-300", "1e-200", "1e-80", "1e-25", "1e-12"}) {
      CAPTURE(row.formula, q_text);
      const VarianceJet<Ball> jet = refined(map, parse_rational(q_text));
      const Precision p(128);
      const Ball near = ball("1e-8");
      const auto is_near = [&](const Ball& got, const char* want) { return got.overlaps(ball(want).widened(near)); };
      CHECK(is_near(jet.dQ, row.Q1));
      CHECK(is_near(jet.d2Q, row.Q2));
      CHECK(is_near(jet.chi, row.chi0));
      CHECK(is_near(jet.dchi, row.chi1));
      CHECK(is_near(jet.d2chi, row.chi2));
      CHECK_FALSE(jet.d2chi.contains_zero());
    }
  }
}

TEST_CASE("every catalogue activation at small variances: no derivative is 0 with a large bound", "[gaussian][small_variance]") {
  for (const char* name : {"relu", "leaky_relu:1/5", "abs", "relu_power:2", "relu_power:3/2", "erf", "normal_cdf", "gelu", "sin", "cos", "exp", "gaussian", "tanh", "sigmoid", "softplus", "silu",
                           "elu:1", "selu", "hardtanh", "relu6", "rbf:1", "monomial:3", "hermite:4"}) {
    const VarianceMap map(Activation::from_text(name));
    for (const char* q_text : {"1e-300", "1e-25", "1e-3"}) {
      CAPTURE(name, q_text);
      const VarianceJet<Ball> jet = refined(map, parse_rational(q_text));
      const Precision p(64);
      for (const Ball& value : numbers(jet)) {
        CHECK((value.is_exact_zero() || !value.contains_zero() || certainly_positive(ball("1e-25") - value.magnitude()) == Truth::yes));
      }
    }
  }
}

TEST_CASE("doubles have derivatives at small variances within what they are measured by", "[gaussian][small_variance]") {
  const char* formula = GENERATE("atan(x)", "x/sqrt(1+x^2)", "softplus", "min(softplus(x), 1)", "relu(tanh(x))+cos(x)");
  const VarianceMap map(Activation::from_text(formula));
  for (const double q : {1e-25, 1e-12, 1e-6, 1e-3}) {
    CAPTURE(formula, q);
    const Precision p(1000);
    const auto truth = numbers(map.at(Ball(q)));
    const VarianceJet<Pack> jet = map.at(Pack(q));
    const std::array<double, 4> found = {jet.dQ[0], jet.d2Q[0], jet.dchi[0], jet.d2chi[0]};
    for (std::size_t k = 0; k < 4; ++k) {
      const double want = truth[k < 2 ? k + 1 : k + 2].to_double(), size = jet.sizes[k][0];
      CAPTURE(k, want, size);
      CHECK(size > 0);
      CHECK(std::abs(found[k] - want) <= 1e-12 * std::max(std::abs(want), size));
    }
  }
}
