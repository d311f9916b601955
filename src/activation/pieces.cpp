// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/pieces.hpp"

#include <algorithm>

#include "infwidth/activation/polynomial.hpp"
#include "infwidth/activation/rewrite.hpp"
#include "infwidth/activation/zeros.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"
#include "log_order.hpp"

namespace infwidth {

namespace {

/// Two formulas that are one function: first cheap signs of the contrary, then algebra.
bool same_function(const Expression& a, const Expression& b, const Interval& where) {
  if (a == b) return true;
  const auto p = rational_function(a), q = rational_function(b);
  if (p && q) return p->numerator == q->numerator && p->denominator == q->denominator;
  try {
    return vanishes_identically(a - b, where);
  } catch (const NotReached&) {
    return false;
  }
}

bool has_singular_point(const Expression& f, const RealPoint& t) {
  const Interval around{t.exact() ? RealPoint(Rational(*t.exact() - Rational(1, 1024))) : RealPoint(t.low()),
                        t.exact() ? RealPoint(Rational(*t.exact() + Rational(1, 1024))) : RealPoint(t.high())};
  try {
    for (const SingularPoint& p : singular_points(f, around)) {
      if (compare(p.at, t) == 0) return true;
    }
    return false;
  } catch (const UsageError&) {
    return true;  // not real beside the point
  } catch (const NotReached&) {
    return true;
  }
}

/// Joins neighbours that are one analytic function across their common end.
std::vector<Stretch> merged(const std::vector<Stretch>& stretches) {
  std::vector<Stretch> result;
  for (const Stretch& s : stretches) {
    const bool joins = !result.empty() && same_function(result.back().formula, s.formula, s.where) &&
                       !has_singular_point(result.back().formula, *s.where.left);
    if (joins) result.back().where.right = s.where.right;
    else result.push_back(s);
  }
  return result;
}

[[noreturn]] void refuse_pole(const Expression& f, const RealPoint& t, Integrable integrable) {
  if (integrable == Integrable::function) throw NoSuchQuantity("'" + to_string(f) + "' is not integrable at " + describe(t) + ": its expectation diverges");
  throw NoSuchQuantity("activation: '" + to_string(f) + "' has a pole at " + describe(t) + ": E[phi^2] diverges; use a function without poles on the real line");
}

/// |x - t|^exponent is integrable where it is larger than this.
Rational least_exponent(Integrable integrable) { return integrable == Integrable::function ? Rational(-1) : Rational(-1, 2); }

/// The exponent of the first term of the derivative's expansion, or of the first unknown one: a lower bound.
Rational derivative_order(const LocalSeries& s) {
  for (int k = 0; k < s.terms; ++k) {
    if (s.exponent(k) != 0 && !s.jet[k].is_zero()) return s.exponent(k) - 1;
  }
  return s.exponent(s.terms) - 1;
}

/// The end of a formula that has no series in powers there: a logarithm, an irrational exponent.
PieceEnd logarithmic_end(const Expression& f, const RealPoint& t, int side, const SingularPoint& singular, Integrable integrable, const NotReached& why) {
  const auto exponent_of = [&](const Expression& e, const Rational& infinite_at) {
    const std::optional<LocalOrder> order = order_at(e, t, side, singular.vanishing);
    if (!order || !t.exact() || (!order->exact && order->exponent <= infinite_at)) throw why;
    return order->exponent;
  };
  PieceEnd end{t, EndKind::logarithmic};
  end.order = exponent_of(f, least_exponent(integrable));
  if (end.order <= least_exponent(integrable)) refuse_pole(f, t, integrable);
  if (integrable == Integrable::square) end.derivative_order = exponent_of(differentiate(f, "x"), Rational(-1, 2));
  return end;
}

PieceEnd classify(const Expression& f, const RealPoint& t, int side, const SingularPoint& singular, Integrable integrable) {
  PieceEnd end{t};
  LocalBehaviour local;
  try {
    local = expand_at(f, t, side, singular.vanishing);
  } catch (const NotReached& why) {
    return logarithmic_end(f, t, side, singular, integrable, why);
  }
  const LocalSeries& s = local.series;
  if (local.regular) return end;
  if (s.root == 1) {
    if (s.valuation >= 0) {
      end.kind = EndKind::removable;
      return end;
    }
    if (s.terms > 0 && s.jet[0].is_proven_nonzero()) refuse_pole(f, t, integrable);
    throw NotReached("activation: it is open whether '" + to_string(f) + "' has a pole at " + describe(t));
  }
  if (!t.exact()) throw NotReached("activation: a fractional power in '" + to_string(f) + "' at " + describe(t) + ", which is no fraction");
  end.kind = EndKind::algebraic;
  end.root = s.root;
  end.order = s.exponent(0);
  end.derivative_order = derivative_order(s);
  if (end.order <= least_exponent(integrable)) refuse_pole(f, t, integrable);
  return end;
}

const SingularPoint* find(const std::vector<SingularPoint>& points, const std::optional<RealPoint>& t) {
  if (!t) return nullptr;
  for (const SingularPoint& p : points) {
    if (compare(p.at, *t) == 0) return &p;
  }
  return nullptr;
}

Piece make_piece(const Expression& formula, const Interval& where, const std::vector<SingularPoint>& points, Integrable integrable) {
  const SingularPoint *left = find(points, where.left), *right = find(points, where.right);
  std::vector<SingularPoint> ends;
  if (left != nullptr) ends.push_back(*left);
  if (right != nullptr) ends.push_back(*right);
  const Expression f = ends.empty() ? formula : regular_form(formula, where, ends);
  Piece piece{std::nullopt, std::nullopt, f, differentiate(f, "x")};
  if (where.left) piece.left = left != nullptr ? classify(f, *where.left, +1, *left, integrable) : PieceEnd{*where.left};
  if (where.right) piece.right = right != nullptr ? classify(f, *where.right, -1, *right, integrable) : PieceEnd{*where.right};
  return piece;
}

/// The expansion of a piece at its right (side -1) or left (+1) end.
LocalBehaviour expansion_of(const Piece& piece, int side) {
  const RealPoint& t = side < 0 ? piece.right->at : piece.left->at;
  const auto at = [](const std::optional<PieceEnd>& end) { return end ? std::optional<RealPoint>(end->at) : std::nullopt; };
  std::vector<Expression> vanishing;
  if (!t.exact()) {
    const std::vector<SingularPoint> points = singular_points(piece.value, {at(piece.left), at(piece.right)});
    if (const SingularPoint* p = find(points, t)) vanishing = p->vanishing;
  }
  return expand_at(piece.value, t, side, vanishing);
}

/// The one-sided limit of a piece at its right (side -1) or left (+1) end.
std::optional<Coefficient> limit_of(const Piece& piece, int side) {
  const Expression& f = piece.value;
  const PieceEnd& end = side < 0 ? *piece.right : *piece.left;
  if ((end.kind == EndKind::algebraic || end.kind == EndKind::logarithmic) && end.order > 0) return Coefficient(0);
  if (end.kind == EndKind::logarithmic) {
    const std::optional<LocalOrder> order = order_at(f, end.at, side, {});
    return order ? order->limit : std::nullopt;
  }
  if (end.kind == EndKind::analytic && !end.at.exact()) {
    const Program program({f}, "x");
    Evaluator<Ball> value(program);
    return Coefficient(value.value(end.at.ball()));
  }
  return expansion_of(piece, side).series.limit();
}

}  // namespace

std::vector<Piece> make_pieces(const std::vector<Stretch>& stretches, Integrable integrable) {
  std::vector<Piece> pieces;
  for (Stretch& s : merged(stretches)) {
    std::vector<SingularPoint> points = singular_points(s.formula, s.where);
    if (const auto r = points.empty() ? std::nullopt : rational_function(s.formula)) {  // (x^2 - 1)/(x - 1) is x + 1
      s.formula = to_expression(r->numerator) / to_expression(r->denominator);
      points = singular_points(s.formula, s.where);
    }
    Interval part = s.where;
    for (const SingularPoint& p : points) {
      if ((s.where.left && compare(p.at, *s.where.left) == 0) || (s.where.right && compare(p.at, *s.where.right) == 0)) continue;
      part.right = p.at;
      pieces.push_back(make_piece(s.formula, part, points, integrable));
      part.left = p.at;
    }
    part.right = s.where.right;
    pieces.push_back(make_piece(s.formula, part, points, integrable));
  }
  return pieces;
}

namespace {

/// Does the function jump between two neighbouring pieces?
bool jumps_between(const Piece& left, const Piece& right) {
  const PieceEnd &a = *left.right, &b = *right.left;
  // One meromorphic formula on both sides with a limit: the same limit.
  if (left.value == right.value && a.kind == EndKind::removable && b.kind == EndKind::removable && expansion_of(left, -1).meromorphic) return false;
  if (a.at.exact() && a.kind == EndKind::analytic && b.kind == EndKind::analytic) {
    const auto p = rational_function(left.value), q = rational_function(right.value);
    if (p && q) return p->numerator.at(*a.at.exact()) * q->denominator.at(*a.at.exact()) != q->numerator.at(*a.at.exact()) * p->denominator.at(*a.at.exact());
  }
  for (long bits : {128L, 1000L}) {
    Precision working(bits);
    const std::optional<Coefficient> from_left = limit_of(left, -1), from_right = limit_of(right, +1);
    if (!from_left || !from_right) break;
    const Coefficient difference = *from_left - *from_right;
    if (difference.is_zero()) return false;
    if (difference.is_proven_nonzero()) return true;
    if (bits > 128) break;
    if (a.kind != EndKind::analytic || b.kind != EndKind::analytic) continue;
    const Expression gap = left.value - right.value;
    if (a.at.exact() && is_identically_zero(substitute(gap, "x", Expression(*a.at.exact())))) return false;
    if (!a.at.exact()) {
      const auto p = rational_function(gap), equation = rational_function(*a.at.equation());
      if (p && equation && gcd(p->numerator, equation->numerator).degree() == equation->numerator.degree()) return false;
      if (constant_ratio(gap, *a.at.equation(), "x")) return false;
    }
  }
  throw NotReached("activation: it is open whether phi jumps at " + describe(a.at) + ", from '" + to_string(left.value) + "' to '" + to_string(right.value) +
                   "'; write both so that they are visibly equal there");
}

}  // namespace

std::optional<RealPoint> find_jump(const std::vector<Piece>& pieces, const std::vector<Stretch>& stretches) {
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const PieceEnd &a = *pieces[i - 1].right, &b = *pieces[i].left;
    if (a.kind == EndKind::analytic && b.kind == EndKind::analytic) {
      const auto at_this_point = [&](const Stretch& s) { return s.joined && compare(*s.where.left, b.at) == 0 && s.formula == pieces[i].value; };
      if (std::any_of(stretches.begin(), stretches.end(), at_this_point)) continue;
    }
    if (a.order < 0 || b.order < 0) continue;  // infinite there, but not a jump
    // E[phi'^2] is infinite there in any case
    if ((a.kind == EndKind::logarithmic && a.derivative_order <= Rational(-1, 2)) || (b.kind == EndKind::logarithmic && b.derivative_order <= Rational(-1, 2))) continue;
    if (jumps_between(pieces[i - 1], pieces[i])) return b.at;
  }
  return std::nullopt;
}

}  // namespace infwidth
