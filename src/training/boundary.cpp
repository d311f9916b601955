// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/boundary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace infwidth {

std::vector<double> PlaneGrid::coordinates() const {
  std::vector<double> x;
  x.reserve(2 * points());
  for (std::size_t r = 0; r < side; ++r) {
    for (std::size_t c = 0; c < side; ++c) x.insert(x.end(), {coordinate(c), coordinate(r)});
  }
  return x;
}

std::vector<Segment> zero_lines(std::span<const double> field, const PlaneGrid& grid) {
  std::vector<Segment> lines;
  const auto at = [&](std::size_t r, std::size_t c) { return field[r * grid.side + c]; };
  for (std::size_t r = 0; r + 1 < grid.side; ++r) {
    for (std::size_t c = 0; c + 1 < grid.side; ++c) {
      // Corners around the cell, and where its edges are crossed: edge k joins corners k and k + 1.
      const double v[4] = {at(r, c), at(r, c + 1), at(r + 1, c + 1), at(r + 1, c)};
      const double x[4] = {grid.coordinate(c), grid.coordinate(c + 1), grid.coordinate(c + 1), grid.coordinate(c)};
      const double y[4] = {grid.coordinate(r), grid.coordinate(r), grid.coordinate(r + 1), grid.coordinate(r + 1)};
      double px[4], py[4];
      std::size_t crossed[4], count = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        const std::size_t next = (k + 1) % 4;
        if ((v[k] > 0) == (v[next] > 0)) continue;
        const double t = v[k] / (v[k] - v[next]);
        px[k] = x[k] + t * (x[next] - x[k]);
        py[k] = y[k] + t * (y[next] - y[k]);
        crossed[count++] = k;
      }
      const auto join = [&](std::size_t a, std::size_t b) { lines.push_back({px[a], py[a], px[b], py[b]}); };
      if (count == 2) join(crossed[0], crossed[1]);
      if (count == 4) {
        // The middle belongs to corner 0 and 2, or to 1 and 3: the lines cut off the two others.
        const bool middle = v[0] + v[1] + v[2] + v[3] > 0;
        if (middle == (v[0] > 0)) join(0, 1), join(2, 3);
        else join(3, 0), join(1, 2);
      }
    }
  }
  return lines;
}

std::vector<double> distances(std::span<const double> points, const std::vector<Segment>& lines, const Budget& budget) {
  std::vector<double> result(points.size() / 2, std::numeric_limits<double>::infinity());
  for (std::size_t k = 0; k < result.size(); ++k) {
    budget.check();
    const double x = points[2 * k], y = points[2 * k + 1];
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [x1, y1, x2, y2] : lines) {
      const double dx = x2 - x1, dy = y2 - y1, length2 = dx * dx + dy * dy;
      const double t = length2 > 0 ? std::clamp(((x - x1) * dx + (y - y1) * dy) / length2, 0.0, 1.0) : 0;
      const double ex = x - x1 - t * dx, ey = y - y1 - t * dy;
      least = std::min(least, ex * ex + ey * ey);
    }
    result[k] = std::sqrt(least);
  }
  return result;
}

}  // namespace infwidth
