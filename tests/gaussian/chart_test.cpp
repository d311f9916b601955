// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/chart.hpp"

#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// Do the bounds over a box around `centre` hold at points of it?
void check_bounds(const Chart& chart, const char* centre, const char* half) {
  const Precision p(64);
  Evaluator<ComplexBall> on_box(chart.program);
  const ComplexBall box(ball(centre).widened(ball(half)), Ball(0).widened(ball(half)));
  std::vector<Ball> bounds(chart.program.outputs());
  REQUIRE(chart.magnitudes(on_box, box, bounds));
  const Precision fine(160);
  Evaluator<ComplexBall> evaluate(chart.program);
  for (const char* re : {"-1", "-1/3", "1/5", "1"}) {
    for (const char* im : {"-1", "1/7", "1"}) {
      const auto values = evaluate(ComplexBall(ball(centre) + ball(re) * ball(half), ball(im) * ball(half)));
      for (std::size_t i = 0; i < values.size(); ++i) {
        const Ball size = values[i].magnitude();
        CAPTURE(chart.name, centre, half, re, im, i);
        CHECK(certainly_positive((chart.squares ? size * size : size) - bounds[i]) != Truth::yes);
      }
    }
  }
}

std::vector<Chart> charts_of(const char* formula, Integrands integrands = Integrands::square_and_slope_square, bool folded = false) {
  return make_charts(Activation::from_text(formula).pieces(), integrands, folded);
}

}  // namespace

TEST_CASE("the bounds over a box hold at its points, for phi^2 and phi'^2, at removable singularities too", "[gaussian][chart]") {
  const char* formula = GENERATE("sin(x)/x", "x/tanh(x)", "(1-cos(x))/x^2", "(exp(40*x)-1)/x", "1/x-1/sinh(x)", "x^2*exp(-x^2)", "softplus(x)");
  for (const Chart& chart : charts_of(formula)) {
    check_bounds(chart, "0", "1/5");
    check_bounds(chart, "1/20", "1/10");
    check_bounds(chart, "1", "1/8");
  }
}

TEST_CASE("the bounds over a box hold at an algebraic end", "[gaussian][chart]") {
  const char* formula = GENERATE("abs(x)^(3/2)", "relu(x)^(4/3)+x", "abs(x)^(-1/4)", "abs(x)^(-1/6)");
  const bool slope = std::string(formula).find('-') == std::string::npos;  // else phi' is not square integrable
  int algebraic = 0;
  for (const Chart& chart : charts_of(formula, slope ? Integrands::square_and_slope_square : Integrands::square)) {
    if (!chart.direct) continue;
    ++algebraic;
    check_bounds(chart, "0", "1/4");
    check_bounds(chart, "1/2", "1/4");
  }
  CHECK(algebraic > 0);
}

TEST_CASE("the square of x over a box", "[gaussian][chart]") {
  const Precision p(64);
  const Chart plain = charts_of("tanh(x)")[0];
  const auto on = [&](const char* re, const char* half_re, const char* half_im) {
    return plain.square_on_box(ball(re).widened(ball(half_re)), Ball(0).widened(ball(half_im)));
  };
  const auto just = [](const Ball& bound, const char* value, int side) {  // on the safe side of the value, and close to it
    const Ball beyond = (bound - ball(value)) * Ball(side);
    return certainly_negative(beyond) != Truth::yes && certainly_positive(beyond - ball("1e-6")) != Truth::yes;
  };
  CHECK(just(on("3", "1", "1/2").least_real, "15/4", -1));  // 2^2 - (1/2)^2
  CHECK(just(on("3", "1", "1/2").magnitude, "65/4", 1));    // 4^2 + (1/2)^2
  CHECK(just(on("1/2", "1", "2").least_real, "-4", -1));
  for (const Chart& chart : charts_of("abs(x-2)^(3/2)")) {  // x = 2 +- y^2
    if (!chart.direct) continue;
    const ChartSquare s = chart.square_on_box(Ball(0).widened(ball("1/2")), Ball(0).widened(ball("1/4")));
    CHECK(certainly_positive(s.least_real - ball("3")) != Truth::yes);  // at y = 1/2 on the left, x^2 = 49/16
    CHECK(certainly_positive(ball("81/16") - s.magnitude) != Truth::yes);
    CHECK(chart.x_of(Ball(0)).overlaps(Ball(2)));
  }
}

TEST_CASE("charts: zero pieces are left out, even functions are folded", "[gaussian][chart]") {
  CHECK(charts_of("relu(x)").size() == 1);
  CHECK(charts_of("abs(x)").size() == 2);
  CHECK(charts_of("abs(x)", Integrands::square, true).size() == 1);
  const std::vector<Chart> folded = charts_of("cos(x)", Integrands::value, true);
  REQUIRE(folded.size() == 1);
  CHECK(folded[0].left->exact() == Rational(0));
  CHECK_FALSE(folded[0].right);
}
