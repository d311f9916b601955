// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "infwidth/kernel/gram.hpp"

namespace infwidth {

/// The points of one set or two (numbered one after the other), as unit vectors of the first layer's preactivation kernel: (sigma_w x, sigma_b) / sqrt(q), so that a product
/// of two is rho. Derivation D-050.
class InputPairs {
 public:
  /// `y.data` null: one set.
  ///   Errors   UsageError: no points, another dimension, a number that is not finite or whose square leaves the range
  InputPairs(const Architecture& network, MatrixView x, MatrixView y);

  std::size_t points() const { return q_.size(); }
  std::size_t first_set() const { return first_set_; }
  std::size_t dimension() const { return dimension_; }
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
  /// tau of point i against j0, .., j0 + count - 1 from their correlations; near rho = +-1 from |x -+ y|^2 / 2.
  void separations(std::size_t i, std::size_t j0, std::size_t count, const double* rho, double* tau) const;
  bool are_equal(std::size_t i, std::size_t j, double tau) const { return !std::signbit(tau) && q_[i] == q_[j]; }

 private:
  std::size_t first_set_, dimension_, width_;
  GramMatrix unit_;
  std::vector<double> q_, norm2_;
};

}  // namespace infwidth
