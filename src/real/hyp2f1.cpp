// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/real/functions.hpp"
#include "infwidth/real/special.hpp"
#include "through_balls.hpp"

namespace infwidth {

namespace {

bool is_positive(const Ball& x) { return arb_is_positive(x.get()) != 0; }

/// The series ends: a or b is 0, -1, ..
bool terminates(const Ball& a, const Ball& b) {
  return (arb_is_int(a.get()) && !is_positive(a)) || (arb_is_int(b.get()) && !is_positive(b));
}

Ball rgamma(const Ball& x) {
  Ball r;
  arb_rgamma(r.get(), x.get(), Precision::bits());
  return r;
}

/// Gauss's theorem.
Ball at_one(const Ball& a, const Ball& b, const Ball& c) {
  const Ball excess = c - a - b;
  if (!is_positive(excess)) return ComplexBall::indeterminate().re();
  return tgamma(c) * tgamma(excess) * rgamma(c - a) * rgamma(c - b);
}

/// For one number z.
Ball at_point(const Ball& a, const Ball& b, const Ball& c, const Ball& z) {
  const bool exact = a.is_exact() && b.is_exact() && c.is_exact();
  const long bits = Precision::bits();
  Ball r;
  long working = bits + 20;
  for (int i = 0; i < 4; ++i) {
    const Precision p(working);
    const Ball room = Ball(1) - z;
    if (room.is_exact_zero() && !terminates(a, b)) {
      r = at_one(a, b, c);
    } else {
      arb_hypgeom_2f1(r.get(), a.get(), b.get(), c.get(), z.get(), 0, working);
    }
    // Beside z = 1 two terms that nearly cancel: once more, with what was lost.
    const long missing = r.is_finite() ? bits - arb_rel_accuracy_bits(r.get()) : bits;
    if (missing <= 0 || !exact || r.is_exact_zero()) break;
    working += std::min(missing, 4000L) + 10;
  }
  return r;
}

/// Monotone on 0 <= z < 1: the slope is a b/c 2F1(a+1, b+1; c+1; z), which has positive terms, or (1-z)^(c-a-b-1) times a series that has.
bool is_monotone(const Ball& a, const Ball& b, const Ball& c) {
  if (!is_positive(c)) return false;
  return (is_positive(a + Ball(1)) && is_positive(b + Ball(1))) || (is_positive(c - a) && is_positive(c - b));
}

Ball end_of(const Ball& z, bool upper) {
  Ball r;
  arb_get_lbound_arf(arb_midref(r.get()), z.get(), Precision::bits() + 64);
  if (upper) arb_get_ubound_arf(arb_midref(r.get()), z.get(), Precision::bits() + 64);
  return r;
}

}  // namespace

Ball hyp2f1(const Ball& a, const Ball& b, const Ball& c, const Ball& z) {
  for (const Ball* x : {&a, &b, &c, &z}) {
    if (!x->is_finite()) return ComplexBall::indeterminate().re();
  }
  Ball value;
  if (z.is_exact() || terminates(a, b)) {
    if (!terminates(a, b) && is_positive(z - Ball(1))) return ComplexBall::indeterminate().re();
    value = at_point(a, b, c, z);
  } else {
    const Ball low = end_of(z, false), high = min(end_of(z, true), Ball(1));
    if (is_positive(low - Ball(1))) return ComplexBall::indeterminate().re();
    if (is_monotone(a, b, c) && !is_positive(-low)) {
      value = Ball::hull(at_point(a, b, c, low), at_point(a, b, c, high));
    } else {
      value = at_point(a, b, c, Ball::hull(low, high));
    }
  }
  Ball rounded;
  arb_set_round(rounded.get(), value.get(), Precision::bits());
  return rounded;
}

ComplexBall hyp2f1(const ComplexBall& a, const ComplexBall& b, const ComplexBall& c, const ComplexBall& z) {
  if (!a.im().is_exact_zero() || !b.im().is_exact_zero() || !c.im().is_exact_zero()) return ComplexBall::indeterminate();
  if (z.im().is_exact_zero()) return ComplexBall(hyp2f1(a.re(), b.re(), c.re(), z.re()));
  if (!terminates(a.re(), b.re()) && z.im().contains_zero() && !is_positive(Ball(1) - z.re())) return ComplexBall::indeterminate();
  ComplexBall r;
  acb_hypgeom_2f1(r.get(), a.get(), b.get(), c.get(), z.get(), 0, Precision::bits());
  return r;
}

Digits hyp2f1(const Digits& a, const Digits& b, const Digits& c, const Digits& z) {
  const Ball x = exact_ball(a), y = exact_ball(b), w = exact_ball(c), at = exact_ball(z);
  return to_nearest_digits([&] { return hyp2f1(x, y, w, at); });
}

double hyp2f1(double a, double b, double c, double z) {
  constexpr double most_for_series = 0.9;  // 400 terms
  if (!std::isfinite(a) || !std::isfinite(b) || !std::isfinite(c) || !std::isfinite(z)) return std::numeric_limits<double>::quiet_NaN();
  if (a >= 0 && b >= 0 && c > 0 && z >= 0 && z <= most_for_series && c >= a + b) {
    double term = 1, sum = 1;
    for (int k = 0; term > sum * 1e-18; ++k) {
      term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z;
      sum += term;
    }
    return sum;
  }
  const Ball x(a), y(b), w(c), at(z);
  return to_nearest_double([&] { return hyp2f1(x, y, w, at); });
}

Pack hyp2f1(const Pack& a, const Pack& b, const Pack& c, const Pack& z) {
  Pack r;
  for (int i = 0; i < Pack::size; ++i) r[i] = hyp2f1(a[i], b[i], c[i], z[i]);
  return r;
}

}  // namespace infwidth
