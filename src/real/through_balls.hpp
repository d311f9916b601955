// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <limits>

#include "infwidth/real/ball.hpp"
#include "infwidth/real/digits.hpp"

namespace infwidth {

/// The value that `f` encloses at the working precision of the day, for exact arguments, to `bits` right bits, or as far as ten thousand bits of working precision go; or
/// until it is below 2^least.
template <class F>
Ball to_bits(F f, long bits, long least) {
  Ball r;
  for (long working = bits + 16; working < bits + 10000; working *= 2) {
    const Precision p(working);
    r = f();
    if (r.is_finite() && (arb_rel_accuracy_bits(r.get()) >= bits || r.is_exact_zero() || log2_magnitude(r) < least)) break;
  }
  return r;
}

inline Ball exact_ball(const Digits& x) {
  Ball r;
  arf_set_mpfr(arb_midref(r.get()), x.backend().data());
  return r;
}

/// That value in the working precision of Digits, and as a double.
template <class F>
Digits to_nearest_digits(F f) {
  Digits r;
  const long bits = static_cast<long>(mpfr_get_prec(r.backend().data()));
  arf_get_mpfr(r.backend().data(), arb_midref(to_bits(f, bits + 4, std::numeric_limits<long>::min() / 2).get()), MPFR_RNDN);
  return r;
}
template <class F>
double to_nearest_double(F f) { return to_bits(f, 60, -1100).to_double(); }

}  // namespace infwidth
