// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/rounding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/run/stream.hpp"

namespace infwidth {

namespace {

constexpr double unit = std::numeric_limits<double>::epsilon() / 2;
constexpr int repeats = 4;
constexpr double moved_by = 2;  // units, the standard deviation of a move
constexpr double margin = 4;    // of the largest difference that was seen
constexpr double least = 16;    // units: the last roundings, and a slope of the last layer, which no move of a number covers

/// x (1 + a few units), a random number each.
void move(std::vector<double>& x, std::uint64_t repeat, std::uint32_t part) {
  std::vector<double> by(x.size());
  Stream(0, repeat, part).normals(by, moved_by * unit);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] *= 1 + by[i];
}

}  // namespace

GeometryRounding geometry_rounding(const FiniteNetwork& network, MatrixView points, const FiniteRequest& request, const FiniteGeometry& found, int threads, const Budget& budget) {
  const std::size_t count = found.points, d = found.dimension;
  GeometryRounding rounding{std::vector<double>(count, 0), std::vector<double>(found.log_volume.size(), 0), std::vector<double>(found.ricci.size(), 0)};
  const auto enlarge = [](double& largest, double a, double b) {
    const double difference = std::abs(a - b);
    largest = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(largest, difference);
  };
  for (int r = 0; r < repeats; ++r) {
    FiniteNetwork moved = network;
    std::uint32_t part = 0;
    for (DenseLayer& layer : moved.layers) {
      move(layer.weights, static_cast<std::uint64_t>(r), part++);
      move(layer.biases, static_cast<std::uint64_t>(r), part++);
    }
    std::vector<double> x(points.data, points.data + points.rows * points.columns);
    move(x, static_cast<std::uint64_t>(r), part);
    const FiniteGeometry g = finite_geometry(moved, {x.data(), points.rows, points.columns}, request, threads, budget);
    for (std::size_t p = 0; p < count; ++p) {
      const double *const here = found.metric.data() + p * d * d, *const there = g.metric.data() + p * d * d;
      for (std::size_t i = 0; i < d && !found.metric.empty(); ++i) {
        for (std::size_t j = i; j < d; ++j) {
          const double size = std::sqrt(here[i * d + i]) * std::sqrt(here[j * d + j]);
          if (size > 0) enlarge(rounding.metric[p], here[i * d + j] / size, there[i * d + j] / size);
        }
      }
      if (!found.log_volume.empty() && found.rank[p] == g.rank[p]) enlarge(rounding.log_volume[p], found.log_volume[p], g.log_volume[p]);
      if (!found.log_volume.empty() && found.rank[p] != g.rank[p]) rounding.log_volume[p] = std::numeric_limits<double>::infinity();
      if (!found.ricci.empty() && !std::isnan(found.ricci[p])) enlarge(rounding.ricci[p], found.ricci[p], g.ricci[p]);
    }
  }
  for (std::size_t p = 0; p < count; ++p) {
    rounding.metric[p] = margin * rounding.metric[p] + least * unit;
    // What moves the metric moves the others, by chance less than it does.
    if (!found.log_volume.empty()) rounding.log_volume[p] = std::max(margin * rounding.log_volume[p] + least * unit * (1 + std::abs(found.log_volume[p])), rounding.metric[p]);
    if (!found.ricci.empty()) rounding.ricci[p] = std::max(margin * rounding.ricci[p], rounding.metric[p] * std::abs(found.ricci[p]));
  }
  return rounding;
}

}  // namespace infwidth
