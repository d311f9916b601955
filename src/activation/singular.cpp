// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/singular.hpp"

#include <algorithm>

#include "infwidth/activation/polynomial.hpp"
#include "infwidth/activation/rewrite.hpp"
#include "infwidth/activation/zeros.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth {

namespace {

/// A subterm that is singular where another one is 0.
struct Suspect {
  Expression term, zero_of;
  bool needs_positive;  // log, roots, real powers: not real where that one is negative
};

void collect(const Expression& e, std::vector<Suspect>& found) {
  if (!e.depends_on("x") && e.op() != Op::divide && e.op() != Op::power && e.op() != Op::sqrt && e.op() != Op::log && e.arguments().empty()) return;
  const auto suspect = [&](const Expression& zero_of, bool needs_positive) {
    const bool known = std::any_of(found.begin(), found.end(), [&](const Suspect& s) { return s.zero_of == zero_of && s.needs_positive >= needs_positive; });
    if (!known) found.push_back({e, zero_of, needs_positive});
  };
  for (const Expression& argument : e.arguments()) collect(argument, found);
  switch (e.op()) {
    case Op::divide:
      if (!e.argument(1).is_number()) suspect(e.argument(1), false);
      break;
    case Op::log: case Op::sqrt: suspect(e.argument(), true); break;
    case Op::asin: suspect(1 - pow(e.argument(), 2), true); break;
    case Op::tan: suspect(cos(e.argument()), false); break;
    case Op::power: {
      const auto n = integer_exponent(e);
      if (n && *n >= 0) break;
      if (!n || !e.argument(0).is_number()) suspect(e.argument(0), !n);
      break;
    }
    default: break;
  }
}

/// The sign of a constant, proven; 0 if it is 0 by algebra.
int sign_of_constant(const Expression& c) {
  return vanishes_identically(c, {}) ? 0 : sign_inside(c, {});
}

/// The zeros of `u` in the closure of `where`, as far as its ends are isolated points: a zero that sits at an end counts.
std::vector<RealPoint> zeros_in_closure(const Expression& u, const Interval& where) {
  if (const SignClass s = sign_class(u); s == SignClass::positive || s == SignClass::negative) return {};
  if (const auto r = rational_function(u)) {
    std::vector<RealPoint> roots = real_roots(r->numerator);
    std::erase_if(roots, [&](const RealPoint& t) { return (where.left && compare(t, *where.left) < 0) || (where.right && compare(t, *where.right) > 0); });
    return roots;
  }
  std::vector<RealPoint> zeros;
  const auto at_end = [&](const std::optional<RealPoint>& end, int side) {
    if (!end) return;
    const Program program({u}, "x");
    Evaluator<Ball> value(program);
    const Ball y = value.value(end->ball());
    if (y.is_finite() && !y.contains_zero()) return;
    if (end->exact()) {
      // Written with the fraction put in, or expanded from inside where the term itself is singular there.
      const Coefficient limit = [&] {
        const auto l = expand_at(u, *end, side).series.limit();
        return l ? *l : Coefficient(1);  // infinite: no zero
      }();
      if (limit.is_zero() || (!limit.is_proven_nonzero() && is_identically_zero(substitute(u, "x", Expression(*end->exact()))))) zeros.push_back(*end);
      else if (!limit.is_proven_nonzero()) throw NotReached("activation: it is open whether '" + to_string(u) + "' is 0 at " + describe(*end));
      return;
    }
    if (u == *end->equation() || constant_ratio(u, *end->equation(), "x")) zeros.push_back(*end);
    else throw NotReached("activation: it is open whether '" + to_string(u) + "' is 0 at " + describe(*end));
  };
  at_end(where.left, +1);
  for (RealPoint& t : zeros_in(u, where)) zeros.push_back(std::move(t));
  at_end(where.right, -1);
  return zeros;
}

void check_sign(const Suspect& s, const std::vector<RealPoint>& zeros, const Interval& where) {
  Interval part{where.left, std::nullopt};
  for (std::size_t i = 0; i <= zeros.size(); ++i) {
    part.right = i < zeros.size() ? std::optional<RealPoint>(zeros[i]) : where.right;
    const bool empty = part.left && part.right && compare(*part.left, *part.right) == 0;
    if (!empty && sign_inside(s.zero_of, part) < 0) {
      throw UsageError("activation: '" + to_string(s.term) + "' is not real for " + describe(part) +
                       "; an activation must be real on the whole line (write abs(x) for x, or 1 + x^2, or split with relu)");
    }
    part.left = part.right;
  }
}

void add(std::vector<SingularPoint>& points, const RealPoint& t, const Expression& vanishing) {
  for (SingularPoint& p : points) {
    if (compare(p.at, t) == 0) {
      if (std::find(p.vanishing.begin(), p.vanishing.end(), vanishing) == p.vanishing.end()) p.vanishing.push_back(vanishing);
      return;
    }
  }
  points.push_back({t, {vanishing}});
}

/// The open intervals between the points.
std::vector<Interval> parts(const Interval& where, const std::vector<SingularPoint>& points) {
  std::vector<Interval> result = {where};
  for (const SingularPoint& p : points) {
    Interval& last = result.back();
    if ((last.left && compare(p.at, *last.left) <= 0) || (last.right && compare(p.at, *last.right) >= 0)) continue;
    const Interval rest{p.at, last.right};
    last.right = p.at;
    result.push_back(rest);
  }
  return result;
}

bool is_singular_end(const RealPoint& t, const std::vector<SingularPoint>& ends) {
  return std::any_of(ends.begin(), ends.end(), [&](const SingularPoint& p) { return compare(p.at, t) == 0; });
}

/// 1 / w in a short form.
Expression reciprocal(const Expression& w) {
  if (const auto r = rational_function(w)) return to_expression(r->denominator) / to_expression(r->numerator);
  const Fractions f = together(w);
  return f.denominator / f.numerator;
}

class RegularForm {
 public:
  RegularForm(const Interval& where, const std::vector<SingularPoint>& ends) : where_(where), ends_(ends) {}

  Expression operator()(const Expression& e) const {
    if (e.arguments().empty() || !e.depends_on("x")) return e;
    std::vector<Expression> arguments;
    for (const Expression& a : e.arguments()) arguments.push_back((*this)(a));
    switch (e.op()) {
      case Op::atan: return arctangent(arguments[0]);
      case Op::sqrt: return power(arguments[0], Rational(1, 2));
      case Op::power:
        if (arguments[1].is_number() && !integer_exponent(e)) return power(arguments[0], arguments[1].value());
        break;
      default: break;
    }
    return rebuild(e.op(), std::move(arguments));
  }

 private:
  /// atan(w) = sign(w) pi/2 - atan(1/w) where w is infinite at an end and has no zero inside.
  Expression arctangent(const Expression& w) const {
    const bool infinite = infinite_at(where_.left, w, +1) || infinite_at(where_.right, w, -1);
    if (!infinite) return atan(w);
    if (!zeros_in_closure(w, where_).empty()) {
      throw NotReached("activation: 'atan(" + to_string(w) + ")' has a pole of its argument at an end of " + describe(where_) +
                       ", and a zero of it there too; write it with atan of the reciprocal");
    }
    const Expression half_pi = Expression::pi() / 2;
    const Expression rest = atan(reciprocal(w));
    return sign_inside(w, where_) > 0 ? half_pi - rest : -half_pi - rest;
  }

  bool infinite_at(const std::optional<RealPoint>& end, const Expression& w, int side) const {
    if (!end || !is_singular_end(*end, ends_)) return false;
    const auto point = std::find_if(ends_.begin(), ends_.end(), [&](const SingularPoint& p) { return compare(p.at, *end) == 0; });
    return expand_at(w, *end, side, point->vanishing).series.valuation < 0;
  }

  /// (b^n)^a = (s b)^(n a) with s the sign of b on the interval, for even n.
  Expression power(const Expression& base, const Rational& exponent) const {
    if (base.op() == Op::power) {
      const auto n = integer_exponent(base);
      if (n && *n % 2 == 0) {
        const Expression& b = base.argument(0);
        const Expression positive = sign_inside(b, where_) > 0 ? b : -b;
        return rebuild(Op::power, {positive, Expression(Rational(exponent * *n))});
      }
    }
    if (base.op() == Op::multiply && base.argument(0) == base.argument(1)) return power(pow(base.argument(0), 2), exponent);
    if (exponent == Rational(1, 2)) return rebuild(Op::sqrt, {base});
    return rebuild(Op::power, {base, Expression(exponent)});
  }

  const Interval& where_;
  const std::vector<SingularPoint>& ends_;
};

}  // namespace

std::vector<SingularPoint> singular_points(const Expression& f, const Interval& where) {
  std::vector<Suspect> suspects;
  collect(f, suspects);
  std::vector<SingularPoint> points;
  for (const Suspect& s : suspects) {
    if (!s.zero_of.depends_on("x")) {
      const int sign = sign_of_constant(s.zero_of);
      if (sign == 0 && !(s.term.op() == Op::sqrt || s.term.op() == Op::power)) throw UsageError("activation: '" + to_string(s.term) + "' has no value: '" + to_string(s.zero_of) + "' is 0");
      if (sign < 0 && s.needs_positive) throw UsageError("activation: '" + to_string(s.term) + "' is not real: '" + to_string(s.zero_of) + "' is negative");
      continue;
    }
    // Inner terms come first: between the points they gave, this one is analytic.
    std::vector<RealPoint> zeros;
    for (const Interval& part : parts(where, points)) {
      const std::vector<RealPoint> here = [&] {
        try {
          return zeros_in_closure(s.zero_of, part);
        } catch (const UsageError&) {  // infinitely many
          if (s.needs_positive) throw;
          throw NoSuchQuantity("activation: '" + to_string(s.term) + "' has infinitely many poles: E[phi^2] diverges; use tanh for tan, or a bounded argument");
        }
      }();
      if (s.needs_positive) check_sign(s, here, part);
      zeros.insert(zeros.end(), here.begin(), here.end());
    }
    for (const RealPoint& t : zeros) add(points, t, s.zero_of);
    std::sort(points.begin(), points.end(), [](const SingularPoint& a, const SingularPoint& b) { return compare(a.at, b.at) < 0; });
  }
  return points;
}

Expression regular_form(const Expression& f, const Interval& where, const std::vector<SingularPoint>& ends) { return RegularForm(where, ends)(f); }

}  // namespace infwidth
