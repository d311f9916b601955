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

/// Gauss's hypergeometric function 2F1(a, b; c; z), the sum of (a)_k (b)_k/(c)_k z^k/k!, of real parameters.
///   Domain      real z < 1, also z = 1 where c - a - b > 0 (and every z where a or b is 0, -1, ..); c not 0, -1, ..
///   Limits      2F1(a, b; c; 0) = 1;  2F1(a, b; c; 1) = Gamma(c) Gamma(c-a-b)/(Gamma(c-a) Gamma(c-b))
///   Accuracy    Ball: proven; exact arguments give the working precision to a few bits. Of a ball around z that reaches beyond 1 the part in the domain is meant, so
///               that it stays finite where c - a - b > 0 and the function is seen to be monotone (D-035); a ball wholly beyond is indeterminate. Digits: to the
///               nearest or the next number. double, Pack: 1e-14 relative for a, b, z >= 0 and c > a + b (by the series up to z = 9/10, elsewhere through balls, so not
///               fast); not-a-number outside the domain
///   ComplexBall the branch that is analytic off [1, oo), parameters real; indeterminate on boxes that meet the cut, but for real arguments
///   Derivation  D-035
Ball hyp2f1(const Ball& a, const Ball& b, const Ball& c, const Ball& z);
ComplexBall hyp2f1(const ComplexBall& a, const ComplexBall& b, const ComplexBall& c, const ComplexBall& z);
Digits hyp2f1(const Digits& a, const Digits& b, const Digits& c, const Digits& z);
double hyp2f1(double a, double b, double c, double z);
Pack hyp2f1(const Pack& a, const Pack& b, const Pack& c, const Pack& z);

/// The gamma function; indeterminate on a box that meets a pole. (The other numbers have theirs beside their elementary functions.)
ComplexBall tgamma(const ComplexBall& x);

}  // namespace infwidth
