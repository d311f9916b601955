// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/power_law.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace infwidth {

namespace {

constexpr double steepest = 8;       // slopes are looked for from -8 to 8
constexpr double interval = 3.8415;  // of chi^2 with one degree of freedom at 95 %
constexpr double seen = 9;

/// chi^2 of the best coefficient for a slope; n is relative to its geometric mean.
struct Fit {
  double chi2, coefficient;
};

Fit fit(std::span<const double> n, std::span<const double> y, std::span<const double> errors, double middle, double slope) {
  double power_y = 0, power2 = 0, y2 = 0;
  for (std::size_t k = 0; k < n.size(); ++k) {
    const double w = 1 / (errors[k] * errors[k]), p = std::exp(slope * (std::log(n[k]) - middle));
    power_y += w * p * y[k];
    power2 += w * p * p;
    y2 += w * y[k] * y[k];
  }
  return {y2 - power_y * power_y / power2, power_y / power2};
}

}  // namespace

std::optional<PowerLaw> fit_power_law(std::span<const double> n, std::span<const double> y, std::span<const double> errors) {
  double middle = 0, null = 0;
  for (std::size_t k = 0; k < n.size(); ++k) {
    middle += std::log(n[k]) / static_cast<double>(n.size());
    null += y[k] * y[k] / (errors[k] * errors[k]);
  }
  const auto chi2 = [&](double slope) { return fit(n, y, errors, middle, slope).chi2; };
  // The least chi^2 by a walk, then by halves.
  double best = 0, step = 0.05;
  for (double slope = -steepest; slope <= steepest; slope += step) {
    if (chi2(slope) < chi2(best)) best = slope;
  }
  for (; step > 1e-12; step /= 2) {
    if (chi2(best - step) < chi2(best)) best -= step;
    if (chi2(best + step) < chi2(best)) best += step;
  }
  const Fit found = fit(n, y, errors, middle, best);
  if (!(null - found.chi2 > seen) || std::abs(best) >= steepest) return std::nullopt;
  const auto end = [&](double direction) {
    double inside = best, outside = best + direction * 0.01;
    while (chi2(outside) - found.chi2 < interval) {
      inside = outside;
      outside = best + 2 * (outside - best);
      if (std::abs(outside) > 1e3) return direction * std::numeric_limits<double>::infinity();
    }
    for (int k = 0; k < 50; ++k) {
      const double half = (inside + outside) / 2;
      (chi2(half) - found.chi2 < interval ? inside : outside) = half;
    }
    return inside;
  };
  return PowerLaw{best, end(-1), end(1), found.coefficient * std::exp(-best * middle), found.chi2};
}

}  // namespace infwidth
