// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "infwidth/real/functions.hpp"

namespace infwidth {

/// A real number that knows when it is an exact fraction: the coefficients of local expansions, where "is this exactly 0?" must have an
/// answer. Whatever is not a fraction, or not seen to be one, is a ball at the working precision.
class Coefficient {
 public:
  Coefficient() : Coefficient(0) {}
  Coefficient(int x) : Coefficient(Rational(x)) {}                 // NOLINT(google-explicit-constructor)
  Coefficient(const Rational& x) : exact_(x), ball_(Ball(x)) {}    // NOLINT(google-explicit-constructor)
  explicit Coefficient(const Ball& x) : ball_(x) {}

  const std::optional<Rational>& exact() const { return exact_; }
  const Ball& ball() const { return ball_; }
  bool is_zero() const { return exact_ && *exact_ == 0; }
  bool is_proven_nonzero() const { return exact_ ? *exact_ != 0 : ball_.is_finite() && !ball_.contains_zero(); }

  Coefficient operator-() const { return exact_ ? Coefficient(Rational(-*exact_)) : Coefficient(-ball_); }
  friend Coefficient operator+(const Coefficient& a, const Coefficient& b) {
    if (a.exact_ && b.exact_) return Rational(*a.exact_ + *b.exact_);
    return Coefficient(a.ball_ + b.ball_);
  }
  friend Coefficient operator-(const Coefficient& a, const Coefficient& b) {
    if (a.exact_ && b.exact_) return Rational(*a.exact_ - *b.exact_);
    return Coefficient(a.ball_ - b.ball_);
  }
  friend Coefficient operator*(const Coefficient& a, const Coefficient& b) {
    if (a.exact_ && b.exact_) return Rational(*a.exact_ * *b.exact_);
    if (a.is_zero() || b.is_zero()) return 0;
    return Coefficient(a.ball_ * b.ball_);
  }
  /// Division by 0 gives an indeterminate ball.
  friend Coefficient operator/(const Coefficient& a, const Coefficient& b) {
    if (a.exact_ && b.exact_ && *b.exact_ != 0) return Rational(*a.exact_ / *b.exact_);
    if (a.is_zero() && b.is_proven_nonzero()) return 0;
    return Coefficient(a.ball_ / b.ball_);
  }
  Coefficient& operator+=(const Coefficient& b) { return *this = *this + b; }
  Coefficient& operator-=(const Coefficient& b) { return *this = *this - b; }
  Coefficient& operator*=(const Coefficient& b) { return *this = *this * b; }
  Coefficient& operator/=(const Coefficient& b) { return *this = *this / b; }

 private:
  std::optional<Rational> exact_;
  Ball ball_;
};

// A function with its one exact value: f(at) = value, both fractions.
#define INFWIDTH_COEFFICIENT_FUNCTION(name, at, value)                       \
  inline Coefficient name(const Coefficient& x) {                            \
    if (x.exact() && *x.exact() == (at)) return Coefficient(Rational value); \
    return Coefficient(name(x.ball()));                                      \
  }
INFWIDTH_COEFFICIENT_FUNCTION(exp, 0, (1))
INFWIDTH_COEFFICIENT_FUNCTION(log, 1, (0))
INFWIDTH_COEFFICIENT_FUNCTION(sin, 0, (0))
INFWIDTH_COEFFICIENT_FUNCTION(cos, 0, (1))
INFWIDTH_COEFFICIENT_FUNCTION(tan, 0, (0))
INFWIDTH_COEFFICIENT_FUNCTION(sinh, 0, (0))
INFWIDTH_COEFFICIENT_FUNCTION(cosh, 0, (1))
INFWIDTH_COEFFICIENT_FUNCTION(tanh, 0, (0))
INFWIDTH_COEFFICIENT_FUNCTION(asin, 0, (0))
INFWIDTH_COEFFICIENT_FUNCTION(atan, 0, (0))
INFWIDTH_COEFFICIENT_FUNCTION(asinh, 0, (0))
INFWIDTH_COEFFICIENT_FUNCTION(erf, 0, (0))
INFWIDTH_COEFFICIENT_FUNCTION(erfc, 0, (1))
INFWIDTH_COEFFICIENT_FUNCTION(Phi, 0, (1, 2))
INFWIDTH_COEFFICIENT_FUNCTION(sigmoid, 0, (1, 2))
#undef INFWIDTH_COEFFICIENT_FUNCTION
inline Coefficient softplus(const Coefficient& x) { return Coefficient(softplus(x.ball())); }
inline Coefficient sqrt(const Coefficient& x) {
  if (x.exact()) {
    if (const auto root = exact_sqrt(*x.exact())) return *root;
  }
  return Coefficient(sqrt(x.ball()));
}
inline Coefficient pow(const Coefficient& x, const Coefficient& y) {
  if (x.exact() && *x.exact() == 1) return 1;
  if (y.exact() && *y.exact() == Rational(1, 2)) return sqrt(x);
  return Coefficient(pow(x.ball(), y.ball()));
}
inline Coefficient pow(const Coefficient& x, long n) {
  if (n < 0) return Coefficient(1) / pow(x, -n);
  Coefficient r = 1, base = x;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) r *= base;
    if (n > 1) base *= base;
  }
  return r;
}

template <>
struct Constants<Coefficient> {
  static Coefficient of(const Rational& r) { return r; }
  static Coefficient pi() { return Coefficient(Ball::pi()); }
};

}  // namespace infwidth
