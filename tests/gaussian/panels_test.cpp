// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/panels.hpp"

#include "infwidth/real/errors.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

constexpr long goal = 200;
constexpr int digits = 58;  // of 60 at 200 bits

PanelRule::Result integrate(const char* formula, const Ball& q, Integrands integrands = Integrands::square_and_slope_square) {
  const Activation f = Activation::from_text(formula);
  return PanelRule(f.pieces(), integrands, f.parity()).integrate(q, goal, 2);
}
Ball mean(const char* formula, const Ball& q) { return integrate(formula, q, Integrands::value).integrals[0].moment[0]; }

/// Panels hold a value, and are narrow beside `scale`.
void check(const Ball& x, const Ball& want, const Ball& scale = Ball(0)) {
  CHECK(x.overlaps(want));
  CHECK(is_narrow(x, digits, scale));
}

}  // namespace

TEST_CASE("panels agree with closed forms: erf, gelu, exp, powers", "[gaussian][panels]") {
  const Precision p(goal + 60);
  const char* q_text = GENERATE("1/1000", "1/2", "17/10", "30", "100000");
  const Ball q = ball(q_text), one(1), two(2), four(4);
  CAPTURE(q_text);
  const auto erf_result = integrate("erf(x)", q);
  check(erf_result.integrals[0].moment[0], two / Ball::pi() * asin(two * q / (one + two * q)));
  check(erf_result.integrals[1].moment[0], four / Ball::pi() / sqrt(one + four * q));
  // E[g z^2] = E g + 2 q d/dq E g
  check(erf_result.integrals[1].moment[1], four / Ball::pi() / pow(sqrt(one + four * q), 3));
  const auto gelu = integrate("x*Phi(x)", q);
  const Ball S = ball("1/4") + asin(q / (one + q)) / (two * Ball::pi());
  check(gelu.integrals[0].moment[0], q * S + q * q / (Ball::pi() * (one + q) * sqrt(one + two * q)));
  check(gelu.integrals[1].moment[0], S + q * (Ball(3) + Ball(5) * q) / (two * Ball::pi() * (one + q) * pow(sqrt(one + two * q), 3)));
  const auto cubic = integrate("relu(x)^3", q);
  check(cubic.integrals[0].moment[0], Ball(15) * pow(q, 3) / two);
  check(cubic.integrals[0].moment[2], Ball(945) * pow(q, 3) / two);  // E z^10 = 945
  check(cubic.integrals[1].moment[0], Ball(27) * pow(q, 2) / two);
  const auto wave = integrate("x^2*cos(x)", q);  // E x^4 cos^2 x = (3 q^2 + d^2/da^2 ..)/2; by E cos(2 x) = e^-2q
  check(wave.integrals[0].moment[0], (Ball(3) * q * q + exp(-two * q) * (Ball(3) * q * q - Ball(24) * pow(q, 3) + Ball(16) * pow(q, 4))) / two);
  if (q_text != std::string("100000")) {
    const auto exponential = integrate("exp(x)", q);
    check(exponential.integrals[0].moment[0], exp(two * q));
    check(exponential.integrals[0].moment[1], exp(two * q) * (one + four * q));
  }
}

TEST_CASE("panels: pieces between kinks and jumps, on the line and off 0", "[gaussian][panels]") {
  const Precision p(goal + 60);
  const Ball q = ball(GENERATE("1/7", "2", "900"));
  const Ball root = sqrt(q), edge = Ball(1) / root, density = exp(-edge * edge / Ball(2)) / sqrt(Ball(2) * Ball::pi());
  const auto clipped = integrate("max(-1,min(1,x))", q);
  const Ball inside = Ball(1) - Ball(2) * Phi(-edge);
  check(clipped.integrals[0].moment[0], q * (inside - Ball(2) * edge * density) + Ball(2) * Phi(-edge));
  check(clipped.integrals[1].moment[0], inside);
  check(mean("step(x-1)", q), Phi(-edge));
  check(mean("relu(x-1)", q), root * (density - edge * Phi(-edge)));
  check(mean("sign(x)*x+sign(x-1)", q), root * sqrt(Ball(2) / Ball::pi()) + Ball(2) * Phi(-edge) - Ball(1), Ball(1));
  // A kink at an irrational point, the zero of x^2 - 2.
  const Ball far = sqrt(Ball(2)) / root;
  check(mean("step(x^2-2)", q), Ball(2) * Phi(-far));
}

TEST_CASE("panels: algebraic ends against Gamma", "[gaussian][panels]") {
  const Precision p(goal + 60);
  const Ball q = ball(GENERATE("1/1000", "1", "12345"));
  // E|x|^a = (2q)^(a/2) Gamma((a+1)/2) / sqrt(pi)
  const auto moment = [&](const Ball& a) { return pow(Ball(2) * q, a / Ball(2)) * tgamma((a + Ball(1)) / Ball(2)) / sqrt(Ball::pi()); };
  const auto three_halves = integrate("abs(x)^(3/2)", q);
  check(three_halves.integrals[0].moment[0], moment(Ball(3)));
  check(three_halves.integrals[0].moment[1], moment(Ball(5)) / q);
  check(three_halves.integrals[1].moment[0], ball("9/4") * moment(Ball(1)));
  const auto four_thirds = integrate("relu(x)^(4/3)", q);
  check(four_thirds.integrals[0].moment[0], moment(ball("8/3")) / Ball(2));
  check(four_thirds.integrals[1].moment[0], ball("16/9") * moment(ball("2/3")) / Ball(2));
  check(mean("sqrt(abs(x))", q), moment(ball("1/2")));
  check(mean("abs(x)^(-1/4)", q), moment(ball("-1/4")));
  check(mean("abs(x)^(-2/5)", q), moment(ball("-2/5")));
}

TEST_CASE("panels: removable singularities", "[gaussian][panels]") {
  const Precision p(goal + 60);
  const Ball q = ball(GENERATE("1/50", "2", "40"));
  const Ball root = sqrt(q), half_pi = sqrt(Ball::pi() / Ball(2));
  // E sin(x)/x = integral_0^1 e^(-q t^2/2) dt
  const Ball sinc = half_pi / root * erf(root / sqrt(Ball(2)));
  check(mean("sin(x)/x", q), sinc);
  check(mean("sin(x)*x^(-1)", q), sinc);
  // E (1 - cos x)/x^2 = integral_0^1 (1 - t) e^(-q t^2/2) dt
  check(mean("(1-cos(x))/x^2", q), sinc - (Ball(1) - exp(-q / Ball(2))) / q, Ball(1));
  // E (sin x/x)^2 = 2 E (1 - cos 2x)/(2x)^2
  const Ball doubled = half_pi / (Ball(2) * root) * erf(Ball(2) * root / sqrt(Ball(2))) - (Ball(1) - exp(-q * Ball(2))) / (q * Ball(4));
  const auto square = integrate("sin(x)/x", q);
  CHECK(square.integrals[0].moment[0].overlaps(Ball(2) * doubled));
  CHECK(is_narrow(square.integrals[0].moment[0], 50));
}

TEST_CASE("panels: every precision is inside every lower one", "[gaussian][panels]") {
  const char* formula =
      GENERATE("softplus(x)", "x/sqrt(1+x^2)", "exp(-x^2)*sin(20*x)", "tanh(50*x)", "exp(-abs(x))", "exp(x)+x", "sin(x)/x", "x/tanh(x)");
  const Activation f = Activation::from_text(formula);
  const PanelRule rule(f.pieces(), Integrands::square_and_slope_square, f.parity());
  const char* q_text = GENERATE("1e-8", "1", "1e4");
  const Precision p(700);
  const auto finest = rule.integrate(ball(q_text), 600, 2);
  for (const long bits : {30L, 60L, 150L, 300L}) {
    const Precision working(bits + 40);
    const auto coarse = rule.integrate(ball(q_text), bits, 2);
    for (std::size_t g = 0; g < 2; ++g) {
      for (std::size_t k = 0; k < 3; ++k) {
        CAPTURE(formula, q_text, bits, g, k);
        CHECK(coarse.integrals[g].moment[k].overlaps(finest.integrals[g].moment[k]));
        CHECK(is_narrow(coarse.integrals[g].moment[k], static_cast<int>(static_cast<double>(bits) * 0.301) - 5, coarse.integrals[g].moment[0]));
      }
    }
  }
}

TEST_CASE("panels: a ball of variances holds the values at its ends", "[gaussian][panels]") {
  const Precision p(128);
  const char* formula = GENERATE("softplus(x)", "max(0,min(1,x))", "exp(x/3)+x", "1/(1+x^2)");
  const Activation f = Activation::from_text(formula);
  const PanelRule rule(f.pieces(), Integrands::square_and_slope_square, f.parity());
  const Ball middle = ball("3/2"), radius = ball("1/1000");
  const auto wide = rule.integrate(middle.widened(radius), 80, 2);
  for (const Ball& end : {middle - radius, middle, middle + radius}) {
    const auto sharp = rule.integrate(end, 80, 2);
    for (std::size_t g = 0; g < 2; ++g) {
      for (std::size_t k = 0; k < 3; ++k) CHECK(wide.integrals[g].moment[k].contains(sharp.integrals[g].moment[k].mid()));
    }
  }
}

TEST_CASE("panels: what does not exist is refused, what is too narrow for doubles is not", "[gaussian][panels]") {
  const Precision p(100);
  CHECK_THROWS_AS(mean("exp(x^2)", Ball(4)), NoSuchQuantity);
  CHECK_THROWS_AS(mean("exp(x^2)+x", Ball(4)), NoSuchQuantity);
  CHECK_THROWS_AS(mean("x*exp(x^2)", Ball(4)), NoSuchQuantity);  // odd, but no expectation
  CHECK_THROWS_AS(integrate("exp(x^2/2)", Ball(1)), NoSuchQuantity);
  CHECK_THROWS_AS(mean("exp(exp(x))", Ball(1)), NotReached);
  CHECK(mean("x^3+sin(x)", Ball(4)).is_exact_zero());
  // 1/sqrt(1 - 2 q a) for exp(a x^2), close to divergence
  CHECK(mean("exp(x^2/8)", ball("399/100")).overlaps(Ball(20)));
  CHECK(mean("exp(-x^2)", ball("1e12")).overlaps(Ball(1) / sqrt(ball("2000000000001"))));
}
