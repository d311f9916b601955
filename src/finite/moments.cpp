// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/moments.hpp"

#include <cmath>

namespace infwidth {

void Moments::add(std::span<const double> x) {
  const std::size_t n = size();
  const double count = static_cast<double>(++count_);
  for (std::size_t i = 0; i < n; ++i) shift_[i] = x[i] - mean_[i];
  for (std::size_t i = 0; i < n; ++i) {
    const double weighted = shift_[i] * ((count - 1) / count);
    for (std::size_t j = 0; j < n; ++j) scatter_[i * n + j] += weighted * shift_[j];
  }
  for (std::size_t i = 0; i < n; ++i) mean_[i] += shift_[i] / count;
}

void Moments::merge(const Moments& other) {
  if (other.count_ == 0) return;
  const std::size_t n = size();
  const double here = static_cast<double>(count_), there = static_cast<double>(other.count_), both = here + there;
  for (std::size_t i = 0; i < n; ++i) shift_[i] = other.mean_[i] - mean_[i];
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) scatter_[i * n + j] += other.scatter_[i * n + j] + shift_[i] * shift_[j] * (here * there / both);
  }
  for (std::size_t i = 0; i < n; ++i) mean_[i] += shift_[i] * (there / both);
  count_ += other.count_;
}

Moments Moments::restored(std::uint64_t count, std::vector<double> mean, std::vector<double> scatter) {
  Moments m(mean.size());
  m.count_ = count;
  m.mean_ = std::move(mean);
  m.scatter_ = std::move(scatter);
  return m;
}

double Moments::standard_error(std::size_t i) const { return count_ == 0 ? 0 : std::sqrt(covariance(i, i) / static_cast<double>(count_)); }

}  // namespace infwidth
