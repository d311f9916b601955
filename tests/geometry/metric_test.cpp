// SPDX-License-Identifier: GPL-3.0-or-later
// From an architecture and a point to every quantity, by the three engines.
#include "infwidth/geometry/metric.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "support/agreement.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

const Rational three_halves(3, 2), tenth(1, 10);

Architecture network(const char* activation, int depth, const Rational& sigma_w2 = three_halves, const Rational& sigma_b2 = tenth) {
  return make_architecture(depth, {Activation::from_text(activation)}, {sigma_w2}, {sigma_b2});
}

LayerMetric<Ball> last(const Architecture& of, const InputPoint& x, const MetricOptions& options = {}) { return NetworkMetric(of).at(x, options).back(); }

}  // namespace

TEST_CASE("the digits asked for stand, and are right", "[geometry]") {
  const NetworkMetric erf(network("erf", 3), MetricOf::nngp);
  const LayerMetric<Ball> layer = erf.at(InputPoint::at({Rational(3, 5), Rational(4, 5)}), {.digits = 30}).back();
  REQUIRE(layer.outcome == Outcome::answered);
  CHECK(layer.layer == 3);
  CHECK(layer.proven);
  // By tests/reference/inline_geometry.py.
  CHECK(to_decimal(layer.metric.A.value, 30) == "0.874124762098902035305072344141");
  CHECK(to_decimal(layer.metric.B.value, 30) == "-0.758578158687636526270410874991");
  CHECK(to_decimal(layer.metric.curvature_radial.value, 30) == "-2.30128166954572247178254726918");
  CHECK_FALSE(layer.metric.curvature_tangential.exists());  // in two dimensions
  const LayerMetric<Ball> space = erf.at(InputPoint::with_norm2(1, 3), {.digits = 30}).back();
  CHECK(to_decimal(space.metric.curvature_tangential.value, 30) == "-0.611592042067871472329935884019");
  REQUIRE(layer.matrix.size() == 4);
  const Ball trace = layer.matrix[0].value + layer.matrix[3].value;
  CHECK(trace.overlaps(layer.metric.tangential.value + layer.metric.radial.value));
  CHECK(layer.matrix[1].value.overlaps(layer.matrix[2].value));
}

TEST_CASE("double precision agrees with the balls, in value and in its error", "[geometry]") {
  const NetworkMetric metric(network("gelu", 3));
  const InputPoint x = InputPoint::at({Rational(1, 2), Rational(2, 3), Rational(-1, 5)});
  auto balls = metric.at(x, {.digits = 25, .all_layers = true});
  auto doubles = metric.at_by_double(x, {.all_layers = true});
  REQUIRE(balls.size() == 3);
  REQUIRE(doubles.size() == 3);
  for (std::size_t l = 0; l < 3; ++l) {
    CHECK(balls[l].layer == static_cast<int>(l + 1));
    CHECK_FALSE(doubles[l].proven);
    std::vector<Value<Ball>> want;
    balls[l].metric.for_each([&](const Value<Ball>& v) { want.push_back(v); });
    std::size_t i = 0;
    doubles[l].metric.for_each([&](const Value<double>& v) {
      const double truth = want[i++].value.to_double();
      CHECK(std::abs(v.value - truth) <= v.error);
      CHECK(v.error <= 2e-12 * std::max(std::abs(truth), v.scale));
    });
    REQUIRE(doubles[l].matrix.size() == 9);
    for (std::size_t k = 0; k < 9; ++k) CHECK(std::abs(doubles[l].matrix[k].value - balls[l].matrix[k].value.to_double()) <= doubles[l].matrix[k].error);
  }
}

TEST_CASE("Boost's quadrature agrees with the balls, to the digits asked for", "[geometry][slow]") {
  const DigitsPrecision precision(40);
  const NetworkMetric metric(network("gelu", 2));
  const InputPoint x = InputPoint::at({Rational(1, 2), Rational(2, 3)});
  auto balls = metric.at(x, {.digits = 25});
  auto digits = metric.at_by_digits(x, {.digits = 20});
  REQUIRE(digits.size() == 1);
  REQUIRE(digits[0].outcome == Outcome::answered);
  CHECK_FALSE(digits[0].proven);
  std::vector<Value<Ball>> want;
  balls[0].metric.for_each([&](const Value<Ball>& v) { want.push_back(v); });
  std::size_t i = 0;
  digits[0].metric.for_each([&](const Value<Digits>& v) {
    const Digits truth(to_decimal(want[i++].value, 25));
    CHECK_THAT(v.value, AgreesTo(truth, 20));
    CHECK(v.error <= pow(Digits(10), -20) * abs(v.value));
  });
}

TEST_CASE("depth L of a pass over all layers is the network of depth L", "[geometry]") {
  const InputPoint x = InputPoint::with_norm2(Rational(7, 3), 4);
  const auto all = NetworkMetric(network("erf", 4)).at(x, {.all_layers = true});
  for (int l = 1; l <= 4; ++l) {
    const LayerMetric<Ball> alone = last(network("erf", l), x);
    CHECK(alone.metric.ricci_scalar.value.overlaps(all[static_cast<std::size_t>(l - 1)].metric.ricci_scalar.value));
    CHECK(alone.metric.volume.value.overlaps(all[static_cast<std::size_t>(l - 1)].metric.volume.value));
  }
}

TEST_CASE("nngp is the features' metric times the readout's weight variance", "[geometry]") {
  const InputPoint x = InputPoint::with_norm2(2, 3);
  const Architecture of = make_architecture(2, {Activation::from_text("erf")}, {2, 3, 5}, {1, 1, 7});
  const RadialMetric<Ball> nngp = NetworkMetric(of, MetricOf::nngp).at(x).back().metric, feature = NetworkMetric(of).at(x).back().metric;
  CHECK(Ball(feature.A.value * Ball(5)).overlaps(nngp.A.value));
  CHECK(Ball(feature.B.value * Ball(5)).overlaps(nngp.B.value));
  CHECK(Ball(feature.ricci_scalar.value / Ball(5)).overlaps(nngp.ricci_scalar.value));
}

TEST_CASE("fan-in scaling divides the first weight variance by the dimension", "[geometry]") {
  const InputPoint x = InputPoint::with_norm2(2, 5);
  const auto erf = Activation::from_text("erf");
  const Ball scaled = last(make_architecture(2, {erf}, {5, 3}, {1, 1}, InputScaling::fan_in), x).metric.ricci_scalar.value;
  CHECK(scaled.overlaps(last(make_architecture(2, {erf}, {1, 3}, {1, 1}), x).metric.ricci_scalar.value));
}

TEST_CASE("activations may differ from layer to layer", "[geometry]") {
  const Architecture of = make_architecture(2, {Activation::from_text("relu"), Activation::from_text("erf")}, {2, 1}, {0, 0});
  // relu first: q_2 = s, A = 1, so the second layer sees what a shallow network with unit weights sees
  const InputPoint x = InputPoint::with_norm2(3, 2);
  CHECK(last(of, x).metric.ricci_scalar.value.overlaps(last(network("erf", 1, 1, 0), x).metric.ricci_scalar.value));
}

TEST_CASE("what is zero by structure is an exact zero", "[geometry]") {
  const RadialMetric<Ball> shallow = last(network("erf", 1), InputPoint::with_norm2(0, 3)).metric;
  CHECK(shallow.curvature_radial.value.is_exact_zero());
  CHECK(shallow.ricci_scalar.value.is_exact_zero());
  CHECK(last(network("relu", 3), InputPoint::with_norm2(2, 3)).metric.ricci_scalar.value.is_exact_zero());
  const RadialMetric<Ball> deep = last(network("erf", 3, three_halves, 0), InputPoint::with_norm2(0, 3)).metric;
  CHECK(deep.curvature_radial.value.is_exact_zero());
  CHECK(deep.ricci_scalar.value.is_exact_zero());
}

TEST_CASE("a volume element out of range leaves its logarithm and the rest", "[geometry]") {
  const RadialMetric<Ball> far = last(network("erf", 1, 1, 0), InputPoint::with_norm2(1, 10000000)).metric;
  CHECK_FALSE(far.volume.exists());
  CHECK(to_decimal(far.log_volume.value, 12) == "-2815773.20945");
  const NetworkMetric erf(network("erf", 1, 1, 0));
  const LayerMetric<double> by_double = erf.at_by_double(InputPoint::with_norm2(1, 1000000)).back();
  CHECK(by_double.outcome == Outcome::answered);
  CHECK_FALSE(by_double.metric.volume.exists());
  CHECK(std::abs(by_double.metric.log_volume.value + 281578.045192236) < 1e-6);
}

TEST_CASE("no metric and no answer are outcomes with a reason", "[geometry]") {
  const InputPoint x = InputPoint::at({1, 2});
  const auto steps = NetworkMetric(make_architecture(2, {Activation::from_text("erf"), Activation::from_text("step")}, {1}, {0})).at(x, {.all_layers = true});
  CHECK(steps[0].outcome == Outcome::answered);
  CHECK(steps[1].outcome == Outcome::no_metric);
  CHECK_THAT(steps[1].message, ContainsSubstring("hidden layer 2 (step)") && ContainsSubstring("|dx|, not |dx|^2"));
  CHECK_THROWS_AS(metric_at(network("step", 1), x), NoSuchQuantity);

  const auto exps = NetworkMetric(network("exp", 4, 1, 0)).at(x, {.all_layers = true});
  CHECK(exps[1].outcome == Outcome::answered);
  CHECK(exps[3].outcome == Outcome::not_reached);
  CHECK_THROWS_AS(metric_at(network("exp", 4, 1, 0), x), NotReached);

  const auto by_double = NetworkMetric(network("exp", 2, 1, 0)).at_by_double(x, {.all_layers = true});
  CHECK(by_double[0].outcome == Outcome::answered);
  CHECK(by_double[1].outcome == Outcome::not_reached);
  CHECK_THAT(by_double[1].message, ContainsSubstring("overflow") && ContainsSubstring("--engine ball"));
}

TEST_CASE("where double precision loses digits, balls stand in", "[geometry]") {
  const auto agrees = [](const Architecture& network, double s) {
    const NetworkMetric g(network);
    const auto found = g.at_by_double(std::vector<double>{1.0, s}, 3, {.all_layers = true});
    const auto truth = g.at(InputPoint::with_norm2(Rational(s), 3), {.digits = 20, .all_layers = true});
    for (std::size_t l = 0; l < truth.size(); ++l) {
      CAPTURE(s, l);
      const RadialMetric<double>& m = found[truth.size() + l].metric;
      REQUIRE(found[truth.size() + l].outcome == Outcome::answered);
      const auto same = [](const Value<double>& a, const Value<Ball>& b) {
        REQUIRE(a.exists());
        CHECK(std::abs((Ball(a.value) - b.value).to_double()) <= NetworkMetric::double_accuracy * std::max(std::abs(b.value.to_double()), b.scale.to_double()));
      };
      same(m.radial, truth[l].metric.radial);
      same(m.log_volume, truth[l].metric.log_volume);
      same(m.curvature_radial, truth[l].metric.curvature_radial);
      same(m.ricci_scalar, truth[l].metric.ricci_scalar);
    }
    CHECK(std::any_of(found.begin(), found.end(), [](const auto& layer) { return layer.method.find("in balls") != std::string::npos; }));
  };
  agrees(make_architecture(2, {Activation::from_text("gelu"), Activation::from_text("erf")}, {three_halves}, {tenth}), 1e8);
  agrees(network("cos", 1, 1, 0), 1e-9);
  agrees(network("x^3", 3, 1, 0), 1e-7);
  agrees(network("erf", 6, 100, 0), 1e-12);

  // The variance underflows: no singular metric.
  const auto tiny = NetworkMetric(network("x^3", 6, 1, 0)).at_by_double(std::vector<double>{1e-12}, 3);
  CHECK(tiny[0].outcome == Outcome::not_reached);
  CHECK_THAT(tiny[0].message, ContainsSubstring("underflows"));
  CHECK_FALSE(NetworkMetric(network("x^3", 6, 1, 0)).at_by_double(std::vector<double>{0}, 3)[0].metric.log_volume.exists());
}

TEST_CASE("points of any number are taken eight at once, the origin among them", "[geometry]") {
  const NetworkMetric metric(network("erf", 2, three_halves, 0));
  std::vector<double> norms2;
  for (int i = 0; i < 21; ++i) norms2.push_back(i % 5 == 0 ? 0.0 : 0.25 * i);
  const auto together = metric.at_by_double(norms2, 3, {.all_layers = true});
  REQUIRE(together.size() == 2 * norms2.size());
  for (std::size_t i = 0; i < norms2.size(); ++i) {
    const auto alone = metric.at_by_double(std::span<const double>(&norms2[i], 1), 3, {.all_layers = true});
    for (std::size_t l = 0; l < 2; ++l) {
      CHECK(together[2 * i + l].layer == static_cast<int>(l + 1));
      CHECK(together[2 * i + l].metric.norm2 == norms2[i]);
      // Not bit by bit: a compiler may fuse a product and a sum in some lanes and not in others.
      const auto same = [](const Value<double>& a, const Value<double>& b) {
        return std::abs(a.value - b.value) <= NetworkMetric::double_accuracy * std::max(std::abs(b.value), b.scale);
      };
      CHECK(same(together[2 * i + l].metric.ricci_scalar, alone[l].metric.ricci_scalar));
      CHECK(same(together[2 * i + l].metric.log_volume, alone[l].metric.log_volume));
    }
  }
  CHECK(metric.at_by_double(std::span<const double>(), 3).empty());
}

TEST_CASE("bad input is refused", "[geometry]") {
  CHECK_THROWS_AS(InputPoint::at({}), UsageError);
  CHECK_THROWS_WITH(InputPoint::with_norm2(-1, 2), ContainsSubstring("norm2: -1"));
  CHECK_THROWS_WITH(InputPoint::with_norm2(1, 0), ContainsSubstring("dim: 0"));
  const NetworkMetric metric(network("erf", 1));
  CHECK_THROWS_AS(metric.at(InputPoint::with_norm2(1, 2), {.digits = 0}), UsageError);
  const std::vector<double> bad = {1.0, std::nan("")};
  CHECK_THROWS_WITH(metric.at_by_double(bad, 2), ContainsSubstring("point 2"));
  CHECK_THROWS_AS(metric.at_by_double(std::vector<double>{1.0}, 0), UsageError);
}

TEST_CASE("a stop interrupts at the next layer", "[geometry]") {
  const std::atomic<bool> stop = true;
  CHECK_THROWS_AS(NetworkMetric(network("erf", 3)).at(InputPoint::with_norm2(1, 2), {.budget = Budget(std::nullopt, &stop)}), Stopped);
}
