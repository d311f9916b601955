// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/theory.hpp"

#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/errors.hpp"
#include "support/agreement.hpp"
#include "support/balls.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<Rational> point = {Rational(3, 5), Rational(4, 5), Rational(-1, 2)};

Architecture network(std::vector<const char*> names, const Rational& w = Rational(3, 2), const Rational& b = Rational(1, 10)) {
  std::vector<Activation> phi;
  for (const char* name : names) phi.push_back(Activation::from_text(name));
  return make_architecture(static_cast<int>(names.size()), phi, std::vector<Rational>(names.size(), w), std::vector<Rational>(names.size(), b));
}
FiniteTheory<Ball> theory(std::vector<const char*> names, std::vector<std::uint64_t> widths, const InputPoint& x = InputPoint::at(point), long digits = 25) {
  return finite_theory(network(std::move(names)), std::move(widths), x, {.digits = digits});
}
bool equal(const Ball& a, const Ball& b, int digits) { return certainly_positive(pow(Ball(10), -digits) * max(abs(a), abs(b)) - abs(a - b)) == Truth::yes; }

std::vector<const char*> repeated(const char* name, std::size_t depth) { return std::vector<const char*>(depth, name); }

}  // namespace

TEST_CASE("one hidden layer: fourth moments of the gradients hold mpmath's values", "[finite][theory]") {
  // By tests/reference/inline_jets.py: differences in q, and the moments of w_1 given z.
  const Precision precision(160);
  const LayerMoments<Ball> phi = LayerAverages(Activation::from_text("tanh")).at(ball("1.975"), LayerAverages::Wanted::slope_fourth);
  CHECK_THAT(phi.slope_fourth[0], Holds("0.250730659238677141184804342173", 28));
  CHECK_THAT(phi.slope_fourth[1], Holds("-0.059257007847972342849006237569", 28));
  CHECK_THAT(phi.slope_fourth[2], Holds("0.0420305994939798375777482103848", 28));
  const FiniteTheory<Ball> t = theory({"tanh"}, {7}, InputPoint::at(point), 30);
  const Ball g = t.entry(0, 0).mean.value.value;
  CHECK_THAT(Ball(7) * t.covariance(0, 0, 0, 0).value.value + g * g, Holds("0.9387698807496346299979607692", 27));
}

TEST_CASE("one hidden layer: every covariance is that of the fourth moments", "[finite][theory]") {
  const char* activation = GENERATE("tanh", "gelu", "elu:1", "hardtanh", "relu", "leaky_relu:1/3", "sin(x) + x^2/7", "selu");
  CAPTURE(activation);
  const Precision precision(200);
  const int n = 11;
  const FiniteTheory<Ball> t = theory({activation}, {n});
  const Activation phi = Activation::from_text(activation);
  const Rational s = Rational(9, 25) + Rational(16, 25) + Rational(1, 4);
  const Ball w(Rational(3, 2)), q(Rational(Rational(1, 10) + Rational(3, 2) * s));
  // eta = E[(phi'^2)^2] is the Q of phi'^2, by another rule.
  std::vector<Expression> squares;
  std::vector<Rational> kinks;
  for (const Piece& p : phi.pieces()) {
    squares.push_back(p.derivative * p.derivative);
    if (p.left) kinks.push_back(*p.left->at.exact());
  }
  const VarianceJet<Ball> eta = VarianceMap(Activation::from_pieces("phi'^2", kinks, squares)).at(q), chi = VarianceMap(phi).at(q);
  std::array<Ball, 3> x;
  for (std::size_t i = 0; i < 3; ++i) x[i] = Ball(point[i]);
  const auto delta = [](std::size_t i, std::size_t j) { return Ball(i == j ? 1 : 0); };
  const auto mean = [&](std::size_t i, std::size_t j) { return w * chi.chi * delta(i, j) + Ball(2) * w * w * chi.dchi * x[i] * x[j]; };
  for (std::size_t index = 0; index < 81; ++index) {
    const std::size_t i = index / 27, j = index / 9 % 3, k = index / 3 % 3, l = index % 3;
    CAPTURE(i, j, k, l);
    const Ball fourth = w * w * eta.Q * (delta(i, j) * delta(k, l) + delta(i, k) * delta(j, l) + delta(i, l) * delta(j, k)) +
                        Ball(2) * pow(w, 3) * eta.dQ * (delta(i, j) * x[k] * x[l] + delta(i, k) * x[j] * x[l] + delta(i, l) * x[j] * x[k] + delta(j, k) * x[i] * x[l] +
                                                        delta(j, l) * x[i] * x[k] + delta(k, l) * x[i] * x[j]) +
                        Ball(4) * pow(w, 4) * eta.d2Q * x[i] * x[j] * x[k] * x[l];
    const Moment<Ball> covariance = t.covariance(i, j, k, l);
    REQUIRE(covariance.standing == Standing::exact);
    CHECK(certainly_positive(ball("1e-22") - abs(covariance.value.value - (fourth - mean(i, j) * mean(k, l)) / Ball(n))) == Truth::yes);
  }
  CHECK(t.entry(0, 1).mean.standing == Standing::exact);
  CHECK(certainly_positive(ball("1e-22") - abs(t.entry(0, 1).mean.value.value - mean(0, 1))) == Truth::yes);
  CHECK(t.determinant.mean.standing == Standing::exact);
  CHECK(equal(t.determinant.mean.value.value, t.determinant.limit.value * Ball(Rational(11 * 10 * 9, 1331)), 22));
}

TEST_CASE("one hidden layer: the first correction of log det is its own formula", "[finite][theory]") {
  const FiniteTheory<Ball> t = theory({"erf"}, {200});
  const Precision precision(200);
  const LayerMoments<Ball> phi = LayerAverages(Activation::from_text("erf")).at(Ball(Rational(79, 40)), LayerAverages::Wanted::slope_fourth);
  const Ball w(Rational(3, 2)), s(Rational(5, 4)), P = Ball(1) / t.tangential.limit.value, R = Ball(1) / t.radial.limit.value;
  const Ball &eta = phi.slope_fourth[0], &d1 = phi.slope_fourth[1], &d2 = phi.slope_fourth[2];
  const Ball M = P * P * eta * w * w * Ball(8) + Ball(4) * P * R * w * (w * eta + Ball(2) * w * w * s * d1) +
                 R * R * (Ball(3) * w * w * eta + Ball(12) * pow(w, 3) * s * d1 + Ball(4) * pow(w, 4) * s * s * d2);
  CHECK(equal(t.log_volume.mean.value.value - t.log_volume.limit.value, -(M - Ball(3)) / Ball(4 * 200), 20));
  CHECK(t.log_volume.mean.standing == Standing::leading);
  CHECK(t.log_volume.variance.standing == Standing::leading);
}

TEST_CASE("homogeneous layers: exact laws tend to the general first order in 1/n", "[finite][theory]") {
  const char* activation = GENERATE("relu", "abs", "leaky_relu:1/4");
  CAPTURE(activation);
  const Precision precision(200);
  const InputPoint x = InputPoint::at(point);
  // The general chain, from quadrature-free averages of its own.
  const LayerAverages phi{Activation::from_text(activation)};
  const Ball w(Rational(3, 2)), b(Rational(1, 10)), s(x.norm2);
  const auto first_order = [&](const Ball& inverse) {
    JetLaw<Ball> jets = first_jets(s, w, b);
    for (int l = 0; l < 3; ++l) jets = next_jets(jets, phi.at(jets.q, LayerAverages::Wanted::all), l < 2 ? w : Ball(1), l < 2 ? b : Ball(0), inverse);
    return jets;
  };
  for (const std::uint64_t n : {std::uint64_t{100}, std::uint64_t{10000}, std::uint64_t{1000000}}) {
    CAPTURE(n);
    const FiniteTheory<Ball> t = finite_theory(network(repeated(activation, 3)), {n}, x, {.digits = 20});
    const Ball inverse = Ball(1) / Ball(static_cast<long>(n)), tolerance = Ball(60) * inverse;  // relative: the next order
    const JetLaw<Ball> jets = first_order(inverse);
    const auto near = [&](const Ball& exact, const Ball& leading) { return certainly_positive(tolerance * abs(leading) - abs(exact - leading)) == Truth::yes; };
    CHECK(t.mean_standing == Standing::exact);
    CHECK(equal(t.radial.mean.value.value, jets.radial, 18));
    CHECK(near(t.jets.cov(1, 1, 1, 1), jets.cov(1, 1, 1, 1)));
    CHECK(near(t.jets.cov(1, 2, 1, 2), jets.cov(1, 2, 1, 2)));
    const DeterminantLaw<Ball> law = determinant_law(jets, 3);
    CHECK(near(t.log_volume.mean.value.value - t.log_volume.limit.value, law.log_shift / Ball(2)));
    CHECK(near(t.log_volume.variance.value.value, law.log_variance / Ball(4)));
    CHECK(near(t.volume.mean.value.value / t.volume.limit.value - Ball(1), law.log_shift / Ball(2) + law.log_variance / Ball(8)));
    CHECK(near(t.determinant.mean.value.value / t.determinant.limit.value - Ball(1), law.log_shift + law.log_variance / Ball(2)));
    CHECK(near(t.determinant.variance.value.value / pow(t.determinant.limit.value, 2), law.log_variance));
  }
}

TEST_CASE("homogeneous layers are right without quadrature: the general averages agree with theirs", "[finite][theory]") {
  // Written so that it is not seen to be homogeneous.
  const Precision precision(160);
  const Ball q(Rational(7, 5));
  const LayerMoments<Ball> closed = LayerAverages(Activation::from_text("leaky_relu:1/4")).at(q, LayerAverages::Wanted::all);
  const Expression x = Expression::variable("x");
  const LayerAverages hidden{Activation::from_pieces("leaky", {0}, {x / 4, x + pow(sin(x), 2) + pow(cos(x), 2) - 1})};
  REQUIRE_FALSE(hidden.slopes());
  const LayerMoments<Ball> general = hidden.at(q, LayerAverages::Wanted::all);
  const auto check = [&](const auto& a, const auto& b) {
    for (std::size_t k = 0; k < a.size(); ++k) CHECK(certainly_positive(ball("1e-35") - abs(a[k] - b[k])) == Truth::yes);
  };
  check(closed.Q, general.Q);
  check(closed.chi, general.chi);
  check(closed.fourth, general.fourth);
  check(closed.mixed, general.mixed);
  check(closed.slope_cubed, general.slope_cubed);
  check(closed.slope_fourth, general.slope_fourth);
}

TEST_CASE("a general first layer below homogeneous ones keeps exact moments", "[finite][theory]") {
  const FiniteTheory<Ball> one = theory({"tanh"}, {9}), two = theory({"tanh", "leaky_relu:1/2"}, {9, 5});
  CHECK(two.mean_standing == Standing::exact);
  CHECK(two.covariance_standing == Standing::exact);
  CHECK(two.determinant.mean.standing == Standing::exact);
  CHECK(two.determinant.variance.standing == Standing::leading);
  CHECK(two.log_volume.mean.standing == Standing::leading);
  // E g' g' given g, by hand, for g_11 in the direction of x: X_rr of the second layer has E X^2 = (1 + 2/n) c2^2 + (c4 - c2^2) 3/n
  const Precision precision(200);
  const Ball w(Rational(3, 2)), c2(Rational(5, 8)), c4(Rational(17, 32)), n(5);
  const Ball square = one.radial.variance.value.value + pow(one.radial.mean.value.value, 2);
  const Ball want = w * w * square * (c2 * c2 + (Ball(3) * c4 - c2 * c2) / n) - pow(w * c2 * one.radial.mean.value.value, 2);
  CHECK(equal(two.radial.variance.value.value, want, 20));
}

TEST_CASE("corrections add up over layers of unequal widths", "[finite][theory]") {
  const InputPoint x = InputPoint::at(point);
  const auto shift = [&](std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    const FiniteTheory<Ball> t = theory(repeated("tanh", 3), {a, b, c}, x, 30);
    CHECK(t.tangential.mean.standing == Standing::leading);
    return std::array{Ball(t.tangential.mean.value.value - t.tangential.limit.value), t.tangential.variance.value.value, Ball(t.log_volume.mean.value.value - t.log_volume.limit.value)};
  };
  const auto both = shift(20, 40, 80), first = shift(20, 1000000000, 1000000000), second = shift(1000000000, 40, 1000000000), third = shift(1000000000, 1000000000, 80),
             none = shift(1000000000, 1000000000, 1000000000);
  const Precision precision(200);
  for (std::size_t i = 0; i < 3; ++i) CHECK(equal(both[i], first[i] + second[i] + third[i] - Ball(2) * none[i], 18));
}

TEST_CASE("the origin, one dimension, and no variance", "[finite][theory]") {
  SECTION("at x = 0 without bias a smooth network is linear") {
    // tanh: phi'(0) = 1, so g is a product of Wishart matrices: that of the identity.
    const Architecture smooth = make_architecture(2, {Activation::from_text("tanh")}, {Rational(3, 2)}, {0});
    const FiniteTheory<Ball> t = finite_theory(smooth, {50}, InputPoint::at({0, 0}), {.digits = 20});
    const FiniteTheory<Ball> linear = finite_theory(make_architecture(2, {Activation::from_text("x")}, {Rational(3, 2)}, {0}), {1000000}, InputPoint::at({0, 0}), {.digits = 20});
    CHECK(t.radial.mean.standing == Standing::leading);
    CHECK(equal(t.radial.mean.value.value, linear.radial.mean.value.value, 18));
    CHECK(equal(t.radial.variance.value.value * Ball(50), linear.radial.variance.value.value * Ball(1000000), 5));
    CHECK(equal(t.entry(0, 1).variance.value.value, t.jets.cov(1, 2, 1, 2), 18));
  }
  SECTION("a kink there has no expansion in 1/n") {
    const FiniteTheory<Ball> t = finite_theory(make_architecture(2, {Activation::from_text("elu:1")}, {1}, {0}), {50}, InputPoint::at({0, 0}), {.digits = 15});
    CHECK(t.radial.mean.standing == Standing::limit);
    CHECK_FALSE(t.radial.variance.exists());
    CHECK_THAT(t.no_covariance, ContainsSubstring("not analytic at x = 0"));
  }
  SECTION("a jump of phi' there: no network has a metric") {
    for (const char* kinked : {"leaky_relu:1/2", "relu", "abs", "selu", "max(x, x/3) + sin(x)"}) {
      CAPTURE(kinked);
      const auto at_origin = [&](int depth, const Rational& sigma_b2) { return finite_theory(make_architecture(depth, {Activation::from_text(kinked)}, {1}, {sigma_b2}), {50}, InputPoint::at({0, 0}), {.digits = 15}); };
      CHECK_THROWS_WITH(at_origin(1, 0), ContainsSubstring("hidden layer 1") && ContainsSubstring("no derivative"));
      CHECK_THROWS_AS(at_origin(2, 0), NoSuchQuantity);
      CHECK(at_origin(1, 1).radial.variance.exists());
    }
    // In the second layer, behind phi(0) = 0; behind a slope of 0 nothing moves, and the metric is 0.
    const auto behind = [](const char* first) { return finite_theory(make_architecture(2, {Activation::from_text(first), Activation::from_text("relu")}, {1}, {0}), {50}, InputPoint::at({0, 0}), {.digits = 15}); };
    CHECK_THROWS_WITH(behind("tanh"), ContainsSubstring("hidden layer 2 (relu)"));
    CHECK(behind("exp").radial.mean.exists());
    CHECK(behind("x^3").volume.mean.value.value.is_exact_zero());
  }
  SECTION("one dimension") {
    const FiniteTheory<Ball> t = theory(repeated("erf", 2), {30}, InputPoint::with_norm2(2, 1));
    CHECK_FALSE(t.tangential.mean.exists());
    CHECK(t.volume.mean.exists());
    CHECK_THROWS_AS(t.entry(0, 0), UsageError);
  }
  SECTION("a singular metric is 0 at every width") {
    const FiniteTheory<Ball> t = finite_theory(make_architecture(1, {Activation::from_text("x^3")}, {1}, {0}), {50}, InputPoint::at({0, 0}), {.digits = 15});
    CHECK(t.volume.mean.value.value.is_exact_zero());
    CHECK_FALSE(t.log_volume.mean.exists());
    CHECK(t.singular.value.value.overlaps(Ball(1)));
  }
}

TEST_CASE("what does not exist says why", "[finite][theory]") {
  SECTION("fewer units than dimensions") {
    const FiniteTheory<Ball> t = theory(repeated("tanh", 2), {10, 2});
    CHECK(t.volume.mean.value.value.is_exact_zero());
    CHECK(t.volume.mean.standing == Standing::exact);
    CHECK_THAT(t.log_volume.mean.value.reason, ContainsSubstring("hidden layer 2 has 2 units, fewer than the 3 dimensions"));
    CHECK(t.radial.mean.exists());
  }
  SECTION("an infinite variance") {
    // phi' ~ |x|^(-1/3), phi'^4 ~ |x|^(-4/3)
    const FiniteTheory<Ball> t = theory({"abs(x)^(2/3)"}, {10});
    CHECK(t.radial.mean.standing == Standing::exact);
    CHECK_FALSE(t.radial.variance.exists());
    CHECK_THAT(t.radial.variance.value.reason, ContainsSubstring("E[phi'^4] is infinite"));
    CHECK(t.determinant.mean.standing == Standing::exact);
    CHECK(t.log_volume.mean.standing == Standing::limit);
    // exp(x^2/20) at q = 79/40: phi'^2 has a mean, phi'^4 has one too; at exp(x^2/9) it has not
    CHECK(theory({"exp(x^2/20)"}, {10}).radial.variance.exists());
    CHECK_FALSE(theory({"exp(x^2/12)"}, {10}).radial.variance.exists());
  }
  SECTION("singular metrics of positive probability") {
    const FiniteTheory<Ball> one = theory({"hardtanh"}, {6});
    // m ~ Bin(6, erf(1/sqrt(2q))) units are active
    const Precision precision(200);
    const Ball p = erf(Ball(1) / sqrt(Ball(Rational(79, 20)))), r = Ball(1) - p;
    CHECK(equal(one.singular.value.value, pow(r, 6) + Ball(6) * p * pow(r, 5) + Ball(15) * p * p * pow(r, 4), 20));
    CHECK_FALSE(theory(repeated("hardtanh", 2), {6}).singular.exists());
    CHECK(theory(repeated("tanh", 2), {6}).singular.value.value.is_exact_zero());
  }
  SECTION("refusals") {
    CHECK_THROWS_AS(theory({"step"}, {5}), NoSuchQuantity);
    CHECK_THROWS_AS(theory({"tanh"}, {}), UsageError);
    CHECK_THROWS_AS(theory({"tanh"}, {0}), UsageError);
    CHECK_THROWS_AS(theory({"tanh", "tanh"}, {1, 2, 3}), UsageError);
    Architecture residual = network(repeated("tanh", 2));
    residual.residual = Rational(1, 2);
    CHECK_THROWS_AS(FiniteWidth(residual, {5}), UsageError);
    CHECK_THROWS_AS(theory({"tanh"}, {5}).covariance(0, 1, 2, 3), UsageError);
  }
}

TEST_CASE("the second route agrees", "[finite][theory][slow]") {
  const char* activation = GENERATE("tanh", "elu:1", "hardtanh", "gelu", "relu");
  CAPTURE(activation);
  const FiniteWidth laws(network(repeated(activation, 2)), {30, 40});
  const InputPoint x = InputPoint::with_norm2(Rational(3, 2), 3);
  const FiniteTheory<Ball> balls = laws.at(x, {.digits = 20});
  const FiniteTheory<Digits> digits = laws.at_by_digits(x, {.digits = 12});
  const DigitsPrecision precision(30);
  const auto check = [](const FiniteLaw<Ball>& a, const FiniteLaw<Digits>& b) {
    CHECK(a.mean.standing == b.mean.standing);
    CHECK_THAT(b.mean.value.value, AgreesTo(to_digits(a.mean.value.value), 11));
    CHECK_THAT(b.variance.value.value, AgreesTo(to_digits(a.variance.value.value), 11));
  };
  check(balls.radial, digits.radial);
  check(balls.tangential, digits.tangential);
  check(balls.determinant, digits.determinant);
  check(balls.volume, digits.volume);
  check(balls.log_volume, digits.log_volume);
}
