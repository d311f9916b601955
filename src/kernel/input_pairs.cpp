// SPDX-License-Identifier: GPL-3.0-or-later
#include "input_pairs.hpp"

#include <algorithm>
#include <cmath>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/matrix_product.hpp"
#include "infwidth/real/text.hpp"
#include "pair_dual.hpp"

namespace infwidth {

namespace {

// Below this the difference of unit vectors gives 1 - |rho|; above, a rounding of the product is 1e-14 of it.
constexpr double near = 0.01;

/// Half the squared distance of two unit vectors, sign = -1: of one to the other's mirror image.
double half_distance2(const double* a, const double* b, std::size_t n, double sign) {
  Pack sum(0);
  std::size_t k = 0;
  for (; k + Pack::size <= n; k += Pack::size) {
    for (std::size_t e = 0; e < Pack::size; ++e) {
      const double d = a[k + e] - sign * b[k + e];
      sum.lane[e] += d * d;
    }
  }
  double rest = 0;
  for (; k < n; ++k) rest += (a[k] - sign * b[k]) * (a[k] - sign * b[k]);
  return (sum.sum() + rest) / 2;
}

double sum_of_squares(const double* x, std::size_t n) {
  Pack sum(0);
  std::size_t k = 0;
  for (; k + Pack::size <= n; k += Pack::size) {
    for (std::size_t e = 0; e < Pack::size; ++e) sum.lane[e] += x[k + e] * x[k + e];
  }
  double rest = 0;
  for (; k < n; ++k) rest += x[k] * x[k];
  return sum.sum() + rest;
}

std::string name_of(std::size_t p, std::size_t first_set) {
  return p < first_set ? "point " + std::to_string(p + 1) : "point " + std::to_string(p - first_set + 1) + " of the second set";
}

}  // namespace

InputPairs::InputPairs(const Architecture& network, MatrixView x, MatrixView y) : first_set_(x.rows), dimension_(x.columns), width_(x.columns + 1) {
  if (x.data == nullptr || x.rows == 0 || x.columns == 0) throw UsageError("gram: no points; give one row or more, of one coordinate or more");
  if (y.data != nullptr && y.columns != x.columns) {
    throw UsageError("gram: points of dimension " + std::to_string(x.columns) + " and of dimension " + std::to_string(y.columns) + "; give both sets the same");
  }
  const std::size_t n = x.rows + (y.data == nullptr ? 0 : y.rows), d = x.columns;
  const Rational scale = network.input_scaling == InputScaling::fan_in ? Rational(network.sigma_w2[0] / static_cast<long>(d)) : network.sigma_w2[0];
  const double w = constant<double>(scale), b = constant<double>(network.sigma_b2[0]), root_w = std::sqrt(w), root_b = std::sqrt(b);
  if (network.sigma_b2[0] == 0) width_ = d;
  unit_ = GramMatrix(n, width_);
  q_.resize(n);
  norm2_.resize(n);
  for (std::size_t p = 0; p < n; ++p) {
    const double* const from = p < x.rows ? x.data + p * d : y.data + (p - x.rows) * d;
    norm2_[p] = sum_of_squares(from, d);
    for (std::size_t k = 0; k < d && !std::isfinite(norm2_[p]); ++k) {
      if (!std::isfinite(from[k])) throw UsageError("gram: " + name_of(p, x.rows) + ", coordinate " + std::to_string(k + 1) + " is " + short_text(from[k]) + "; give finite numbers");
    }
    q_[p] = b + w * norm2_[p];
    const bool zero = norm2_[p] == 0 && std::all_of(from, from + d, [](double c) { return c == 0; });
    if (!std::isfinite(q_[p]) || (!zero && !std::isnormal(norm2_[p])) || (q_[p] != 0 && !std::isnormal(q_[p]))) {
      throw UsageError("gram: " + name_of(p, x.rows) + ": its squared norm leaves the range of a double; rescale the points");
    }
    const double inverse = q_[p] > 0 ? 1 / std::sqrt(q_[p]) : 0;
    double* const to = unit_.data() + p * width_;
    const double factor = root_w * inverse;
    for (std::size_t k = 0; k < d; ++k) to[k] = factor * from[k];
    if (width_ > d) to[d] = root_b * inverse;
  }
}

void InputPairs::correlate(std::size_t i0, std::size_t rows, std::size_t j0, std::size_t columns, Tile& tile) const {
  tile.columns = columns;
  tile.rho.resize(rows * columns);
  const auto block = [&](std::size_t p, std::size_t count) { return MatrixView{unit_.data() + p * width_, count, width_}; };
  if (i0 == j0 && rows == columns) {
    upper_of_square(block(i0, rows), tile.rho.data());
  } else {
    multiply_by_transpose(block(i0, rows), block(j0, columns), tile.rho.data());
  }
}

void InputPairs::separations(std::size_t i, std::size_t j0, std::size_t count, const double* rho, double* tau) const {
  for (std::size_t j = 0; j < count; ++j) tau[j] = std::copysign(1 - std::abs(rho[j]), rho[j]);
  if (!any_below(tau, count, near)) return;
  for (std::size_t j = 0; j < count; ++j) {
    if (std::abs(tau[j]) >= near) continue;
    const double sign = rho[j] > 0 ? 1 : -1;
    tau[j] = std::copysign(half_distance2(unit_.data() + i * width_, unit_.data() + (j0 + j) * width_, width_, sign), sign);
  }
}

}  // namespace infwidth
