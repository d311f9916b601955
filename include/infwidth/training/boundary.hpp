// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "infwidth/run/budget.hpp"

namespace infwidth {

/// A square grid over [-window, window]^2, row after row from the lowest y, the ends among its points.
struct PlaneGrid {
  std::size_t side = 0;
  double window = 1;

  std::size_t points() const { return side * side; }
  double coordinate(std::size_t k) const { return side > 1 ? -window + 2 * window * static_cast<double>(k) / static_cast<double>(side - 1) : 0; }
  /// points x 2
  std::vector<double> coordinates() const;
};

using Segment = std::array<double, 4>;  // x1, y1, x2, y2

/// Where a field on the grid is 0, as short straight pieces: marching squares, ends by linear interpolation; a saddle cell is cut as its mean's sign says.
std::vector<Segment> zero_lines(std::span<const double> field, const PlaneGrid& grid);

/// The distance of each point (rows of two numbers) to the nearest piece; infinite if there is none.
///   Errors   Stopped, NotReached: the end of the budget
std::vector<double> distances(std::span<const double> points, const std::vector<Segment>& lines, const Budget& budget = {});

}  // namespace infwidth
