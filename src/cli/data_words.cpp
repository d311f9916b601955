// SPDX-License-Identifier: GPL-3.0-or-later
#include "data_words.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "infwidth/geometry/metric.hpp"
#include "infwidth/real/functions.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

namespace {

std::string counted(std::size_t n, const std::string& what) { return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s"); }

/// The lower one of two in the middle: the norm of a row that there is.
double median_norm2(const MatrixView& points) {
  std::vector<double> norms;
  for (std::size_t i = 0; i < points.rows; ++i) norms.push_back(norm2({points.data + i * points.columns, points.columns}));
  const auto middle = norms.begin() + static_cast<std::ptrdiff_t>((norms.size() - 1) / 2);
  std::nth_element(norms.begin(), middle, norms.end());
  return *middle;
}

}  // namespace

double typical_q1(const MatrixView& points, const Architecture& network) {
  const double w = constant<double>(network.sigma_w2[0]), b = constant<double>(network.sigma_b2[0]), d = static_cast<double>(points.columns);
  return b + w * median_norm2(points) / (network.input_scaling == InputScaling::unit ? 1 : d);
}

std::string data_words(const std::string& flag, const MatrixView& points, const Architecture& network) {
  std::string text = flag + ": " + counted(points.rows, "point") + " of " + counted(points.columns, "number");
  if (points.rows == 0) return text;
  text += ", q_1 = " + three_digits(typical_q1(points, network)) + " at the median row";
  if (network.input_scaling != InputScaling::unit || points.columns == 1) return text;
  Architecture fan_in = network;
  fan_in.input_scaling = InputScaling::fan_in;
  return text + " (fan-in: " + three_digits(typical_q1(points, fan_in)) + ")";
}

}  // namespace infwidth::cli
