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

// Below this the difference of the points gives 1 - |rho|; above, a rounding of the product is 1e-14 of it.
constexpr double near = 0.01;
constexpr double unit = 0x1p-53;

/// The sum of f(k), k = 0, .., n - 1, eight at a time.
template <class F>
double sum_over(std::size_t n, F f) {
  Pack sum(0);
  std::size_t k = 0;
  for (; k + Pack::size <= n; k += Pack::size) {
    for (std::size_t e = 0; e < Pack::size; ++e) sum.lane[e] += f(k + e);
  }
  double rest = 0;
  for (; k < n; ++k) rest += f(k);
  return sum.sum() + rest;
}

double sum_of_squares(const double* x, std::size_t n) {
  return sum_over(n, [x](std::size_t k) { return x[k] * x[k]; });
}

std::string name_of(std::size_t p, std::size_t first_set) {
  return p < first_set ? "point " + std::to_string(p + 1) : "point " + std::to_string(p - first_set + 1) + " of the second set";
}

}  // namespace

InputPairs::InputPairs(const Architecture& network, MatrixView x, MatrixView y, std::span<const double> point_errors)
    : first_set_(x.rows), dimension_(x.columns), width_(x.columns + 1), x_(x), y_(y), point_errors_(point_errors) {
  if (x.data == nullptr || x.rows == 0 || x.columns == 0) throw UsageError("gram: no points; give one row or more, of one coordinate or more");
  if (y.data != nullptr && y.columns != x.columns) {
    throw UsageError("gram: points of dimension " + std::to_string(x.columns) + " and of dimension " + std::to_string(y.columns) + "; give both sets the same");
  }
  const std::size_t n = x.rows + (y.data == nullptr ? 0 : y.rows), d = x.columns;
  const Rational scale = network.input_scaling == InputScaling::fan_in ? Rational(network.sigma_w2[0] / static_cast<long>(d)) : network.sigma_w2[0];
  const double w = constant<double>(scale), b = constant<double>(network.sigma_b2[0]), root_w = std::sqrt(w), root_b = std::sqrt(b);
  w_ = w;
  b_ = b;
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
    tau[j] = std::copysign(near_separation(i, j0 + j, rho[j] <= 0), rho[j]);
  }
}

/// 1 - |rho| from q1 q2 (1 - rho^2) = w^2 |x|^2 |y_o|^2 + w b |x - y|^2, y_o the part of y (and of x - y, and of x + y) that is orthogonal to x.
double InputPairs::near_separation(std::size_t i, std::size_t j, bool opposite) const {
  if (i == j) return 0;
  const double *const x = point(i), *const y = point(j), sign = opposite ? -1 : 1, scale = std::sqrt(w_ / q_[j]);
  const auto apart = [=](std::size_t k) { return scale * (y[k] - sign * x[k]); };
  const double along = norm2_[i] == 0 ? 0 : sum_over(dimension_, [=](std::size_t k) { return x[k] * apart(k); }) / norm2_[i];
  const double beside2 = sum_over(dimension_, [=](std::size_t k) {
    const double c = apart(k) - along * x[k];
    return c * c;
  });
  double sine2 = w_ * (norm2_[i] / q_[i]) * beside2;
  if (b_ != 0) {
    const double distance2 = sum_over(dimension_, [=](std::size_t k) {
      const double c = scale * (y[k] - x[k]);
      return c * c;
    });
    sine2 += b_ / q_[i] * distance2;
  }
  sine2 = std::min(sine2, 1.0);
  return sine2 / (1 + std::sqrt(1 - sine2));
}

void InputPairs::tau_errors(std::size_t i, std::size_t j0, std::size_t count, const double* tau, double* errors) const {
  const double of_product = unit * (4 + std::sqrt(static_cast<double>(width_)) / 2), direction = direction_error(i);
  std::fill_n(errors, count, of_product + direction);
  if (!point_errors_.empty()) {
    for (std::size_t j = 0; j < count; ++j) errors[j] += direction_error(j0 + j);
  }
  if (!any_below(tau, count, near)) return;
  for (std::size_t j = 0; j < count; ++j) {
    if (std::abs(tau[j]) < near) errors[j] = near_error(i, j0 + j, std::abs(tau[j]));
  }
}

double InputPairs::near_error(std::size_t i, std::size_t j, double t) const {
  if (q_[i] == 0 || q_[j] == 0) return 0;
  const double direction = direction_error(i) + direction_error(j);
  // Of the coordinates' differences; of the projection, which takes the difference of the norms away; of a point on the same ray, which is left.
  const double d = std::sqrt(std::max(q_[i], q_[j]) / std::min(q_[i], q_[j])) - 1;
  return unit * ((16 + std::sqrt(static_cast<double>(width_)) / 4) * t + 4 * std::sqrt(t * (2 * t + d * d)) + unit * d * d) + direction * (std::sqrt(2 * t) + direction);
}

double InputPairs::variance_error(std::size_t p) const { return (4 + 0.125 * std::sqrt(static_cast<double>(dimension_))) * unit + 2 * direction_error(p); }

}  // namespace infwidth
