// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/real/arb.hpp"
#include "infwidth/real/precision.hpp"
#include "infwidth/real/rational.hpp"

namespace infwidth {

/// What a ball can say about a comparison. `undecided`: the ball is too wide; raise the precision.
enum class Truth { no, yes, undecided };

/// A real number as midpoint and radius: the true value lies within the radius of the midpoint, whatever was computed on the way.
/// Operations round at the working precision of the thread (`Precision`) and add their rounding to the radius.
/// A value outside a function's domain (log(-1), 1/0) gives an indeterminate ball: `is_finite` says no.
class Ball {
 public:
  Ball() { arb_init(value_); }
  Ball(int x) : Ball(static_cast<long>(x)) {}  // NOLINT(google-explicit-constructor): small integers are exact balls
  Ball(long x) {                               // NOLINT(google-explicit-constructor)
    arb_init(value_);
    arb_set_si(value_, x);
  }
  /// The double itself, exactly: Ball(0.1) is not 1/10.
  explicit Ball(double x) {
    arb_init(value_);
    arb_set_d(value_, x);
  }
  explicit Ball(const Rational& x) {
    arb_init(value_);
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_mpq(q, x.backend().data());
    arb_set_fmpq(value_, q, Precision::bits());
    fmpq_clear(q);
  }
  Ball(const Ball& other) {
    arb_init(value_);
    arb_set(value_, other.value_);
  }
  Ball(Ball&& other) noexcept {
    arb_init(value_);
    arb_swap(value_, other.value_);
  }
  Ball& operator=(const Ball& other) {
    arb_set(value_, other.value_);
    return *this;
  }
  Ball& operator=(Ball&& other) noexcept {
    arb_swap(value_, other.value_);
    return *this;
  }
  ~Ball() { arb_clear(value_); }

  /// The hull of two balls.
  static Ball hull(const Ball& a, const Ball& b) {
    Ball r;
    arb_union(r.value_, a.value_, b.value_, Precision::bits());
    return r;
  }
  static Ball pi() {
    Ball r;
    arb_const_pi(r.value_, Precision::bits());
    return r;
  }

  arb_ptr get() { return value_; }
  arb_srcptr get() const { return value_; }

  bool is_finite() const { return arb_is_finite(value_) != 0; }
  bool is_exact() const { return arb_is_exact(value_) != 0; }
  bool is_exact_zero() const { return arb_is_zero(value_) != 0; }
  bool contains_zero() const { return arb_contains_zero(value_) != 0; }
  bool overlaps(const Ball& other) const { return arb_overlaps(value_, other.value_) != 0; }
  bool contains(const Ball& other) const { return arb_contains(value_, other.value_) != 0; }

  /// The midpoint, as an exact ball.
  Ball mid() const {
    Ball r;
    arb_get_mid_arb(r.value_, value_);
    return r;
  }
  /// The radius, as an exact ball.
  Ball radius() const {
    Ball r;
    arb_get_rad_arb(r.value_, value_);
    return r;
  }
  /// An exact upper / lower bound of |x|.
  Ball magnitude() const {
    Ball r;
    arb_get_abs_ubound_arf(arb_midref(r.value_), value_, Precision::bits());
    return r;
  }
  Ball mignitude() const {
    Ball r;
    arb_get_abs_lbound_arf(arb_midref(r.value_), value_, Precision::bits());
    return r;
  }
  /// The same midpoint, the radius larger by |by|.
  Ball widened(const Ball& by) const {
    Ball r = *this;
    arb_add_error(r.value_, by.value_);
    return r;
  }
  /// The midpoint, rounded to the nearest double; 0 or infinity beyond a double's range.
  double to_double() const { return arf_get_d(arb_midref(value_), ARF_RND_NEAR); }

  Ball operator-() const {
    Ball r;
    arb_neg(r.value_, value_);
    return r;
  }
  Ball& operator+=(const Ball& b) {
    arb_add(value_, value_, b.value_, Precision::bits());
    return *this;
  }
  Ball& operator-=(const Ball& b) {
    arb_sub(value_, value_, b.value_, Precision::bits());
    return *this;
  }
  Ball& operator*=(const Ball& b) {
    arb_mul(value_, value_, b.value_, Precision::bits());
    return *this;
  }
  Ball& operator/=(const Ball& b) {
    arb_div(value_, value_, b.value_, Precision::bits());
    return *this;
  }
  friend Ball operator+(Ball a, const Ball& b) { return std::move(a += b); }
  friend Ball operator-(Ball a, const Ball& b) { return std::move(a -= b); }
  friend Ball operator*(Ball a, const Ball& b) { return std::move(a *= b); }
  friend Ball operator/(Ball a, const Ball& b) { return std::move(a /= b); }

 private:
  arb_t value_;
};

inline Truth certainly_positive(const Ball& x) {
  if (arb_is_positive(x.get())) return Truth::yes;
  return arb_is_nonpositive(x.get()) ? Truth::no : Truth::undecided;
}
inline Truth certainly_negative(const Ball& x) { return certainly_positive(-x); }

// One line a function: the name, and the Arb call behind it.
#define INFWIDTH_BALL_FUNCTION(name, call)      \
  inline Ball name(const Ball& x) {             \
    Ball r;                                     \
    call(r.get(), x.get(), Precision::bits());  \
    return r;                                   \
  }
INFWIDTH_BALL_FUNCTION(sqrt, arb_sqrt)
INFWIDTH_BALL_FUNCTION(exp, arb_exp)
INFWIDTH_BALL_FUNCTION(expm1, arb_expm1)
INFWIDTH_BALL_FUNCTION(log, arb_log)
INFWIDTH_BALL_FUNCTION(log1p, arb_log1p)
INFWIDTH_BALL_FUNCTION(sin, arb_sin)
INFWIDTH_BALL_FUNCTION(cos, arb_cos)
INFWIDTH_BALL_FUNCTION(tan, arb_tan)
INFWIDTH_BALL_FUNCTION(sinh, arb_sinh)
INFWIDTH_BALL_FUNCTION(cosh, arb_cosh)
INFWIDTH_BALL_FUNCTION(tanh, arb_tanh)
INFWIDTH_BALL_FUNCTION(asin, arb_asin)
INFWIDTH_BALL_FUNCTION(atan, arb_atan)
INFWIDTH_BALL_FUNCTION(asinh, arb_asinh)
INFWIDTH_BALL_FUNCTION(erf, arb_hypgeom_erf)
INFWIDTH_BALL_FUNCTION(tgamma, arb_gamma)
#undef INFWIDTH_BALL_FUNCTION

/// Keeps the condition of erfc also for large arguments.
Ball erfc(const Ball& x);
inline Ball abs(const Ball& x) {
  Ball r;
  arb_abs(r.get(), x.get());
  return r;
}
inline Ball pow(const Ball& x, long n) {
  Ball r;
  if (n >= 0) {
    arb_pow_ui(r.get(), x.get(), static_cast<ulong>(n), Precision::bits());
  } else {
    arb_pow_ui(r.get(), x.get(), static_cast<ulong>(-n), Precision::bits());
    arb_inv(r.get(), r.get(), Precision::bits());
  }
  return r;
}
inline Ball pow(const Ball& x, int n) { return pow(x, static_cast<long>(n)); }
/// x^y for x > 0 (indeterminate where x may be negative and y is not an integer).
inline Ball pow(const Ball& x, const Ball& y) {
  Ball r;
  arb_pow(r.get(), x.get(), y.get(), Precision::bits());
  return r;
}
inline Ball max(const Ball& a, const Ball& b) {
  Ball r;
  arb_max(r.get(), a.get(), b.get(), Precision::bits());
  return r;
}
inline Ball min(const Ball& a, const Ball& b) {
  Ball r;
  arb_min(r.get(), a.get(), b.get(), Precision::bits());
  return r;
}
/// 2^e, exactly.
inline Ball power_of_two(long e) {
  Ball r(1);
  arb_mul_2exp_si(r.get(), r.get(), e);
  return r;
}
/// An upper bound of log2 |x|; -infinity (LONG_MIN) for the exact 0.
long log2_magnitude(const Ball& x);

}  // namespace infwidth
