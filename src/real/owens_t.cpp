// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

Ball half(const Ball& x) {
  Ball r;
  arb_mul_2exp_si(r.get(), x.get(), -1);
  return r;
}

/// Phi(-x)
Ball upper_tail(const Ball& x) { return half(erfc(x / sqrt(Ball(2)))); }

/// The series of D-034 for h >= 0, 0 <= a <= 1, lambda = h^2 a^2/2 of moderate size:
///     T = exp(-h^2 (1 + a^2)/2)/(2 pi) a sum_k B_k u_k,   B_k = (2k)!!/(2k+1)!!,   u_k = r (a^2 u_(k-1) + v_k),   v_k = lambda^k/k!,   r = 1/(1 + a^2)
/// It stops where the remainder, at most B_K (a^2 u_(K-1) + v_K/(1 - lambda/(K+1))) of the sum, is below 2^-bits of it.
Ball series(const Ball& h, const Ball& a, const Ball& lambda, long bits) {
  const Ball a2 = a * a, r = Ball(1) / (Ball(1) + a2);
  Ball u(0), v(1), B(1), sum(0);
  for (long k = 0;; ++k) {
    if (k > 0) {
      v = v * lambda / Ball(k);
      B = B * Ball(2 * k) / Ball(2 * k + 1);
    }
    const Ball ratio = Ball(1) - lambda / Ball(k + 1);
    // Looking at the remainder costs as much as a term: every eighth time.
    if (k % 8 == 7 && certainly_positive(ratio) == Truth::yes) {
      const Ball remainder = B * (a2 * u + v / ratio);
      if (log2_magnitude(remainder) < log2_magnitude(sum) - bits || remainder.is_exact_zero()) {
        sum = sum + half(remainder).widened(half(remainder.magnitude()));  // it is positive
        break;
      }
    }
    u = r * (a2 * u + v);
    sum += B * u;
  }
  return exp(-half(h * h * (Ball(1) + a2))) * a * sum / (Ball(2) * Ball::pi());
}

/// exp(-enough) < 2^-(bits + 20): log 2 < 7/10.
Ball enough(long bits) { return Ball(bits + 20) * constant<Ball>(7, 10); }

/// T(h, a) for narrow balls h >= 0, 0 < a <= 1.
Ball small_slope(const Ball& h, const Ball& a, long bits) {
  const Ball ha = h * a, lambda = half(ha * ha);
  if (certainly_positive(lambda - enough(bits)) != Truth::yes) return series(h, a, lambda, bits);
  // What is missing to a = infinity is positive and below exp(-h^2 (1 + a^2)/2)/(2 pi h^2 a).
  const Ball missing = half(exp(-half(h * h) - lambda) / (Ball(2) * Ball::pi() * h * ha));
  return half(upper_tail(h)) - missing.widened(missing.magnitude());
}

/// Bits that exp(-x^2/2) loses to the rounding of x^2. Beyond 2^2000 nothing is kept: the value is a ball around 0.
long bits_lost(const Ball& x) { return 2 * std::clamp(log2_magnitude(x), 0L, 2000L); }

/// T(h, a) for exact h >= 0, a > 0 to about `bits` bits.
Ball at_point(const Ball& h, const Ball& a, long bits) {
  const Precision working(bits + 30 + bits_lost(h));
  if (h.is_exact_zero()) return atan(a) / (Ball(2) * Ball::pi());
  const Ball slope_excess = a - Ball(1);
  if (slope_excess.is_exact_zero()) {
    const Ball tail = upper_tail(h);
    return half(tail * (Ball(1) - tail));
  }
  if (certainly_positive(slope_excess) != Truth::yes) return small_slope(h, a, bits);
  // T(h, a) + T(a h, 1/a) = (Phi(-h) + Phi(-ah))/2 - Phi(-h) Phi(-ah), written with positive terms: Phi(-ah)/2 is at most 2 T(h, a).
  const Ball ah = a * h;
  const Ball first = half(upper_tail(h) * erf(ah / sqrt(Ball(2))));
  if (certainly_positive(half(ah * ah - h * h) - enough(bits)) == Truth::yes) {
    const Ball rest = half(half(exp(-half(ah * ah))));  // Phi(-x) <= exp(-x^2/2)/2
    return first + half(rest).widened(half(rest));
  }
  const Precision finer(bits + 30 + bits_lost(ah));
  const Ball exact_ah = a * h;
  return first + (half(upper_tail(exact_ah)) - small_slope(exact_ah, Ball(1) / a, bits));
}

}  // namespace

Ball owens_t(const Ball& h, const Ball& a) {
  if (!h.is_finite() || !a.is_finite()) return ComplexBall::indeterminate().re();
  if (a.is_exact_zero()) return a;
  const Ball exact_h = abs(h.mid()), exact_a = abs(a.mid());
  Ball value(0);
  if (!exact_a.is_exact_zero()) value = at_point(exact_h, exact_a, Precision::bits() + 10);
  if (arf_sgn(arb_midref(a.get())) < 0) value = -value;
  // The mean value theorem in each argument: |dT/dh| <= exp(-h^2/2) erf(|a h|/sqrt 2)/(2 sqrt(2 pi)), |dT/da| = exp(-h^2 (1 + a^2)/2)/(2 pi (1 + a^2)).
  if (!h.is_exact()) {
    const Ball slope = exp(-half(pow(h.mignitude(), 2))) * erf(a.magnitude() * h.magnitude() / sqrt(Ball(2)));
    value = value.widened(h.radius() * slope / (Ball(2) * sqrt(Ball(2) * Ball::pi())));
  }
  if (!a.is_exact()) {
    const Ball d = Ball(1) + pow(a.mignitude(), 2);
    value = value.widened(a.radius() * exp(-half(pow(h.mignitude(), 2) * d)) / (Ball(2) * Ball::pi() * d));
  }
  Ball rounded;
  arb_set_round(rounded.get(), value.get(), Precision::bits());
  return rounded;
}

}  // namespace infwidth
