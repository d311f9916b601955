// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/probe.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/finite/geometry.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("zero lines of a circle, and distances to them", "[probe]") {
  const PlaneGrid grid{101, 1};
  const std::vector<double> x = grid.coordinates();
  std::vector<double> field;
  for (std::size_t p = 0; p < grid.points(); ++p) field.push_back(std::hypot(x[2 * p], x[2 * p + 1]) - 0.6);
  const std::vector<Segment> circle = zero_lines(field, grid);
  double length = 0;
  for (const auto& [x1, y1, x2, y2] : circle) length += std::hypot(x2 - x1, y2 - y1);
  CHECK(std::abs(length - 2 * 3.14159265 * 0.6) < 2e-3);
  const std::vector<double> d = distances(x, circle);
  double worst = 0;
  for (std::size_t p = 0; p < grid.points(); ++p) worst = std::max(worst, std::abs(d[p] - std::abs(field[p])));
  CHECK(worst < 1e-3);
  // A saddle: two lines, not one through the middle.
  const std::vector<Segment> saddle = zero_lines(std::vector<double>{1, -0.5, -0.5, 1}, PlaneGrid{2, 1});
  REQUIRE(saddle.size() == 2);
  for (const auto& [x1, y1, x2, y2] : saddle) CHECK((x1 + x2) * (y1 + y2) < 0);  // the middle is positive: the negative corners are cut off
  CHECK(std::isinf(distances(std::vector<double>{0, 0}, {})[0]));
  CHECK(zero_lines(std::vector<double>{1, 1, 1, 1}, PlaneGrid{2, 1}).empty());
}

TEST_CASE("lines and planes go through their data points", "[probe]") {
  const std::vector<double> a = {1, 2, 3, 0}, b = {2, 0, 3, 1}, c = {0, 0, 1, 5};
  const Probe line = line_probe(a, b, 13);
  CHECK(line.axis.size() == 13);
  double nearest = 1e9;
  for (std::size_t p = 0; p < 13; ++p) {
    double d2 = 0;
    for (std::size_t i = 0; i < 4; ++i) d2 += std::pow(line.points[4 * p + i] - a[i], 2);
    CHECK(std::abs(std::sqrt(d2) - std::abs(line.axis[p])) < 1e-14);
    nearest = std::min(nearest, d2);
  }
  CHECK(nearest < 1e-20);
  const Probe plane = plane_probe(a, b, c, 81);
  // Every corner lies in the plane, at the circle's radius from its middle: among a fine grid's points one is near.
  for (const std::vector<double>* corner : {&a, &b, &c}) {
    double least = 1e9;
    for (std::size_t p = 0; p < plane.count(); ++p) {
      double d2 = 0;
      for (std::size_t i = 0; i < 4; ++i) d2 += std::pow(plane.points[4 * p + i] - (*corner)[i], 2);
      least = std::min(least, d2);
    }
    CHECK(std::sqrt(least) < 2 * plane.grid.window / 80);
  }
  // Unit vectors: neighbours of the grid are its step apart.
  double step2 = 0;
  for (std::size_t i = 0; i < 4; ++i) step2 += std::pow(plane.points[4 + i] - plane.points[i], 2);
  CHECK(std::abs(std::sqrt(step2) - 2 * plane.grid.window / 80) < 1e-12);
  CHECK_THROWS_AS(line_probe(a, a, 5), UsageError);
  CHECK_THROWS_AS(plane_probe(a, b, std::vector<double>{3, -2, 3, 2}, 5), UsageError);
}

TEST_CASE("a record is the network's geometry and its decisions", "[probe]") {
  const Architecture architecture = make_architecture(2, {Activation::from_text("tanh")}, {1}, {Rational(1, 4)});
  const FiniteNetwork network = NetworkEnsemble(architecture, {12}, 2, 5, 3).network(0);
  const Probe probe = grid_probe(1, 7);
  const ProbeRecord r = record(network, 2, probe, {.curvature = true, .spectrum = true, .all_layers = true});
  const FiniteGeometry g = finite_geometry(network, {probe.points.data(), 49, 2}, {.volume = true, .spectrum = true, .curvature = true, .features = true});
  REQUIRE(r.log_volume.size() == 2);
  CHECK(r.log_volume[1] == g.log_volume);
  CHECK(r.log_volume[0] != g.log_volume);
  CHECK(r.curvature == g.ricci);
  CHECK(r.spectrum == g.spectrum);
  for (std::size_t p = 0; p < 49; ++p) {
    double f[3], sum = 0, entropy = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      f[k] = network.layers[2].biases[k];
      for (std::size_t u = 0; u < 12; ++u) f[k] += network.layers[2].weights[12 * k + u] * g.features[12 * p + u];
      f[k] /= 2;
      CHECK(std::abs(f[k] - r.outputs[3 * p + k]) < 1e-14);
      sum += std::exp(f[k]);
    }
    for (const double o : f) entropy -= std::exp(o) / sum * std::log(std::exp(o) / sum);
    CHECK(std::abs(entropy - r.entropy[p]) < 1e-13);
    std::sort(f, f + 3);
    CHECK(std::abs(f[2] - f[1] - r.margin[p]) < 1e-14);
  }
  FiniteNetwork headless = network;
  headless.layers.pop_back();
  CHECK_THROWS_AS(record(headless, 1, probe, {}), UsageError);
}

TEST_CASE("magnification sees volume that gathers at a boundary", "[probe]") {
  // Volume exp(-|y|) about the boundary y = 0.
  const Probe probe = grid_probe(1, 41);
  ProbeRecord r;
  r.count = probe.count();
  r.log_volume.emplace_back();
  std::vector<double> distance;
  for (std::size_t p = 0; p < r.count; ++p) {
    const double y = probe.points[2 * p + 1];
    r.log_volume[0].push_back(-std::abs(y));
    r.entropy.push_back(std::exp(-std::abs(y)));
    distance.push_back(std::abs(y));
  }
  const Magnification m = magnification(r, probe, distance);
  CHECK(std::abs(m.plain.value.value() + 1) < 1e-12);
  CHECK(std::abs(m.entropy.value.value() - 1) < 1e-3);  // equal but for rounding
  CHECK(m.partial.value.value() < -0.999);
  CHECK(m.contrast.value.value() > 0.5);
  CHECK(m.singular == 0);
  CHECK_THAT(m.change.reason, ContainsSubstring("first record"));
  // One that only falls with |x| is correlated, but not once |x| is given.
  ProbeRecord round = r;
  for (std::size_t p = 0; p < r.count; ++p) round.log_volume[0][p] = -std::hypot(probe.points[2 * p], probe.points[2 * p + 1]);
  CHECK(magnification(round, probe, distance).plain.value.value() < -0.5);
  CHECK(std::abs(magnification(round, probe, distance).partial.value.value()) < 0.3);
  const Magnification nowhere = magnification(r, probe, std::vector<double>(r.count, INFINITY)), far = magnification(r, probe, std::vector<double>(r.count, 0.2));
  CHECK_FALSE(nowhere.contrast.value);
  CHECK_THAT(nowhere.plain.reason, ContainsSubstring("no decision boundary"));
  CHECK(nowhere.entropy.value);
  CHECK_THAT(far.contrast.reason, ContainsSubstring("nearer to the decision boundary"));
  CHECK_THAT(far.plain.reason, ContainsSubstring("same at all points"));
}

TEST_CASE("points whose metric is singular are left out and counted", "[probe]") {
  const Probe probe = grid_probe(1, 41);
  ProbeRecord r, before;
  r.count = before.count = probe.count();
  r.full_rank = before.full_rank = {2};
  for (ProbeRecord* one : {&r, &before}) {
    one->log_volume.emplace_back();
    one->rank.emplace_back();
  }
  std::vector<double> distance;
  // Dead where x < 0: rank 0 in the upper half, in the lower half rank 1 with a volume of one dimension that would spoil the mean. Before, all of it lived but a strip.
  std::size_t dead = 0;
  for (std::size_t p = 0; p < r.count; ++p) {
    const double x = probe.points[2 * p], y = probe.points[2 * p + 1];
    const bool alive = x >= 0;
    dead += alive ? 0 : 1;
    r.rank[0].push_back(alive ? 2 : y > 0 ? 0 : 1);
    r.log_volume[0].push_back(alive ? -std::abs(y) : y > 0 ? -INFINITY : 1000);
    before.rank[0].push_back(x < 0.9 ? 2 : 0);
    before.log_volume[0].push_back(x < 0.9 ? 0 : -INFINITY);
    r.entropy.push_back(std::exp(-std::abs(y)));
    distance.push_back(std::abs(y));
  }
  MagnificationOptions options;
  options.before = &before;
  options.near = 0.12;
  options.far = 0.42;
  const Magnification m = magnification(r, probe, distance, options);
  CHECK(m.singular == dead);
  CHECK(std::abs(m.plain.value.value() + 1) < 1e-12);
  CHECK(std::abs(m.change.value.value() + 1) < 1e-12);
  // The mean of -|y| over |y| <= 0.1 and over |y| >= 0.45, by hand: the grid's step is 0.05.
  CHECK(std::abs(m.contrast.value.value() - (-0.06 + 0.725)) < 1e-12);
  for (std::size_t p = 0; p < r.count; ++p) r.rank[0][p] = 1;
  const Magnification none = magnification(r, probe, distance, options);
  CHECK(none.singular == r.count);
  CHECK_THAT(none.contrast.reason, ContainsSubstring("singular at every point"));
  CHECK_THAT(none.change.reason, ContainsSubstring("fewer than three points"));
  CHECK_FALSE(none.entropy.value);
}

TEST_CASE("a record knows the rank of its metrics, and the one they could have", "[probe]") {
  // Three units of relu: dead in places, where the rank is 0 or 1.
  const Architecture architecture = make_architecture(1, {Activation::from_text("relu")}, {1}, {0});
  const FiniteNetwork network = NetworkEnsemble(architecture, {3}, 2, 3, 2).network(0);
  const Probe probe = grid_probe(1.5, 9);
  const ProbeRecord r = record(network, 1, probe, {});
  CHECK(r.full_rank == std::vector<int>{2});
  int singular = 0;
  for (std::size_t p = 0; p < r.count; ++p) {
    int living = 0;
    for (std::size_t u = 0; u < 3; ++u) {
      const double* const w = network.layers[0].weights.data() + 2 * u;
      living += w[0] * probe.points[2 * p] + w[1] * probe.points[2 * p + 1] > 0 ? 1 : 0;
    }
    if (probe.points[2 * p] != 0 || probe.points[2 * p + 1] != 0) CHECK(r.rank[0][p] == std::min(living, 2));
    singular += r.rank[0][p] < 2 ? 1 : 0;
  }
  CHECK(singular > 0);
  const Architecture narrow = make_architecture(3, {Activation::from_text("tanh")}, {1}, {0});
  CHECK(record(NetworkEnsemble(narrow, {5, 1, 7}, 2, 3, 2).network(0), 1, probe, {.all_layers = true}).full_rank == std::vector<int>{2, 1, 1});
  CHECK(record(NetworkEnsemble(narrow, {5, 1, 7}, 2, 3, 2).network(0), 1, probe, {}).full_rank == std::vector<int>{1});
}
