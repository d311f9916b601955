// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>
#include <optional>

#include "infwidth/kernel/regression.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"

namespace infwidth {

using Columns = Eigen::MatrixXd;
using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A symmetric positive definite matrix A + shift I by its Cholesky factor, made in blocks, between which the budget is looked at.
class SpdMatrix {
 public:
  /// The factor, or none if a pivot is not positive.
  static std::optional<SpdMatrix> factorize(const Eigen::Ref<const Rows>& a, double shift, const Budget& budget, Progress* progress = nullptr);

  Eigen::Index size() const { return factor_.rows(); }
  /// L^-1 b and L^-T b, in place.
  void solve_lower(Eigen::Ref<Columns> b) const { factor_.triangularView<Eigen::Lower>().solveInPlace(b); }
  void solve_upper(Eigen::Ref<Columns> b) const { factor_.transpose().triangularView<Eigen::Upper>().solveInPlace(b); }
  /// By Lanczos' method, about three digits.
  Extremes extremes(const Budget& budget) const;

 private:
  Columns factor_;  // its lower triangle
};

/// The steps of `factorize` that advance the progress.
std::size_t cholesky_steps(std::size_t n);

/// The smallest eigenvalue of a symmetric matrix, positive or not, within a few units of n 2^-52 of the largest.
double smallest_eigenvalue(const Eigen::Ref<const Rows>& a, double largest, const Budget& budget);
/// The largest |eigenvalue|, about three digits.
double largest_eigenvalue(const Eigen::Ref<const Rows>& a, const Budget& budget);

}  // namespace infwidth
