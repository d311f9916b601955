// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/functions.hpp"

#include <mpfr.h>

namespace infwidth {

double Constants<double>::of(const Rational& r) {
  // mpq_get_d truncates; MPFR rounds to nearest.
  mpfr_t x;
  mpfr_init2(x, 53);
  mpfr_set_q(x, r.backend().data(), MPFR_RNDN);
  const double result = mpfr_get_d(x, MPFR_RNDN);
  mpfr_clear(x);
  return result;
}

double softplus(double x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))); }

Digits softplus(const Digits& x) {
  const Digits tail = log1p(Digits(exp(Digits(-abs(x)))));
  return x > 0 ? Digits(x + tail) : tail;
}

}  // namespace infwidth
