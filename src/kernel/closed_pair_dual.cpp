// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <numbers>

#include "arc_sine.hpp"
#include "independent_loop.hpp"
#include "infwidth/activation/recognise.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/functions.hpp"
#include "pair_dual.hpp"

namespace infwidth {

namespace {

double number(const Expression& constant) {
  const Precision precision(128);
  const Program program({constant}, "x");
  return Evaluator<Ball>(program).value(Ball(0)).to_double();
}

inline bool is_negative(double tau) { return std::copysign(1.0, tau) < 0; }

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

/// c + a erf(b x). With B = 1 + 2 b^2 q: F = c^2 + (2 a^2/pi) asin(s), s = 2 b^2 cov / sqrt(B1 B2), F' = (4 a^2 b^2/pi) / sqrt(B1 B2 (1 - s^2)), and
/// B1 B2 (1 - s^2) = B1 + B2 - 1 + 4 b^4 q1 q2 t (2 - t) without a difference; asin from the smaller one of |s| and sqrt(1 - s^2).
class ErfDual : public PairDual {
 public:
  ErfDual(const LayerPoints& points, double a, double b, double c) : points_(points), a2_(a * a), b2_(b * b), c2_(c * c), v_(points.size()), inverse_(points.size()) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      v_[i] = b2_ * points.q[i];
      inverse_[i] = 1 / std::sqrt(1 + 2 * v_[i]);
    }
  }

  void row(const PairRow& r) const override {
    if (r.slope != nullptr) {
      run<true>(r);
    } else {
      run<false>(r);
    }
  }

 private:
  const LayerPoints& points_;
  double a2_, b2_, c2_;
  std::vector<double> v_, inverse_;

  template <bool Slope>
  void run(const PairRow& r) const {
    const double v1 = v_[r.first], i1 = inverse_[r.first], Q1 = points_.root_Q[r.first], q1 = b2_ * points_.root_q[r.first], c2 = c2_;
    const double of_value = 2 * a2_ / std::numbers::pi, of_slope = 4 * a2_ * b2_ / std::numbers::pi;
    const double *const __restrict tau = r.tau, *const __restrict v = v_.data() + r.second, *const __restrict inverse = inverse_.data() + r.second;
    const double *const __restrict Q = points_.root_Q.data() + r.second, *const __restrict q = points_.root_q.data() + r.second;
    double *const __restrict value = r.value, *const __restrict gap = r.gap, *const __restrict slope = r.slope;
    INFWIDTH_INDEPENDENT_LOOP
    for (std::size_t j = 0; j < r.count; ++j) {
      const double t = std::abs(tau[j]), both = i1 * inverse[j], s = 2 * q1 * q[j] * (1 - t) * both;
      const double c = std::sqrt(1 + 2 * (v1 + v[j]) + 4 * (v1 * v[j]) * (t * (2 - t))) * both;
      const double f = c2 + of_value * std::copysign(arc_sine(s, c), tau[j]);
      value[j] = f;
      gap[j] = Q1 * Q[j] - std::abs(f);
      if constexpr (Slope) slope[j] = of_slope * both / c;
    }
  }
};

/// exp in place, eight at a time.
void exponentials(double* x, std::size_t n) {
  for (std::size_t j = 0; j < n; j += Pack::size) {
    const std::size_t lanes = std::min<std::size_t>(Pack::size, n - j);
    Pack p(0);
    std::copy_n(x + j, lanes, p.lane.begin());
    p = exp(p);
    std::copy_n(p.lane.begin(), lanes, x + j);
  }
}

/// S sin(b x) + C cos(b x). With E+- = exp(-b^2 [(sqrt q1 - sqrt q2)^2 / 2 + sqrt(q1 q2) (1 -+ rho)]):
///   F = (C^2 + S^2)/2 E+ + (C^2 - S^2)/2 E-,   F' = b^2 [(C^2 + S^2)/2 E+ - (C^2 - S^2)/2 E-]
class SinusoidDual : public PairDual {
 public:
  SinusoidDual(const LayerPoints& points, double b, double sine, double cosine)
      : points_(points), b2_(b * b), even_((cosine * cosine + sine * sine) / 2), odd_((cosine * cosine - sine * sine) / 2) {}

  void row(const PairRow& r) const override {
    const double q1 = points_.root_q[r.first], Q1 = points_.root_Q[r.first];
    const double *const q2 = points_.root_q.data() + r.second, *const Q2 = points_.root_Q.data() + r.second;
    std::vector<double> other(odd_ == 0 ? 0 : r.count);
    for (std::size_t j = 0; j < r.count; ++j) {
      const double t = std::abs(r.tau[j]), d = q1 - q2[j], m = q1 * q2[j], near = is_negative(r.tau[j]) ? 2 - t : t;
      r.value[j] = -b2_ * (d * d / 2 + m * near);
      if (odd_ != 0) other[j] = -b2_ * (d * d / 2 + m * (2 - near));
    }
    exponentials(r.value, r.count);
    if (odd_ != 0) exponentials(other.data(), r.count);
    for (std::size_t j = 0; j < r.count; ++j) {
      const double plus = even_ * r.value[j], minus = odd_ == 0 ? 0 : odd_ * other[j];
      r.value[j] = plus + minus;
      r.gap[j] = Q1 * Q2[j] - std::abs(r.value[j]);
      if (r.slope != nullptr) r.slope[j] = b2_ * (plus - minus);
    }
  }

 private:
  const LayerPoints& points_;
  double b2_, even_, odd_;
};

/// a exp(b x): F = a^2 exp(b^2 [(q1 + q2)/2 + cov]), F' = b^2 F.
class ExpDual : public PairDual {
 public:
  ExpDual(const LayerPoints& points, double a, double b) : points_(points), a2_(a * a), b2_(b * b) {}

  void row(const PairRow& r) const override {
    const double q1 = points_.root_q[r.first], Q1 = points_.root_Q[r.first];
    const double *const q2 = points_.root_q.data() + r.second, *const Q2 = points_.root_Q.data() + r.second;
    for (std::size_t j = 0; j < r.count; ++j) r.value[j] = b2_ * ((q1 * q1 + q2[j] * q2[j]) / 2 + q1 * q2[j] * correlation(r.tau[j]));
    exponentials(r.value, r.count);
    for (std::size_t j = 0; j < r.count; ++j) {
      r.value[j] *= a2_;
      r.gap[j] = Q1 * Q2[j] - r.value[j];
      if (r.slope != nullptr) r.slope[j] = b2_ * r.value[j];
    }
  }

 private:
  const LayerPoints& points_;
  double a2_, b2_;
};

/// a exp(-b^2 x^2), v = b^2 q: D = (1 + 2 v1)(1 + 2 v2) - 4 b^4 cov^2 = 1 + 2 v1 + 2 v2 + 4 v1 v2 t (2 - t), F = a^2 D^(-1/2), F' = 4 a^2 b^4 cov D^(-3/2).
class GaussianDual : public PairDual {
 public:
  GaussianDual(const LayerPoints& points, double a, double b) : points_(points), a2_(a * a), b2_(b * b) {}

  void row(const PairRow& r) const override {
    if (r.slope != nullptr) {
      run<true>(r);
    } else {
      run<false>(r);
    }
  }

 private:
  const LayerPoints& points_;
  double a2_, b2_;

  template <bool Slope>
  void run(const PairRow& r) const {
    const double a2 = a2_, b2 = b2_, q1 = points_.root_q[r.first], Q1 = points_.root_Q[r.first];
    const double *const __restrict q2 = points_.root_q.data() + r.second, *const __restrict Q2 = points_.root_Q.data() + r.second, *const __restrict tau = r.tau;
    double *const __restrict value = r.value, *const __restrict gap = r.gap, *const __restrict slope = r.slope;
    INFWIDTH_INDEPENDENT_LOOP
    for (std::size_t j = 0; j < r.count; ++j) {
      const double t = std::abs(tau[j]), v1 = b2 * q1 * q1, v2 = b2 * q2[j] * q2[j], inverse = 1 / (1 + 2 * (v1 + v2) + 4 * v1 * v2 * (t * (2 - t)));
      const double f = a2 * std::sqrt(inverse);
      value[j] = f;
      gap[j] = Q1 * Q2[j] - f;
      if constexpr (Slope) slope[j] = 4 * b2 * b2 * q1 * q2[j] * std::copysign(1 - t, tau[j]) * f * inverse;
    }
  }
};

/// a gelu(b x), v = b^2 q, k = b^2 cov, P = (1 + v1)(1 + v2), D = P - k^2 = 1 + v1 + v2 + v1 v2 t (2 - t), A = asin(k/sqrt P) = atan(k/sqrt D):
///   F = a^2 (k/4 + [(k^2 + v1 v2 D)/(P sqrt D) + k A]/2pi),   F' = a^2 b^2 (1/4 + [A + k (1/D + (1 - v1 v2)/P + 1)/sqrt D]/2pi)
class GeluDual : public PairDual {
 public:
  GeluDual(const LayerPoints& points, double a, double b) : points_(points), a2_(a * a), b2_(b * b) {}

  void row(const PairRow& r) const override {
    if (r.slope != nullptr) {
      run<true>(r);
    } else {
      run<false>(r);
    }
  }

 private:
  const LayerPoints& points_;
  double a2_, b2_;

  template <bool Slope>
  void run(const PairRow& r) const {
    const double a2 = a2_, b2 = b2_, q1 = points_.root_q[r.first], Q1 = points_.root_Q[r.first], v1 = b2 * q1 * q1;
    const double *const __restrict q2 = points_.root_q.data() + r.second, *const __restrict Q2 = points_.root_Q.data() + r.second, *const __restrict tau = r.tau;
    double *const __restrict value = r.value, *const __restrict gap = r.gap, *const __restrict slope = r.slope;
    constexpr double over_two_pi = 1 / (2 * std::numbers::pi);
    INFWIDTH_INDEPENDENT_LOOP
    for (std::size_t j = 0; j < r.count; ++j) {
      const double t = std::abs(tau[j]), v2 = b2 * q2[j] * q2[j], k = b2 * q1 * q2[j] * std::copysign(1 - t, tau[j]);
      const double P = (1 + v1) * (1 + v2), D = 1 + v1 + v2 + v1 * v2 * (t * (2 - t)), over_P = 1 / P, over_root = 1 / std::sqrt(D), root_of_P = std::sqrt(over_P);
      const double A = std::copysign(arc_sine(std::abs(k) * root_of_P, D * over_root * root_of_P), k);
      const double f = a2 * (k / 4 + over_two_pi * ((k * k + v1 * v2 * D) * over_P * over_root + k * A));
      value[j] = f;
      gap[j] = Q1 * Q2[j] - std::abs(f);
      if constexpr (Slope) slope[j] = a2 * b2 * (0.25 + over_two_pi * (A + k * over_root * (over_root * over_root + (1 - v1 * v2) * over_P + 1)));
    }
  }
};

}  // namespace

std::unique_ptr<PairDual> make_closed_pair_dual(const Activation& phi, const LayerPoints& points, GapUse gap) {
  const std::optional<Recognised> form = recognise(phi);
  if (!form) return nullptr;
  using Kind = Recognised::Kind;
  if (form->kind == Kind::slopes) return std::make_unique<SlopesDual>(points, number(form->left), number(form->right));
  if (gap == GapUse::sharp) return nullptr;
  if (form->kind == Kind::sinusoid) return std::make_unique<SinusoidDual>(points, number(form->b), number(form->sine), number(form->cosine));
  if (form->kind != Kind::shape) return nullptr;
  const double a = number(form->a), b = number(form->b);
  if (form->entry == "erf") return std::make_unique<ErfDual>(points, a, b, number(form->c));
  if (form->entry == "gelu") return std::make_unique<GeluDual>(points, a, b);
  if (form->entry == "exp") return std::make_unique<ExpDual>(points, a, b);
  if (form->entry == "gaussian") return std::make_unique<GaussianDual>(points, a, b);
  return nullptr;
}

std::unique_ptr<PairDual> make_pair_dual(const Activation& phi, const LayerPoints& points, bool slope, GapUse gap, const Budget& budget) {
  if (std::unique_ptr<PairDual> closed = make_closed_pair_dual(phi, points, gap)) return closed;
  return make_series_pair_dual(phi, points, slope, gap, budget);
}

bool is_smooth(const Activation& phi) { return phi.pieces().size() == 1; }

}  // namespace infwidth
