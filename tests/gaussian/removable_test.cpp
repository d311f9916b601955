// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/removable.hpp"

#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

Removable on(const char* formula, const ComplexBall& box, const Ball& point) {
  const Language language{.variables = {"x"}, .functions = {}};
  const Program program({one_fraction(parse(formula, language))}, "x");
  Evaluator<Removable> evaluate(program);
  return evaluate.value(Removable::variable(box, point));
}
ComplexBall square(const Ball& half) { return {Ball(0).widened(half), Ball(0).widened(half)}; }

}  // namespace

TEST_CASE("removable: the Taylor coefficients at the singular point", "[gaussian][removable]") {
  const Precision p(128);
  const auto coefficient = [](const char* formula, int k) { return on(formula, ComplexBall(0), Ball(0)).at_point[k]; };
  CHECK(coefficient("sin(x)/x", 0).contains(Ball(1)));
  CHECK(coefficient("sin(x)/x", 2).overlaps(ball("-1/6")));
  CHECK(coefficient("sin(x)*x^(-1)", 4).overlaps(ball("1/120")));
  CHECK(coefficient("(1-cos(x))/x^2", 0).overlaps(ball("1/2")));
  CHECK(coefficient("(1-cos(x))/x^2", 2).overlaps(ball("-1/24")));
  CHECK(coefficient("x/tanh(x)", 2).overlaps(ball("1/3")));
  CHECK(coefficient("x/tanh(x)", 4).overlaps(ball("-1/45")));
  CHECK(coefficient("1/x-1/sinh(x)", 1).overlaps(ball("1/6")));
  CHECK(coefficient("(exp(x)-1-x)/x^2", 1).overlaps(ball("1/6")));
}

TEST_CASE("removable: the box holds the function at every point of it", "[gaussian][removable]") {
  const Precision p(100);
  const Ball half = ball("3/10");
  const char* formula = GENERATE("sin(x)/x", "(1-cos(x))/x^2", "x/tanh(x)", "(exp(x)-1)/x", "1/x-1/sinh(x)");
  const Removable f = on(formula, square(half), Ball(0));
  REQUIRE(f.on_box[0].is_finite());
  const Language language{.variables = {"x"}, .functions = {}};
  const Program plain({parse(formula, language)}, "x");
  Evaluator<Jet<ComplexBall, 2>> evaluate(plain);
  for (const char* re : {"-3/10", "-1/10", "1/5", "3/10"}) {
    for (const char* im : {"-3/10", "1/7", "3/10"}) {
      const auto at = evaluate.value(Jet<ComplexBall, 2>::variable(ComplexBall(ball(re), ball(im))));
      CAPTURE(formula, re, im);
      for (int k = 0; k <= 2; ++k) {
        CHECK(f.on_box[k].re().contains(at[k].re()));
        CHECK(f.on_box[k].im().contains(at[k].im()));
      }
    }
  }
}

TEST_CASE("removable: a pole, or a singularity of another kind, is never finite", "[gaussian][removable]") {
  const Precision p(100);
  const auto finite = [](const char* formula, const char* half) { return on(formula, square(ball(half)), Ball(0)).on_box[0].is_finite(); };
  CHECK_FALSE(finite("cos(x)/x", "1/10"));
  CHECK_FALSE(finite("sin(x)/x^2", "1/10"));
  CHECK_FALSE(finite("1/x", "1/10"));
  CHECK_FALSE(finite("sqrt(x)", "1/10"));
  CHECK_FALSE(finite("log(x)", "1/10"));
  CHECK_FALSE(finite("x/tanh(x)", "33/10"));  // the next pole, at pi i
  CHECK(finite("sin(x)/x", "1/10"));
}
