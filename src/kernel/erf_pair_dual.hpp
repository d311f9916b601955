// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "arc_sine.hpp"
#include "independent_loop.hpp"
#include "pair_dual.hpp"

namespace infwidth {

/// c + a erf(b x). With B = 1 + 2 b^2 q: F = c^2 + (2 a^2/pi) asin(s), s = 2 b^2 cov / sqrt(B1 B2), F' = (4 a^2 b^2/pi) / sqrt(B1 B2 (1 - s^2)), and
/// B1 B2 (1 - s^2) = B1 + B2 - 1 + 4 b^4 q1 q2 t (2 - t) without a difference; asin from the smaller one of |s| and sqrt(1 - s^2). The gap of near pairs: D-052.
class ErfDual : public PairDual {
 public:
  ErfDual(const LayerPoints& points, double a, double b, double c)
      : points_(points), a2_(a * a), b_(std::abs(b)), c2_(c * c), v_(points.size()), inverse_(points.size()), w_(points.size()) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      v_[i] = b * b * points.q[i];
      inverse_[i] = 1 / std::sqrt(1 + 2 * v_[i]);
      w_[i] = std::sqrt(1 + 4 * v_[i]);
    }
  }

  void row(const PairRow& r) const override {
    std::array<double, longest_row> roots;
    const bool near = r.slope != nullptr ? run<true>(r, roots.data()) : run<false>(r, roots.data());
    if (near) c2_ == 0 ? gaps<false>(r, roots.data()) : gaps<true>(r, roots.data());
  }

  PairRounding rounding() const override { return {.value = 10, .gap = 32, .distance = 24, .slope = 10}; }

 private:
  const LayerPoints& points_;
  double a2_, b_, c2_;
  std::vector<double> v_, inverse_, w_;

  /// Is any of the gaps near, but for those of equal points? `roots`: sqrt(B1 B2 (1 - s^2)).
  template <bool Slope>
  bool run(const PairRow& r, double* __restrict roots) const {
    const double v1 = v_[r.first], i1 = inverse_[r.first], Q1 = points_.root_Q[r.first], q1 = b_ * b_ * points_.root_q[r.first], c2 = c2_;
    const double of_value = 2 * a2_ / std::numbers::pi, of_slope = 4 * a2_ * b_ * b_ / std::numbers::pi;
    const double *const __restrict tau = r.tau, *const __restrict v = v_.data() + r.second;
    const double* const __restrict inverse = inverse_.data() + r.second;
    const double *const __restrict Q = points_.root_Q.data() + r.second, *const __restrict q = points_.root_q.data() + r.second;
    double *const __restrict value = r.value, *const __restrict gap = r.gap, *const __restrict slope = r.slope;
    std::uint64_t near = 0;
    INFWIDTH_INDEPENDENT_LOOP
    for (std::size_t j = 0; j < r.count; ++j) {
      const double t = std::abs(tau[j]), both = i1 * inverse[j], s = 2 * q1 * q[j] * (1 - t) * both;
      const double root = std::sqrt(1 + 2 * (v1 + v[j]) + 4 * (v1 * v[j]) * (t * (2 - t))), c = root * both;
      const double f = c2 + of_value * std::copysign(arc_sine(s, c), tau[j]), m = Q1 * Q[j], g = m - std::abs(f);
      const bool equal = (tau[j] == 0) & (std::copysign(1.0, tau[j]) > 0) & (v[j] == v1);
      value[j] = f;
      gap[j] = equal ? 0 : g;
      roots[j] = root;
      near |= ((g < near_gap * m) & !equal) ? 1U : 0U;
      if constexpr (Slope) slope[j] = of_slope * both / c;
    }
    return near != 0;
  }

  /// The gaps below `near_gap` again, by products and sums. w = sqrt(1 + 4 v), k = 4 |cov|:
  ///   sigma = [asin(2 v1/B1) + asin(2 v2/B2)]/2,  delta half their difference,  alpha = asin|s|
  ///   sin(sigma - alpha) = (w1 w2 - 1 - k)(w1 w2 - 1 + k)/[2 (w1 w2 - 1) sqrt(B1 B2 (1 - s^2)) + (w1 + w2) k],   sin(delta) = (w1 - w2)/[2 sqrt(B1 B2)]
  /// |delta| is at most pi/4; where a gap is near, the norms are alike and c = 0, sigma - alpha is at most 0.1: then asin is its series.
  template <bool Shifted>
  void gaps(const PairRow& r, const double* __restrict roots) const {
    const double A = 2 * a2_ / std::numbers::pi, C = c2_, v1 = v_[r.first], w1 = w_[r.first], Q1 = points_.root_Q[r.first],
                 q1 = b_ * points_.root_q[r.first], b = b_, i1 = inverse_[r.first];
    const double *const __restrict tau = r.tau, *const __restrict v = v_.data() + r.second, *const __restrict w = w_.data() + r.second;
    const double *const __restrict Q = points_.root_Q.data() + r.second, *const __restrict q = points_.root_q.data() + r.second;
    const double* const __restrict value = r.value;
    const double* const __restrict inverse = inverse_.data() + r.second;
    double* const __restrict gap = r.gap;
    INFWIDTH_INDEPENDENT_LOOP
    for (std::size_t j = 0; j < r.count; ++j) {
      const double t = std::abs(tau[j]), q2 = b * q[j], m = q1 * q2, d = q1 - q2, ww = w1 * w[j], k = 4 * m * (1 - t), sum = w1 + w[j];
      const double over_both = 1 / (sum * (1 + ww)), over_ww = sum * over_both, over_sum = (1 + ww) * over_both;
      const double down = 4 * d * d / (ww + 1 + 4 * m) + 4 * m * t, middle = (4 * (v1 + v[j]) + 16 * v1 * v[j]) * over_ww, up = middle + k;
      const double sine = down * (up / greater(2 * middle * roots[j] + sum * k, 1e-300)),
                   above = Shifted ? arc_sine(sine, std::sqrt(greater(1 - sine * sine, 0.0))) : sine * arc_sine_ratio(sine * sine);
      const double x = 2 * d * (q1 + q2) * over_sum * (i1 * inverse[j]), delta = x * arc_sine_ratio(x * x);
      const double odd = std::abs(value[j] - C), both = A * above + 2 * odd, scale = Q1 * Q[j], over = 1 / greater(scale + C + odd, 1e-300);
      const double g = A * above * ((2 * C + both) * over) - A * delta * (A * delta * over);
      const double least = C < odd ? C : odd, negative = 0.5 - __builtin_copysign(0.5, tau[j]);
      gap[j] = gap[j] < near_gap * scale && d * d < m ? g + 2 * negative * least : gap[j];
    }
  }
};

}  // namespace infwidth
