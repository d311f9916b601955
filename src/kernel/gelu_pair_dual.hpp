// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "arc_sine.hpp"
#include "independent_loop.hpp"
#include "pair_dual.hpp"

namespace infwidth {

/// a gelu(b x), v = b^2 q, k = b^2 cov, P = (1 + v1)(1 + v2), D = P - k^2 = 1 + v1 + v2 + v1 v2 t (2 - t), A = asin(k/sqrt P) = atan(k/sqrt D):
///   F = a^2 (k/4 + [(k^2 + v1 v2 D)/(P sqrt D) + k A]/2pi),   F' = a^2 b^2 (1/4 + [A + k (1/D + (2 + v1 + v2)/P)/sqrt D]/2pi)
/// The gap of near pairs: D-052.
class GeluDual : public PairDual {
 public:
  GeluDual(const LayerPoints& points, double a, double b) : points_(points), a2_(a * a), b_(std::abs(b)), w_(points.size()) {
    for (std::size_t i = 0; i < points.size(); ++i) w_[i] = std::sqrt(1 + 2 * b * b * points.q[i]);
  }

  void row(const PairRow& r) const override {
    const bool near = r.slope != nullptr ? run<true>(r) : run<false>(r);
    if (near) gaps(r);
  }

  PairRounding rounding() const override { return {.value = 12, .gap = 48, .distance = 48, .slope = 16}; }

 private:
  const LayerPoints& points_;
  double a2_, b_;
  std::vector<double> w_;

  /// Is any of the gaps near, but for those of equal points?
  template <bool Slope>
  bool run(const PairRow& r) const {
    const double a2 = a2_, b2 = b_ * b_, q1 = points_.root_q[r.first], Q1 = points_.root_Q[r.first], v1 = b2 * q1 * q1;
    const double *const __restrict q2 = points_.root_q.data() + r.second, *const __restrict Q2 = points_.root_Q.data() + r.second;
    const double* const __restrict tau = r.tau;
    double *const __restrict value = r.value, *const __restrict gap = r.gap, *const __restrict slope = r.slope;
    constexpr double over_two_pi = 1 / (2 * std::numbers::pi);
    std::uint64_t near = 0;
    INFWIDTH_INDEPENDENT_LOOP
    for (std::size_t j = 0; j < r.count; ++j) {
      const double t = std::abs(tau[j]), v2 = b2 * q2[j] * q2[j], k = b2 * q1 * q2[j] * std::copysign(1 - t, tau[j]);
      const double P = (1 + v1) * (1 + v2), D = 1 + v1 + v2 + v1 * v2 * (t * (2 - t)), over_P = 1 / P, over_root = 1 / std::sqrt(D),
                   root_of_P = std::sqrt(over_P);
      const double A = std::copysign(arc_sine(std::abs(k) * root_of_P, D * over_root * root_of_P), k);
      const double f = a2 * (k / 4 + over_two_pi * ((k * k + v1 * v2 * D) * over_P * over_root + k * A)), m = Q1 * Q2[j],
                   g = m - std::abs(f);
      const bool equal = (tau[j] == 0) & (std::copysign(1.0, tau[j]) > 0) & (q2[j] == q1);
      value[j] = f;
      gap[j] = equal ? 0 : g;
      near |= ((g < near_gap * m) & !equal) ? 1U : 0U;
      if constexpr (Slope)
        slope[j] = a2 * b2 * (0.25 + over_two_pi * (A + k * over_root * (over_root * over_root + (2 + v1 + v2) * over_P)));
    }
    return near != 0;
  }

  /// The gaps below `near_gap` again, by products and sums: F at cov = k > 0 from F at k_0 = sqrt(v1 v2) (there D_0 = 1 + v1 + v2, A_0), and F at k_0 from Q1 and Q2. D-052.
  void gaps(const PairRow& r) const {
    const double of_value = a2_ / (2 * std::numbers::pi), half_pi = std::numbers::pi / 2, b = b_, r1 = b * points_.root_q[r.first],
                 Q1 = points_.root_Q[r.first], v1 = r1 * r1, w1 = w_[r.first];
    const double *const __restrict q2 = points_.root_q.data() + r.second, *const __restrict Q2 = points_.root_Q.data() + r.second;
    const double* const __restrict w = w_.data() + r.second;
    const double* const __restrict tau = r.tau;
    double* const __restrict gap = r.gap;
    INFWIDTH_INDEPENDENT_LOOP
    for (std::size_t j = 0; j < r.count; ++j) {
      const double t = std::abs(tau[j]), r2 = b * q2[j], v2 = r2 * r2, d = r1 - r2, d2 = d * d, k0 = r1 * r2, k = k0 * (1 - t), w2 = w[j],
                   ww = w1 * w2;
      const double P = (1 + v1) * (1 + v2), D0 = 1 + v1 + v2, difference = k0 * k0 * (t * (2 - t)), D = D0 + difference, s = std::sqrt(D),
                   s0 = std::sqrt(D0);
      const double over_root_P = 1 / std::sqrt(P), A = arc_sine(k * over_root_P, s * over_root_P),
                   A0 = arc_sine(k0 * over_root_P, s0 * over_root_P);
      // From k_0 down to k.
      const double sum = k0 * s + k * s0, E = difference / (s + s0), sine = difference / greater(sum, 1e-300), sine2 = sine * sine;
      const double beyond = sine * sine2 * arc_sine_excess(sine2);
      const double fall =
          k0 * t * (half_pi + A) + k0 * beyond + E * s0 * k0 * t / greater(sum, 1e-300) + E * ((2 + v1 + v2) / P + 1 / (s * s0));
      // From Q1 and Q2 to F at k_0: Q1 + Q2 - 2 F_0.
      const double middle = 2 * (v1 + v2 + 2 * v1 * v2) / (ww + 1),
                   sine0 = 2 * d2 / (ww + 1 + 2 * k0) * ((middle + 2 * k0) / greater(2 * middle * s0 + (w1 + w2) * 2 * k0, 1e-300));
      const double above = sine0 * arc_sine_ratio(sine0 * sine0), tangent = 2 * d * (r1 + r2) / ((w1 + w2) * (1 + ww)),
                   x = tangent / std::sqrt(1 + tangent * tangent);
      const double delta = x * arc_sine_ratio(x * x), g = 2 * d * (r1 + r2) / (w1 + w2), g2 = g * g, e1 = g2 / (2 * (w1 + w2 + 2 * s0)),
                   e2 = g2 / 2;
      const double means = -2 * e1 + e2 * (2 * D0 + 4 * ww) / (((w1 + w2) * s0 + 2 * ww) * (ww * s0)) + 2 / P * (s0 * e2 + e1 * (1 + ww));
      const double second = d2 * (half_pi + A0 + above) + 2 * k0 * above + d * (r1 + r2) * delta + means;
      const double scale = Q1 * Q2[j], apart = Q1 - Q2[j], found = of_value * (fall + second / 2) - apart * apart / 2;
      const double odd = of_value * k * half_pi, even = of_value * ((k * k + v1 * v2 * D) / (P * s) + k * A),
                   least = odd < even ? odd : even;
      const double negative = 0.5 - __builtin_copysign(0.5, tau[j]);
      gap[j] = gap[j] < near_gap * scale && d2 < k0 ? found + 2 * negative * least : gap[j];
    }
  }
};

}  // namespace infwidth
