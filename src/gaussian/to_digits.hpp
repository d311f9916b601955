// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/activation/activation.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/real/digits.hpp"

namespace infwidth {

/// The midpoint, rounded to the precision of `Digits`.
inline Digits to_digits(const Ball& x) {
  Digits r;
  arf_get_mpfr(r.backend().data(), arb_midref(x.get()), MPFR_RNDN);
  return r;
}

/// The point to the precision of `Digits`.
inline Digits to_digits(const RealPoint& x) {
  if (x.exact()) return constant<Digits>(*x.exact());
  const Precision p(Precision::bits_for(Digits::default_precision()) + 16);
  return to_digits(x.ball());
}

}  // namespace infwidth
