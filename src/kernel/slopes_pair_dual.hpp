// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <numbers>

#include "arc_sine.hpp"
#include "independent_loop.hpp"
#include "pair_dual.hpp"

namespace infwidth {

/// left x for x < 0, right x for x > 0. With g = t^(3/2) G(t), h = acos(1 - t)/pi and m = sqrt(q1 q2), D-050:
///   rho >= 0:  F/m = S (1 - t) + k g,  F' = S - k h;   rho < 0:  F/m = -ab (1 - t) + k g,  F' = ab + k h;   S = (a^2 + b^2)/2, k = (b - a)^2/2
class SlopesDual : public PairDual {
 public:
  SlopesDual(const LayerPoints& points, double left, double right)
      : points_(points), product_(left * right), half_sum_((left * left + right * right) / 2), half_jump_((right - left) * (right - left) / 2),
        half_mean_((right + left) * (right + left) / 2) {}

  void row(const PairRow& r) const override {
    const bool near = any_below(r.tau, r.count, 1.0 / 64);
    if (product_ == 0) {
      near ? choose<true, true>(r) : choose<true, false>(r);
    } else {
      near ? choose<false, true>(r) : choose<false, false>(r);
    }
  }

  PairRounding rounding() const override { return {.value = 8, .gap = 32, .slope = 8}; }

 private:
  const LayerPoints& points_;
  double product_, half_sum_, half_jump_, half_mean_;

  template <bool OneSided, bool Near>
  void choose(const PairRow& r) const {
    r.slope != nullptr ? run<OneSided, Near, true>(r) : run<OneSided, Near, false>(r);
  }

  /// Without pairs near rho = +-1, g comes from h: sqrt(t (2 - t)) - (1 - t) pi h loses no more than a factor 1/t of a rounding.
  /// OneSided: ab = 0.
  template <bool OneSided, bool Near, bool Slope>
  void run(const PairRow& r) const {
    const double p = product_, S = half_sum_, k = half_jump_, n = half_mean_, root = points_.root_q[r.first];
    const double *const __restrict tau = r.tau, *const __restrict roots = points_.root_q.data() + r.second;
    double *const __restrict value = r.value, *const __restrict gap = r.gap, *const __restrict slope = r.slope;
    INFWIDTH_INDEPENDENT_LOOP
    for (std::size_t j = 0; j < r.count; ++j) {
      const double m = root * roots[j], t = std::abs(tau[j]), s = std::sqrt(t);
      double g, h = 0;
      if constexpr (Slope || !Near) h = s * arc_cosine_ratio(t);
      if constexpr (Near) {
        g = t * s * arc_cosine_excess(t);
      } else {
        g = s * std::sqrt(2 - t) * std::numbers::inv_pi - (1 - t) * h;
      }
      const double kg = k * g;
      const bool negative = is_negative(tau[j]);
      double f, apart;
      if constexpr (OneSided) {
        f = (negative ? 0 : S - S * t) + kg;
        apart = (negative ? n : S * t) - kg;
      } else {
        f = (negative ? -p : S) * (1 - t) + kg;
        apart = negative ? (f >= 0 ? n - p * t - kg : k + p * t + kg) : S * t - kg;
      }
      value[j] = m * f;
      gap[j] = m * apart;
      if constexpr (Slope) slope[j] = negative ? p + k * h : S - k * h;
    }
  }
};

}  // namespace infwidth
