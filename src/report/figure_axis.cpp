// SPDX-License-Identifier: GPL-3.0-or-later
#include "figure_axis.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace infwidth::detail {

namespace {

/// 1, 2 or 5 times a power of ten, so that about `count` of them fit.
double step_of(const Range& range, int count) {
  const double rough = (range.high - range.low) / count, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double m : {1.0, 2.0, 5.0})
    if (m * power >= 0.99 * rough) return m * power;
  return 10 * power;
}

std::vector<double> linear_places(const Range& range, int count) {
  const double step = step_of(range, count);
  std::vector<double> places;
  for (double k = std::ceil(range.low / step - 1e-9); k * step <= range.high + 1e-9 * step; ++k) places.push_back(k == 0 ? 0 : k * step);
  return places;
}

/// 0.02, 10^{-5}, 2·10^{-5}
std::string label(double x) {
  if (x >= 0.999e-3 && x < 1e4) return fmt::format("{:.4g}", x);
  const int power = static_cast<int>(std::floor(std::log10(x) + 1e-9));
  const double m = x / std::pow(10, power);
  return std::abs(m - 1) < 1e-9 ? fmt::format("10^{{{}}}", power) : fmt::format("{:.3g}·10^{{{}}}", m, power);
}

}  // namespace

Range range_of(const std::vector<double>& values, bool log) {
  double low = INFINITY, high = -INFINITY;
  for (const double v : values) {
    if (!std::isfinite(v) || (log && !(v > 0))) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (!(low <= high)) return log ? Range{0.1, 1} : Range{0, 1};
  const double margin =
      log ? std::pow(high / low, 0.06) * 1.05 : 0.05 * (high - low) + (high == low ? std::max(1.0, std::abs(high)) * 0.1 : 0);
  return log ? Range{low / margin, high * margin} : Range{low - margin, high + margin};
}

std::string log_tics(const Range& range) {
  const int first = static_cast<int>(std::floor(std::log10(range.low))), last = static_cast<int>(std::ceil(std::log10(range.high)));
  const auto inside = [&](double x) { return x >= range.low * (1 - 1e-9) && x <= range.high * (1 + 1e-9); };
  std::vector<double> powers, finer;
  std::string small;
  for (int k = first; k <= last; ++k) {
    for (int m = 1; m < 10; ++m) {
      const double x = m * std::pow(10, k);
      if (!inside(x)) continue;
      if (m == 1) powers.push_back(x);
      if (m == 1 || m == 2 || m == 5) finer.push_back(x);
      small += fmt::format(", '' {:.6g} 1", x);
    }
  }
  std::string tics;
  const auto add = [&](double x, const std::string& text) { tics += fmt::format("{}'{}' {:.10g}", tics.empty() ? "" : ", ", text, x); };
  if (powers.size() >= 3) {
    const std::size_t every = (powers.size() + 5) / 6;
    for (std::size_t k = 0; k < powers.size(); k += every)
      add(powers[k], fmt::format("10^{{{}}}", static_cast<int>(std::lround(std::log10(powers[k])))));
  } else if (finer.size() >= 3) {
    for (const double x : finer) add(x, label(x));
  } else {
    for (const double x : linear_places(range, 6)) add(x, label(x));
  }
  return tics + small;
}

std::string bar_tics(const Range& range, bool below, bool above) {
  std::string tics;
  const double near = 0.07 * (range.high - range.low);
  const auto add = [&](double x, const std::string& text) { tics += fmt::format("{}'{}' {:.10g}", tics.empty() ? "" : ", ", text, x); };
  if (below) add(range.low, fmt::format("≤ {:.3g}", range.low));
  for (const double x : linear_places(range, 7))
    if ((!below || x > range.low + near) && (!above || x < range.high - near)) add(x, fmt::format("{:.4g}", x));
  if (above) add(range.high, fmt::format("≥ {:.3g}", range.high));
  return tics;
}

}  // namespace infwidth::detail
