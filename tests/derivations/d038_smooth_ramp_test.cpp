// SPDX-License-Identifier: GPL-3.0-or-later
//
// D-038: the closed duals of smooth ramps against the dual forms of D-033 and the rule of D-037; products of a ramp and a function that
// decays.
#include "../../src/gaussian/smooth_ramp.hpp"

#include "infwidth/gaussian/dual_map.hpp"
#include "infwidth/gaussian/pair_expectation.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

PairVariance<Ball> pair(const char* q1, const char* q2, const char* c) { return PairVariance<Ball>::of(ball(q1), ball(q2), ball(c)); }

const SmoothRamp ramps[] = {{0, 0, 1, 0, 1},
                            {0, 0, 0, 1, Rational(1, 2)},
                            {Rational(1, 3), -2, Rational(3, 2), Rational(1, 5), 1},
                            {-1, Rational(1, 2), 0, Rational(1, 2), Rational(1, 4)}};

// Every ramp and every covariance, the third ramp, whose terms are all there, at two.
constexpr std::pair<std::size_t, std::size_t> tried[] = {{0, 1}, {1, 2}, {2, 0}, {2, 1}, {3, 0}};

}  // namespace

TEST_CASE("D-038: duals of smooth ramps", "[derivations]") {
  const Precision precision(140);
  const PairVariance<Ball> sigmas[] = {pair("1", "1", "1/2"), pair("3", "1/4", "-3/5"), pair("20", "20", "19.9")};
  for (const auto& [which, where] : tried) {
    const SmoothRamp& ramp = ramps[which];
    const Activation l = Activation::from_formula(ramp.formula(), "ramp");
    const StripFunction f(l.pieces()[0].value, l.pieces()[0].derivative);
    const PairVariance<Ball>& sigma = sigmas[where];
    CAPTURE(to_string(ramp.formula()));
    const auto dual = ramp_dual(ramp, sigma);
    const auto other = lattice_sum(f, f, sigma, {-45, -45}, std::nullopt, std::nullopt, false, {});
    REQUIRE(other);
    for (std::size_t k = 0; k < 2; ++k) {
      CHECK(dual[k].overlaps(other->values[k]));
      CHECK(is_narrow(other->values[k], 18, Ball(1)));
      CHECK(is_narrow(dual[k], 35, Ball(1)));
    }
  }
  const DualValue<Ball> erf_dual = DualMap(Activation::from_text("erf(x)")).at(pair("3", "1/4", "-3/5"));
  CHECK(erf_dual.method == "closed form");
  CHECK(ramp_dual(ramps[0], pair("3", "1/4", "-3/5"))[0].overlaps(erf_dual.value));
  CHECK(ramp_dual(ramps[0], pair("3", "1/4", "-3/5"))[1].overlaps(erf_dual.derivative));
}

TEST_CASE("D-038: a ramp times a function that decays", "[derivations]") {
  const Precision precision(95);
  const Activation bump = Activation::from_text("(x + 1/3)*exp(-x^2)");
  const Expression slope = bump.pieces()[0].derivative;
  const StripFunction r(bump.pieces()[0].value, slope);
  const DecayCut nowhere{1e300, 1e300, {Ball(0), Ball(0)}, {Ball(0), Ball(0)}};
  const PairVariance<Ball> sigmas[] = {pair("1", "1", "1/2"), pair("3", "1/4", "-3/5"), pair("1/4", "9", "1")};
  for (const auto& [which, where] : tried) {
    const SmoothRamp& ramp = ramps[which];
    const Activation l = Activation::from_formula(ramp.formula(), "ramp"), dl = l.derivative(), dr = bump.derivative();
    CAPTURE(to_string(ramp.formula()));
    const PairVariance<Ball>& sigma = sigmas[where];
    const auto sum = ramp_product(ramp, r, nowhere, sigma, {-40, -40}, {});
    REQUIRE(sum);
    CHECK(sum->values[0].overlaps(PairExpectation(l.pieces(), bump.pieces()).at(sigma).value));
    CHECK(sum->values[1].overlaps(PairExpectation(dl.pieces(), dr.pieces()).at(sigma).value));
    for (const Ball& value : sum->values) CHECK(is_narrow(value, 16, Ball(1)));
  }
}

TEST_CASE("D-038: the ramps of activations", "[derivations]") {
  const auto of = [](const char* name, double strip) {
    const Activation phi = Activation::from_text(name);
    const auto ramp = find_ramp(phi.pieces()[0].value, phi.pieces()[0].derivative, strip);
    REQUIRE(ramp);
    return *ramp;
  };
  const SmoothRamp tanh = of("tanh", 1.5), silu = of("silu", 3), softplus = of("softplus", 3), mish = of("x*tanh(softplus(x))", 2.3);
  CHECK((tanh.a == 0 && tanh.b == 0 && tanh.c == 1 && tanh.d == 0));
  for (const SmoothRamp& r : {silu, softplus, mish}) CHECK((r.a == 0 && r.b == Rational(1, 2) && r.c == 0 && r.d == Rational(1, 2)));
  CHECK(tanh.kappa == Rational(1, 4));
  const Activation atan = Activation::from_text("atan(x)");
  CHECK_FALSE(find_ramp(atan.pieces()[0].value, atan.pieces()[0].derivative, 1));
}
