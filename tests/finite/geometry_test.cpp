// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/geometry.hpp"

#include <cmath>
#include <numbers>

#include "catch.hpp"
#include "curvature_by_differences.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

Architecture architecture(int depth, const std::string& activation) {
  return make_architecture(depth, {Activation::from_text(activation)}, {Rational(3, 2)}, {Rational(1, 10)});
}

FiniteNetwork drawn(int depth, const std::string& activation, std::vector<std::uint64_t> widths, std::size_t d, std::uint64_t seed, bool readout = false) {
  return NetworkEnsemble(architecture(depth, activation), std::move(widths), d, seed, readout ? 1 : 0).network(0);
}

FiniteGeometry at(const FiniteNetwork& network, const std::vector<double>& x, const FiniteRequest& request) {
  return finite_geometry(network, {x.data(), x.size() / network.dimension(), network.dimension()}, request);
}

}  // namespace

TEST_CASE("the metric is that of the features' differences", "[finite_geometry]") {
  const std::vector<double> x = {0.3, -0.7, 0.5};
  for (const char* name : {"tanh", "relu", "gelu", "elu:1", "hardtanh", "sin(x)+x/2", "leaky_relu:1/5"}) {
    for (const bool residual : {false, true}) {
      CAPTURE(name, residual);
      FiniteNetwork network = drawn(3, name, {20, 20, 20}, 3, 4);
      if (residual) network.residual = 0.5;
      const FiniteGeometry g = at(network, x, {.metric = true, .volume = true, .spectrum = true});
      const double h = 1e-5;
      std::vector<std::vector<double>> slopes;
      for (std::size_t i = 0; i < 3; ++i) {
        std::vector<double> up = x, down = x;
        up[i] += h;
        down[i] -= h;
        const FiniteGeometry a = at(network, up, {.metric = false, .features = true}), b = at(network, down, {.metric = false, .features = true});
        slopes.emplace_back();
        for (std::size_t k = 0; k < a.width; ++k) slopes.back().push_back((a.features[k] - b.features[k]) / (2 * h));
      }
      for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) {
          double sum = 0;
          for (std::size_t k = 0; k < 20; ++k) sum += slopes[i][k] * slopes[j][k] / 20;
          CHECK(std::abs(g.metric[i * 3 + j] - sum) < 1e-8);
        }
      }
      const double* const m = g.metric.data();
      const double det = m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
      CHECK(std::abs(g.log_volume[0] - std::log(det) / 2) < 1e-10);
      CHECK(g.rank[0] == 3);
      CHECK(std::abs(g.spectrum[0] * g.spectrum[1] * g.spectrum[2] - det) < 1e-12 * det);
    }
  }
}

TEST_CASE("saturated units keep their metric", "[finite_geometry]") {
  // W = I, b = (20, 20), x = 0: g = sech(20)^4 I / 2, by mpmath to 24 digits.
  FiniteNetwork network;
  network.layers = {{2, 2, {1, 0, 0, 1}, {20, 20}}};
  for (const char* formula : {"tanh", "2*sigmoid(2*x)-1"}) {
    CAPTURE(formula);
    network.activations = {Activation::from_text(formula)};
    const FiniteGeometry g = at(network, {0, 0}, {.volume = true});
    CHECK(g.rank[0] == 2);
    CHECK(std::abs(g.log_volume[0] + 77.92055845832016408874172) < 1e-13);
    CHECK(std::abs(std::exp(g.log_volume[0]) / 1.443881110276332113313229e-34 - 1) < 1e-13);
  }
}

TEST_CASE("a preactivation at a kink is told, where it moves", "[finite_geometry]") {
  FiniteNetwork network;
  network.activations = {Activation::from_text("relu")};
  network.layers = {{2, 2, {1, 1, 1, 0}, {-2, 0}}};
  const FiniteGeometry g = at(network, {1, 1, /**/ 0, 0.5, /**/ 3, 1}, {});
  CHECK(g.kink == std::vector<int>{1, 1, 0});
  // A unit that does not move has a slope of 0, whatever phi does.
  network.layers[0].weights = {0, 0, 1, 0};
  network.layers[0].biases = {0, 0};
  CHECK(at(network, {1, 1}, {}).kink == std::vector<int>{0});
  network.activations = {Activation::from_text("elu:1")};
  CHECK(at(network, {0, 0}, {}).kink == std::vector<int>{0});
  network.activations = {Activation::from_text("tanh"), Activation::from_text("hardtanh")};
  network.layers = {{1, 1, {1}, {0}}, {1, 1, {2}, {1}}};
  CHECK(at(network, {0}, {}).kink == std::vector<int>{2});
}

TEST_CASE("curvature from the symmetric tensor is that of the Gauss equation", "[finite_geometry]") {
  for (const std::size_t d : {2U, 3U, 5U}) {
    const FiniteNetwork shallow = drawn(1, "tanh", {40}, d, 2);
    // A second layer that changes nothing.
    FiniteNetwork deep = shallow;
    deep.activations.push_back(Activation::from_text("x"));
    DenseLayer same{40, 40, std::vector<double>(1600, 0.0), std::vector<double>(40, 0.0)};
    for (std::size_t i = 0; i < 40; ++i) same.weights[41 * i] = 1;
    deep.layers.push_back(same);
    std::vector<double> x(d);
    for (std::size_t i = 0; i < d; ++i) x[i] = 0.4 - 0.3 * static_cast<double>(i);
    const FiniteGeometry a = at(shallow, x, {.curvature = true, .riemann = true}), b = at(deep, x, {.curvature = true, .riemann = true});
    CAPTURE(d, a.ricci[0]);
    CHECK(std::abs(a.ricci[0] - b.ricci[0]) < 1e-11 * (1 + std::abs(b.ricci[0])));
    for (std::size_t i = 0; i < a.riemann.size(); ++i) CHECK(std::abs(a.riemann[i] - b.riemann[i]) < 1e-12);
  }
}

TEST_CASE("curvature is that of the metric's own derivatives, to 25 digits of the differences", "[finite_geometry]") {
  for (const int depth : {1, 2, 3}) {
    for (const std::size_t d : {std::size_t{2}, std::size_t{3}}) {
      for (const bool residual : {false, true}) {
        if (residual && depth == 1) continue;
        FiniteNetwork network = drawn(depth, "tanh", std::vector<std::uint64_t>(static_cast<std::size_t>(depth), 12), d, 7);
        if (residual) network.residual = 0.75;
        const std::vector<double> x = d == 2 ? std::vector<double>{0.6, -0.4} : std::vector<double>{0.6, -0.4, 0.2};
        const FiniteGeometry g = at(network, x, {.curvature = true, .riemann = true});
        const CurvatureByDifferences want = curvature_by_differences(network, x);
        CAPTURE(depth, d, residual);
        CHECK(std::abs(g.ricci[0] - want.ricci) < 1e-10 * (1 + std::abs(want.ricci)));
        for (std::size_t i = 0; i < g.riemann.size(); ++i) CHECK(std::abs(g.riemann[i] - want.riemann[i]) < 1e-11);
      }
    }
  }
}

TEST_CASE("surfaces that are known", "[finite_geometry]") {
  const double quarter = std::numbers::pi / 2;
  // (sin, cos) of each coordinate: a flat torus, g = 1/4.
  FiniteNetwork torus;
  torus.activations = {Activation::from_text("sin")};
  torus.layers = {{4, 2, {1, 0, 1, 0, 0, 1, 0, 1}, {0, quarter, 0, quarter}}};
  const FiniteGeometry flat = at(torus, {0.3, 1.1}, {.volume = true, .curvature = true});
  CHECK(std::abs(flat.metric[0] - 0.25) < 1e-15);
  CHECK(std::abs(flat.metric[1]) < 1e-15);
  CHECK(std::abs(flat.log_volume[0] - std::log(0.25)) < 1e-14);
  CHECK(std::abs(flat.ricci[0]) < 1e-13);
  // Products of sines and cosines, as sums of sines: the unit sphere S^2 in R^3, (sin a cos b, sin a sin b, cos a), times 1/sqrt(3).
  FiniteNetwork sphere = torus;
  sphere.activations = {Activation::from_text("sin"), Activation::from_text("x")};
  sphere.layers = {{5, 2, {1, 1, 1, -1, 1, 1, 1, -1, 1, 0}, {0, 0, quarter, quarter, quarter}},
                   {3, 5, {0.5, 0.5, 0, 0, 0, 0, 0, -0.5, 0.5, 0, 0, 0, 0, 0, 1}, {0, 0, 0}}};
  const FiniteGeometry round = at(sphere, {0.8, 0.4}, {.volume = true, .curvature = true, .riemann = true});
  CHECK(std::abs(round.metric[0] - 1.0 / 3) < 1e-14);
  CHECK(std::abs(round.metric[3] - std::pow(std::sin(0.8), 2) / 3) < 1e-14);
  CHECK(std::abs(round.ricci[0] - 6) < 1e-12);  // radius^2 1/3
  CHECK(round.riemann[5] > 0);                   // R_1212
}

TEST_CASE("singular metrics say so", "[finite_geometry]") {
  const FiniteNetwork narrow = drawn(1, "tanh", {2}, 3, 1);
  const std::vector<double> x = {0.1, 0.2, 0.3};
  const FiniteGeometry g = at(narrow, x, {.volume = true, .spectrum = true, .curvature = true});
  CHECK(g.rank[0] == 2);
  CHECK(std::abs(g.log_volume[0] - std::log(g.spectrum[0] * g.spectrum[1]) / 2) < 1e-12);
  CHECK(g.spectrum[2] == 0);
  CHECK(std::isnan(g.ricci[0]));
  FiniteNetwork dead = drawn(1, "relu", {3}, 2, 1);
  dead.layers[0].biases = {-100, -100, -100};
  const FiniteGeometry nothing = at(dead, {0.1, 0.2}, {.volume = true});
  CHECK(nothing.rank[0] == 0);
  CHECK(nothing.log_volume[0] == -std::numeric_limits<double>::infinity());
}

TEST_CASE("the tangent kernel is that of the parameters' differences", "[finite_geometry]") {
  const std::vector<double> x = {0.3, -0.7, 0.9, 0.2};
  for (const bool standard : {false, true}) {
    for (const bool residual : {false, true}) {
      Architecture a = architecture(2, "tanh");
      if (standard) a.parameterization = Parameterization::standard;
      a.has_biases = !(standard && residual);  // without: their differences are left out below
      if (residual) a.residual = Rational(1, 2);
      const FiniteNetwork network = NetworkEnsemble(a, {5, 5}, 2, 3, 1).network(0);
      const auto output = [&](const FiniteNetwork& of, std::size_t p) {
        const std::vector<double> point(x.begin() + static_cast<long>(2 * p), x.begin() + static_cast<long>(2 * p + 2));
        const FiniteGeometry g = at(of, point, {.metric = false, .features = true});
        double sum = of.layers[2].biases[0];
        for (std::size_t k = 0; k < 5; ++k) sum += of.layers[2].weights[k] * g.features[k];
        return sum;
      };
      std::vector<double> want(4, 0);
      const double h = 1e-5;
      for (std::size_t l = 0; l < 3; ++l) {
        for (const bool bias : {false, true}) {
          if (bias && !a.has_biases) continue;
          const double variance = standard ? 1 : bias ? 0.1 : l == 0 ? 1.5 : 1.5 / 5;
          const std::size_t count = bias ? network.layers[l].biases.size() : network.layers[l].weights.size();
          for (std::size_t i = 0; i < count; ++i) {
            FiniteNetwork up = network, down = network;
            (bias ? up.layers[l].biases : up.layers[l].weights)[i] += h;
            (bias ? down.layers[l].biases : down.layers[l].weights)[i] -= h;
            double slope[2];
            for (std::size_t p = 0; p < 2; ++p) slope[p] = (output(up, p) - output(down, p)) / (2 * h);
            for (std::size_t p = 0; p < 2; ++p) {
              for (std::size_t q = 0; q < 2; ++q) want[p * 2 + q] += variance * slope[p] * slope[q];
            }
          }
        }
      }
      const FiniteMap map(network.activations);
      FiniteMap::Worker worker(map);
      const std::vector<double> theta = worker.tangent_kernel(network, a, {x.data(), 2, 2});
      CAPTURE(standard, residual);
      for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(theta[i] - want[i]) < 1e-7 * (1 + std::abs(want[i])));
    }
  }
}

TEST_CASE("points in blocks and on threads give the same bits", "[finite_geometry]") {
  const FiniteNetwork network = drawn(2, "gelu", {30, 20}, 3, 9);
  std::vector<double> x(3 * 700);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<double>(i));
  const FiniteRequest request{.metric = true, .volume = true};
  const MatrixView points{x.data(), 700, 3};
  const FiniteGeometry one = finite_geometry(network, points, request, 1), three = finite_geometry(network, points, request, 3);
  CHECK(one.metric == three.metric);
  CHECK(one.log_volume == three.log_volume);
  CHECK(one.points == 700);
  // each layer by itself
  const FiniteGeometry first = finite_geometry(network, points, request, 1, {}, 1);
  CHECK(first.width == 30);
}

TEST_CASE("what cannot be computed is refused", "[finite_geometry]") {
  const FiniteNetwork network = drawn(1, "sin(x)/x", {3}, 2, 1);
  FiniteNetwork at_zero = network;
  at_zero.layers[0].biases = {0, 0, 0};
  CHECK_THROWS_WITH(at(at_zero, {0, 0}, {}), ContainsSubstring("no number in double precision at the preactivation 0"));
  CHECK_THROWS_AS(NetworkEnsemble(architecture(2, "tanh"), {3, 0}, 2, 1), UsageError);
  CHECK_THROWS_AS(NetworkEnsemble(architecture(2, "tanh"), {3, 3, 3}, 2, 1), UsageError);
}

TEST_CASE("a singular metric is found whatever its columns' sizes", "[finite]") {
  // One active unit: J has rank 1, its columns are multiples b_1, b_2 of one; rounding leaves a second eigenvalue of 1e-16 of the larger column, however small the first.
  for (const double small : {1.0, 1e-3, 1e-9}) {
    FiniteNetwork one{{{1, 2, {small / 3, 0.7}, {0.1}}, {5, 1, {0.3, 1.1, 0.7, 0.9, 1.3}, {0, 0, 0, 0, 0}}}, {Activation::from_text("relu"), Activation::from_text("relu")}, {}};
    const std::vector<double> x = {1, 1};
    const FiniteGeometry g = finite_geometry(one, {x.data(), 1, 2}, {.volume = true});
    CHECK(g.rank[0] == 1);
    CHECK(std::abs(g.log_volume[0] - std::log(std::hypot(small / 3, 0.7) * std::sqrt((0.09 + 1.21 + 0.49 + 0.81 + 1.69) / 5))) < 1e-14);
  }
}
