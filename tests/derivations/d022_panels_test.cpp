// SPDX-License-Identifier: GPL-3.0-or-later
// D-022 by another road than its proof: integrals known in closed form, whose error under a rule of n points is set against the bound.
#include "infwidth/gaussian/legendre.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

template <class F>
Ball gauss(int n, F f) {
  const auto rule = legendre_rule(n, Precision::bits());
  Ball sum;
  for (std::size_t i = 0; i < rule->nodes.size(); ++i) sum += rule->weights[i] * (f(rule->nodes[i]) + f(-rule->nodes[i]));
  return sum;
}
/// (64/15) M rho^-2n / (1 - rho^-2)
Ball bound(const Ball& magnitude, const Ball& rho, int n) { return Ball(64) / Ball(15) * magnitude * pow(rho, -2 * n) / (Ball(1) - pow(rho, -2)); }

}  // namespace

TEST_CASE("D-022: the ellipse theorem for a pole, on every ellipse inside it", "[derivation][gaussian]") {
  const Precision p(500);
  const int n = GENERATE(4, 10, 24, 60);
  const Ball a = ball(GENERATE("5/4", "2", "9")), truth = log((a + Ball(1)) / (a - Ball(1)));  // integral of 1/(a - x)
  const Ball error = abs(gauss(n, [&](const Ball& x) { return Ball(1) / (a - x); }) - truth);
  const Ball largest = a + sqrt(a * a - Ball(1));
  Ball best = bound(Ball(1) / (a - Ball(1)), Ball(1) + power_of_two(-10), n);
  for (int i = 1; i < 40; ++i) {
    const Ball rho = Ball(1) + (largest - Ball(1)) * Ball(i) / Ball(40);
    const Ball M = Ball(1) / (a - (rho + Ball(1) / rho) / Ball(2));  // at the end of the long axis
    CHECK(certainly_positive(error - bound(M, rho, n)) != Truth::yes);
    best = min(best, bound(M, rho, n));
  }
  CHECK(certainly_positive(best - error * Ball(100 * n)) != Truth::yes);  // the best ellipse is within a factor 100 n
}

TEST_CASE("D-022: the ellipse theorem for an entire function", "[derivation][gaussian]") {
  const Precision p(500);
  const int n = GENERATE(4, 12, 28);
  const Ball c = ball(GENERATE("1", "-6")), truth = (exp(c) - exp(-c)) / c;
  const Ball error = abs(gauss(n, [&](const Ball& x) { return exp(c * x); }) - truth);
  for (const char* text : {"11/5", "7", "18", "32"}) {
    const Ball rho = ball(text);
    CHECK(certainly_positive(error - bound(exp(abs(c) * (rho + Ball(1) / rho) / Ball(2)), rho, n)) != Truth::yes);
  }
}
