// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/point.hpp"

#include <array>

#include <fmt/core.h>

#include "infwidth/activation/polynomial.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/jet.hpp"

namespace infwidth {

namespace {

constexpr std::array<long, 4> precisions = {64, 128, 320, 1000};

/// The interval between two fractions, as a ball that holds it.
Ball ball_between(const Rational& low, const Rational& high) { return Ball::hull(Ball(low), Ball(high)); }

/// The sign of the equation at a fraction that is not its zero.
int sign_at(Evaluator<Ball>& equation, const Rational& x) {
  const Ball value = equation.value(Ball(x));
  if (certainly_positive(value) == Truth::yes) return 1;
  return certainly_negative(value) == Truth::yes ? -1 : 0;
}

Rational floor(const Rational& x) {
  Integer q;
  mpz_fdiv_q(q.backend().data(), mpq_numref(x.backend().data()), mpq_denref(x.backend().data()));
  return Rational(q);
}
Rational ceil(const Rational& x) { return -floor(Rational(-x)); }

/// The beginning of a formula, for messages.
std::string short_text(const Expression& e) {
  constexpr std::size_t longest = 100;
  const std::string whole = to_string(e);
  return whole.size() <= longest ? whole : whole.substr(0, longest) + "...";
}

std::string number_text(double x) { return fmt::format("{:.8g}", x); }

}  // namespace

RealPoint::RealPoint(Expression equation, Rational low, Rational high)
    : equation_(std::move(equation)), program_(std::make_shared<const Program>(std::vector<Expression>{*equation_}, "x")),
      low_(std::move(low)), high_(std::move(high)) {}

namespace {

/// Halves [low, high] until the derivative has one sign on it as far as ball arithmetic of the working precision sees it.
std::optional<Ball> with_monotone_equation(const Program& program, Rational& low, Rational& high) {
  constexpr int most_halvings = 200;
  Evaluator<Jet<Ball, 1>> equation(program);
  Evaluator<Ball> value(program);
  for (int step = 0; step < most_halvings; ++step) {
    const Ball enclosure = ball_between(low, high);
    if (!equation.value(Jet<Ball, 1>::variable(enclosure))[1].contains_zero()) return enclosure;
    Rational middle = (low + high) / 2;
    int sign = sign_at(value, middle);
    if (sign == 0) {  // as good as the zero itself: look a little beside it
      middle = low + (high - low) * 3 / 8;
      sign = sign_at(value, middle);
    }
    const int at_low = sign_at(value, low);
    if (sign == 0 || at_low == 0) return std::nullopt;
    (sign == at_low ? low : high) = middle;
  }
  return std::nullopt;
}

/// Interval Newton at the working precision: x - u(x)/u'(X) meets X, until it shrinks no more.
void newton(const Program& program, Ball& enclosure) {
  constexpr int most_steps = 60;
  Evaluator<Jet<Ball, 1>> equation(program);
  for (int step = 0; step < most_steps; ++step) {
    const Ball middle = enclosure.mid();
    const Ball slope = equation.value(Jet<Ball, 1>::variable(enclosure))[1];
    const Ball image = middle - equation.value(Jet<Ball, 1>(middle))[0] / slope;
    Ball next;
    if (!image.is_finite() || arb_intersection(next.get(), enclosure.get(), image.get(), Precision::bits()) == 0) return;
    const bool progress = certainly_positive(enclosure.radius() - next.radius() * Ball(2)) == Truth::yes;
    enclosure = next;
    if (!progress) return;
  }
}

}  // namespace

Ball RealPoint::ball() const {
  if (exact_) return Ball(*exact_);
  const long target = Precision::bits();
  // Some equations cancel (a polynomial of degree 100): a second and third try take more bits for the same width.
  for (long guard : {32L, 400L, 4000L}) {
    Rational low = low_, high = high_;
    std::optional<Ball> enclosure;
    {
      Precision working(96 + guard);
      enclosure = with_monotone_equation(*program_, low, high);
    }
    if (!enclosure) continue;
    for (long bits = 64;; bits = std::min(2 * bits, target)) {
      Precision working(bits + guard);
      newton(*program_, *enclosure);
      if (bits >= target) break;
    }
    Ball rounded;
    arb_set_round(rounded.get(), enclosure->get(), target);
    const Ball allowed = (abs(rounded) + Ball(1)) * power_of_two(8 - target);
    if (certainly_positive(allowed - rounded.radius()) == Truth::yes) return rounded;
  }
  throw NotReached("activation: the zero of '" + short_text(*equation_) + "' near " + number_text(Constants<double>::of(low_)) + " cannot be refined to " +
                   std::to_string(target) + " bits; write the equation with less cancellation");
}

double RealPoint::approximately() const {
  if (exact_) return Constants<double>::of(*exact_);
  Precision working(64);
  return ball().to_double();
}

Rational lower_fraction(const Ball& x) {
  fmpq_t q;
  fmpq_init(q);
  arf_t end;
  arf_init(end);
  arb_get_lbound_arf(end, x.get(), Precision::bits());
  arf_get_fmpq(q, end);
  Rational r;
  fmpq_get_mpq(r.backend().data(), q);
  arf_clear(end);
  fmpq_clear(q);
  return r;
}
Rational upper_fraction(const Ball& x) { return -lower_fraction(-x); }

std::strong_ordering compare(const RealPoint& a, const RealPoint& b) {
  if (a.exact() && b.exact()) return *a.exact() < *b.exact() ? std::strong_ordering::less : *a.exact() > *b.exact() ? std::strong_ordering::greater : std::strong_ordering::equal;
  if (a.high() < b.low()) return std::strong_ordering::less;
  if (b.high() < a.low()) return std::strong_ordering::greater;
  for (long bits : precisions) {
    Precision working(bits);
    const Ball difference = a.ball() - b.ball();
    if (certainly_positive(difference) == Truth::yes) return std::strong_ordering::greater;
    if (certainly_negative(difference) == Truth::yes) return std::strong_ordering::less;
    if (bits < 128) continue;
    // Irreducible polynomials that share a root are equal, and their isolated roots that 128 bits cannot separate are one.
    // An irreducible polynomial of degree > 1 has no rational root, so a zero of it is never an exact point.
    if (a.equation() && b.equation() && *a.equation() == *b.equation()) {
      // Both are the only zero in their interval; they agree if one lies in the other's.
      const Ball at_a = a.ball();
      if (lower_fraction(at_a) >= b.low() && upper_fraction(at_a) <= b.high()) return std::strong_ordering::equal;
    }
  }
  if (a.equation() && b.equation() && constant_ratio(*a.equation(), *b.equation(), "x")) return std::strong_ordering::equal;
  throw NotReached("activation: the points " + describe(a) + " and " + describe(b) + " cannot be told apart; write the formula so that they are visibly the same");
}

Rational interior_point(const Interval& where) {
  if (!where.left && !where.right) return 0;
  if (!where.left) return floor(where.right->low()) - 1;
  if (!where.right) return ceil(where.left->high()) + 1;
  for (long bits : precisions) {
    Precision working(bits);
    const Rational low = where.left->exact() ? *where.left->exact() : upper_fraction(where.left->ball());
    const Rational high = where.right->exact() ? *where.right->exact() : lower_fraction(where.right->ball());
    if (!(low < high)) continue;
    // The shortest dyadic fraction in the middle half.
    const Rational width = high - low, middle = (low + high) / 2;
    for (Rational scale = 1;; scale *= 2) {
      const Rational candidate = floor(Rational(middle * scale + Rational(1, 2))) / scale;
      if (abs(candidate - middle) * 4 < width) return candidate;
    }
  }
  throw NotReached("activation: the points " + describe(*where.left) + " and " + describe(*where.right) + " are too close to be told apart");
}

std::string describe(const RealPoint& t) {
  if (t.exact()) return "x = " + to_string(*t.exact());
  return "x = " + number_text(t.approximately()) + " (a zero of " + short_text(*t.equation()) + ")";
}

std::string describe(const Interval& where) {
  const auto end = [](const RealPoint& t) { return t.exact() ? to_string(*t.exact()) : number_text(t.approximately()); };
  if (!where.left && !where.right) return "all x";
  if (!where.left) return "x < " + end(*where.right);
  if (!where.right) return "x > " + end(*where.left);
  return end(*where.left) + " < x < " + end(*where.right);
}

}  // namespace infwidth
