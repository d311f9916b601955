// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The elementary functions, under one name for every number. Templates over the number include this header, live in namespace
/// infwidth, and call the functions unqualified.
///     exp expm1 log log1p sqrt sin cos tan sinh cosh tanh asin atan asinh erf erfc pow      and
///     Phi(x)       the normal distribution function, (1 + erf(x / sqrt 2)) / 2, right also in its left tail
///     sigmoid(x)   1 / (1 + exp(-x))
///     softplus(x)  log(1 + exp(x)), as max(x, 0) + log1p(exp(-|x|))
///     tgamma(x)    the gamma function;     owens_t(h, a), erf_re(x, y), erf_im(x, y), hyp2f1(a, b, c, z)   see special.hpp
///     constant<Real>(r)     an exact fraction as a Real;     pi<Real>()

#include <cmath>

#include "infwidth/real/ball.hpp"
#include "infwidth/real/complex_ball.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/pack.hpp"
#include "infwidth/real/special.hpp"

namespace infwidth {

using std::abs;
using std::asin;
using std::asinh;
using std::atan;
using std::cos;
using std::cosh;
using std::erf;
using std::erfc;
using std::exp;
using std::expm1;
using std::log;
using std::log1p;
using std::pow;
using std::sin;
using std::sinh;
using std::sqrt;
using std::tan;
using std::tanh;
using std::tgamma;

// Boost.Multiprecision has no erf for argument-dependent lookup, and Boost.Math's is slower than MPFR's own.
inline Digits erf(const Digits& x) {
  Digits r;
  mpfr_erf(r.backend().data(), x.backend().data(), MPFR_RNDN);
  return r;
}
inline Digits erfc(const Digits& x) {
  Digits r;
  mpfr_erfc(r.backend().data(), x.backend().data(), MPFR_RNDN);
  return r;
}
inline Digits asinh(const Digits& x) {
  Digits r;
  mpfr_asinh(r.backend().data(), x.backend().data(), MPFR_RNDN);
  return r;
}
inline Digits tgamma(const Digits& x) {
  Digits r;
  mpfr_gamma(r.backend().data(), x.backend().data(), MPFR_RNDN);
  return r;
}
inline Digits log1p(const Digits& x) {
  Digits r;
  mpfr_log1p(r.backend().data(), x.backend().data(), MPFR_RNDN);
  return r;
}
inline Digits expm1(const Digits& x) {
  Digits r;
  mpfr_expm1(r.backend().data(), x.backend().data(), MPFR_RNDN);
  return r;
}

template <class Real>
struct Constants {  // Ball, ComplexBall
  static Real of(const Rational& r) { return Real(r); }
  static Real pi() { return Real::pi(); }
};
template <>
struct Constants<double> {
  static double of(const Rational& r);  // nearest
  static double pi() { return 3.141592653589793238462643383279502884; }
};
template <>
struct Constants<Pack> {
  static Pack of(const Rational& r) { return Pack(Constants<double>::of(r)); }
  static Pack pi() { return Pack(Constants<double>::pi()); }
};
template <>
struct Constants<Digits> {
  static Digits of(const Rational& r) {
    Digits x;
    mpfr_set_q(x.backend().data(), r.backend().data(), MPFR_RNDN);
    return x;
  }
  static Digits pi() {
    Digits x;
    mpfr_const_pi(x.backend().data(), MPFR_RNDN);
    return x;
  }
};

/// The midpoint, rounded to the precision of `Digits`.
inline Digits to_digits(const Ball& x) {
  Digits r;
  arf_get_mpfr(r.backend().data(), arb_midref(x.get()), MPFR_RNDN);
  return r;
}

/// The fraction, rounded once to the working precision of `Real`.
template <class Real>
Real constant(const Rational& r) {
  return Constants<Real>::of(r);
}
template <class Real>
Real constant(long numerator, long denominator) {
  return Constants<Real>::of(Rational(numerator, denominator));
}
template <class Real>
Real pi() {
  return Constants<Real>::pi();
}

template <class Real>
Real Phi(const Real& x) {
  return erfc(-x * sqrt(constant<Real>(1, 2))) * constant<Real>(1, 2);
}
template <class Real>
Real sigmoid(const Real& x) {
  return Real(1) / (Real(1) + exp(-x));
}
double softplus(double x);
Digits softplus(const Digits& x);
Ball softplus(const Ball& x);
/// Exact on a wide ball: monotone, so the hull of the values at the two ends.
Ball sigmoid(const Ball& x);

}  // namespace infwidth
