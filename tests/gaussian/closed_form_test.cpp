// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/closed_form.hpp"

#include "infwidth/gaussian/panels.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "support/balls.hpp"

using namespace infwidth;

TEST_CASE("closed forms agree with quadrature of the pieces, value and both derivatives", "[gaussian][closed_form]") {
  const char* formula = GENERATE("identity", "relu", "leaky_relu:-1/5", "abs", "step", "sign", "relu_power:2", "relu_power:5/2", "relu_power:1/2",
                                 "erf", "erf(x/sqrt(2))", "normal_cdf", "gelu", "sin", "cos", "exp", "gaussian", "elu:1", "elu:7/3", "selu",
                                 "hardtanh", "relu6", "rbf:3/2", "monomial:3", "hermite:4", "3-2*erf(5*x)", "2*gelu(x/3)", "-3*exp(-x/2)",
                                 "7*exp(-4*x^2)", "2*sin(3*x)-5*cos(3*x)", "x^3-2*x+1", "elu(2*x,1/2)", "3*hardtanh(x/2)");
  const char* q_text = GENERATE("1/50", "17/10", "40");
  CAPTURE(formula, q_text);
  const Precision p(260);
  const Activation phi = Activation::from_text(formula);
  const VarianceMap map(phi);
  REQUIRE(map.closed_form().Q);
  const Ball q = ball(q_text), two_q = Ball(2) * q;
  const VarianceJet<Ball> closed = map.at(q);
  CHECK(closed.method == "closed form");
  const bool chi = closed.chi_order >= 0;
  const auto numeric = PanelRule(phi.pieces(), chi ? Integrands::square_and_slope_square : Integrands::square, phi.parity()).integrate(q, 160, 2);
  const auto compare = [&](const std::array<Ball, 3>& m, const Ball& f, const Ball& df, const Ball& d2f) {
    CHECK(f.overlaps(m[0]));
    CHECK(df.overlaps((m[1] - m[0]) / two_q));
    CHECK(d2f.overlaps((m[2] - Ball(6) * m[1] + Ball(3) * m[0]) / (two_q * two_q)));
    CHECK(is_narrow(m[0], 45));
  };
  compare(numeric.integrals[0].moment, closed.Q, closed.dQ, closed.d2Q);
  CHECK(is_narrow(closed.Q, 60));
  if (chi) {
    compare(numeric.integrals[1].moment, closed.chi, closed.dchi, closed.d2chi);
    CHECK(closed.radial.overlaps(numeric.integrals[1].moment[1]));
  }
}

TEST_CASE("tanh, sigmoid and silu have a rule of their own, in every scale", "[gaussian][closed_form]") {
  const char* formula = GENERATE("tanh", "sigmoid", "silu", "3-2*tanh(x/5)", "2*silu(3*x)", "x*(1+tanh(x))");
  const Precision p(200);
  const Activation phi = Activation::from_text(formula);
  const VarianceMap map(phi);
  const Ball q = ball("17/10"), two_q = Ball(2) * q;
  const VarianceJet<Ball> jet = map.at(q);
  CAPTURE(formula);
  CHECK(jet.method == "residue trapezoid");
  const auto numeric = PanelRule(phi.pieces(), Integrands::square_and_slope_square, phi.parity()).integrate(q, 160, 2);
  const auto& square = numeric.integrals[0].moment;
  const auto& slope = numeric.integrals[1].moment;
  CHECK(jet.Q.overlaps(square[0]));
  CHECK(jet.dQ.overlaps((square[1] - square[0]) / two_q));
  CHECK(jet.d2Q.overlaps((square[2] - Ball(6) * square[1] + Ball(3) * square[0]) / (two_q * two_q)));
  CHECK(jet.chi.overlaps(slope[0]));
  CHECK(jet.dchi.overlaps((slope[1] - slope[0]) / two_q));
  CHECK(jet.d2chi.overlaps((slope[2] - Ball(6) * slope[1] + Ball(3) * slope[0]) / (two_q * two_q)));
  CHECK(jet.radial.overlaps(slope[1]));
}

TEST_CASE("P has a formula of its own, chi + 2 q chi' without that sum", "[gaussian][closed_form]") {
  const Precision p(300);
  const Activation phi = Activation::from_text(GENERATE("erf", "gaussian", "gelu", "elu:1/2", "hardtanh", "x*exp(-x^2)", "selu"));
  const ClosedForm form = closed_form(phi);
  const auto radial = closed_form_of_radial(phi);
  REQUIRE(radial);
  const Program program({form.whole(*form.chi), *radial}, "q");
  Evaluator<Jet<Ball, 1>> evaluate(program);
  const Ball q = ball(GENERATE("1/1000", "3", "1e8"));
  const auto out = evaluate(Jet<Ball, 1>::variable(q));
  CHECK(out[1][0].overlaps(out[0][0] + Ball(2) * q * out[0][1]));
}

TEST_CASE("closed forms that are well conditioned serve doubles too", "[gaussian][closed_form]") {
  const char* formula = GENERATE("relu", "erf", "normal_cdf", "gelu", "exp", "gaussian", "x^3", "erf(x/sqrt(2))");
  CAPTURE(formula);
  CHECK(VarianceMap(Activation::from_text(formula)).at(Pack(2.0)).method == "closed form");
}
