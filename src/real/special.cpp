// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/special.hpp"

#include <boost/math/special_functions/owens_t.hpp>
#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/real/functions.hpp"
#include "through_balls.hpp"

namespace infwidth {

namespace {

using BallFunction = Ball (*)(const Ball&, const Ball&);
using Part = Ball (ComplexBall::*)() const;

/// A part of f(x + i y). The library's error is relative to |f|: where the part is far smaller, as near the axes, more bits are worked with.
Ball part_of(ComplexBall (*f)(const ComplexBall&), const Ball& x, const Ball& y, Part part) {
  const long bits = Precision::bits();
  Ball r;
  long working = bits + 10;
  for (int i = 0; i < 3; ++i) {
    const Precision p(working);
    r = (f(ComplexBall(x, y)).*part)();
    const long missing = bits - std::max(arb_rel_accuracy_bits(r.get()), -4000L);
    if (missing <= 0 || !x.is_exact() || !y.is_exact()) break;
    working += missing + 10;
  }
  return r;
}

Digits through_balls(BallFunction f, const Digits& x, const Digits& y) {
  const Ball u = exact_ball(x), v = exact_ball(y);
  return to_nearest_digits([&] { return f(u, v); });
}
double through_balls(BallFunction f, double x, double y) {
  const Ball u(x), v(y);
  return to_nearest_double([&] { return f(u, v); });
}

template <class F>
Pack one_by_one(const Pack& x, const Pack& y, F f) {
  Pack r;
  for (int i = 0; i < Pack::size; ++i) r[i] = f(x[i], y[i]);
  return r;
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Ball erf_re(const Ball& x, const Ball& y) {
  if (x.is_exact_zero()) return x;
  return y.is_exact_zero() ? erf(x) : part_of(erf, x, y, &ComplexBall::re);
}
Ball erf_im(const Ball& x, const Ball& y) {
  if (y.is_exact_zero()) return y;
  // Far to the side erf is 1 and a small rest: -erfc(|x| + i y) is the rest.
  if (certainly_positive(abs(x) - Ball(1)) == Truth::yes) return -part_of(erfc, abs(x), y, &ComplexBall::im);
  if (!x.is_exact_zero()) return part_of(erf, x, y, &ComplexBall::im);
  Ball r;
  arb_hypgeom_erfi(r.get(), y.get(), Precision::bits());
  return r;
}

ComplexBall erf_re(const ComplexBall& x, const ComplexBall& y) {
  const ComplexBall iy = ComplexBall(Ball(0), Ball(1)) * y;
  return (erf(x + iy) + erf(x - iy)) / ComplexBall(2);
}
ComplexBall erf_im(const ComplexBall& x, const ComplexBall& y) {
  const ComplexBall i(Ball(0), Ball(1));
  return (erf(x + i * y) - erf(x - i * y)) / (ComplexBall(2) * i);
}
ComplexBall owens_t(const ComplexBall& h, const ComplexBall& a) {
  if (!h.im().is_exact_zero() || !a.im().is_exact_zero()) return ComplexBall::indeterminate();
  return ComplexBall(owens_t(h.re(), a.re()));
}
ComplexBall tgamma(const ComplexBall& x) {
  ComplexBall r;
  acb_gamma(r.get(), x.get(), Precision::bits());
  return r;
}

Digits owens_t(const Digits& h, const Digits& a) { return through_balls(owens_t, h, a); }
Digits erf_re(const Digits& x, const Digits& y) { return through_balls(erf_re, x, y); }
Digits erf_im(const Digits& x, const Digits& y) { return through_balls(erf_im, x, y); }

double owens_t(double h, double a) { return boost::math::owens_t(h, a); }

double erf_re(double x, double y) {
  if (std::isnan(x) || std::isnan(y)) return not_a_number;
  if (x == 0) return x;
  if (std::isinf(y)) return not_a_number;
  return std::isinf(x) ? std::copysign(1.0, x) : through_balls(erf_re, x, y);
}
double erf_im(double x, double y) {
  if (std::isnan(x) || std::isnan(y)) return not_a_number;
  if (y == 0 || (std::isinf(y) && x == 0)) return y;
  if (std::isinf(y)) return not_a_number;
  return std::isinf(x) ? 0.0 : through_balls(erf_im, x, y);
}

Pack owens_t(const Pack& h, const Pack& a) { return one_by_one(h, a, [](double x, double y) { return owens_t(x, y); }); }
Pack erf_re(const Pack& x, const Pack& y) { return one_by_one(x, y, [](double u, double v) { return erf_re(u, v); }); }
Pack erf_im(const Pack& x, const Pack& y) { return one_by_one(x, y, [](double u, double v) { return erf_im(u, v); }); }

}  // namespace infwidth
