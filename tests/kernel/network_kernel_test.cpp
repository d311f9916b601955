// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/kernel/network_kernel.hpp"

#include "infwidth/geometry/metric.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/refine.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

Architecture network(const char* activation, int depth, const Rational& w = Rational(3, 2), const Rational& b = Rational(1, 10)) {
  return make_architecture(depth, {Activation::from_text(activation)}, {w}, {b});
}
const InputPair inputs = InputPair::of({1, 0}, {Rational(3, 5), Rational(4, 5)});
const InputPair same = InputPair::of({1, 0}, {1, 0});

struct Row {
  const char *activation, *K2, *Theta2, *K4, *Theta4, *K4xx, *Theta4xx;
};

// Sigma^l and Theta^l at (x, y) = ((1, 0), (3/5, 4/5)), sigma_w2 = 3/2, sigma_b2 = 1/10: mpmath, grids in two variables,
// tests/reference/inline_kernels.py.
const Row rows[] = {
    {"relu", "0.93435247136943520366675249627", "1.4705282524256412036289972812", "0.75799347829273323269861665186", "1.7495962149215784272362245437", "0.90625", "3.11875"},
    {"erf", "0.57394816914758948943656157889", "1.0910715719430731536057558191", "0.48082912221737784794370851694", "1.5311152635414028107589137118", "0.72399610580338157637504762069", "3.1571599590712003517535096249"},
    {"gelu", "0.80094230636151094721493820341", "1.3639779597765549463704147987", "0.49470792705773579407429099179", "1.3081852464588132733350934121", "0.64488570732697494111951323053", "2.3241600432208265035311072597"},
    {"tanh", "0.51972668755149300220272543134", "0.97073811019253302191553316042", "0.40780932218917290763849998954", "1.2089370169425844418285587454", "0.57156419680634435991937127819", "2.1674176937420772938704057617"},
};

}  // namespace

TEST_CASE("NNGP and NTK hold mpmath's values", "[kernel]") {
  for (const Row& row : rows) {
    CAPTURE(row.activation);
    const auto layers = NetworkKernel(network(row.activation, 3)).at(inputs, {.digits = 28, .all_layers = true});
    REQUIRE(layers.size() == 3);
    CHECK_THAT(layers[0].nngp.value, Holds(row.K2, 28));
    CHECK_THAT(layers[0].ntk.value, Holds(row.Theta2, 27));
    CHECK_THAT(layers[2].nngp.value, Holds(row.K4, 28));
    CHECK_THAT(layers[2].ntk.value, Holds(row.Theta4, 27));
    const auto coincident = NetworkKernel(network(row.activation, 3)).at(same, {.digits = 28});
    CHECK_THAT(coincident[0].nngp.value, Holds(row.K4xx, 28));
    CHECK_THAT(coincident[0].ntk.value, Holds(row.Theta4xx, 27));
    CHECK(coincident[0].proven);
  }
}

TEST_CASE("the second route gives the same kernels", "[kernel][slow]") {
  for (const char* activation : {"tanh", "elu:1", "relu(x-1/2) + sin(x)"}) {
    CAPTURE(activation);
    const NetworkKernel kernel(network(activation, 2));
    const LayerKernel<Ball> balls = kernel.at(inputs, {.digits = 20})[0];
    const LayerKernel<Digits> digits = kernel.at_by_digits(inputs, {.digits = 15})[0];
    const auto agree = [](const KernelValue<Ball>& a, const KernelValue<Digits>& b) {
      Ball there;
      arf_set_mpfr(arb_midref(there.get()), b.value.backend().data());
      return certainly_positive(power_of_two(-50) * a.scale - abs(a.value - there)) == Truth::yes;
    };
    CHECK(agree(balls.feature, digits.feature));
    CHECK(agree(balls.derivative, digits.derivative));
    CHECK(agree(balls.nngp, digits.nngp));
    CHECK(agree(balls.ntk, digits.ntk));
  }
}

TEST_CASE("the kernel at one point is the variance recursion's", "[kernel]") {
  const Architecture a = network("silu", 3);
  const LayerKernel<Ball> k = NetworkKernel(a).at(same, {.digits = 25})[0];
  const Precision precision(200);
  const VarianceMap map(a.activations[0]);
  Ball q = ball("8/5"), theta = q;
  for (int l = 0; l < 3; ++l) {
    const VarianceJet<Ball> jet = map.at(q);
    q = ball("1/10") + ball("3/2") * jet.Q;
    theta = q + ball("3/2") * jet.chi * theta;
  }
  CHECK(k.nngp.value.overlaps(q));
  CHECK(k.ntk.value.overlaps(theta));
}

TEST_CASE("a homogeneous activation scales with its inputs, and proportional points stay so", "[kernel]") {
  const Architecture a = network("leaky_relu:1/5", 3, 2, 0);
  const LayerKernel<Ball> k = NetworkKernel(a).at(InputPair::of({1, 2}, {2, -1}), {.digits = 25})[0];
  const LayerKernel<Ball> scaled = NetworkKernel(a).at(InputPair::of({3, 6}, {4, -2}), {.digits = 25})[0];
  CHECK(scaled.ntk.value.overlaps(Ball(6) * k.ntk.value));
  CHECK(scaled.derivative.value.overlaps(k.derivative.value));
  const LayerKernel<Ball> one = NetworkKernel(a).at(InputPair::of({1, 2}, {1, 2}), {.digits = 25})[0];
  const LayerKernel<Ball> parallel = NetworkKernel(a).at(InputPair::of({1, 2}, {2, 4}), {.digits = 25})[0];
  CHECK(parallel.ntk.value.overlaps(Ball(2) * one.ntk.value));
  CHECK(parallel.nngp.value.overlaps(Ball(2) * one.nngp.value));
}

TEST_CASE("a layer that sees its biases alone has the same preactivations at every point", "[kernel]") {
  const InputPair points = InputPair::of({1, 2}, {2, 1});
  const NetworkKernel unseen(make_architecture(2, {Activation::from_text("tanh")}, {1, 0, 1}, {1, 1, 1}));
  const LayerKernel<Ball> apart = unseen.at(points, {.digits = 15}).back(), together = unseen.at(same, {.digits = 15}).back();
  CHECK(apart.feature.value.overlaps(together.feature.value));
  CHECK(apart.nngp.value.overlaps(together.nngp.value));
  const NetworkKernel constant(make_architecture(2, {Activation::from_text("2/3"), Activation::from_text("x^2")}, {1, 1, 1}, {1, 0, 1}));
  CHECK_THAT(constant.at(points, {.digits = 15}).back().feature.value, Holds("0.592592592592592592592592", 15));  // 3 (4/9)^2
}

TEST_CASE("identities between activations", "[kernel]") {
  const auto feature = [](const char* activation, int depth = 1) { return NetworkKernel(network(activation, depth)).at(inputs, {.digits = 25})[0].feature.value; };
  // relu(x) = (x + |x|)/2, of which the cross terms vanish
  CHECK(feature("relu").overlaps((feature("x") + feature("abs")) / Ball(4)));
  // sin^2 + cos^2: E cos(u - v)
  CHECK((feature("sin") + feature("cos")).overlaps(exp(-ball("0.6"))));  // q1 + q2 - 2 c = 3.2 - 2
  CHECK(feature("softplus(x) - softplus(-x)").overlaps(feature("x")));
  // E[phi' phi'] of softplus is the kernel of the sigmoid
  CHECK(NetworkKernel(network("softplus", 1)).at(inputs, {.digits = 25})[0].derivative.value.overlaps(feature("sigmoid")));
}

TEST_CASE("near-coincident and near-opposite points", "[kernel]") {
  // tangential and radial steps of 1e-15: 1 - rho ~ 1e-30
  const InputPair near = InputPair::of({1, 0}, {1, parse_rational("1e-15")}), against = InputPair::of({1, 0}, {-1, parse_rational("1e-15")});
  for (const char* activation : {"relu", "erf", "tanh"}) {
    CAPTURE(activation);
    const NetworkKernel kernel(network(activation, 2, 2, 0));
    const LayerKernel<Ball> k = kernel.at(near, {.digits = 20})[0], at_one = kernel.at(same, {.digits = 40})[0];
    CHECK(certainly_positive(ball("1e-14") - abs(k.ntk.value - at_one.ntk.value)) == Truth::yes);
    CHECK(stands(k.ntk.value, 20));
    CHECK(stands(kernel.at(against, {.digits = 20})[0].ntk.value, 20, Ball(1)));
  }
  // D = K(x,x) + K(y,y) - 2 K(x,y) = eps^2 g for a smooth metric
  const Rational eps = parse_rational("1e-12");
  const NetworkKernel tanh(network("tanh", 2));
  const auto k = [&](const std::vector<Rational>& x, const std::vector<Rational>& y) { return tanh.at(InputPair::of(x, y), {.digits = 45})[0].feature.value; };
  const Ball D = k({1, 0}, {1, 0}) + k({1, eps}, {1, eps}) - Ball(2) * k({1, 0}, {1, eps});
  const Ball g = metric_at(network("tanh", 2), InputPoint::at({1, 0}), {.digits = 20}).A.value;
  CHECK(certainly_positive(ball("1e-11") - abs(D / (Ball(eps) * Ball(eps)) / g - Ball(1))) == Truth::yes);
}

TEST_CASE("the standard parameterization and residual connections", "[kernel]") {
  // linear networks, whose kernels are sums that can be written down
  Architecture standard = network("x", 2, 2, 3);
  standard.parameterization = Parameterization::standard;
  set_widths(standard, {7, 11});
  const LayerKernel<Ball> s = NetworkKernel(standard).at(inputs, {.digits = 20})[0];
  const Ball c1 = Ball(3) + Ball(2) * ball("3/5"), c2 = Ball(3) + Ball(2) * c1;
  // Theta1 = x.y + 1, Theta2 = 7 c1 + 1 + 2 Theta1, Theta3 = 11 c2 + 1 + 2 Theta2
  const Ball theta1 = ball("8/5"), theta2 = Ball(7) * c1 + Ball(1) + Ball(2) * theta1, theta3 = Ball(11) * c2 + Ball(1) + Ball(2) * theta2;
  CHECK(s.ntk.value.overlaps(theta3));
  CHECK(s.nngp.value.overlaps(Ball(3) + Ball(2) * c2));

  // without biases: Theta1 = x.y, Theta2 = 7 c1 + 2 Theta1, Theta3 = 11 c2 + 2 Theta2, c1 = 2 x.y, c2 = 4 x.y
  Architecture bare = network("x", 2, 2, 0);
  bare.parameterization = Parameterization::standard;
  bare.has_biases = false;
  set_widths(bare, {7, 11});
  CHECK(NetworkKernel(bare).at(inputs, {.digits = 20})[0].ntk.value.overlaps(ball("3/5") * Ball(11 * 4 + 2 * (7 * 2 + 2))));
  // n E[phi phi] + E[phi' phi'] x.y of ReLU at (1, 2), (2, 1), in closed form by mpmath
  Architecture relu = network("relu", 1, 1, 0);
  relu.parameterization = Parameterization::standard;
  relu.has_biases = false;
  set_widths(relu, {200});
  CHECK_THAT(NetworkKernel(relu).at(InputPair::of({1, 2}, {2, 1}), {.digits = 25})[0].ntk.value, Holds("415.1501944460855538983527", 24));

  Architecture residual = network("x", 2, 2, 3);
  residual.residual = Rational(1, 2);
  const LayerKernel<Ball> r = NetworkKernel(residual).at(inputs, {.digits = 20})[0];
  const Ball h2 = c1 + c2 / Ball(4), t2 = c1 + (c2 + Ball(2) * c1) / Ball(4);
  CHECK(r.feature.value.overlaps(h2));
  CHECK(r.nngp.value.overlaps(Ball(3) + Ball(2) * h2));
  CHECK(r.ntk.value.overlaps(Ball(3) + Ball(2) * h2 + Ball(2) * t2));
  // depth 1 has no residual connection
  Architecture shallow = network("tanh", 1), plain = shallow;
  shallow.residual = Rational(5);
  CHECK(NetworkKernel(shallow).at(inputs, {.digits = 15})[0].ntk.value.overlaps(NetworkKernel(plain).at(inputs, {.digits = 15})[0].ntk.value));

  CHECK_THROWS_AS(set_widths(plain, {10}), UsageError);
  CHECK_THROWS_AS(set_widths(standard, {}), UsageError);
  CHECK_THROWS_AS(set_widths(standard, {1, 2, 3}), UsageError);
}

TEST_CASE("layers of their own activations and variances, and fan-in", "[kernel]") {
  Architecture mixed = make_architecture(2, {Activation::from_text("erf"), Activation::from_text("relu")}, {2, 3, 4}, {1, 0, 5});
  const LayerKernel<Ball> k = NetworkKernel(mixed).at(inputs, {.digits = 25})[0];
  const Precision precision(200);
  const DualMap erf(Activation::from_text("erf")), relu(Activation::from_text("relu"));
  const Ball q = Ball(3) * erf.variance_map().at(Ball(3)).Q, c = Ball(3) * erf.at(PairVariance<Ball>::of(Ball(3), Ball(3), ball("11/5"))).value;
  const DualValue<Ball> last = relu.at(PairVariance<Ball>::of(q, q, c));
  CHECK(k.feature.value.overlaps(last.value));
  CHECK(k.nngp.value.overlaps(Ball(5) + Ball(4) * last.value));
  Architecture fan_in = network("tanh", 1);
  fan_in.input_scaling = InputScaling::fan_in;
  const LayerKernel<Ball> halved = NetworkKernel(fan_in).at(inputs, {.digits = 20})[0];
  CHECK(halved.feature.value.overlaps(DualMap(Activation::from_text("tanh")).at(PairVariance<Ball>::of(ball("0.85"), ball("0.85"), ball("0.55"))).value));
}

TEST_CASE("kernels that are not there say why", "[kernel]") {
  const LayerKernel<Ball> step = NetworkKernel(network("step", 2)).at(same)[0];
  CHECK(step.ntk.absence.infinite);
  CHECK_FALSE(step.nngp.absence);
  CHECK_THROWS_AS(NetworkKernel(network("exp(x^2/5)", 1, 4, 0)).at(same), NoSuchQuantity);
  CHECK_THROWS_AS(InputPair::of({1}, {1, 2}), UsageError);
  CHECK_THROWS_AS(InputPair::of({}, {}), UsageError);
}
