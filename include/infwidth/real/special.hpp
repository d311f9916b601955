// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/real/ball.hpp"
#include "infwidth/real/complex_ball.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/pack.hpp"

namespace infwidth {

/// Owen's T function, the integral of exp(-h^2 (1 + x^2)/2)/(1 + x^2) over x from 0 to a, over 2 pi: the probability of X > h, 0 < Y < a X
/// for independent standard normal X, Y and a > 0. Even in h, odd in a.
///   Domain      all real h, a
///   Limits      T(h, 0) = 0;  T(0, a) = atan(a)/(2 pi);  T(h, 1) = Phi(h) Phi(-h)/2;  a -> infinity: Phi(-|h|)/2
///   Accuracy    Ball: proven. The series of D-034, whose terms are all positive, so it keeps its relative accuracy where T is tiny: exact h and a
///               give the working precision to a few bits (up to |h| = 10^9, beyond which a ball around 0 may come), balls the condition of T times their radii. Digits: to the nearest or the next number.
///               double, Pack: 4e-15 relative down to the least normal number.
///   ComplexBall for real arguments alone (imaginary parts exactly 0); else indeterminate
///   Derivation  D-034
Ball owens_t(const Ball& h, const Ball& a);
ComplexBall owens_t(const ComplexBall& h, const ComplexBall& a);
Digits owens_t(const Digits& h, const Digits& a);
double owens_t(double h, double a);
Pack owens_t(const Pack& h, const Pack& a);

/// The real and the imaginary part of erf(x + i y), for real x, y. The first is odd in x and even in y, the second even in x and odd in y.
///   Limits      erf_re(x, 0) = erf(x);  erf_im(x, 0) = erf_re(0, y) = 0;  erf_im(0, y) = erfi(y), of size exp(y^2)
///   Accuracy    Ball: proven; exact x and y give the working precision to a few bits. Digits: to the nearest or the next number.
///               double, Pack: to the nearest or the next double, also near the zeros; through balls, so not fast. Infinite beyond the range of
///               a double; an infinite argument gives the limit, or not-a-number where there is none.
///   ComplexBall the analytic continuation in x and y, (erf(x + i y) + erf(x - i y))/2 and its like
Ball erf_re(const Ball& x, const Ball& y);
Ball erf_im(const Ball& x, const Ball& y);
ComplexBall erf_re(const ComplexBall& x, const ComplexBall& y);
ComplexBall erf_im(const ComplexBall& x, const ComplexBall& y);
Digits erf_re(const Digits& x, const Digits& y);
Digits erf_im(const Digits& x, const Digits& y);
double erf_re(double x, double y);
double erf_im(double x, double y);
Pack erf_re(const Pack& x, const Pack& y);
Pack erf_im(const Pack& x, const Pack& y);

/// The gamma function; indeterminate on a box that meets a pole. (The other numbers have theirs beside their elementary functions.)
ComplexBall tgamma(const ComplexBall& x);

}  // namespace infwidth
