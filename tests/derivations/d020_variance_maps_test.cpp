// SPDX-License-Identifier: GPL-3.0-or-later
// D-020 by another road than its proof: derivatives in q by differences of values at 200 digits, and expectations of derivatives of phi.
#include "infwidth/gaussian/expectation.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

Ball mean(const std::string& f, const Ball& q) { return expectation(Activation::from_text(f), q).estimate.value; }

bool agree(const Ball& a, const Ball& b, int digits) {
  return certainly_positive(abs(a - b) - max(abs(a), Ball(1)) * pow(Ball(10), -digits)) != Truth::yes;
}

}  // namespace

TEST_CASE("D-020: Hermite weights are the derivatives in q", "[derivation][gaussian]") {
  const Precision p(700);
  const char* formula = GENERATE("tanh", "softplus", "elu:1", "hardtanh", "x/sqrt(1+x^2)", "relu(x)^(4/3)", "step(x-1)");
  const VarianceMap map(Activation::from_text(formula));
  const Ball q = ball("17/10"), h = pow(Ball(10), -40);
  const VarianceJet<Ball> low = map.at(q - h), middle = map.at(q), high = map.at(q + h);
  CAPTURE(formula);
  CHECK(agree(middle.dQ, (high.Q - low.Q) / (Ball(2) * h), 70));
  CHECK(agree(middle.d2Q, (high.Q - Ball(2) * middle.Q + low.Q) / (h * h), 70));
  if (middle.chi_order < 0) return;
  CHECK(agree(middle.dchi, (high.chi - low.chi) / (Ball(2) * h), 70));
  CHECK(agree(middle.d2chi, (high.chi - Ball(2) * middle.chi + low.chi) / (h * h), 70));
  CHECK(agree(middle.dradial, (high.radial - low.radial) / (Ball(2) * h), 70));
}

TEST_CASE("D-020: the heat equation, E h'' / 2 and E h'''' / 4", "[derivation][gaussian]") {
  const Precision p(260);
  const Ball q = ball(GENERATE("1/20", "17/10", "30"));
  struct Case {
    const char *phi, *h, *second, *fourth;  // h = phi^2
  };
  const Case c = GENERATE(Case{"tanh(x)", "tanh(x)^2", "2*(1-tanh(x)^2)*(1-3*tanh(x)^2)", "8*(1-tanh(x)^2)*(-2+15*tanh(x)^2*(1-tanh(x)^2))"},
                          Case{"softplus(x)", "softplus(x)^2", "2*(sigmoid(x)^2+softplus(x)*sigmoid(x)*(1-sigmoid(x)))", ""},
                          Case{"1/(1+x^2)", "(1+x^2)^(-2)", "24*x^2/(1+x^2)^4-4/(1+x^2)^3", ""});
  const VarianceJet<Ball> jet = VarianceMap(Activation::from_text(c.phi)).at(q);
  CAPTURE(c.phi);
  CHECK(jet.Q.overlaps(mean(c.h, q)));
  CHECK(jet.dQ.overlaps(mean(c.second, q) / Ball(2)));
  if (c.fourth[0] != '\0') CHECK(jet.d2Q.overlaps(mean(c.fourth, q) / Ball(4)));
}

TEST_CASE("D-020: a jump of h' and of h each leave their term", "[derivation][gaussian]") {
  // h = max(0, min(1, x))^2: dQ = E h''/2 + sum ([h'] p - [h] p')/2 with h'' = 2 on (0, 1), [h'] = -2 at 1.
  const Precision p(260);
  const Ball q = ball("17/10"), density = exp(-Ball(1) / (Ball(2) * q)) / sqrt(Ball(2) * Ball::pi() * q);
  const VarianceJet<Ball> clipped = VarianceMap(Activation::from_text("max(0,min(1,x))")).at(q);
  CHECK(clipped.dQ.overlaps(mean("step(x)*step(1-x)", q) - density));
  // h = step(x - 1): dQ = -p'(1)/2 = p(1)/(2 q)
  CHECK(VarianceMap(Activation::from_text("step(x-1)")).at(q).dQ.overlaps(density / (Ball(2) * q)));
}
