// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// What the geometry may ask of a number without knowing what it is: is it 0 by structure, what is 0/0 here, which of two forms of the same value
/// to keep, and whether an intermediate quantity gets a name.

#include <utility>

#include "infwidth/real/functions.hpp"

namespace infwidth {

inline bool is_exact_zero(const Ball& x) { return x.is_exact_zero(); }
inline bool is_exact_zero(const Digits& x) { return x == 0; }
inline bool is_exact_zero(double x) { return x == 0; }
/// In every lane.
inline bool is_exact_zero(const Pack& x) {
  for (double lane : x.lane) {
    if (lane != 0) return false;
  }
  return true;
}

inline Digits select_positive(const Digits& condition, const Digits& yes, const Digits& no) { return condition > 0 ? yes : no; }

/// numerator / denominator for a denominator >= 0, and `limit` where that is exactly 0.
template <class Real>
Real ratio_or_limit(const Real& numerator, const Real& denominator, const Real& limit) {
  return select_positive(denominator, Real(numerator / denominator), limit);
}
inline Ball ratio_or_limit(const Ball& numerator, const Ball& denominator, const Ball& limit) {
  return denominator.is_exact_zero() ? limit : numerator / denominator;
}

/// One value from two forms of it: that whose terms, summed in absolute value to `size`, are smaller, since its rounding is.
/// `usual` when neither is, and where the other one's size is not a number.
template <class Real>
Real less_cancelling(const Real& usual, const Real& usual_size, const Real& other, const Real& other_size) {
  return select_positive(usual_size - other_size, other, usual);
}
/// A value that is carried on its own because to subtract costs digits. Numbers keep it; symbols, which lose nothing, take the difference.
template <class T, class Difference>
T&& propagated_or(T&& propagated, Difference) {
  return std::forward<T>(propagated);
}

/// The hook by which intermediate quantities get names: let("q", 2, value) is `value` itself. A symbol's hook records an equation and returns its name.
struct Unnamed {
  template <class T>
  T&& operator()(const char*, int, T&& value) const {
    return std::forward<T>(value);
  }
};

/// Both balls hold the value: the narrower one.
inline Ball less_cancelling(const Ball& usual, const Ball&, const Ball& other, const Ball&) {
  return mag_cmp(arb_radref(other.get()), arb_radref(usual.get())) < 0 ? other : usual;
}

}  // namespace infwidth
