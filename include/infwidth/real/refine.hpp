// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <climits>
#include <string>

#include "infwidth/real/ball.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

/// A comparison that the working precision of the moment leaves open: `raise_precision` goes on, and the message is for where that ends.
struct Undecided : NotReached {
  using NotReached::NotReached;
};

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

/// More bits are missing, and nothing tells how many.
constexpr long unknown_bits = LONG_MAX;

/// About how many bits make `radius` no larger than `allowed`; 0 if it is not.
inline long bits_over(const Ball& radius, const Ball& allowed) {
  if (radius.is_exact_zero()) return 0;
  if (!radius.is_finite() || !allowed.is_finite() || allowed.is_exact_zero()) return unknown_bits;
  return std::max(0L, log2_magnitude(radius) - log2_magnitude(allowed) + 1);
}

/// About how many bits x lacks to stand; 0 if it does.
inline long missing_bits(const Ball& x, long digits, const Ball& scale = Ball(0)) {
  if (stands(x, digits, scale)) return 0;
  if (!x.is_finite()) return unknown_bits;
  Precision p(64);
  const Ball unit = pow(Ball(10), -digits);
  // A ball that holds 0 may be that of a small number, for which fewer would do.
  return std::max(1L, x.contains_zero() ? bits_over(x.magnitude(), scale * unit * unit) : bits_over(x.radius(), x.mid() * unit));
}

/// The working precisions that are tried for `digits` digits of what goes through `layers` layers. The first has `guard` bits, and more for the
/// rounding of the layers, which adds up like layers^2 at most where they do not multiply it; where they do, the last has 32 bits for each of them.
struct PrecisionRange {
  long first, last;

  static PrecisionRange of(long digits, long layers = 1, long guard = 32) {
    for (long l = layers; l > 1; l /= 2) guard += 2;
    const long first = Precision::bits_for(digits) + guard;
    return {first, 12 * first + 10000 + 32 * layers};
  }
};

/// The one policy for how the working precision of balls rises. Calls compute() at higher and higher precision until it says that 0 bits are missing;
/// what it says otherwise (`unknown_bits` if it does not know, or throws Undecided) makes the next step. False if bits are missing at the last
/// precision.
///   Errors   Undecided, if compute() throws it at the last precision
template <class Compute>
bool raise_precision(const PrecisionRange& range, Compute compute) {
  for (long bits = range.first;;) {
    const bool is_last = bits >= range.last;
    long missing = unknown_bits;
    try {
      Precision p(bits);
      missing = compute();
    } catch (const Undecided&) {
      if (is_last) throw;
    }
    if (missing == 0) return true;
    if (is_last) return false;
    const long step = missing == unknown_bits ? bits / 2 + 32 : std::max(missing + 8, bits / 8);
    bits += std::min(step, range.last - bits);
  }
}

/// The same for a compute() that says whether it is done.
///   Errors   NotReached, naming `what`, at the last precision
template <class Compute>
void refine(long digits, const std::string& what, Compute compute) {
  const PrecisionRange range = PrecisionRange::of(digits);
  if (raise_precision(range, [&] { return compute() ? 0 : unknown_bits; })) return;
  throw NotReached(what + ": " + std::to_string(digits) + " digits do not stand at " + std::to_string(range.last) + " bits; ask for fewer");
}

}  // namespace infwidth
