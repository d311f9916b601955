// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/complex_ball.hpp"

namespace infwidth {

namespace {

/// Does the box meet the closed negative real axis, the branch cut of log, sqrt and real powers?
bool meets_negative_axis(const ComplexBall& x) {
  return arb_contains_zero(acb_imagref(x.get())) && !arb_is_positive(acb_realref(x.get()));
}

/// erf and erfc have derivative of size 2/sqrt(pi) e^(y^2 - x^2) on a box; on wide boxes, where the library's own bound may be far
/// larger, the value at the centre plus radius times that bound (mean value inequality) is kept when it is the narrower one.
ComplexBall by_mean_value(const ComplexBall& x, void (*f)(acb_t, const acb_t, slong)) {
  ComplexBall direct;
  f(direct.get(), x.get(), Precision::bits());
  if (acb_is_exact(x.get())) return direct;
  ComplexBall centre, at_centre;
  acb_get_mid(centre.get(), x.get());
  f(at_centre.get(), centre.get(), Precision::bits());
  const Ball largest_y = x.im().magnitude(), least_x = x.re().mignitude();
  // 2/sqrt(pi) < 1.1284; |f(x) - f(centre)| <= |x - centre| max |f'|, the box being convex
  const Ball slope = exp(largest_y * largest_y - least_x * least_x) * Ball(Rational(11284, 10000));
  const Ball reach = x.re().radius() + x.im().radius();
  const Ball error = slope * reach;
  if (!error.is_finite() || !at_centre.is_finite()) return direct;
  ComplexBall shifted = at_centre;
  arb_add_error(acb_realref(shifted.get()), error.get());
  arb_add_error(acb_imagref(shifted.get()), error.get());
  if (!direct.is_finite()) return shifted;
  const auto width = [](const ComplexBall& b) { return b.re().radius() + b.im().radius(); };
  return certainly_positive(width(direct) - width(shifted)) == Truth::yes ? shifted : direct;
}

/// a + b i with both parts zero-centred balls that hold the disc |w| <= bound.
ComplexBall disc(const Ball& bound) {
  return {Ball(0).widened(bound), Ball(0).widened(bound)};
}

/// |x| < 1/2 on the box: the library's asin and asinh lose the relative accuracy of small values, which atan keeps.
bool is_small(const ComplexBall& x) { return certainly_positive(Ball(Rational(1, 2)) - x.magnitude()) == Truth::yes; }
ComplexBall asin_of_small(const ComplexBall& x) { return atan(x / sqrt(ComplexBall(1) - x * x)); }
ComplexBall times_i(const ComplexBall& x) { return {-x.im(), x.re()}; }

}  // namespace

ComplexBall erf(const ComplexBall& x) { return by_mean_value(x, acb_hypgeom_erf); }
ComplexBall erfc(const ComplexBall& x) { return by_mean_value(x, acb_hypgeom_erfc); }

ComplexBall log(const ComplexBall& x) {
  if (meets_negative_axis(x)) return ComplexBall::indeterminate();
  ComplexBall r;
  acb_log(r.get(), x.get(), Precision::bits());
  return r;
}

ComplexBall sqrt(const ComplexBall& x) {
  if (meets_negative_axis(x)) return ComplexBall::indeterminate();
  ComplexBall r;
  acb_sqrt(r.get(), x.get(), Precision::bits());
  return r;
}

ComplexBall log1p(const ComplexBall& x) {
  const ComplexBall shifted = x + ComplexBall(1);
  if (meets_negative_axis(shifted)) return ComplexBall::indeterminate();
  ComplexBall r;
  acb_log1p(r.get(), x.get(), Precision::bits());
  return r;
}

ComplexBall expm1(const ComplexBall& x) {
  ComplexBall r;
  acb_expm1(r.get(), x.get(), Precision::bits());
  return r;
}

ComplexBall atan(const ComplexBall& x) {
  // The cuts are i(-infinity, -1] and i[1, infinity).
  Ball one_minus_y = Ball(1) - x.im().magnitude();
  if (x.re().contains_zero() && !arb_is_positive(one_minus_y.get())) return ComplexBall::indeterminate();
  ComplexBall r;
  acb_atan(r.get(), x.get(), Precision::bits());
  return r;
}

ComplexBall asinh(const ComplexBall& x) {
  // The cuts are those of atan; log(x + sqrt(1 + x^2)) cancels on the left.
  const Ball one_minus_y = Ball(1) - x.im().magnitude();
  if (x.re().contains_zero() && !arb_is_positive(one_minus_y.get())) return ComplexBall::indeterminate();
  if (arf_sgn(arb_midref(acb_realref(x.get()))) < 0) return -asinh(-x);
  if (is_small(x)) return -times_i(asin_of_small(times_i(x)));
  ComplexBall r;
  acb_asinh(r.get(), x.get(), Precision::bits());
  return r;
}

ComplexBall asin(const ComplexBall& x) {
  // The cuts are (-infinity, -1] and [1, infinity).
  Ball one_minus_x = Ball(1) - x.re().magnitude();
  if (x.im().contains_zero() && !arb_is_positive(one_minus_x.get())) return ComplexBall::indeterminate();
  if (is_small(x)) return asin_of_small(x);
  ComplexBall r;
  acb_asin(r.get(), x.get(), Precision::bits());
  return r;
}

ComplexBall sigmoid(const ComplexBall& x) {
  // 1/(1 + e^-x) on the right, e^x/(1 + e^x) = 1 - 1/(1 + e^x) on the left; a box that holds a pole divides by 0.
  if (arf_sgn(arb_midref(acb_realref(x.get()))) >= 0) return ComplexBall(1) / (ComplexBall(1) + exp(-x));
  const ComplexBall e = exp(x);
  return e / (ComplexBall(1) + e);
}

ComplexBall softplus(const ComplexBall& x) {
  // log(1 + e^x) = x + log(1 + e^-x). Where |e^-+x| <= r < 1 the logarithm is within -log(1 - r) of 0 whatever the angle:
  // a wide box far from the axis stays finite although the box around e^x would surround the branch point.
  const bool right = arf_sgn(arb_midref(acb_realref(x.get()))) >= 0;
  const ComplexBall w = exp(right ? -x : x);
  ComplexBall tail = log1p(w);
  if (!tail.is_finite()) {
    const Ball room = Ball(1) - exp(right ? -x.re() : x.re()).magnitude();
    if (certainly_positive(room) != Truth::yes) return ComplexBall::indeterminate();
    tail = disc(-log(room));
  }
  return right ? x + tail : tail;
}

ComplexBall pow(const ComplexBall& x, long n) {
  ComplexBall r;
  acb_pow_si(r.get(), x.get(), n, Precision::bits());
  return r;
}

ComplexBall pow(const ComplexBall& x, const ComplexBall& y) {
  if (meets_negative_axis(x)) return ComplexBall::indeterminate();
  ComplexBall r;
  acb_pow(r.get(), x.get(), y.get(), Precision::bits());
  return r;
}

}  // namespace infwidth
