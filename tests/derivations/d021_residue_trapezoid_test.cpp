// SPDX-License-Identifier: GPL-3.0-or-later
// D-021 by another road than its proof: residues by contour integrals, the bounds on lines by boxes, the error of coarse rules against its bound.
#include "infwidth/real/complex_ball.hpp"
#include "infwidth/real/jet.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// 1/(2 pi i) times the integral of f over the circle |e| = 1, by the trapezoidal rule with n points: exact but for terms like r^-n.
template <class F>
Ball residue(F f) {
  constexpr int n = 400;
  ComplexBall sum(0);
  for (int j = 0; j < n; ++j) {
    const Ball angle = Ball::pi() * Ball(2 * j) / Ball(n);
    const ComplexBall e(cos(angle), sin(angle));
    sum += f(e) * e;
  }
  return (sum / ComplexBall(n)).re();
}

const Ball tolerance = power_of_two(-150);
bool agree(const Ball& a, const Ball& b) { return certainly_positive(abs(a - b) - tolerance) != Truth::yes; }

}  // namespace

TEST_CASE("D-021: residues at the poles of tanh", "[derivation][gaussian]") {
  const Precision p(240);
  const long k = GENERATE(0L, 1L, 7L);
  const Ball y = Ball::pi() * Ball(2 * k + 1) / Ball(2), rate = ball("-3/7");
  // w(e) = exp(rate e): w_j = rate^j / j!. The point is i (y + e).
  const auto w = [&](const ComplexBall& e) { return exp(ComplexBall(rate) * e); };
  const Ball w0(1), w1 = rate, w3 = rate * rate * rate / Ball(6);
  const auto point = [&](const ComplexBall& e) { return ComplexBall(Ball(0), Ball(1)) * (ComplexBall(y) + e); };
  const auto t = [&](const ComplexBall& e) { return tanh(point(e)); };
  const ComplexBall one(1);
  CHECK(agree(residue([&](const ComplexBall& e) { return t(e) * t(e) * w(e); }), -w1));
  CHECK(agree(residue([&](const ComplexBall& e) { return pow(point(e), 2) * t(e) * t(e) * w(e); }), y * y * w1 + Ball(2) * y * w0));
  CHECK(agree(residue([&](const ComplexBall& e) { return pow(one - t(e) * t(e), 2) * w(e); }), w3 + Ball(2) / Ball(3) * w1));
  const auto u = [&](const ComplexBall& e) { return t(e) + point(e) * (one - t(e) * t(e)); };
  CHECK(agree(residue([&](const ComplexBall& e) { return u(e) * u(e) * w(e); }),
              -(y * y * (w3 + Ball(2) / Ball(3) * w1) + Ball(4) / Ball(3) * y * w0)));
}

TEST_CASE("D-021: bounds of tanh on the lines", "[derivation][gaussian]") {
  const Precision p(120);
  for (int i = -60; i <= 60; ++i) {
    const Ball x = Ball(i) / Ball(16);
    const auto check = [&](const Ball& y, const Ball& slope_bound) {
      const ComplexBall t = tanh(ComplexBall(x, y));
      CHECK(certainly_positive(t.magnitude() - Ball(1) - tolerance * power_of_two(60)) != Truth::yes);
      CHECK(certainly_positive((ComplexBall(1) - t * t).magnitude() - slope_bound - tolerance * power_of_two(60)) != Truth::yes);
    };
    for (int m = 1; m <= 3; ++m) check(Ball::pi() * Ball(m), Ball(1));
    for (const char* part : {"1/100", "1/8", "1/4"}) check(Ball::pi() * ball(part), Ball(2));
  }
}

TEST_CASE("D-021: the error of a coarse rule lies below its bound, and not far below", "[derivation][gaussian]") {
  const Precision p(400);
  const char* q_text = GENERATE("1/20", "17/10", "60");
  const Ball q = ball(q_text);
  const auto f = [&](const Ball& x) { return pow(tanh(x), 2) * exp(-x * x / (Ball(2) * q)) / sqrt(Ball(2) * Ball::pi() * q); };
  // With the residues below Y = m pi put in: h sum f + 4 pi sum Res F.
  const auto rule = [&](const Ball& h, int m) {
    Ball sum = f(Ball(0)) * h;
    for (int j = 1; j < 20000; ++j) {
      const Ball x = Ball(j) * h;
      if (certainly_positive(x * x / q - Ball(560)) == Truth::yes) break;
      sum += Ball(2) * h * f(x);
    }
    for (int k = 0; k < m; ++k) {
      using J = Jet<Ball, 3>;
      const J y = J::variable(Ball::pi() * Ball(2 * k + 1) / Ball(2));
      const J F = exp(y * y / J(Ball(2) * q)) / (exp(y * J(Ball(2) * Ball::pi() / h)) - J(1));
      sum -= Ball(4) * Ball::pi() * F[1] / sqrt(Ball(2) * Ball::pi() * q);
    }
    return sum;
  };
  const Ball truth = rule(min(sqrt(q), Ball(1)).mid() / Ball(64), 1);
  for (const int m : {1, 2}) {
    const Ball Y = Ball::pi() * Ball(m), h = (Ball(2) * Ball::pi() * Y / (Ball(20) + Y * Y / (Ball(2) * q))).mid();
    const Ball error = abs(rule(h, m) - truth);
    const Ball bound = Ball(2) * exp(Y * Y / (Ball(2) * q)) / (exp(Ball(2) * Ball::pi() * Y / h) - Ball(1));
    CAPTURE(m, q_text, bound, error);
    CHECK(certainly_positive(error - bound) != Truth::yes);
    // At q = 1/20 the Gaussian, not the poles, limits the step, and a line Im w = pi is far from the best.
    if (q_text != std::string("1/20")) CHECK(certainly_positive(bound - error * Ball(100000)) != Truth::yes);
  }
}
