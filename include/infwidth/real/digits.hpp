// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <boost/multiprecision/mpfr.hpp>

#include "infwidth/real/rational.hpp"

namespace infwidth {

/// A floating-point number of run-time precision (MPFR through Boost.Multiprecision, no expression templates): the second route beside `Ball`.
/// Its precision is process-wide in Boost 1.74 and 1.81, whatever thread sets it: one `DigitsPrecision` at a time, and no worker threads at another.
using Digits = boost::multiprecision::number<boost::multiprecision::mpfr_float_backend<0>, boost::multiprecision::et_off>;

/// A scope that sets the decimal precision of `Digits`.
class DigitsPrecision {
 public:
  explicit DigitsPrecision(unsigned digits10) : before_(Digits::default_precision()) { Digits::default_precision(digits10); }
  ~DigitsPrecision() { Digits::default_precision(before_); }
  DigitsPrecision(const DigitsPrecision&) = delete;
  DigitsPrecision& operator=(const DigitsPrecision&) = delete;

 private:
  unsigned before_;
};

}  // namespace infwidth
