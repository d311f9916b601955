// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

/// The p-value of the Kolmogorov-Smirnov test of a sample against the standard normal law: by Kolmogorov's series with Stephens's argument, right to about
/// 1 % of itself from 20 numbers on.
inline double normality(std::vector<double> sample) {
  std::sort(sample.begin(), sample.end());
  const double n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double cdf = std::erfc(-sample[i] / std::sqrt(2.0)) / 2;
    distance = std::max({distance, cdf - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - cdf});
  }
  const double t = distance * (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n));
  double p = 0, sign = 1;
  for (int k = 1; k <= 100; ++k, sign = -sign) p += 2 * sign * std::exp(-2.0 * k * k * t * t);
  return std::clamp(p, 0.0, 1.0);
}
