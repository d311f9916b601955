// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/at_zero.hpp"

#include "support/balls.hpp"

using namespace infwidth;

namespace {

VarianceJet<Ball> zero(const char* formula) { return variance_jet_at_zero(Activation::from_text(formula)); }

}  // namespace

TEST_CASE("at variance 0: a smooth activation has all derivatives", "[gaussian][at_zero]") {
  const Precision p(128);
  const auto tanh = zero("tanh");  // tanh^2 = x^2 - 2/3 x^4 ..; tanh'^2 = 1 - 2 x^2 + 7/3 x^4 ..; E x^4 = 3 q^2
  CHECK(tanh.Q.is_exact_zero());
  CHECK(tanh.dQ.overlaps(Ball(1)));
  CHECK(tanh.d2Q.overlaps(Ball(-4)));
  CHECK(tanh.chi.overlaps(Ball(1)));
  CHECK(tanh.dchi.overlaps(Ball(-2)));
  CHECK(tanh.d2chi.overlaps(Ball(14)));
  CHECK(tanh.dradial.overlaps(Ball(-6)));
  CHECK(tanh.Q_order == 2);
  CHECK(tanh.chi_order == 2);
  CHECK(tanh.reason.empty());
  const auto sinc = zero("sin(x)/x");  // removable: 1 - x^2/6 + x^4/120
  CHECK(sinc.Q.overlaps(Ball(1)));
  CHECK(sinc.dQ.overlaps(ball("-1/3")));
  CHECK(sinc.dchi.overlaps(ball("1/9")));
  CHECK(zero("1/x-1/sinh(x)").dQ.overlaps(ball("1/36")));
}

TEST_CASE("at variance 0: a kink in 0 makes the derivative of its order infinite", "[gaussian][at_zero]") {
  struct Case {
    const char* formula;
    int Q_order, chi_order;
  };
  const Case c = GENERATE(Case{"relu", 2, 2}, Case{"abs", 2, 2}, Case{"leaky_relu:1/5", 2, 2},  // homogeneous: E h is q itself
                          Case{"elu:1", 1, 0}, Case{"selu", 1, 0},                              // phi'^2 = e^2x on one side, 1 on the other
                          Case{"hardtanh", 2, 2},                                               // no kink at 0
                          Case{"relu(x)+1", 0, 2},                                              // phi^2 = 1 + 2 x_+ + ..: a kink of phi^2
                          Case{"x^2*sign(x)+x", 1, 0}, Case{"relu_power:2", 2, 2}, Case{"relu_power:3", 2, 2},
                          Case{"x+relu(x)^3", 2, 2},  // phi'^2 = 1 + 6 x_+^2: a jump of h'' alone
                          Case{"x+relu(x)^4", 2, 1}, Case{"step", 2, -1}, Case{"step(x-1)", 2, -1}, Case{"relu(x)^(3/2)", 1, 0},
                          Case{"abs(x)^(5/2)", 2, 1}, Case{"sqrt(abs(x))", 0, -1});
  const Precision p(128);
  const VarianceJet<Ball> jet = zero(c.formula);
  CAPTURE(c.formula);
  CHECK(jet.Q_order == c.Q_order);
  CHECK(jet.chi_order == c.chi_order);
  CHECK(jet.reason.empty() == (c.Q_order == 2 && c.chi_order == 2));
}

TEST_CASE("at variance 0: values are the limits of those at small variances", "[gaussian][at_zero]") {
  const Precision p(400);
  const char* formula =
      GENERATE("tanh", "silu", "gelu", "softplus", "elu:1", "selu", "cos", "gaussian", "hermite:4", "x/tanh(x)", "relu(x)+x^2", "abs(x)^(5/2)");
  const Activation phi = Activation::from_text(formula);
  const VarianceJet<Ball> limit = variance_jet_at_zero(phi), near = VarianceMap(phi).at(ball("1e-30"));
  CAPTURE(formula);
  const auto close = [](const Ball& a, const Ball& b, int digits) {
    return certainly_positive(abs(a - b) - pow(Ball(10), -digits) * max(abs(b), Ball(1))) != Truth::yes;
  };
  CHECK(close(near.Q, limit.Q, 14));
  CHECK(close(near.chi, limit.chi, 14));
  if (limit.Q_order >= 1) CHECK(close(near.dQ, limit.dQ, 12));
  if (limit.Q_order >= 2) CHECK(close(near.d2Q, limit.d2Q, 12));
  if (limit.chi_order >= 1) CHECK(close(near.dchi, limit.dchi, 12));
  if (limit.chi_order >= 2) CHECK(close(near.d2chi, limit.d2chi, 12));
  if (limit.chi_order == 0) CHECK(abs(near.dchi).mignitude().to_double() > 1e12);
  if (limit.chi_order == 1) CHECK(abs(near.d2chi).mignitude().to_double() > 1e12);
  if (limit.Q_order == 1) CHECK(abs(near.d2Q).mignitude().to_double() > 1e12);
}

TEST_CASE("the expectation at variance 0 is the mean of the one-sided limits", "[gaussian][at_zero]") {
  const Precision p(128);
  const auto at_zero = [](const char* f) { return expectation_at_zero(Activation::from_text(f).pieces()); };
  CHECK(at_zero("step(x)").overlaps(ball("1/2")));
  CHECK(at_zero("3+sign(x)").overlaps(Ball(3)));
  CHECK(at_zero("sin(x)/x").overlaps(Ball(1)));
  CHECK(at_zero("exp(x)").overlaps(Ball(1)));
  CHECK(at_zero("step(x-1)+5").overlaps(Ball(5)));
}
