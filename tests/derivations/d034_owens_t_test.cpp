// SPDX-License-Identifier: GPL-3.0-or-later
// D-034 by another road than its proof: Gauss-Legendre quadrature of the defining integral, and of the probability that T is.
#include "infwidth/gaussian/legendre.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// Not proven, but converged: 120 nodes on each of `panels` equal parts.
template <class F>
Ball integral(const Ball& from, const Ball& to, int panels, F f) {
  const auto rule = legendre_rule(120, Precision::bits());
  const Ball half_width = (to - from) / Ball(2 * panels);
  Ball sum;
  for (int p = 0; p < panels; ++p) {
    const Ball centre = from + half_width * Ball(2 * p + 1);
    for (std::size_t i = 0; i < rule->nodes.size(); ++i) {
      const Ball reach = half_width * rule->nodes[i];
      sum += rule->weights[i] * (f(centre + reach) + f(centre - reach));
    }
  }
  return sum * half_width;
}

bool agree(const Ball& a, const Ball& b, int digits) {
  return certainly_positive(abs(a - b) - b.magnitude() * pow(Ball(10), -digits)) != Truth::yes;
}

}  // namespace

TEST_CASE("D-034: the series, the tail and the reflection agree with the defining integral to 50 digits", "[derivation][real]") {
  const Precision p(320);
  const Ball h = ball(GENERATE("1/3", "2", "9", "25")), a = ball(GENERATE("1/10", "1/2", "99/100", "6/5", "4"));
  const Ball want = integral(Ball(0), a, 12, [&](const Ball& x) { return exp(-h * h * (Ball(1) + x * x) / Ball(2)) / (Ball(1) + x * x); }) / (Ball(2) * Ball::pi());
  CHECK(agree(owens_t(h, a), want, 50));
}

TEST_CASE("D-034: T is the probability of a wedge", "[derivation][real]") {
  // X > h, 0 < Y < a X: the integral over x of its density times P(0 < Y < a x).
  const Precision p(320);
  const Ball h = ball(GENERATE("1/3", "2", "9")), a = ball(GENERATE("1/10", "99/100", "4"));
  const Ball want = integral(h, h + Ball(16), 16, [&](const Ball& x) { return exp(-x * x / Ball(2)) * erf(a * x / sqrt(Ball(2))); }) / (Ball(2) * sqrt(Ball(2) * Ball::pi()));
  CHECK(agree(owens_t(h, a), want, 45));
}
