// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/expectation.hpp"

#include "infwidth/gaussian/tanh_residue.hpp"
#include "infwidth/real/errors.hpp"
#include "support/agreement.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

Ball mean(const char* f, const Ball& q) { return expectation(Activation::integrand_from_text(f), q).estimate.value; }

}  // namespace

TEST_CASE("expectations with a closed form", "[gaussian][expectation]") {
  const Precision p(240);
  const Ball q = ball(GENERATE("1/100", "17/10", "60")), one(1), two(2);
  const auto check = [&](const char* f, const Ball& want) {
    CAPTURE(f);
    CHECK(mean(f, q).overlaps(want));
    CHECK(is_narrow(mean(f, q), 60));
  };
  check("exp(x)", exp(q / two));
  check("cosh(x)", exp(q / two));
  check("x*sinh(x)", q * exp(q / two));
  check("x^4", Ball(3) * q * q);
  check("exp(-x^2)", one / sqrt(one + two * q));
  check("abs(x)", sqrt(two * q / Ball::pi()));
  check("sign(x)*x^3", two * q * sqrt(two * q / Ball::pi()));
  check("sign(x)*sin(x)+2", two + mean("abs(sin(abs(x)/2))*0+sign(x)*sin(x)", q));
  check("erf(x)*x", two * q / sqrt(Ball::pi() * (one + two * q)));
  check("Phi(x)", one / two);
  check("tanh(x)^2", tanh_expectations(TanhIntegrand::tanh, q).square[0]);
  const Expectation wave = expectation(Activation::from_text("cos(x)"), q);
  CHECK(wave.estimate.value.overlaps(exp(-q / two)));
  CHECK(wave.estimate.proven);
  CHECK(wave.estimate.error.overlaps(wave.estimate.value.radius()));
  // E|cos x| lies between E cos^2 x and 1; the scale is its logarithm within a few bits.
  CHECK(wave.log2_scale > -4);
  CHECK(wave.log2_scale < 4);
}

TEST_CASE("odd functions: an exact zero, but only where there is an expectation", "[gaussian][expectation]") {
  const Precision p(100);
  for (const char* f : {"x", "tanh(x)", "x*cos(x)", "sin(x)^3", "sign(x)", "x*exp(x^2/8)", "x*exp(-x^2)*abs(x)"}) {
    CAPTURE(f);
    CHECK(mean(f, Ball(3)).is_exact_zero());
  }
  CHECK_THROWS_AS(mean("x*exp(x^2)", Ball(4)), NoSuchQuantity);
  CHECK_THROWS_AS(expectation(Activation::from_text("x*exp(x^2)"), 4.0), NoSuchQuantity);
  const DigitsPrecision digits(30);
  CHECK_THROWS_AS(expectation(Activation::from_text("x*exp(x^2)"), Digits(4)), NoSuchQuantity);
}

TEST_CASE("an expectation that does not exist is refused", "[gaussian][expectation]") {
  const Precision p(100);
  CHECK_THROWS_AS(mean("exp(x^2)", Ball(4)), NoSuchQuantity);
  CHECK_THROWS_AS(mean("exp(x^2)-exp(x)", ball("1/2")), NotReached);  // the borderline: E = infinity, but no bound tells
  CHECK(mean("exp(x^2)", ball("49/100")).overlaps(sqrt(Ball(50))));
}

TEST_CASE("at variance 0 an expectation is the value at 0", "[gaussian][expectation]") {
  const Precision p(100);
  CHECK(mean("exp(x)+sin(x)/x", Ball(0)).overlaps(Ball(2)));
  CHECK(mean("x*exp(x^2)", Ball(0)).is_exact_zero());
  CHECK(expectation(Activation::from_text("cos(x)"), 0.0).value == 1);
  const DigitsPrecision digits(30);
  CHECK(expectation(Activation::from_text("cos(x)"), Digits(0)).value == 1);
}

TEST_CASE("the three engines agree", "[gaussian][expectation]") {
  const DigitsPrecision digits(30);
  const Precision p(160);
  const char* f = GENERATE("tanh(x)^2", "exp(x)", "cos(x)", "sign(x)*sin(x)", "relu(x-1)^2", "sin(x)/x");
  const Activation phi = Activation::from_text(f);
  const Ball want = expectation(phi, ball("17/10")).estimate.value;
  const Estimate<Digits> mpfr = expectation(phi, Digits(17) / 10);
  const Estimate<double> fast = expectation(phi, 1.7);
  CAPTURE(f);
  Digits truth;
  arf_get_mpfr(truth.backend().data(), arb_midref(want.get()), MPFR_RNDN);
  CHECK_THAT(mpfr.value, AgreesTo(truth, 26));
  CHECK(std::abs(fast.value - want.to_double()) <= 1e-13 * (1 + std::abs(want.to_double())));
  CHECK_FALSE(mpfr.proven);
  CHECK_FALSE(fast.proven);
}

TEST_CASE("far tails keep their relative accuracy, however the formula cancels", "[gaussian][expectation][slow]") {
  const int digits = GENERATE(15, 30);
  const Precision p(Precision::bits_for(digits) + 40);
  const int shift = GENERATE(0, 3, 12, 20, 30, 40);
  const Ball k(shift), root2 = sqrt(Ball(2)), third = root2 / sqrt(Ball(3));
  const auto with_shift = [&](std::string f) {
    for (std::size_t at = f.find('k'); at != std::string::npos; at = f.find('k')) f.replace(at, 1, std::to_string(shift));
    return f;
  };
  const auto check = [&](const char* form, const Ball& want) {
    const std::string f = with_shift(form);
    CAPTURE(f);
    const Ball got = expectation(Activation::integrand_from_text(f), Ball(1)).estimate.value;
    CHECK(got.overlaps(want));
    CHECK(is_narrow(got, digits));
  };
  check("(1+erf(x-k))/2", Phi(-k * third));
  check("1-erf(x+k)", Ball(2) * Phi(-k * third));
  check("erfc(x+k)", Ball(2) * Phi(-k * third));
  check("Phi(x-k)", Phi(-k / root2));
  check("1-Phi(k-x)", Phi(-k / root2));
  check("gelu(x-k)", exp(-k * k / Ball(4)) / sqrt(Ball(4) * Ball::pi()) - k * Phi(-k / root2));
  check("(x-k)*(1+erf((x-k)/sqrt(2)))/2", exp(-k * k / Ball(4)) / sqrt(Ball(4) * Ball::pi()) - k * Phi(-k / root2));
  check("exp(-x)*erfc(k-x)", sqrt(exp(Ball(1))) * Ball(2) * Phi(-(k + Ball(1)) * third));
  check("relu(x-k)^2", (Ball(1) + k * k) * Phi(-k) - k * exp(-k * k / Ball(2)) / sqrt(Ball(2) * Ball::pi()));
  check("exp(k*x)", exp(k * k / Ball(2)));
  // two ways to write one function
  const auto same = [&](const char* plain, const char* cancelling) {
    const Ball want = expectation(Activation::integrand_from_text(with_shift(plain)), Ball(1)).estimate.value;
    CHECK(is_narrow(want, digits));
    check(cancelling, want);
  };
  same("2*sigmoid(2*x-2*k)", "1+tanh(x-k)");
  same("softplus(x-k)", "log(1+exp(x-k))");
  same("atan(exp(x-k))", "pi/2-atan(exp(k-x))");
}
