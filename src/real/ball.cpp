// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/ball.hpp"

#include <climits>

#include "infwidth/real/functions.hpp"
#include "infwidth/real/in_domain.hpp"

namespace infwidth {

long log2_magnitude(const Ball& x) {
  if (x.is_exact_zero()) return LONG_MIN;
  if (!x.is_finite()) return LONG_MAX;
  const Ball bound = x.magnitude();
  fmpz_t exponent;
  fmpz_init(exponent);
  arf_abs_bound_lt_2exp_fmpz(exponent, arb_midref(bound.get()));  // |x| < 2^exponent
  const long result = fmpz_fits_si(exponent) ? static_cast<long>(fmpz_get_si(exponent)) : (fmpz_sgn(exponent) > 0 ? LONG_MAX : LONG_MIN + 1);
  fmpz_clear(exponent);
  return result;
}

Ball erfc(const Ball& x) {
  const auto library = [](const Ball& t) {
    Ball r;
    arb_hypgeom_erfc(r.get(), t.get(), Precision::bits());
    return r;
  };
  // The library's bound for a ball carries x^2 in 30 bits, so from x = 2^15 on it loses factors e. There |erfc'| <= (2x + 2) erfc:
  // erfc(x) >= 2/sqrt(pi) exp(-x^2)/(x + sqrt(x^2 + 2)).
  if (x.is_exact() || arf_cmp_si(arb_midref(x.get()), 1024) < 0) return library(x);
  const Ball log_width = x.radius() * (Ball(2) * x.magnitude() + Ball(2));
  if (certainly_positive(Ball(1) - log_width) != Truth::yes) return library(x);
  const Ball at_centre = library(x.mid());
  return at_centre.widened(at_centre.magnitude() * expm1(log_width));
}

namespace {

/// The two ends of a ball, as exact balls.
Ball lower_end(const Ball& x) {
  Ball r;
  arb_get_lbound_arf(arb_midref(r.get()), x.get(), Precision::bits() + 64);
  return r;
}
Ball upper_end(const Ball& x) {
  Ball r;
  arb_get_ubound_arf(arb_midref(r.get()), x.get(), Precision::bits() + 64);
  return r;
}

/// An increasing function on a ball that may be wide: the hull of its values at the ends. Narrow balls go straight in.
template <class F>
Ball monotone(const Ball& x, F f) {
  if (x.is_exact() || arb_rel_accuracy_bits(x.get()) > 8) return f(x);
  return Ball::hull(f(lower_end(x)), f(upper_end(x)));
}

}  // namespace

Ball sigmoid(const Ball& x) {
  return monotone(x, [](const Ball& t) {
    // Both forms are exact; the second keeps its relative accuracy, and does not overflow, for t < 0.
    if (arf_sgn(arb_midref(t.get())) >= 0) return Ball(1) / (Ball(1) + exp(-t));
    const Ball e = exp(t);
    return e / (Ball(1) + e);
  });
}

Ball softplus(const Ball& x) {
  return monotone(x, [](const Ball& t) {
    if (arf_sgn(arb_midref(t.get())) <= 0) return log1p(exp(t));
    return t + log1p(exp(-t));
  });
}

InDomain asin(const InDomain& x) {
  const Ball one(1), whole = Ball(0).widened(one);
  if (whole.contains(x)) return asin(static_cast<const Ball&>(x));
  Ball inside;  // what both balls hold
  if (!x.is_finite() || arb_intersection(inside.get(), x.get(), whole.get(), Precision::bits()) == 0) return asin(static_cast<const Ball&>(x));
  const Ball low = lower_end(inside), high = upper_end(inside);
  return Ball::hull(asin(certainly_positive(low + one) == Truth::yes ? low : -one), asin(certainly_positive(one - high) == Truth::yes ? high : one));
}

}  // namespace infwidth
