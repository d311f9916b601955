// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/rank_correlation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

#include "infwidth/run/stream.hpp"

namespace infwidth {

namespace {

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double n = static_cast<double>(a.size()), mean = (n + 1) / 2;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean) * (b[i] - mean);
    aa += (a[i] - mean) * (a[i] - mean);
    bb += (b[i] - mean) * (b[i] - mean);
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

std::vector<double> ranks(std::span<const double> x) {
  // NaN has no place in an order: sorting by < would be undefined, and the loop below would never end.
  const auto nan = std::find_if(x.begin(), x.end(), [](double v) { return std::isnan(v); });
  if (nan != x.end()) throw std::invalid_argument("ranks: entry " + std::to_string(nan - x.begin() + 1) + " of " + std::to_string(x.size()) + " is no number; leave such entries out");
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return x[i] < x[j]; });
  std::vector<double> rank(x.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first;
    while (end < order.size() && x[order[end]] == x[order[first]]) ++end;
    for (std::size_t k = first; k < end; ++k) rank[order[k]] = static_cast<double>(first + end + 1) / 2;
    first = end;
  }
  return rank;
}

double rank_correlation(std::span<const double> x, std::span<const double> y) { return correlation(ranks(x), ranks(y)); }

double partial_rank_correlation(std::span<const double> x, std::span<const double> y, std::span<const double> z) {
  const std::vector<double> rx = ranks(x), ry = ranks(y), rz = ranks(z);
  const double xy = correlation(rx, ry), xz = correlation(rx, rz), yz = correlation(ry, rz);
  return (xy - xz * yz) / std::sqrt((1 - xz * xz) * (1 - yz * yz));
}

Bootstrap bootstrap_mean(std::span<const double> sample, std::uint64_t seed) {
  constexpr std::size_t resamples = 10000;
  constexpr std::uint32_t part = 0x626f6f74;  // "boot"
  const auto mean_of = [&](auto pick) {
    double sum = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) sum += sample[pick(i)];
    return sum / static_cast<double>(sample.size());
  };
  std::vector<double> means(resamples), u(sample.size());
  for (std::size_t k = 0; k < resamples; ++k) {
    Stream(seed, k, part).uniforms(u);
    means[k] = mean_of([&](std::size_t i) { return static_cast<std::size_t>(u[i] * static_cast<double>(sample.size())); });
  }
  std::sort(means.begin(), means.end());
  return {mean_of([](std::size_t i) { return i; }), means[resamples / 40], means[resamples - 1 - resamples / 40]};
}

}  // namespace infwidth
