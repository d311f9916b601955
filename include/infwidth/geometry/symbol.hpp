// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/expression/simplify.hpp"
#include "infwidth/geometry/cancellation.hpp"
#include "infwidth/real/jet.hpp"

namespace infwidth {

/// A formula as a number that the geometry runs on. It is 0 if that is proven, has no rounding to avoid, and 0/0 does not arise: its variables
/// stand for positive numbers.
struct Symbol {
  Expression formula = 0;

  Symbol() = default;
  Symbol(int value) : formula(value) {}                              // NOLINT(google-explicit-constructor)
  Symbol(Expression e) : formula(std::move(e)) {}                    // NOLINT(google-explicit-constructor)

  Symbol operator-() const { return -formula; }
  Symbol& operator+=(const Symbol& b) { return *this = *this + b; }
  Symbol& operator-=(const Symbol& b) { return *this = *this - b; }
  friend Symbol operator+(const Symbol& a, const Symbol& b) { return a.formula + b.formula; }
  friend Symbol operator-(const Symbol& a, const Symbol& b) { return a.formula - b.formula; }
  friend Symbol operator*(const Symbol& a, const Symbol& b) { return a.formula * b.formula; }
  friend Symbol operator/(const Symbol& a, const Symbol& b) { return a.formula / b.formula; }
  /// The same formula: what is proven equal but written differently is not.
  friend bool operator==(const Symbol& a, const Symbol& b) { return a.formula == b.formula; }
  friend Symbol pow(const Symbol& a, const Symbol& b) { return pow(a.formula, b.formula); }
  friend Symbol sqrt(const Symbol& a) { return sqrt(a.formula); }
  friend Symbol log(const Symbol& a) { return log(a.formula); }
  friend Symbol abs(const Symbol& a) { return abs(a.formula); }
};

inline bool is_exact_zero(const Symbol& x) { return is_identically_zero(x.formula); }
inline Symbol ratio_or_limit(const Symbol& numerator, const Symbol& denominator, const Symbol& limit) {
  return is_exact_zero(denominator) ? limit : numerator / denominator;
}
/// The one of fewer nodes.
inline Symbol less_cancelling(const Symbol& usual, const Symbol&, const Symbol& other, const Symbol&) {
  return other.formula.size() < usual.formula.size() ? other : usual;
}
template <int Order, class Difference>
Jet<Symbol, Order> propagated_or(Jet<Symbol, Order>&& propagated, Difference difference) {
  for (int k = 0; k <= Order; ++k) {
    if (!propagated[k].formula.is_number(0)) return difference();
  }
  return std::move(propagated);
}

}  // namespace infwidth
