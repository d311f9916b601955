// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/jet.hpp"

#include <cmath>

#include "support/balls.hpp"

using namespace infwidth;

namespace {

constexpr int order = 20;
using Series = Jet<Ball, order>;

/// n!, exactly.
Ball factorial(int n) {
  Ball r;
  arb_fac_ui(r.get(), static_cast<ulong>(n), Precision::bits());
  return r;
}

/// Do two series agree, each coefficient within its balls, and are they narrow?
void agree(const Series& a, const Series& b) {
  for (int k = 0; k <= order; ++k) {
    INFO("coefficient " << k);
    CHECK(a[k].overlaps(b[k]));
    CHECK(is_narrow(a[k], 40, Ball(1)));
  }
}

}  // namespace

TEST_CASE("derivatives of every order: exp, and powers whose derivatives are whole numbers", "[real][jet]") {
  const Precision scope(300);
  const Series x = Series::variable(Ball(2)), e = exp(x), power = pow(x, 25), inverse = Series(1) / x;
  for (int k = 0; k <= order; ++k) {
    INFO("order " << k);
    CHECK(e.derivative(k).overlaps(exp(Ball(2))));
    CHECK(is_narrow(e.derivative(k), 60));
    CHECK(power.derivative(k).overlaps(factorial(25) / factorial(25 - k) * pow(Ball(2), 25 - k)));  // 25!/(25 - k)! x^(25 - k)
    CHECK(inverse.derivative(k).overlaps(pow(Ball(-1), k) * factorial(k) / pow(Ball(2), k + 1)));
  }
}

TEST_CASE("derivatives in double precision reach beyond what an int holds", "[real][jet]") {
  const auto x = Jet<double, 20>::variable(0.5);
  const auto inverse = Jet<double, 20>(1) / x;
  for (const int k : {12, 13, 16, 20}) {
    const double want = std::tgamma(k + 1) * std::pow(2.0, k + 1);  // k! / x^(k+1)
    CHECK(std::abs(std::abs(inverse.derivative(k)) / want - 1) <= 1e-13);  // a few roundings, of std::tgamma too
  }
}

TEST_CASE("functions of jets obey the identities that tie them to one another", "[real][jet]") {
  const Precision scope(400);
  const Series u = Series::variable(Ball(parse_rational("3/7"))) * Series::variable(Ball(parse_rational("3/7"))) + Series(Ball(parse_rational("1/5")));
  agree(exp(log(u)), u);
  agree(log1p(expm1(u)), u);
  agree(sqrt(u) * sqrt(u), u);
  agree(sin(u) * sin(u) + cos(u) * cos(u), Series(1));
  agree(tan(u), sin(u) / cos(u));
  agree(cosh(u) * cosh(u) - sinh(u) * sinh(u), Series(1));
  agree(tanh(u), sinh(u) / cosh(u));
  agree(sigmoid(u) * (Series(1) + exp(-u)), Series(1));
  agree(softplus(u), log(Series(1) + exp(u)));
  agree(sin(asin(u)), u);
  agree(tan(atan(u)), u);
  agree(erf(u) + erfc(u), Series(1));
  agree(Phi(u) * Series(2), Series(1) + erf(u / sqrt(Series(2))));
  agree(pow(u, 5), u * u * u * u * u);
  agree(pow(u, -2) * u * u, Series(1));
  agree(pow(u, Series(Ball(parse_rational("1/3")))) * pow(u, Series(Ball(parse_rational("2/3")))), u);
}

TEST_CASE("jets of erf are those of its integral's differential equation", "[real][jet]") {
  const Precision scope(300);
  // y' = 2/sqrt(pi) exp(-x^2), y'' = -2 x y': three successive coefficients obey the recurrence of the second equation.
  const Ball at = Ball(parse_rational("5/4"));
  const Series y = erf(Series::variable(at));
  for (int k = 0; k + 2 <= order; ++k) {
    const Ball previous = k > 0 ? Ball(Ball(2 * k) * y[k]) : Ball(0);
    CHECK((Ball((k + 2) * (k + 1)) * y[k + 2] + Ball(2) * at * Ball(k + 1) * y[k + 1] + previous).contains_zero());
  }
}
