// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/real/ball.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

/// Does a ball have `digits` right digits? Its radius is at most 10^-digits of its value; a value that still holds 0 is done at 10^-2 digits
/// of `scale`, the size of the terms it is made of (0: it must not hold 0).
inline bool stands(const Ball& x, long digits, const Ball& scale = Ball(0)) {
  if (!x.is_finite()) return false;
  if (x.is_exact()) return true;
  Precision p(64);
  const Ball unit = pow(Ball(10), -digits);
  const Ball radius = x.radius();
  if (!x.contains_zero()) return certainly_positive(x.mignitude() * unit - radius) == Truth::yes;
  return scale.is_finite() && certainly_positive(abs(scale) * unit * unit - x.magnitude()) == Truth::yes;
}

/// Calls compute() at higher and higher working precision until it returns true, beginning with what `digits` digits need at least.
///   Errors   NotReached, naming `what`, past twelve times that precision and 10000 bits
template <class Compute>
void refine(long digits, const std::string& what, Compute compute) {
  const long first = Precision::bits_for(digits) + 32, last = 12 * first + 10000;
  for (long bits = first; bits <= last; bits += bits / 2 + 32) {
    Precision p(bits);
    if (compute()) return;
  }
  throw NotReached(what + ": " + std::to_string(digits) + " digits do not stand at " + std::to_string(last) + " bits; ask for fewer");
}

}  // namespace infwidth
