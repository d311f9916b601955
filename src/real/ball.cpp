// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/ball.hpp"

#include <climits>

#include "infwidth/real/functions.hpp"

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

}  // namespace infwidth
