// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/growth.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/expression/program.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "log_bound.hpp"

namespace infwidth {

using namespace growth_bounds;

namespace {

/// What is known of a subterm on x >= from.
struct Range {
  std::optional<LogBound> upper, lower;       // of log |f|; lower only if f does not vanish
  std::optional<Quadratic> high, low;         // of f
  bool positive = false;                      // f > 0
};

class Walker {
 public:
  Walker(Tail tail, double from) : tail_(tail), from_(from) {}

  Range walk(const Expression& e) const {
    Range r = node(e);
    complete(r);
    return r;
  }

 private:
  Tail tail_;
  double from_;

  /// Fills in what follows from what is known.
  void complete(Range& r) const {
    if (r.low && r.low->positive(from_)) r.positive = true;
    if (r.high && r.low) {  // |f| <= sum of the larger coefficients times the largest power
      const double a0 = std::max(std::abs(r.high->c0), std::abs(r.low->c0)), a1 = std::max(std::abs(r.high->c1), std::abs(r.low->c1)),
                   a2 = std::max(std::abs(r.high->c2), std::abs(r.low->c2));
      const double total = up(a0 + a1 + a2), degree = a2 > 0 ? 2 : a1 > 0 ? 1 : 0;
      const LogBound bound = {total > 0 ? log_up(total) : -std::numeric_limits<double>::max() / 4, degree, 0, 0};
      if (!r.upper || grows_faster(*r.upper, bound)) r.upper = bound;
    }
    const auto lower_from = [&](const Quadratic& q) {
      if (q.positive(from_)) {
        // q(x)/x^degree lies between its values at `from` and at infinity where it is monotone: where c0 and c1 have one sign.
        const double degree = q.c2 > 0 ? 2 : q.c1 > 0 ? 1 : 0;
        const double ratio_from = q.least(from_) / std::pow(from_, degree);
        const double leading = degree == 2 ? q.c2 : degree == 1 ? q.c1 : q.c0;
        const bool monotone = degree < 2 || (q.c1 >= 0 && q.c0 >= 0) || (q.c1 <= 0 && q.c0 <= 0);
        const LogBound bound = monotone ? LogBound{log_down(std::min(ratio_from, leading)), degree, 0, 0} : LogBound{log_down(q.least(from_)), 0, 0, 0};
        if (!r.lower || grows_faster(bound, *r.lower)) r.lower = bound;
      }
    };
    if (r.low) lower_from(*r.low);
    if (r.high) lower_from(-*r.high);
    if (r.upper && r.upper->linear <= 0 && r.upper->square <= 0 && r.upper->log_x <= 2 && (!r.high || !r.low)) {
      const double size = up(std::exp(up(r.upper->constant) + slack));
      const double degree = std::ceil(std::max(r.upper->log_x, 0.0));
      const Quadratic wide = degree == 0 ? Quadratic{size, 0, 0} : degree == 1 ? Quadratic{0, size, 0} : Quadratic{0, 0, size};
      if (std::isfinite(size)) {
        if (!r.high) r.high = wide;
        if (!r.low) r.low = r.positive ? Quadratic{} : -wide;
      }
    }
    if (r.positive && !r.low) r.low = Quadratic{};
  }

  Range bounded(double low, double high) const {
    Range r;
    r.low = Quadratic{low, 0, 0};
    r.high = Quadratic{high, 0, 0};
    return r;
  }

  [[noreturn]] void fail(const Expression& e) const {
    throw NotReached("growth: no bound is known for the term " + to_string(e) + " as x -> " + (tail_ == Tail::left ? "-" : "+") +
                     "infinity; write the formula with terms of at most exp(quadratic) growth, or use --engine double");
  }

  /// A constant, from its value in balls.
  Range constant_term(const Expression& e) const {
    const Precision p(128);
    const Program program({e}, "x");
    const Ball value = Evaluator<Ball>(program).value(Ball(0));
    const double low = (value.mid() - value.radius()).to_double(), high = (value.mid() + value.radius()).to_double();
    if (!std::isfinite(low) || !std::isfinite(high)) fail(e);
    return bounded(down(low), up(high));
  }

  Range node(const Expression& e) const {
    if (!e.arguments().empty() && !e.depends_on("x")) return constant_term(e);
    switch (e.op()) {
      case Op::number: {
        const double v = Constants<double>::of(e.value());
        if (e.value() != 0 && !std::isnormal(v)) fail(e);  // beyond the doubles the bounds are made of
        Range r;
        r.low = Quadratic{v == 0 ? 0 : down(v), 0, 0};
        r.high = Quadratic{v == 0 ? 0 : up(v), 0, 0};
        if (v != 0) {
          r.upper = LogBound{log_up(std::abs(v)), 0, 0, 0};
          r.lower = LogBound{log_down(std::abs(v)), 0, 0, 0};
        }
        r.positive = v > 0;
        return r;
      }
      case Op::pi: return node(Expression(Rational(884279719003555, 281474976710656)));  // pi to 1e-15, inside the slack
      case Op::variable: {
        Range r;
        const double direction = tail_ == Tail::right ? 1 : -1;
        r.low = r.high = Quadratic{0, direction, 0};
        r.upper = r.lower = LogBound{0, 1, 0, 0};
        r.positive = direction > 0;
        return r;
      }
      case Op::add: return sum(walk(e.argument(0)), walk(e.argument(1)));
      case Op::subtract: return sum(walk(e.argument(0)), negated(walk(e.argument(1))));
      case Op::negate: return negated(walk(e.argument(0)));
      case Op::multiply: return product(walk(e.argument(0)), walk(e.argument(1)), e.argument(0) == e.argument(1));
      case Op::divide: return quotient(e);
      case Op::power: return raised(e);
      default: return function(e, walk(e.argument(0)));
    }
  }

  Range negated(Range a) const {
    Range r = a;
    r.positive = false;
    r.high = a.low ? std::optional(-*a.low) : std::nullopt;
    r.low = a.high ? std::optional(-*a.high) : std::nullopt;
    return r;
  }

  Range sum(const Range& a, const Range& b) const {
    Range r;
    if (a.high && b.high) r.high = pushed(*a.high + *b.high, 1);
    if (a.low && b.low) r.low = pushed(*a.low + *b.low, -1);
    if (a.upper && b.upper) {
      r.upper = larger(*a.upper, *b.upper);
      r.upper->constant = up(r.upper->constant + log2_up);
    }
    r.positive = (a.positive && b.low && b.low->non_negative(from_)) || (b.positive && a.low && a.low->non_negative(from_)) || (a.positive && b.positive);
    if (r.positive) {
      if (a.positive && a.lower) r.lower = a.lower;
      if (b.positive && b.lower && (!r.lower || grows_faster(*b.lower, *r.lower))) r.lower = b.lower;
    }
    const auto dominates = [&](const Range& big, const Range& small) {  // |small| <= |big| / 2 on the whole tail
      if (!big.lower || !small.upper) return false;
      const LogBound difference = *small.upper - *big.lower;
      return most(difference, from_) <= -log2_up && decreases(difference, from_);
    };
    for (const auto& [big, small] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      if (!r.lower && dominates(*big, *small)) {
        r.lower = big->lower;
        r.lower->constant = down(r.lower->constant - log2_up);
        r.positive = r.positive || big->positive;
      }
    }
    return r;
  }

  Range product(const Range& a, const Range& b, bool square) const {
    Range r;
    if (a.upper && b.upper) r.upper = outward(*a.upper + *b.upper, 1);
    if (a.lower && b.lower) r.lower = outward(*a.lower + *b.lower, -1);
    r.positive = (a.positive && b.positive) || (square && a.lower);
    if (a.high && a.low && b.high && b.low) {
      if (const auto both = interval_product(*a.low, *a.high, *b.low, *b.high)) {
        r.low = pushed(both->first, -1);
        r.high = pushed(both->second, 1);
        if (square && r.low->c0 < 0 && r.low->c1 == 0 && r.low->c2 == 0) r.low = Quadratic{};
      }
    }
    return r;
  }

  Range quotient(const Expression& e) const {
    const Range a = walk(e.argument(0)), b = walk(e.argument(1));
    if (!b.lower) fail(e);
    Range r, inverse;
    inverse.upper = -1.0 * *b.lower;
    if (b.upper) inverse.lower = -1.0 * *b.upper;
    inverse.positive = b.positive;
    if (b.high && b.low && b.high->is_constant() && b.low->is_constant() && (b.low->c0 > 0 || b.high->c0 < 0)) {
      inverse.low = Quadratic{down(1 / b.high->c0), 0, 0};
      inverse.high = Quadratic{up(1 / b.low->c0), 0, 0};
    }
    complete(inverse);
    r = product(a, inverse, false);
    return r;
  }

  Range raised(const Expression& e) const {
    const Expression& exponent = e.argument(1);
    if (!exponent.is_number()) {  // u^v = exp(v log u)
      return walk(exp(exponent * log(e.argument(0))));
    }
    const double n = Constants<double>::of(exponent.value());
    const bool integer = denominator(exponent.value()) == 1;
    const Range a = walk(e.argument(0));
    if (integer && n == 2) return product(a, a, true);
    if ((!integer && !a.positive) || (n < 0 && !a.lower)) {
      if (integer || !a.upper || n < 0) fail(e);
    }
    Range r;
    if (n >= 0) {
      if (a.upper) r.upper = outward(n * *a.upper, 1);
      if (a.lower) r.lower = outward(n * *a.lower, -1);
    } else {
      r.upper = outward(n * *a.lower, 1);
      if (a.upper) r.lower = outward(n * *a.upper, -1);
    }
    r.positive = a.positive || (integer && std::fmod(n, 2) == 0 && a.lower);
    return r;
  }

  /// The bounds of a function of size at most e^log_factor |u|, where the argument falls.
  static Range no_larger_than(const Range& u, double log_factor, Range r) {
    if (!u.upper || !grows_faster({}, *u.upper)) return r;
    r.upper = *u.upper;
    r.upper->constant = up(r.upper->constant + log_factor);
    return r;
  }

  /// Below log(e^min(u, 0) / 2), u >= low.
  LogBound half_exp_of_negative_part(const Quadratic& low) const {
    const Quadratic q = pushed(low, -1);
    return {down(std::min(q.c0, 0.0) - log2_up), 0, std::min(q.c1, 0.0), std::min(q.c2, 0.0)};
  }

  Range function(const Expression& e, const Range& u) const {
    Range r;
    const bool right = u.low && u.low->non_negative(from_), left = u.high && u.high->non_positive(from_);
    switch (e.op()) {
      case Op::exp:
        if (!u.high) fail(e);
        r.upper = as_log(pushed(*u.high, 1));
        if (u.low) r.lower = as_log(pushed(*u.low, -1));
        r.positive = true;
        return r;
      case Op::sinh:
      case Op::cosh: {
        if (!u.high || !u.low) fail(e);
        r.upper = larger(as_log(pushed(*u.high, 1)), as_log(pushed(-*u.low, 1)));
        if (e.op() == Op::cosh) {
          r.positive = true;
          r.lower = LogBound{};
          for (const Quadratic& side : {*u.low, -*u.high}) {  // cosh u >= e^|u| / 2
            LogBound b = as_log(pushed(side, -1));
            b.constant = down(b.constant - log2_up);
            if (grows_faster(b, *r.lower)) r.lower = b;
          }
        } else if ((right && u.low->positive(from_)) || (left && (-*u.high).positive(from_))) {
          // |sinh u| = e^|u| (1 - e^-2|u|) / 2, and |u| does not fall below its least value
          const Quadratic size = right ? *u.low : -*u.high;
          r.positive = right;
          r.lower = as_log(pushed(size, -1));
          r.lower->constant = down(r.lower->constant + log_down(-std::expm1(-2 * size.least(from_))) - log2_up);
        }
        return r;
      }
      case Op::log: {
        if (!u.positive || !u.lower || !u.upper) fail(e);
        // log x <= x/e, and log x >= log(from) >= 0
        const double inverse_e = up(std::exp(-1.0));
        const LogBound high = outward(*u.upper, 1), low = outward(*u.lower, -1);
        const double least_log = down(std::log(from_));
        r.high = pushed(high.log_x > 0 ? Quadratic{high.constant, high.linear + high.log_x * inverse_e, high.square}
                                       : Quadratic{high.constant + high.log_x * least_log, high.linear, high.square}, 1);
        r.low = pushed(low.log_x < 0 ? Quadratic{low.constant, low.linear + low.log_x * inverse_e, low.square}
                                     : Quadratic{low.constant + low.log_x * least_log, low.linear, low.square}, -1);
        return r;
      }
      case Op::sqrt:
        if (!u.positive && !right) fail(e);
        if (u.upper) r.upper = outward(0.5 * *u.upper, 1);
        if (u.lower) r.lower = outward(0.5 * *u.lower, -1);
        r.positive = u.positive;
        return r;
      case Op::tanh:
      case Op::erf:
        r = bounded(left ? -1 : (right ? 0 : -1), left ? 0 : 1);
        if (right && u.low->positive(from_)) r.low->c0 = down(e.op() == Op::tanh ? std::tanh(u.low->least(from_)) : std::erf(u.low->least(from_)));
        if (left && (-*u.high).positive(from_)) {
          const double least = (-*u.high).least(from_);
          r.high->c0 = -down(e.op() == Op::tanh ? std::tanh(least) : std::erf(least));
        }
        return no_larger_than(u, e.op() == Op::tanh ? 0 : 0.125, r);  // erf u <= 2/sqrt(pi) u
      case Op::sin:
        r = bounded(-1, 1);
        return no_larger_than(u, 0, r);
      case Op::cos: return bounded(-1, 1);
      case Op::asin: return bounded(right ? 0 : -2, left ? 0 : 2);  // pi/2 < 2
      case Op::atan:
        r = bounded(right ? 0 : -2, left ? 0 : 2);
        return no_larger_than(u, 0, r);
      case Op::asinh: {  // |asinh u| <= |u| and <= 2 sqrt|u|, whose slope is nowhere less
        if (!u.upper) fail(e);
        LogBound root = outward(0.5 * *u.upper, 1);
        root.constant = up(root.constant + log2_up);
        r.upper = grows_faster(root, *u.upper) ? *u.upper : root;
        if (right) r.low = Quadratic{down(std::asinh(std::max(u.low->least(from_), 0.0))), 0, 0};
        if (left) r.high = Quadratic{-down(std::asinh(std::max((-*u.high).least(from_), 0.0))), 0, 0};
        return r;
      }
      case Op::sigmoid:
        r = bounded(0, 1);
        r.positive = true;
        if (left) r.upper = as_log(pushed(*u.high, 1));  // sigmoid(u) <= e^u
        if (u.low) r.lower = half_exp_of_negative_part(*u.low);  // y/(1 + y) >= y/2 for y <= 1
        return r;
      case Op::Phi:
        r = bounded(right ? 0.5 : 0, 1);
        r.positive = true;
        if (left && u.high->c2 == 0) {  // Phi(u) <= e^(-u^2/2) for u <= 0
          const Quadratic h = *u.high;
          r.upper = outward({-h.c0 * h.c0 / 2, 0, -h.c0 * h.c1, -h.c1 * h.c1 / 2}, 1);
        }
        return r;
      case Op::erfc:
        r = bounded(left ? 1 : 0, 2);
        r.positive = true;
        if (right && u.low->c2 == 0) {  // erfc(u) <= e^(-u^2) for u >= 0
          const Quadratic l = *u.low;
          r.upper = outward({-l.c0 * l.c0, 0, -2 * l.c0 * l.c1, -l.c1 * l.c1}, 1);
        }
        return r;
      case Op::softplus:
        if (!u.high) fail(e);
        r.positive = true;
        if (left) {
          r.upper = as_log(pushed(*u.high, 1));  // softplus(u) <= e^u
          r.high = Quadratic{log2_up, 0, 0};
        } else {
          r.high = Quadratic{std::max(u.high->c0, 0.0) + log2_up, std::max(up(u.high->c1), 0.0), std::max(up(u.high->c2), 0.0)};
        }
        r.low = right ? *u.low : Quadratic{};
        if (u.low) r.lower = half_exp_of_negative_part(*u.low);  // log(1 + y) >= y/2 for y <= 1
        return r;
      default: fail(e);
    }
  }
};

}  // namespace

Growth growth(const Expression& f, Tail tail, double from) {
  const Range r = Walker(tail, std::max(from, 1.0)).walk(f);
  if (!r.upper) throw NotReached("growth: no bound is known for " + to_string(f));
  return {outward(*r.upper, 1), r.lower ? std::optional(outward(*r.lower, -1)) : std::nullopt};
}

std::optional<Ball> gaussian_tail(const Growth& f, int power, int weight_power, double q_lower, double q_upper, double cut) {
  const Precision p(64);
  Ball total(0);
  const double log_q = std::log(q_lower);
  for (const int w : {0, weight_power}) {  // max(1, z^w) <= 1 + z^w
    // E: the exponent of |f|^power x^w e^(-x^2 / 2 q_upper) q_lower^(-w/2) / sqrt(2 pi q_lower)
    LogBound exponent = outward(static_cast<double>(power) * f.upper, 1);
    exponent.constant += -0.5 * (std::log(6.28318530717958) + log_q) - 0.5 * w * log_q;
    exponent.log_x += w;
    exponent.square -= down(0.5 / q_upper);
    // E' <= slope beyond the cut, so that the integral is at most e^E(cut) / -slope.
    const double falling = 2 * exponent.square * cut, rising = std::max(exponent.log_x, 0.0) / cut + exponent.linear;
    const double slope = rising + falling + slack * (std::abs(exponent.log_x) / cut + std::abs(exponent.linear) + std::abs(falling));
    if (!(exponent.square <= 0 && slope < 0)) return std::nullopt;
    total += exp(Ball(most(exponent, cut) + slack * (1 + w) * std::abs(log_q))) / Ball(-slope);
  }
  return total;
}

std::optional<Ball> exponential_tail(const Growth& f, double cut) {
  const Precision p(64);
  const LogBound& exponent = f.upper;
  const double slope = std::max(exponent.log_x, 0.0) / cut + exponent.linear + 2 * exponent.square * cut;  // E' is at most this beyond the cut
  const double allowance = slack * (std::abs(exponent.log_x) / cut + std::abs(exponent.linear) + std::abs(2 * exponent.square * cut));
  if (!(exponent.square <= 0 && slope + allowance < 0)) return std::nullopt;
  return exp(Ball(most(exponent, cut))) / Ball(-(slope + allowance));
}

std::optional<bool> diverges(const Growth& f, int power, double q_lower, double q_upper) {
  const double k = power;
  if (k * f.upper.square < 0.5 / q_upper * (1 - 1e-9)) return false;
  if (f.lower && k * f.lower->square > 0.5 / q_lower * (1 + 1e-9)) return true;
  return std::nullopt;
}

}  // namespace infwidth
