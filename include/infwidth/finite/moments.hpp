// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace infwidth {

/// Mean and covariance of vectors that come one by one, or many at a time, by updates that do not cancel (Welford; Chan, Golub, LeVeque).
///   Memory   size^2 doubles
///   The same vectors in the same order and grouping give the same bits.
class Moments {
 public:
  explicit Moments(std::size_t size = 0) : mean_(size, 0), scatter_(size * size, 0), shift_(size) {}

  std::size_t size() const { return mean_.size(); }
  std::uint64_t count() const { return count_; }
  const std::vector<double>& mean() const { return mean_; }
  /// Sum of (x_i - mean_i)(x_j - mean_j), row after row: what a file keeps.
  const std::vector<double>& scatter() const { return scatter_; }

  /// One vector of `size()` entries.
  void add(std::span<const double> x);
  /// All that another one has seen.
  void merge(const Moments& other);
  static Moments restored(std::uint64_t count, std::vector<double> mean, std::vector<double> scatter);

  /// The unbiased covariance of one vector; 0 of fewer than two.
  double covariance(std::size_t i, std::size_t j) const { return count_ < 2 ? 0 : scatter_[i * size() + j] / static_cast<double>(count_ - 1); }
  /// The standard error of mean i, estimated from the vectors.
  double standard_error(std::size_t i) const;

 private:
  std::uint64_t count_ = 0;
  std::vector<double> mean_, scatter_, shift_;
};

}  // namespace infwidth
