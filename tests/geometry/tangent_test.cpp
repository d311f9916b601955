// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/geometry/metric.hpp"
#include "infwidth/geometry/metric_by_differences.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/real/errors.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

Architecture network(const char* activation, int depth, const Rational& w = Rational(3, 2), const Rational& b = Rational(1, 10)) {
  return make_architecture(depth, {Activation::from_text(activation)}, {w}, {b});
}

LayerMetric<Ball> metric(const Architecture& network, MetricOf of, const InputPoint& x, long digits = 20) { return NetworkMetric(network, of).at(x, {.digits = digits}).back(); }

const std::vector<Rational> point = {Rational(3, 5), Rational(-1, 2)};

/// The kernel's own mixed derivatives at `point`, right to about 18 digits.
std::vector<Ball> by_definition(const Architecture& network, KernelValue<Ball> LayerKernel<Ball>::* which) {
  const NetworkKernel kernel(network);
  const auto k = [&](const std::vector<Rational>& x, const std::vector<Rational>& y) { return (kernel.at(InputPair::of(x, y), {.digits = 40}).back().*which).value; };
  return metric_by_differences(k, point, parse_rational("1e-5"));
}

void check_matrix(const LayerMetric<Ball>& layer, const std::vector<Ball>& want) {
  REQUIRE(layer.outcome == Outcome::answered);
  for (std::size_t i = 0; i < want.size(); ++i) {
    CAPTURE(i, layer.matrix[i].value, want[i]);
    CHECK(certainly_positive(ball("1e-16") * max(Ball(1), abs(want[i])) - abs(layer.matrix[i].value - want[i])) == Truth::yes);
  }
}

struct Row {
  const char *activation, *A, *B;
};
// Of Theta at depth 3, |x|^2 = 1, sigma_w2 = 3/2, sigma_b2 = 1/10: mpmath, tests/reference/inline_geometry.py, mixed differences of Theta.
const Row rows[] = {
    {"erf", "7.82319761671713698791342842845", "-6.44902414954825598965580438694"},
    {"gelu", "3.88822125085537047779227213699", "0.385752761154686836275693308736"},
    {"tanh", "3.90502396591087260999055715631", "-3.20685993634376593663428816866"},
};

}  // namespace

TEST_CASE("the metric of the tangent kernel holds mpmath's values", "[geometry][tangent]") {
  for (const Row& row : rows) {
    CAPTURE(row.activation);
    const LayerMetric<Ball> layer = metric(network(row.activation, 3), MetricOf::ntk, InputPoint::with_norm2(1, 2), 27);
    CHECK_THAT(layer.metric.A.value, Holds(row.A, 27));
    CHECK_THAT(layer.metric.B.value, Holds(row.B, 27));
    CHECK(layer.proven);
  }
}

TEST_CASE("every metric is the mixed derivative of its kernel", "[geometry][tangent]") {
  const char* activation = GENERATE("erf", "gelu", "relu_power:4", "sin(x) + x/2", "x^3 - x");
  CAPTURE(activation);
  const Architecture a = network(activation, 2, 1, Rational(1, 5));
  const InputPoint x = InputPoint::at(point);
  check_matrix(metric(a, MetricOf::feature, x), by_definition(a, &LayerKernel<Ball>::feature));
  check_matrix(metric(a, MetricOf::derivative, x), by_definition(a, &LayerKernel<Ball>::derivative));
  check_matrix(metric(a, MetricOf::nngp, x), by_definition(a, &LayerKernel<Ball>::nngp));
  check_matrix(metric(a, MetricOf::ntk, x), by_definition(a, &LayerKernel<Ball>::ntk));
}

TEST_CASE("the metric with residual connections and in the standard parameterization", "[geometry][tangent]") {
  Architecture a = make_architecture(3, {Activation::from_text("erf"), Activation::from_text("gelu"), Activation::from_text("erf")}, {1, 2, 3, Rational(1, 2)}, {Rational(1, 5)});
  a.residual = Rational(2, 3);
  const InputPoint x = InputPoint::at(point);
  check_matrix(metric(a, MetricOf::nngp, x), by_definition(a, &LayerKernel<Ball>::nngp));
  check_matrix(metric(a, MetricOf::ntk, x), by_definition(a, &LayerKernel<Ball>::ntk));
  a.parameterization = Parameterization::standard;
  set_widths(a, {3, 5, 7});
  check_matrix(metric(a, MetricOf::ntk, x), by_definition(a, &LayerKernel<Ball>::ntk));
  a.has_biases = false;
  a.sigma_b2 = {0, 0, 0, 0};
  check_matrix(metric(a, MetricOf::ntk, x), by_definition(a, &LayerKernel<Ball>::ntk));
}

TEST_CASE("curvature of the tangent kernel from its A and B at neighbouring points", "[geometry][tangent]") {
  // D-012 with derivatives by differences
  const Architecture a = network("erf", 2);
  const NetworkMetric g(a, MetricOf::ntk);
  const Rational h = parse_rational("1e-6");
  const auto at = [&](const Rational& s) { return g.at(InputPoint::with_norm2(s, 3), {.digits = 45}).back().metric; };
  const RadialMetric<Ball> m = at(1), up = at(1 + h), down = at(1 - h);
  const Ball two_h(2 * h), h2(h * h);
  const Ball A = m.A.value, B = m.B.value, A1 = (up.A.value - down.A.value) / two_h, A2 = (up.A.value + down.A.value - Ball(2) * A) / h2, B1 = (up.B.value - down.B.value) / two_h;
  const Ball C = A + B, N = A + A1, D = A * C, N1 = Ball(2) * A1 + A2, D1 = Ball(2) * A * A1 + A1 * B + A * B + A * B1;
  const Ball radial = (N * D1 - Ball(2) * N1 * D) / (D * D), tangential = (A * (B - Ball(2) * A1) - A1 * A1) / (A * D);
  CHECK(certainly_positive(ball("1e-9") - abs(radial - m.curvature_radial.value)) == Truth::yes);
  CHECK(certainly_positive(ball("1e-9") - abs(tangential - m.curvature_tangential.value)) == Truth::yes);
}

TEST_CASE("every engine gives the tangent kernel's metric", "[geometry][tangent]") {
  for (const char* activation : {"tanh", "gelu"}) {
    for (const MetricOf of : {MetricOf::derivative, MetricOf::ntk}) {
      const NetworkMetric g(network(activation, 3), of);
      for (const Rational& s : {Rational(0), Rational(1, 100), Rational(4)}) {
        CAPTURE(activation, s);
        const auto balls = g.at(InputPoint::with_norm2(s, 3), {.digits = 20}).back();
        const auto doubles = g.at_by_double(InputPoint::with_norm2(s, 3)).back();
        REQUIRE(doubles.outcome == Outcome::answered);
        const auto close = [](const Value<Ball>& want, const Value<double>& got) {
          const Ball scale = max(abs(want.value), abs(want.scale));
          return certainly_positive(ball("1e-12") * scale - abs(want.value - Ball(got.value))) == Truth::yes || want.value.is_exact_zero();
        };
        CHECK(close(balls.metric.A, doubles.metric.A));
        CHECK(close(balls.metric.B, doubles.metric.B));
        CHECK(close(balls.metric.radial, doubles.metric.radial));
        CHECK(close(balls.metric.ricci_scalar, doubles.metric.ricci_scalar));
      }
    }
  }
  const auto digits = NetworkMetric(network("gelu", 2), MetricOf::ntk).at_by_digits(InputPoint::with_norm2(1, 2), {.digits = 15}).back();
  const auto balls = NetworkMetric(network("gelu", 2), MetricOf::ntk).at(InputPoint::with_norm2(1, 2), {.digits = 20}).back();
  Ball there;
  arf_set_mpfr(arb_midref(there.get()), digits.metric.ricci_scalar.value.backend().data());
  CHECK(certainly_positive(ball("1e-14") - abs(balls.metric.ricci_scalar.value - there)) == Truth::yes);
}

TEST_CASE("a kink has no tangent metric, a jump no slopes at all", "[geometry][tangent]") {
  const LayerMetric<Ball> relu = metric(network("relu", 2), MetricOf::ntk, InputPoint::with_norm2(1, 2));
  CHECK(relu.outcome == Outcome::no_metric);
  CHECK_THAT(relu.message, Catch::Matchers::ContainsSubstring("phi' jumps at x = 0") && Catch::Matchers::ContainsSubstring("|dx|"));
  CHECK(metric(network("relu", 2), MetricOf::derivative, InputPoint::with_norm2(1, 2)).outcome == Outcome::no_metric);
  CHECK(metric(network("relu", 2), MetricOf::nngp, InputPoint::with_norm2(1, 2)).outcome == Outcome::answered);
  CHECK(metric(network("step", 1), MetricOf::ntk, InputPoint::with_norm2(1, 2)).outcome == Outcome::no_metric);
  CHECK(metric(network("relu_power:2", 2), MetricOf::ntk, InputPoint::with_norm2(1, 2)).outcome == Outcome::answered);
  // The squared distance of the ReLU NTK falls like |dx|: halving dx halves it.
  const NetworkKernel kernel(network("relu", 2));
  const auto squared_distance = [&](const Rational& step) {
    const std::vector<Rational> x = {1, 0}, y = {1, step};
    const auto k = [&](const auto& a, const auto& b) { return kernel.at(InputPair::of(a, b), {.digits = 40}).back().ntk.value; };
    return k(x, x) + k(y, y) - Ball(2) * k(x, y);
  };
  const Rational step = parse_rational("1e-9");
  CHECK(certainly_positive(ball("1e-6") - abs(squared_distance(step) / squared_distance(step / 2) - Ball(2))) == Truth::yes);
}

TEST_CASE("classical kernels of the inputs", "[geometry][dot_kernel]") {
  const InputPoint x = InputPoint::at({1, 2, 2});  // |x|^2 = 9
  const auto of = [&](const char* kernel) { return NetworkMetric(DotKernel::from_text(kernel)).at(x, {.digits = 20}).back(); };
  const auto rbf = of("rbf:1/4").metric;
  CHECK(rbf.A.value.overlaps(Ball(4)));
  CHECK(rbf.ricci_scalar.value.contains_zero());
  // (x.y)^p: R = -(d-1)(d-2)(p-1)/(p |x|^2p)
  const auto cube = of("polynomial:3,0").metric;
  CHECK(cube.A.value.overlaps(Ball(3 * 81)));
  CHECK(cube.ricci_scalar.value.overlaps(-Ball(4) / Ball(3 * 729)));
  const auto exponential = of("dot:exp(t/2)");
  CHECK(exponential.metric.A.value.overlaps(exp(ball("9/2")) / Ball(2)));
  const PointKernel k = [](const std::vector<Rational>& a, const std::vector<Rational>& b) { return exp(Ball(Rational(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])) / Ball(2)); };
  const Precision precision(250);
  const auto g = metric_by_differences(k, x.coordinates, parse_rational("1e-7"));
  for (std::size_t i = 0; i < 9; ++i) CHECK(certainly_positive(ball("1e-15") - abs(g[i] - exponential.matrix[i].value)) == Truth::yes);
  CHECK(of("dot:-t").outcome == Outcome::no_metric);
  CHECK(of("dot:1/(10-t)").outcome == Outcome::answered);
  CHECK(of("dot:1/(9-t)").outcome == Outcome::no_metric);
  for (const char* bad : {"rbf", "rbf:0", "rbf:x", "polynomial:0", "polynomial:2,-1", "dot:", "dot:relu(t)", "dot:abs(t)", "dot:u", "gauss:1", "arc-cosine:1"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(DotKernel::from_text(bad), UsageError);
  }
}

TEST_CASE("arc-cosine kernels composed with themselves are cones", "[geometry][dot_kernel]") {
  // k_l(x, x) = C_l |x|^(2 n^l), R = -(d-1)(d-2) (1 - ((2n-1)/n^2)^l) / k_l(x, x)
  for (int depth = 1; depth <= 3; ++depth) {
    Architecture a = make_architecture(depth, {Activation::from_text("relu_power:2")}, {1}, {0});
    for (std::size_t l = 1; l < a.sigma_w2.size(); ++l) a.sigma_w2[l] = 2;
    const auto m = metric(a, MetricOf::nngp, InputPoint::with_norm2(1, 4)).metric;
    const Ball k = NetworkKernel(a).at(InputPair::of({1, 0, 0, 0}, {1, 0, 0, 0}), {.digits = 25}).back().nngp.value;
    CHECK(m.ricci_scalar.value.overlaps(-Ball(6) * (Ball(1) - pow(ball("3/4"), depth)) / k));
  }
}
