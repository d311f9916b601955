// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <limits>

#include "infwidth/real/jet.hpp"
#include "infwidth/real/special.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

// mpmath's hyp2f1 in 70 digits, 45 printed; found again by series, Gauss's theorem and Euler's integral in tests/reference/inline_special.py.
struct Row {
  const char *a, *b, *c, *z, *value;
};
const std::vector<Row> table = {
    {"1/2", "1/2", "3", "1/4", "1.02247358627320868225474944074089158232378114"},
    {"1/2", "1/2", "3", "99/100", "1.12905463354041517762038210114725796561866519"},
    {"1/2", "1/2", "3", "1", "1.13176848420903349880095120620454657446726859"},
    {"1/2", "1/2", "11/6", "9/10", "1.22754700994163442200852864219546605699882104"},
    {"1/2", "1/2", "1001/1000", "999999/1000000", "5.24957853322836578742374696415816268972241739"},
    {"1/6", "5/6", "17/6", "19/20", "1.07057145398680720730794269631813810909364276"},
    {"-1/2", "3/2", "5/2", "3/4", "0.729599788078072616864692752547385244094688749"},
    {"-1/2", "3/2", "5/2", "1", "0.589048622548086232211745634364906790786969262"},
    {"-3/4", "-3/4", "1/2", "4/5", "1.91874250062493531760862674993325947986991064"},
    {"1/2", "1/2", "43/2", "1", "1.01226856257672128002805660062062947160288945"},
    {"1/2", "1/2", "3", "-5", "0.796697992743373008847578466877065897674376852"},
    {"1", "1", "2", "1/2", "1.38629436111989061883446424291635313615100027"},
    {"-2", "1/3", "5/7", "7/3", "0.798353909465020576131687242798353909465020576"}};

Ball at(const Row& row, const Ball& z) { return hyp2f1(ball(row.a), ball(row.b), ball(row.c), z); }

}  // namespace

TEST_CASE("2F1 agrees with mpmath to 43 digits on every number", "[special]") {
  const Precision precision(200);
  const DigitsPrecision digits(50);
  for (const Row& row : table) {
    CAPTURE(row.a, row.b, row.c, row.z);
    const Ball value = at(row, ball(row.z));
    CHECK_THAT(value, Holds(row.value, 43));
    CHECK(is_narrow(value, 50));
    CHECK(hyp2f1(ball(row.b), ball(row.a), ball(row.c), ball(row.z)).overlaps(value));
    CHECK(hyp2f1(ComplexBall(ball(row.a)), ComplexBall(ball(row.b)), ComplexBall(ball(row.c)), ComplexBall(ball(row.z))).re().overlaps(value));
    const auto of = [](const char* text) { return constant<Digits>(parse_rational(text)); };
    const Digits in_digits = hyp2f1(of(row.a), of(row.b), of(row.c), of(row.z));
    CHECK(abs(Digits(in_digits - Digits(row.value))) < pow(Digits(10), -43));
    const auto in_double = [](const char* text) { return constant<double>(parse_rational(text)); };
    const double one = hyp2f1(in_double(row.a), in_double(row.b), in_double(row.c), in_double(row.z));
    CHECK(std::abs(one / value.to_double() - 1) < 4e-12);  // the arguments were rounded, which counts beside z = 1
    const auto pack = [&](const char* text) { return Pack(in_double(text)); };
    CHECK(hyp2f1(pack(row.a), pack(row.b), pack(row.c), pack(row.z))[3] == one);
  }
}

TEST_CASE("in doubles the functions of the arc-cosine kernels are right to 1e-13 on all of [0, 1]", "[special]") {
  const Precision precision(100);
  for (const double n : {-0.49, -0.4, 0.0, 1.0 / 3, 0.5, 1.0, 1.5, 2.0, 3.7, 10.0, 40.0}) {
    for (const double z : {0.0, 1e-300, 1e-9, 0.1, 0.5, 0.7, 0.8999, 0.9, 0.9001, 0.97, 0.999, 1 - 1e-6, 1 - 1e-12, 1 - 1e-16, 1.0}) {
      CAPTURE(n, z);
      const Ball want = hyp2f1(Ball(0.5), Ball(0.5), Ball(n + 1.5), Ball(z));
      CHECK(is_narrow(want, 25));
      CHECK(std::abs(hyp2f1(0.5, 0.5, n + 1.5, z) / want.to_double() - 1) < 1e-14);
    }
  }
}

TEST_CASE("2F1 of balls is finite up to 1, where it is monotone, and holds all values", "[special]") {
  const Precision precision(200);
  for (const Row& row : table) {
    const Ball a = ball(row.a), b = ball(row.b), c = ball(row.c);
    if (certainly_positive(c - a - b) != Truth::yes) continue;
    for (const char* centre : {"1/10", "1/2", "9/10", "99/100", "1"}) {
      for (const char* radius : {"1e-25", "1e-3", "1/10"}) {
        CAPTURE(row.a, row.b, row.c, centre, radius);
        const Ball value = at(row, ball(centre).widened(ball(radius)));
        CHECK(value.is_finite());
        for (int i = -2; i <= 2; ++i) {
          const Ball z = ball(centre) + ball(radius) * Ball(i) / Ball(2);
          if (certainly_positive(z - Ball(1)) != Truth::yes) CHECK(value.overlaps(hyp2f1(a, b, c, z.mid())));
        }
      }
    }
    const Ball near_one = at(row, ball("1").widened(ball("1e-20")));
    CHECK(near_one.is_finite());
    if (certainly_positive(c - a - b - ball("1/4")) == Truth::yes) CHECK(near_one.radius().to_double() < 1e-4);  // else it is that steep
  }
  const Ball half = ball("1/2");
  CHECK(hyp2f1(half, half, Ball(3), Ball(0)).overlaps(Ball(1)));
  CHECK_FALSE(hyp2f1(half, half, Ball(3), ball("3/2")).is_finite());
  CHECK_FALSE(hyp2f1(half, half, Ball(3), ball("3/2").widened(ball("1/10"))).is_finite());
  CHECK_FALSE(hyp2f1(half, half, Ball(1), Ball(1)).is_finite());  // a logarithm
  CHECK(std::isnan(hyp2f1(0.5, 0.5, 3.0, 1.5)));
}

TEST_CASE("2F1 of complex balls is analytic off the cut", "[special]") {
  const Precision precision(100);
  const ComplexBall half(ball("1/2")), c(Ball(3));
  // asin(w)/w = 2F1(1/2, 1/2; 3/2; w^2)
  const ComplexBall w(ball("3/5"), ball("7/10"));
  const ComplexBall f = hyp2f1(half, half, ComplexBall(ball("3/2")), w * w), want = asin(w) / w;
  CHECK((f.re().overlaps(want.re()) && f.im().overlaps(want.im())));
  const ComplexBall z(ball("1/2").widened(ball("1/5")), Ball(0).widened(ball("1/5")));
  CHECK(hyp2f1(half, half, c, z).is_finite());
  CHECK_FALSE(hyp2f1(half, half, c, z + half).is_finite());
}

TEMPLATE_TEST_CASE("jets of 2F1 along z solve the hypergeometric equation", "[special]", Digits, Ball) {
  // z (1 - z) F'' + [c - (a + b + 1) z] F' - a b F = 0
  const Precision precision(200);
  const DigitsPrecision digits(50);
  using J = Jet<TestType, 2>;
  const TestType a = constant<TestType>(1, 2), b = constant<TestType>(-1, 3), c = constant<TestType>(5, 3), z = constant<TestType>(3, 7);
  const J f = hyp2f1(J(a), J(b), J(c), J::variable(z));
  const TestType left = z * (TestType(1) - z) * f.derivative(2) + (c - (a + b + TestType(1)) * z) * f.derivative(1) - a * b * f[0];
  if constexpr (std::is_same_v<TestType, Ball>) {
    CHECK(left.contains_zero());
    CHECK(left.radius().to_double() < 1e-50);
  } else {
    CHECK(abs(left) < pow(TestType(10), -47));
  }
  const J along = hyp2f1(J(a), J(b), J(c), J::variable(z) * J::variable(z)), square = J::variable(z) * J::variable(z);
  const J direct = hyp2f1(J(a), J(b), J(c), J::variable(TestType(z * z)));
  const TestType chain = direct[1] * square[2] + direct[2] * square[1] * square[1], difference = along[2] - chain;
  if constexpr (std::is_same_v<TestType, Ball>) {
    CHECK(difference.contains_zero());
  } else {
    CHECK(abs(difference) < pow(TestType(10), -47));
  }
}
