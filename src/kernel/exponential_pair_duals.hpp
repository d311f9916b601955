// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>

#include "independent_loop.hpp"
#include "infwidth/real/functions.hpp"
#include "pair_dual.hpp"

namespace infwidth {

/// S sin(b x) + C cos(b x). With r the square roots of b^2 q and their products: a = (r1 - r2)^2/2 + r1 r2 t and h = (r1 - r2)^2/2 + r1 r2 (2 - t), the mean variance less and plus |cov|:
///   F = C^2 X +- S^2 Y,   F' = b^2 (S^2 X +- C^2 Y),   X = exp(-a) (2 + k)/2,  Y = -exp(-a) k/2,  k = expm1(a - h):
/// e^(-mean) times cosh and sinh of |cov|, so that no two near exponentials are subtracted. The gap is of squares and products of such (D-052).
class SinusoidDual : public PairDual {
 public:
  SinusoidDual(const LayerPoints& points, double b, double sine, double cosine)
      : points_(points), b_(std::abs(b)), even_(cosine * cosine), odd_(sine * sine) {}

  void row(const PairRow& r) const override {
    const double r1 = b_ * points_.root_q[r.first], Q1 = points_.root_Q[r.first];
    const double *const q2 = points_.root_q.data() + r.second, *const Q2 = points_.root_Q.data() + r.second;
    for (std::size_t from = 0; from < r.count; from += Pack::size) {
      const std::size_t lanes = std::min<std::size_t>(Pack::size, r.count - from);
      Pack sign(1), low(0), high(0), between(0), r2(0), m(0);
      for (std::size_t e = 0; e < lanes; ++e) {
        const double t = std::abs(r.tau[from + e]), other = b_ * q2[from + e], d = r1 - other;
        sign.lane[e] = std::copysign(1.0, r.tau[from + e]);
        low.lane[e] = d * d / 2 + r1 * other * t;
        high.lane[e] = d * d / 2 + r1 * other * (2 - t);
        between.lane[e] = 2 * r1 * other * (1 - t);  // high - low, of which d^2 may be the largest part
        r2.lane[e] = other;
        m.lane[e] = Q1 * Q2[from + e];
      }
      const Pack half = 0.5 * exp(-low), k = expm1(-between), cosh_part = half * (2 + k), sinh_part = -half * k;
      const Pack even = even_ * cosh_part, odd = odd_ * sinh_part;
      bool near = false;
      for (std::size_t e = 0; e < lanes; ++e) {
        const double value = even.lane[e] + sign.lane[e] * odd.lane[e];
        r.value[from + e] = value;
        r.gap[from + e] = m.lane[e] - std::abs(value);
        if (r.slope != nullptr) r.slope[from + e] = b_ * b_ * (odd_ * cosh_part.lane[e] + sign.lane[e] * even_ * sinh_part.lane[e]);
        near = near || r.gap[from + e] < near_gap * m.lane[e];
      }
      if (near) gaps(r, from, lanes, r1, r2, low, high, m, even, odd, sign);
    }
  }

  PairRounding rounding() const override { return {.value = 8, .gap = 24, .distance = 24, .slope = 8}; }

 private:
  const LayerPoints& points_;
  double b_, even_, odd_;

  void gaps(const PairRow& r, std::size_t from, std::size_t lanes, double r1, const Pack& r2, const Pack& low, const Pack& high,
            const Pack& m, const Pack& even, const Pack& odd, const Pack& sign) const {
    const Pack a = -expm1(-2 * low), h = -expm1(-2 * high);
    Pack apart(0), least(0);
    for (std::size_t e = 0; e < lanes; ++e) {
      const double other = r2.lane[e], smaller = std::min(r1, other);
      apart.lane[e] = std::abs(r1 - other) * (r1 + other);
      least.lane[e] = smaller * smaller;
    }
    const Pack y = -0.5 * exp(-least) * expm1(-apart);
    for (std::size_t e = 0; e < lanes; ++e) {
      if (!(r.gap[from + e] < near_gap * m.lane[e]) || !alike(r1, r2.lane[e])) continue;
      const double over = 1 / std::max(m.lane[e] + even.lane[e] + odd.lane[e], 1e-300), sum = even_ * even_ + odd_ * odd_,
                   difference = even_ * even_ - odd_ * odd_;
      const double squares = sum * (h.lane[e] / 4) * (a.lane[e] * over) + difference * y.lane[e] * (y.lane[e] * over),
                   mixed = even_ * odd_ * ((2 - h.lane[e]) / 2) * (a.lane[e] * over);
      r.gap[from + e] = squares + mixed + (sign.lane[e] < 0 ? 2 * std::min(even.lane[e], odd.lane[e]) : 0.0);
    }
  }
};

/// a exp(b x), with x = b^2 (mean variance - cov): F = sqrt(Q1 Q2) e^-x, gap = -sqrt(Q1 Q2) expm1(-x), F' = b^2 F.
class ExpDual : public PairDual {
 public:
  ExpDual(const LayerPoints& points, double b) : points_(points), b2_(b * b) {}

  void row(const PairRow& r) const override {
    const double q1 = points_.root_q[r.first], Q1 = points_.root_Q[r.first];
    const double *const q2 = points_.root_q.data() + r.second, *const Q2 = points_.root_Q.data() + r.second;
    for (std::size_t from = 0; from < r.count; from += Pack::size) {
      const std::size_t lanes = std::min<std::size_t>(Pack::size, r.count - from);
      Pack x(0);
      bool near = false;
      for (std::size_t e = 0; e < lanes; ++e) {
        const double tau = r.tau[from + e], d = q1 - q2[from + e], apart = std::copysign(1.0, tau) < 0 ? 2 - std::abs(tau) : std::abs(tau);
        x.lane[e] = -b2_ * (d * d / 2 + q1 * q2[from + e] * apart);
        near = near || x.lane[e] > -0.5;
      }
      const Pack ratio = exp(x), rest = near ? expm1(x) : Pack(0);
      for (std::size_t e = 0; e < lanes; ++e) {
        const double m = Q1 * Q2[from + e], value = m * ratio.lane[e];
        r.value[from + e] = value;
        r.gap[from + e] = x.lane[e] > -0.5 ? -m * rest.lane[e] : m - value;
        if (r.slope != nullptr) r.slope[from + e] = b2_ * value;
      }
    }
  }

  PairRounding rounding() const override { return {.value = 8, .gap = 16, .slope = 8}; }

 private:
  const LayerPoints& points_;
  double b2_;
};

/// a exp(-b^2 x^2), v = b^2 q: D = (1 + 2 v1)(1 + 2 v2) - 4 b^4 cov^2 = 1 + 2 v1 + 2 v2 + Z, Z = 4 v1 v2 t (2 - t), F = a^2 D^(-1/2), F' = 4 a^2 b^4 cov D^(-3/2), and with
/// P = (1 + 4 v1)(1 + 4 v2):  D^2 - P = 4 (v1 - v2)^2 + 2 (1 + 2 v1 + 2 v2) Z + Z^2,  gap = sqrt(Q1 Q2) [(D^2 - P)/D^2] / [(1 + y^2)(1 + y)],  y^4 = P/D^2.
class GaussianDual : public PairDual {
 public:
  GaussianDual(const LayerPoints& points, double a, double b) : points_(points), a2_(a * a), b2_(b * b), w_(points.size()) {
    for (std::size_t i = 0; i < points.size(); ++i) w_[i] = std::sqrt(1 + 4 * b2_ * points.q[i]);
  }

  void row(const PairRow& r) const override {
    if (r.slope != nullptr) {
      run<true>(r);
    } else {
      run<false>(r);
    }
  }

  PairRounding rounding() const override { return {.value = 8, .gap = 24, .slope = 12}; }

 private:
  const LayerPoints& points_;
  double a2_, b2_;
  std::vector<double> w_;

  template <bool Slope>
  void run(const PairRow& r) const {
    const double a2 = a2_, b2 = b2_, q1 = points_.root_q[r.first], Q1 = points_.root_Q[r.first], w1 = w_[r.first], v1 = b2 * q1 * q1;
    const double *const __restrict q2 = points_.root_q.data() + r.second, *const __restrict Q2 = points_.root_Q.data() + r.second;
    const double* const __restrict tau = r.tau;
    const double* const __restrict w2 = w_.data() + r.second;
    double *const __restrict value = r.value, *const __restrict gap = r.gap, *const __restrict slope = r.slope;
    INFWIDTH_INDEPENDENT_LOOP
    for (std::size_t j = 0; j < r.count; ++j) {
      const double t = std::abs(tau[j]), v2 = b2 * q2[j] * q2[j], even = 1 + 2 * (v1 + v2), Z = 4 * v1 * v2 * (t * (2 - t)),
                   inverse = 1 / (even + Z);
      const double f = a2 * std::sqrt(inverse), y2 = w1 * w2[j] * inverse, d = b2 * (q1 - q2[j]) * (q1 + q2[j]);
      value[j] = f;
      gap[j] = Q1 * Q2[j] * ((4 * d * d + Z * (2 * even + Z)) * inverse * inverse) / ((1 + y2) * (1 + std::sqrt(y2)));
      if constexpr (Slope) slope[j] = 4 * b2 * b2 * q1 * q2[j] * std::copysign(1 - t, tau[j]) * f * inverse;
    }
  }
};

}  // namespace infwidth
