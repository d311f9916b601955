// SPDX-License-Identifier: GPL-3.0-or-later
// D-036 by another road than its proof: the angular integral by tanh-sinh quadrature, and the sums that whole exponents have.
#include "infwidth/real/special.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

bool agree(const Ball& a, const Ball& b, int digits) {
  return certainly_positive(abs(a - b) - b.magnitude() * pow(Ball(10), -digits)) != Truth::yes;
}

/// The integral of sin(s)^m sin(alpha - s)^n from 0 to alpha: not proven, but converged. s = alpha/(1 + e^-w), w = pi sinh(k h).
Ball angular_integral(const Ball& m, const Ball& n, const Ball& alpha) {
  const Ball h = Ball(1) / Ball(48);
  Ball sum;
  for (int k = -300; k <= 300; ++k) {
    const Ball u = h * Ball(k), w = Ball::pi() * sinh(u);
    const Ball left = alpha / (Ball(1) + exp(-w)), right = alpha / (Ball(1) + exp(w));
    sum += pow(sin(left), m) * pow(sin(right), n) * left * right / alpha * Ball::pi() * cosh(u);
  }
  return sum * h;
}

/// E[u_+^m v_+^n] for variances 1 and correlation cos(pi - alpha), by polar coordinates.
Ball by_angles(const Ball& m, const Ball& n, const Ball& alpha) {
  const Ball half = (m + n) / Ball(2);
  return pow(Ball(2), half) * tgamma(half + Ball(1)) / (Ball(2) * Ball::pi()) * angular_integral(m, n, alpha);
}

Ball one_sided(const Ball& m, const Ball& n, const Ball& t) {
  const Ball sum = m + n, half = ball("1/2");
  return pow(Ball(2), sum / Ball(2) - Ball(1)) * tgamma(m + Ball(1)) * tgamma(n + Ball(1)) / (sqrt(Ball::pi()) * tgamma((sum + Ball(3)) * half)) *
         pow(t, (sum + Ball(1)) * half) * hyp2f1((Ball(1) + m - n) * half, (Ball(1) + n - m) * half, (sum + Ball(3)) * half, t);
}

}  // namespace

TEST_CASE("D-036: the hypergeometric form is the angular integral to 40 digits", "[derivation][gaussian]") {
  const Precision p(220);
  const Ball m = ball(GENERATE("1/2", "3/2", "7/3", "4")), n = ball(GENERATE("1/2", "2", "5/2"));
  const Ball alpha = ball(GENERATE("1/100", "1", "2", "3"));
  const Ball t = pow(sin(alpha / Ball(2)), 2);
  CHECK(agree(one_sided(m, n, t), by_angles(m, n, alpha), 40));
}

TEST_CASE("D-036: the even and the odd form are sums and differences of one-sided ones", "[derivation][gaussian]") {
  const Precision p(220);
  const Ball m = ball(GENERATE("1/2", "3/2", "3")), n = ball(GENERATE("1/3", "2")), rho = ball(GENERATE("-19/20", "1/10", "3/5"));
  const Ball one(1), two(2), half = ball("1/2"), here = one_sided(m, n, (one + rho) / two), there = one_sided(m, n, (one - rho) / two);
  const Ball even = pow(two, (m + n) / two) / Ball::pi() * tgamma((m + one) / two) * tgamma((n + one) / two) * hyp2f1(-m / two, -n / two, half, rho * rho);
  const Ball odd = pow(two, (m + n) / two + one) / Ball::pi() * tgamma(m / two + one) * tgamma(n / two + one) * rho *
                   hyp2f1((one - m) / two, (one - n) / two, Ball(3) / two, rho * rho);
  CHECK(agree(two * (here + there), even, 40));
  CHECK(agree(two * (here - there), odd, 40));
}

TEST_CASE("D-036: for equal whole exponents it is the arc-cosine kernel", "[derivation][gaussian]") {
  // J_0 = pi - theta, J_1 = sin theta + (pi - theta) cos theta, J_(n+1) = (2n+1) rho J_n + n^2 (1 - rho^2) J_(n-1)
  const Precision p(300);
  const Ball rho = ball(GENERATE("-99/100", "-1/2", "1/3", "9/10")), angle = Ball::pi() / Ball(2) + asin(rho);
  Ball before = angle, here = sqrt(Ball(1) - rho * rho) + angle * rho;
  for (int n = 1; n <= 5; ++n) {
    CHECK(agree(one_sided(Ball(n), Ball(n), (Ball(1) + rho) / Ball(2)), here / (Ball(2) * Ball::pi()), 40));
    const Ball next = Ball(2 * n + 1) * rho * here + Ball(n * n) * (Ball(1) - rho * rho) * before;
    before = here;
    here = next;
  }
}
