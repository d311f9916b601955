// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/zeros.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "infwidth/activation/local_series.hpp"
#include "infwidth/activation/rewrite.hpp"
#include "infwidth/activation/tail.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/jet.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

constexpr long working_bits = 128;
constexpr int most_subdivisions = 20000;
constexpr std::size_t most_zeros = 200;
constexpr int highest_multiplicity = 6;
constexpr std::array<long, 3> precisions = {128, 320, 1000};

int sign_of(const Ball& x) {
  if (certainly_positive(x) == Truth::yes) return 1;
  return certainly_negative(x) == Truth::yes ? -1 : 0;
}

void sort_and_merge(std::vector<RealPoint>& points) {
  std::sort(points.begin(), points.end(), [](const RealPoint& a, const RealPoint& b) { return compare(a, b) < 0; });
  points.erase(std::unique(points.begin(), points.end(), [](const RealPoint& a, const RealPoint& b) { return compare(a, b) == 0; }), points.end());
}

void keep_inside(std::vector<RealPoint>& points, const Interval& where) {
  std::erase_if(points, [&](const RealPoint& t) {
    return (where.left && compare(t, *where.left) <= 0) || (where.right && compare(t, *where.right) >= 0);
  });
}

/// A ball that holds [a, b] and does not reach below a (anchor_low), or else not above b, where that end is a dyadic fraction: the square
/// root of a stretch that starts at 0 must not see negative numbers.
Ball ball_over(const Rational& a, const Rational& b, bool anchor_low) {
  const Ball reach = Ball(0).widened(Ball(Rational((b - a) / 2)));
  Ball r;
  const Ball end = Ball(anchor_low ? a : b);
  if (!end.is_exact()) return Ball::hull(Ball(a), Ball(b));
  arb_add(r.get(), end.get(), (anchor_low ? reach.radius() : -reach.radius()).get(), ARF_PREC_EXACT);
  mag_set(arb_radref(r.get()), arb_radref(reach.get()));
  return r;
}

/// Zeros of an analytic function by bisection, with a proof at every step: no zero where the values exclude 0, one simple zero where the
/// derivative excludes 0 and the ends differ in sign, a zero at a bisection point proven exactly together with its multiplicity.
class Isolation {
 public:
  Isolation(const Expression& u, const Interval& where) : u_(u), where_(where), program_({u}, "x"), value_(program_), slope_(program_), taylor_(program_) {}

  std::vector<RealPoint> run() {
    const Rational low = start(where_.left, +1), high = start(where_.right, -1);
    if (low < high) between(low, high);
    std::sort(found_.begin(), found_.end(), [](const RealPoint& a, const RealPoint& b) { return a.low() < b.low(); });
    return std::move(found_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw NotReached("activation: the zeros of '" + to_string(u_) + "' for " + describe(where_) + " cannot be found: " + why);
  }

  int sign_at(const Rational& x) {
    for (long bits : precisions) {
      if (bits == working_bits) {
        if (const int s = sign_of(value_.value(Ball(x))); s != 0) return s;
      } else {
        Precision finer(bits);
        Evaluator<Ball> value(program_);
        if (const int s = sign_of(value.value(Ball(x))); s != 0) return s;
      }
      if (bits == working_bits && is_exact_zero(x)) return 0;
    }
    return 0;
  }

  bool is_exact_zero(const Rational& x) const {
    if (expand_zero(x)) return true;
    return is_identically_zero(substitute(u_, "x", Expression(x)));
  }
  bool expand_zero(const Rational& x) const {
    Evaluator<Coefficient> exact(program_);
    return exact.value(Coefficient(x)).is_zero();
  }

  /// A point beyond the zero t (towards `side`) with no other zero on the way, from the first derivative that is not 0: on the stretch
  /// where it keeps its sign, t takes all the zeros that derivative allows.
  Rational beyond(const Rational& t, int side) {
    using Taylor = Jet<Ball, highest_multiplicity>;
    int order = 0;
    {
      Evaluator<Jet<Coefficient, highest_multiplicity>> exact(program_);
      const auto jet = exact.value(Jet<Coefficient, highest_multiplicity>::variable(Coefficient(t)));
      // The value is 0 by proof, even where this expansion sees only a small ball.
      for (order = 1; order <= highest_multiplicity && jet[order].is_zero(); ++order) {}
      if (order > highest_multiplicity || !jet[order].is_proven_nonzero()) refuse("the multiplicity of the zero at x = " + to_string(t) + " is open");
    }
    Rational step = Rational(side);
    for (int k = 0; k < 60; ++k, step /= 2) {
      const Ball stretch = Ball::hull(Ball(t), Ball(Rational(t + step)));
      if (!taylor_.value(Taylor::variable(stretch))[order].contains_zero()) return t + step;
    }
    refuse("no neighbourhood of the zero at x = " + to_string(t) + " is found");
  }

  /// A fraction at or inside the end of the interval, with no zero between the end and it.
  Rational start(const std::optional<RealPoint>& end, int side) {
    if (!end) return ray_start(side);
    if (end->exact()) {
      const Rational& t = *end->exact();
      const Ball value = value_.value(Ball(t));
      if (!value.is_finite() || sign_at(t) != 0) return t;  // a singular end: bisection has to exclude zeros beside it
      if (!is_exact_zero(t)) refuse("it is open whether x = " + to_string(t) + " is a zero");
      return beyond(t, side);
    }
    // The end as a ball: no zero in it but perhaps the end itself, and `inside` is its rim.
    const Ball around = end->ball();
    const Rational inside = side > 0 ? upper_fraction(around) : lower_fraction(around);
    const Jet<Ball, 1> jet = slope_.value(Jet<Ball, 1>::variable(around));
    if (sign_of(jet[0]) != 0) return inside;
    // Its own equation, or one with the same zero and no other so near.
    if (sign_of(jet[1]) != 0 && (u_ == *end->equation() || constant_ratio(u_, *end->equation(), "x"))) return inside;
    refuse("it is open whether " + describe(*end) + " is a zero");
  }

  /// A point from which on there is no zero towards infinity on this side.
  Rational ray_start(int side) {
    const Expression towards = side < 0 ? u_ : substitute(u_, "x", -Expression::variable("x"));  // side is the direction inwards
    long from = 1;
    for (; from <= (1L << 30); from *= 4) {
      const bool clear = (!where_.left || side > 0 || where_.left->high() < from) && (!where_.right || side < 0 || where_.right->low() > -from);
      if (clear && sign_on_ray(towards, from) != 0) return side < 0 ? Rational(from) : Rational(-from);
    }
    if (oscillates(u_) && crosses_often(side)) {
      throw UsageError("activation: '" + to_string(u_) + "' changes its sign infinitely often: the formula has infinitely many kinks, jumps or singular points; "
                       "use a bounded argument, or drop the function around it");
    }
    refuse("no bound on them is found towards infinity");
  }

  /// Sixteen proven changes of sign far out, among 4000 points.
  bool crosses_often(int side) {
    int changes = 0, last = 0;
    for (int i = 0; i < 4000; ++i) {
      const int sign = sign_of(value_.value(Ball(Rational(-side * (4000 + i), 4))));
      if (sign != 0 && last != 0 && sign != last) ++changes;
      if (sign != 0) last = sign;
    }
    return changes >= 16;
  }

  void between(const Rational& low, const Rational& high) {
    const Rational finest = (high - low) / (Integer(1) << 100);
    std::vector<std::pair<Rational, Rational>> open = {{low, high}};
    for (int count = 0; !open.empty(); ++count) {
      if (count > most_subdivisions || open.back().second - open.back().first < finest) refuse("a double zero or a singular point near x = " + short_text(Constants<double>::of(open.back().first)) + ", or too many zeros");
      const auto [a, b] = open.back();
      open.pop_back();
      const Ball whole = ball_over(a, b, b != high);
      const Jet<Ball, 1> jet = slope_.value(Jet<Ball, 1>::variable(whole));
      if (sign_of(jet[0]) != 0) continue;
      const Ball middle = whole.mid();
      if (sign_of(value_.value(middle) + jet[1] * (whole - middle)) != 0) continue;
      if (sign_of(jet[1]) != 0) {
        const int at_a = sign_at(a), at_b = sign_at(b);
        if (at_a == 0 || at_b == 0) refuse("the sign at x = " + to_string(at_a == 0 ? a : b) + " is open");
        if (at_a != at_b) add_simple(a, b);
        continue;
      }
      split(a, b, open);
    }
  }

  void split(const Rational& a, const Rational& b, std::vector<std::pair<Rational, Rational>>& open) {
    const Interval inside{RealPoint(a), RealPoint(b)};
    Rational m = a < 0 && b > 0 ? Rational(0) : interior_point(inside);
    if (const auto zero = short_zero(a, b)) m = *zero;  // of even order, or bisection would not have come so near
    if (sign_at(m) == 0) {
      if (is_exact_zero(m)) {
        add(RealPoint(m));
        const Rational before = beyond(m, -1), after = beyond(m, +1);
        if (a < before) open.emplace_back(a, before);
        if (after < b) open.emplace_back(after, b);
        return;
      }
      m = a + (b - a) * Rational(3, 8);
      if (sign_at(m) == 0) refuse("the sign at x = " + to_string(m) + " is open");
    }
    open.emplace_back(a, m);
    open.emplace_back(m, b);
  }

  void add(RealPoint t) {
    found_.push_back(std::move(t));
    if (found_.size() > most_zeros) refuse("there are more than " + std::to_string(most_zeros));
  }

  /// A zero in (a, b) that is a fraction with a denominator up to 24, looked for once the interval is narrow.
  std::optional<Rational> short_zero(const Rational& a, const Rational& b) const {
    if (b - a > Rational(1, 1L << 30)) return std::nullopt;
    return short_zero_near(Constants<double>::of(Rational((a + b) / 2)), 1e-8, a, b);
  }
  std::optional<Rational> short_zero_near(double x, double tolerance, const Rational& a, const Rational& b) const {
    for (int q = 1; q <= 24; ++q) {
      const double p = std::round(x * q);
      if (std::abs(x * q - p) > tolerance * std::max(1.0, std::abs(p)) || std::abs(p) > 1e9) continue;
      const Rational candidate(static_cast<long>(p), q);
      if (candidate > a && candidate < b && is_exact_zero(candidate)) return candidate;
    }
    return std::nullopt;
  }

  /// The one simple zero in (a, b): as a fraction if it is a short one, else by its equation.
  void add_simple(const Rational& a, const Rational& b) {
    RealPoint zero(u_, a, b);
    if (const auto fraction = short_zero_near(zero.approximately(), 1e-11, a, b)) add(RealPoint(*fraction));
    else add(std::move(zero));
  }

  Expression u_;
  Interval where_;
  Precision working_{working_bits};
  Program program_;
  Evaluator<Ball> value_;
  Evaluator<Jet<Ball, 1>> slope_;
  Evaluator<Jet<Ball, highest_multiplicity>> taylor_;
  std::vector<RealPoint> found_;
};

std::vector<RealPoint> by_structure(const Expression& u, const Interval& where);

std::vector<RealPoint> both(const Expression& a, const Expression& b, const Interval& where) {
  std::vector<RealPoint> all = by_structure(a, where);
  for (RealPoint& t : by_structure(b, where)) all.push_back(std::move(t));
  sort_and_merge(all);
  return all;
}

/// w - c^(1/e) for w^e - c with a fractional e > 0 and c > 0: the same zeros, without the branch point of w^e.
std::optional<Expression> without_root(const Expression& u) {
  const Peeled p = peel(u);
  if (p.constant.is_number(0) || (p.core.op() != Op::sqrt && p.core.op() != Op::power)) return std::nullopt;
  if (p.core.op() == Op::power && (!p.core.argument(1).is_number() || integer_exponent(p.core))) return std::nullopt;
  const Rational exponent = p.core.op() == Op::sqrt ? Rational(1, 2) : p.core.argument(1).value();
  const Expression c = -p.constant / p.factor;
  if (exponent < 0 || sign_class(c) != SignClass::positive) return std::nullopt;
  return p.core.argument(0) - pow(c, Expression(Rational(1 / exponent)));
}

std::vector<RealPoint> by_structure(const Expression& u, const Interval& where) {
  const SignClass sign = sign_class(u);
  if (sign == SignClass::positive || sign == SignClass::negative || !u.depends_on("x")) return {};
  if (const auto r = rational_function(u)) {
    std::vector<RealPoint> roots = real_roots(r->numerator);
    keep_inside(roots, where);
    return roots;
  }
  switch (u.op()) {
    case Op::negate: case Op::sqrt: case Op::tanh: case Op::sinh: case Op::erf: case Op::atan: case Op::asinh: case Op::asin: return by_structure(u.argument(), where);
    case Op::log: return by_structure(u.argument() - 1, where);
    case Op::multiply: return both(u.argument(0), u.argument(1), where);
    case Op::divide: return by_structure(u.argument(0), where);
    case Op::power:
      if (!u.argument(1).is_number() || u.argument(1).value() < 0) return {};  // a positive base, or 1 over something
      return by_structure(u.argument(0), where);
    default: break;
  }
  if (const auto inverted = without_root(u)) return by_structure(*inverted, where);
  const Fractions fractions = together(u);
  if (fractions.denominator.depends_on("x")) return by_structure(fractions.numerator, where);
  return Isolation(u, where).run();
}

}  // namespace

std::vector<RealPoint> zeros_in(const Expression& u, const Interval& where) { return by_structure(u, where); }

bool vanishes_identically(const Expression& u, const Interval& where) {
  if (u.is_number()) return u.value() == 0;
  if (const auto r = rational_function(u)) return r->numerator.is_zero();
  if (const SignClass sign = sign_class(u); sign == SignClass::positive || sign == SignClass::negative) return false;
  Precision working(working_bits);
  const Program program({u}, "x");
  Evaluator<Ball> value(program);
  const Rational t = interior_point(where);
  // One point where the function is not 0 proves it; a zero at the first is no reason to ask for algebra.
  for (const Interval& part : {where, Interval{where.left, RealPoint(t)}, Interval{RealPoint(t), where.right}}) {
    const Ball y = value.value(Ball(interior_point(part)));
    if (y.is_finite() && !y.contains_zero()) return false;
  }
  return is_identically_zero(u);
}

int sign_inside(const Expression& u, const Interval& where) {
  if (u.is_number()) return u.value() > 0 ? 1 : u.value() < 0 ? -1 : 0;
  const Rational t = interior_point(where);
  if (const auto r = rational_function(u)) {
    const Rational value = r->numerator.at(t) * r->denominator.at(t);
    return value > 0 ? 1 : value < 0 ? -1 : 0;
  }
  const Program program({u}, "x");
  for (long bits : precisions) {
    Precision working(bits);
    Evaluator<Ball> value(program);
    if (const int sign = sign_of(value.value(Ball(t))); sign != 0) return sign;
  }
  throw NotReached("activation: the sign of '" + to_string(u) + "' for " + describe(where) + " is open at 1000 bits");
}

}  // namespace infwidth
