// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/moments.hpp"

#include <cmath>

namespace infwidth {

/// The higher moments of entry i, before its scatter is changed, with `there` more values of these moments, whose mean is `shift` away (D-070).
void Moments::combine(std::size_t i, double shift, double here, double there, double scatter, double third, double fourth) {
  const double n = here + there, d = shift / n, own = scatter_[i * size() + i];
  fourth_[i] += fourth + d * d * d * shift * here * there * (here * here - here * there + there * there) + 6 * d * d * (here * here * scatter + there * there * own) +
                4 * d * (here * third - there * third_[i]);
  third_[i] += third + d * d * shift * here * there * (here - there) + 3 * d * (here * scatter - there * own);
}

void Moments::add(std::span<const double> x) {
  const std::size_t n = size();
  const double before = static_cast<double>(count_), count = static_cast<double>(++count_);
  for (std::size_t i = 0; i < n; ++i) shift_[i] = x[i] - mean_[i];
  for (std::size_t i = 0; i < n; ++i) combine(i, shift_[i], before, 1, 0, 0, 0);
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
  for (std::size_t i = 0; i < n; ++i) combine(i, shift_[i], here, there, other.scatter_[i * n + i], other.third_[i], other.fourth_[i]);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) scatter_[i * n + j] += other.scatter_[i * n + j] + shift_[i] * shift_[j] * (here * there / both);
  }
  for (std::size_t i = 0; i < n; ++i) mean_[i] += shift_[i] * (there / both);
  count_ += other.count_;
}

Moments Moments::restored(std::uint64_t count, std::vector<double> mean, std::vector<double> scatter, std::vector<double> third, std::vector<double> fourth) {
  Moments m(mean.size());
  m.count_ = count;
  m.mean_ = std::move(mean);
  m.scatter_ = std::move(scatter);
  m.third_ = std::move(third);
  m.fourth_ = std::move(fourth);
  return m;
}

double Moments::standard_error(std::size_t i) const { return count_ == 0 ? 0 : std::sqrt(covariance(i, i) / static_cast<double>(count_)); }

double Moments::skewness(std::size_t i) const {
  const double scatter = scatter_[i * size() + i], n = static_cast<double>(count_);
  return scatter > 0 ? std::sqrt(n) * (third_[i] / scatter) / std::sqrt(scatter) : 0;
}

double Moments::kurtosis(std::size_t i) const {
  const double scatter = scatter_[i * size() + i], n = static_cast<double>(count_);
  return scatter > 0 ? n * (fourth_[i] / scatter) / scatter : 0;
}

}  // namespace infwidth
