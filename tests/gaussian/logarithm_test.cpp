// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/balls.hpp"
#include "infwidth/gaussian/expectation.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;

namespace {

Ball mean(const char* f, const Ball& q) { return expectation(Activation::integrand_from_text(f), q).estimate.value; }

Ball euler_gamma() {
  Ball r;
  arb_const_euler(r.get(), Precision::bits());
  return r;
}

}  // namespace

TEST_CASE("E log|x| and its relatives have their closed forms", "[gaussian][logarithm]") {
  const Precision p(180);
  const Ball q = ball(GENERATE("1", "3/7", "1e-40", "1e12")), pi = Ball::pi();
  const Ball first = (log(q) - euler_gamma() - log(Ball(2))) / Ball(2), second = first * first + pi * pi / Ball(8);
  const auto check = [&](const char* f, const Ball& want) {
    const Ball got = mean(f, q);
    CAPTURE(f);
    CHECK(got.overlaps(want));
    CHECK(is_narrow(got, 40));
  };
  check("log(abs(x))", first);
  check("3 - log(x^2)", Ball(3) - Ball(2) * first);
  check("log(abs(x))^2", second);
  check("x^2*log(abs(x))", q * (first + Ball(1)));
  check("log(abs(x^3))", Ball(3) * first);
  check("log(sqrt(abs(x)))", first / Ball(2));
}

TEST_CASE("powers with any real exponent above -1 have their expectation", "[gaussian][logarithm]") {
  const Precision p(160);
  const Ball q = ball("17/10");
  for (const char* a : {"-4/5", "-99/100", "-1/2", "1/7", "-0.83", "5/11"}) {
    const std::string f = "abs(x)^(" + std::string(a) + ")";
    CAPTURE(f);
    const Ball exponent = Ball(parse_rational(a));
    const Ball want = pow(Ball(2) * q, exponent / Ball(2)) * tgamma((exponent + Ball(1)) / Ball(2)) / sqrt(Ball::pi());
    CHECK(mean(f.c_str(), q).overlaps(want));
    CHECK(is_narrow(mean(f.c_str(), q), 35));
  }
  CHECK_THAT(mean("abs(x)^(-4/5)", Ball(1)), Holds("4.067745181949192121937829", 24));
  CHECK_THROWS_AS(mean("1/abs(x)", Ball(1)), NoSuchQuantity);
  CHECK_THROWS_AS(mean("abs(x)^(-9/8)", Ball(1)), NoSuchQuantity);
  CHECK_THROWS_AS(mean("log(abs(x))*abs(x)^(-5/4)", Ball(1)), NoSuchQuantity);
}

TEST_CASE("logarithms beside other functions, and at other points", "[gaussian][logarithm][slow]") {
  const Precision p(130);
  const DigitsPrecision digits(40);
  for (const char* f : {"log(abs(x-1))", "tanh(x)*log(abs(x))*x", "exp(x)*log(abs(x))", "log(abs(x^2-1))*cos(x)", "sin(x)/x*log(abs(x))", "tanh(log(abs(x)))", "log(abs(x))/(1+x^2)", "log(relu(x)+abs(x))",
                        "abs(x)^(-1/3)*log(abs(x))^2", "softplus(x)*log(abs(x+1/2))"}) {
    CAPTURE(f);
    const Activation phi = Activation::integrand_from_text(f);
    const Ball got = expectation(phi, ball("17/10")).estimate.value;
    CHECK(is_narrow(got, 25, Ball(1)));
    const Estimate<Digits> second = expectation(phi, Digits(17) / 10);
    Ball there;
    arf_set_mpfr(arb_midref(there.get()), second.value.backend().data());
    CHECK(got.overlaps(there.widened(ball("1e-25"))));
    CHECK(std::abs(expectation(phi, 1.7).value - got.to_double()) < 1e-12);
  }
}

TEST_CASE("activations with a logarithm: Q, chi where it is finite, or the reason", "[gaussian][logarithm]") {
  const Precision p(130);
  const VarianceJet<Ball> bare = VarianceMap(Activation::from_text("log(abs(x))")).at(Ball(1));
  CHECK(bare.chi_order == -1);
  CHECK_FALSE(bare.reason.empty());
  CHECK(bare.Q.overlaps(mean("log(abs(x))^2", Ball(1))));
  const Ball q = ball("3/2");
  const VarianceJet<Ball> entropy = VarianceMap(Activation::from_text("x*log(abs(x))")).at(q);
  CHECK(entropy.chi_order == 2);
  CHECK(entropy.Q.overlaps(mean("x^2*log(abs(x))^2", q)));
  CHECK(entropy.chi.overlaps(mean("(log(abs(x))+1)^2", q)));
  CHECK(is_narrow(entropy.chi, 30));
  CHECK(VarianceMap(Activation::from_text("sign(x)*(1+x^2*log(abs(x)))")).at(q).chi_order == -1);  // a jump
  CHECK(VarianceMap(Activation::from_text("1+x*log(abs(x))")).at(q).chi_order == 2);
  CHECK_THROWS_AS(VarianceMap(Activation::from_text("x*log(abs(x))")).at(Ball(0)), NotReached);
}

TEST_CASE("a logarithm without a rule is refused, naming the term", "[gaussian][logarithm]") {
  CHECK_THROWS_WITH(mean("log(abs(tanh(x)))", Ball(1)), Catch::Matchers::ContainsSubstring("tanh(x)"));
  CHECK_THROWS_WITH(mean("exp(-log(abs(x))^2)", Ball(1)), Catch::Matchers::ContainsSubstring("log"));
  CHECK_THROWS_AS(mean("log(x)", Ball(1)), UsageError);
}
