// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "infwidth/kernel/gram.hpp"

namespace infwidth {

/// The points of one set or two (numbered one after the other), as unit vectors of the first layer's preactivation kernel: (sigma_w x, sigma_b) / sqrt(q), so that a product
/// of two is rho. Derivation D-050.
class InputPairs {
 public:
  /// `y.data` null: one set. Both views must outlive this.
  ///   Errors   UsageError: no points, another dimension, a number that is not finite or whose square leaves the range
  InputPairs(const Architecture& network, MatrixView x, MatrixView y, std::span<const double> point_errors);

  std::size_t points() const { return q_.size(); }
  std::size_t first_set() const { return first_set_; }
  std::size_t dimension() const { return dimension_; }
  /// The errors of tau (of a row, as `separations`) and, relative, of Sigma^1(x, x), to first order.
  void tau_errors(std::size_t i, std::size_t j0, std::size_t count, const double* tau, double* errors) const;
  double variance_error(std::size_t p) const;
  /// Sigma^1(x, x), and |x|^2.
  const std::vector<double>& variances() const { return q_; }
  const std::vector<double>& norms2() const { return norm2_; }

  /// Correlations of a block of pairs.
  struct Tile {
    std::vector<double> rho;
    std::size_t columns = 0;
    const double* row(std::size_t i) const { return rho.data() + i * columns; }
  };
  void correlate(std::size_t i0, std::size_t rows, std::size_t j0, std::size_t columns, Tile& tile) const;
  /// tau of point i against j0, .., j0 + count - 1 from their correlations; near rho = +-1 from the part of x -+ y orthogonal to x.
  void separations(std::size_t i, std::size_t j0, std::size_t count, const double* rho, double* tau) const;
  bool are_equal(std::size_t i, std::size_t j, double tau) const { return !std::signbit(tau) && q_[i] == q_[j]; }

 private:
  std::size_t first_set_, dimension_, width_;
  MatrixView x_, y_;  // as they came: differences of near points have no rounding but their own
  double w_, b_;      // of the first layer
  GramMatrix unit_;
  std::vector<double> q_, norm2_;
  std::span<const double> point_errors_;

  const double* point(std::size_t p) const { return p < x_.rows ? x_.data + p * x_.columns : y_.data + (p - x_.rows) * y_.columns; }
  /// By how much the point's unit vector is off.
  double direction_error(std::size_t p) const { return point_errors_.empty() || q_[p] == 0 ? 0 : point_errors_[p] * std::sqrt(w_ / q_[p]); }
  double near_separation(std::size_t i, std::size_t j, bool opposite) const;
  double near_error(std::size_t i, std::size_t j, double t) const;
};

}  // namespace infwidth
