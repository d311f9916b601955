// SPDX-License-Identifier: GPL-3.0-or-later
// D-043: the bounds of a dual's variation against closed forms, on balls of covariances whose members are drawn at random.
#include <random>

#include "infwidth/gaussian/dual_map.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// Fractions of 2^-20 between low and high, from a fixed seed.
class Draws {
 public:
  Rational between(const Rational& low, const Rational& high) {
    return Rational(low + (high - low) * Rational(static_cast<long>(source_() >> 12), 1 << 20));
  }

 private:
  std::mt19937 source_{43};
};

/// A ball of covariances, and some of its members: variances vary by up to 10^-decimal_radius of themselves, 1 - |rho| by 10^-decimal_radius.
struct Ballot {
  PairVariance<Ball> ball;
  std::vector<PairVariance<Ball>> members;
};

Ballot ballot(Draws& draws, int decimal_radius, const Rational& t_of_first, int sign) {
  const Rational q1 = draws.between(Rational(1, 10), 5), q2 = draws.between(Rational(1, 10), 5),
                 e = parse_rational("1e-" + std::to_string(decimal_radius));
  Ballot result;
  for (int i = 0; i < 6; ++i) {
    Rational step = e * draws.between(-1, 1);
    if (t_of_first < e && step < 0) step = -step;
    const Ball p1(Rational(q1 * (1 + e * draws.between(-1, 1)))), p2(Rational(q2 * (1 + e * draws.between(-1, 1)))), t(Rational(t_of_first + step));
    result.members.push_back({p1, p2, Ball(sign) * sqrt(p1 * p2) * (Ball(1) - t), p1 * p2 * t * (Ball(2) - t)});
  }
  result.ball = result.members[0];
  for (const PairVariance<Ball>& m : result.members) {
    result.ball.q1 = Ball::hull(result.ball.q1, m.q1);
    result.ball.q2 = Ball::hull(result.ball.q2, m.q2);
    result.ball.c = Ball::hull(result.ball.c, m.c);
    result.ball.beside = Ball::hull(result.ball.beside, m.beside);
  }
  return result;
}

/// Members' duals within the ball's, and the ball's value not much wider than 10^-decimal_radius of its size.
void check(const char* activation) {
  CAPTURE(activation);
  const DualMap map(Activation::from_text(activation));
  const bool jumps = map.activation().jump().has_value();
  Draws draws;
  const Precision precision(256);
  for (const char* t : {"1", "19/20", "1/2", "1/100", "1e-12"}) {
    for (const int sign : {1, -1}) {
      for (const int decimal_radius : {9, 20, 33}) {
        CAPTURE(t, sign, decimal_radius);
        const Ballot b = ballot(draws, decimal_radius, parse_rational(t), sign);
        const DualValue<Ball> over = map.at(b.ball);
        for (const PairVariance<Ball>& m : b.members) {
          const DualValue<Ball> at = map.at(m);
          CHECK(over.value.overlaps(at.value));
          CHECK(over.derivative.overlaps(at.derivative));
        }
        const bool is_near = parse_rational(t) < Rational(1, 1000);
        if (is_near && decimal_radius < 12) continue;  // correlations that are not told from 1
        const Ball size = sqrt(map.variance_map().at(b.ball.q1).Q * map.variance_map().at(b.ball.q2).Q);
        CHECK(is_narrow(over.value, decimal_radius - (is_near && jumps ? 13 : 3), size));  // slopes grow like 1/gap where phi jumps
      }
    }
  }
}

/// At correlations 1 - t, 0 <= t <= 10^-radius: the value as sharp as what is known of the covariance, the slope to `digits_of_slope`.
void check_near_one(const char* activation, int digits_of_slope, int decimal_radius = 75) {
  CAPTURE(activation);
  const DualMap map(Activation::from_text(activation));
  Draws draws;
  const Precision precision(Precision::bits_for(decimal_radius) + 60);
  for (const int sign : {1, -1}) {
    CAPTURE(sign);
    const Ballot b = ballot(draws, decimal_radius, 0, sign);
    const DualValue<Ball> over = map.at(b.ball);
    CHECK(is_narrow(over.value, decimal_radius - 3, Ball(1)));
    CHECK(is_narrow(over.derivative, digits_of_slope, Ball(1)));
    if (!map.closed_form().kernel) continue;
    for (const PairVariance<Ball>& m : b.members) {
      CHECK(over.value.overlaps(map.at(m).value));
      CHECK(over.derivative.overlaps(map.at(m).derivative));
    }
  }
}

}  // namespace

TEST_CASE("D-043: a dual over a ball holds those of its members, and is not much wider", "[derivation][gaussian]") {
  for (const char* activation : {"relu", "erf", "gelu", "sin", "cos", "x^3 - x", "step", "sign"}) check(activation);
}

TEST_CASE("D-043: the same where the closed form is dear", "[derivation][gaussian][slow]") {
  for (const char* activation : {"hardtanh", "elu:1", "sqrt(abs(x))", "relu_power:3/2"}) check(activation);
}

TEST_CASE("D-043: at correlations that a ball does not tell from +-1 the slope keeps its digits, a third of them if it jumps",
          "[derivation][gaussian]") {
  check_near_one("relu", 23);
  check_near_one("hardtanh", 23);
  check_near_one("elu:1", 23);
  check_near_one("gelu", 72);
  check_near_one("erf", 72);
}

TEST_CASE("D-043: the same without a closed form", "[derivation][gaussian][slow]") { check_near_one("tanh", 27, 30); }

TEST_CASE("D-043: exact covariances stay exact, and zeros by parity stay zeros", "[derivation][gaussian]") {
  const Precision precision(120);
  const DualMap erf(Activation::from_text("erf")), tanh(Activation::from_text("tanh")), cos(Activation::from_text("cos"));
  const Ball about_two = Ball(2).widened(power_of_two(-80));
  CHECK(erf.at(PairVariance<Ball>::of(about_two, Ball(3), Ball(0))).value.is_exact_zero());
  {
    const Precision fewer(40);
    CHECK(tanh.at(PairVariance<Ball>::of(Ball(2).widened(power_of_two(-30)), Ball(3), Ball(0))).value.is_exact_zero());
  }
  CHECK(cos.at(PairVariance<Ball>::of(about_two, Ball(3), Ball(0))).derivative.is_exact_zero());
  // a tiny correlation keeps its relative accuracy
  const Ball tiny = power_of_two(-500) * (Ball(1).widened(power_of_two(-80)));
  CHECK(is_narrow(erf.at(PairVariance<Ball>::of(about_two, Ball(3), tiny)).value, 20));
}

TEST_CASE("phi(ratio x) as a multiple of phi(x)", "[gaussian][dual_map]") {
  const auto factor = [](const char* activation, const Rational& ratio) { return factor_along(Activation::from_text(activation), ratio); };
  CHECK(factor("tanh", 1) == Rational(1));
  CHECK(factor("tanh", -1) == Rational(-1));
  CHECK_FALSE(factor("tanh", 2));
  CHECK(factor("cos", -1) == Rational(1));
  CHECK(factor("relu", 3) == Rational(3));
  CHECK_FALSE(factor("relu", -1));
  CHECK(factor("abs", -3) == Rational(3));
  CHECK(factor("x", -3) == Rational(-3));
  CHECK_FALSE(factor("gelu", -1));
  CHECK_FALSE(factor("relu(x - 1)", 2));
}
