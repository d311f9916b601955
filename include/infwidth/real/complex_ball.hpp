// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/real/ball.hpp"

namespace infwidth {

/// A complex number in a box: real and imaginary part are balls.
/// Every function here is the analytic continuation of the real one, and is indeterminate (`is_finite` says no) on a box that meets
/// a pole or a branch cut: a finite value proves that the function is analytic on the whole box. This is what bounds the error of quadrature.
class ComplexBall {
 public:
  ComplexBall() { acb_init(value_); }
  ComplexBall(int x) : ComplexBall(static_cast<long>(x)) {}  // NOLINT(google-explicit-constructor)
  ComplexBall(long x) {                                      // NOLINT(google-explicit-constructor)
    acb_init(value_);
    acb_set_si(value_, x);
  }
  explicit ComplexBall(const Rational& x) : ComplexBall(Ball(x)) {}
  explicit ComplexBall(const Ball& re) {
    acb_init(value_);
    acb_set_arb(value_, re.get());
  }
  ComplexBall(const Ball& re, const Ball& im) {
    acb_init(value_);
    acb_set_arb_arb(value_, re.get(), im.get());
  }
  ComplexBall(const ComplexBall& other) {
    acb_init(value_);
    acb_set(value_, other.value_);
  }
  ComplexBall(ComplexBall&& other) noexcept {
    acb_init(value_);
    acb_swap(value_, other.value_);
  }
  ComplexBall& operator=(const ComplexBall& other) {
    acb_set(value_, other.value_);
    return *this;
  }
  ComplexBall& operator=(ComplexBall&& other) noexcept {
    acb_swap(value_, other.value_);
    return *this;
  }
  ~ComplexBall() { acb_clear(value_); }

  static ComplexBall pi() { return ComplexBall(Ball::pi()); }
  static ComplexBall indeterminate() {
    ComplexBall r;
    acb_indeterminate(r.value_);
    return r;
  }

  acb_ptr get() { return value_; }
  acb_srcptr get() const { return value_; }

  bool is_finite() const { return acb_is_finite(value_) != 0; }
  Ball re() const {
    Ball r;
    acb_get_real(r.get(), value_);
    return r;
  }
  Ball im() const {
    Ball r;
    acb_get_imag(r.get(), value_);
    return r;
  }
  /// An exact upper bound of |x| over the box.
  Ball magnitude() const {
    Ball r;
    acb_get_abs_ubound_arf(arb_midref(r.get()), value_, Precision::bits());
    return r;
  }

  ComplexBall operator-() const {
    ComplexBall r;
    acb_neg(r.value_, value_);
    return r;
  }
  ComplexBall& operator+=(const ComplexBall& b) {
    acb_add(value_, value_, b.value_, Precision::bits());
    return *this;
  }
  ComplexBall& operator-=(const ComplexBall& b) {
    acb_sub(value_, value_, b.value_, Precision::bits());
    return *this;
  }
  ComplexBall& operator*=(const ComplexBall& b) {
    acb_mul(value_, value_, b.value_, Precision::bits());
    return *this;
  }
  ComplexBall& operator/=(const ComplexBall& b) {
    acb_div(value_, value_, b.value_, Precision::bits());
    return *this;
  }
  friend ComplexBall operator+(ComplexBall a, const ComplexBall& b) { return std::move(a += b); }
  friend ComplexBall operator-(ComplexBall a, const ComplexBall& b) { return std::move(a -= b); }
  friend ComplexBall operator*(ComplexBall a, const ComplexBall& b) { return std::move(a *= b); }
  friend ComplexBall operator/(ComplexBall a, const ComplexBall& b) { return std::move(a /= b); }

 private:
  acb_t value_;
};

#define INFWIDTH_COMPLEX_BALL_FUNCTION(name, call) \
  inline ComplexBall name(const ComplexBall& x) {  \
    ComplexBall r;                                 \
    call(r.get(), x.get(), Precision::bits());     \
    return r;                                      \
  }
INFWIDTH_COMPLEX_BALL_FUNCTION(exp, acb_exp)
INFWIDTH_COMPLEX_BALL_FUNCTION(sin, acb_sin)
INFWIDTH_COMPLEX_BALL_FUNCTION(cos, acb_cos)
INFWIDTH_COMPLEX_BALL_FUNCTION(tan, acb_tan)
INFWIDTH_COMPLEX_BALL_FUNCTION(sinh, acb_sinh)
INFWIDTH_COMPLEX_BALL_FUNCTION(cosh, acb_cosh)
INFWIDTH_COMPLEX_BALL_FUNCTION(tanh, acb_tanh)
#undef INFWIDTH_COMPLEX_BALL_FUNCTION
// Those with branch cuts or with loose library bounds on wide boxes: src/real/complex_ball.cpp says how each is guarded.
ComplexBall erf(const ComplexBall& x);
ComplexBall erfc(const ComplexBall& x);
ComplexBall sqrt(const ComplexBall& x);
ComplexBall log(const ComplexBall& x);
ComplexBall log1p(const ComplexBall& x);
ComplexBall expm1(const ComplexBall& x);
ComplexBall asin(const ComplexBall& x);
ComplexBall atan(const ComplexBall& x);
ComplexBall asinh(const ComplexBall& x);
ComplexBall sigmoid(const ComplexBall& x);
ComplexBall softplus(const ComplexBall& x);
ComplexBall pow(const ComplexBall& x, long n);
inline ComplexBall pow(const ComplexBall& x, int n) { return pow(x, static_cast<long>(n)); }
ComplexBall pow(const ComplexBall& x, const ComplexBall& y);

}  // namespace infwidth
