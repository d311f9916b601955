// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace infwidth {

/// Mean and covariance of vectors that come one by one, or many at a time, by updates that do not cancel (Welford; Chan, Golub, LeVeque), and of each entry the third and fourth
/// central moment (Pebay).
///   Memory   size^2 + 5 size doubles
///   The same vectors in the same order and grouping give the same bits.
class Moments {
 public:
  explicit Moments(std::size_t size = 0) : mean_(size, 0), scatter_(size * size, 0), third_(size, 0), fourth_(size, 0), shift_(size) {}

  std::size_t size() const { return mean_.size(); }
  std::uint64_t count() const { return count_; }
  const std::vector<double>& mean() const { return mean_; }
  /// Sum of (x_i - mean_i)(x_j - mean_j), row after row, and of (x_i - mean_i)^3 and ^4: what a file keeps.
  const std::vector<double>& scatter() const { return scatter_; }
  const std::vector<double>& third() const { return third_; }
  const std::vector<double>& fourth() const { return fourth_; }

  /// One vector of `size()` entries.
  void add(std::span<const double> x);
  /// All that another one has seen.
  void merge(const Moments& other);
  static Moments restored(std::uint64_t count, std::vector<double> mean, std::vector<double> scatter, std::vector<double> third, std::vector<double> fourth);

  /// The unbiased covariance of one vector; 0 of fewer than two.
  double covariance(std::size_t i, std::size_t j) const { return count_ < 2 ? 0 : scatter_[i * size() + j] / static_cast<double>(count_ - 1); }
  /// The standard error of mean i, estimated from the vectors.
  double standard_error(std::size_t i) const;
  /// m_3 / m_2^(3/2) and m_4 / m_2^2 of the vectors' entries i (3 for a normal); 0 where they do not differ. At most sqrt(count) and count, however long the tail.
  double skewness(std::size_t i) const;
  double kurtosis(std::size_t i) const;

 private:
  std::uint64_t count_ = 0;
  std::vector<double> mean_, scatter_, third_, fourth_, shift_;

  void combine(std::size_t i, double shift, double here, double there, double scatter, double third, double fourth);
};

}  // namespace infwidth
