// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/slope.hpp"

#include <algorithm>
#include <optional>

#include "infwidth/activation/local_series.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

/// The limit of a formula of `piece` at its end; none where it is infinite or not known.
std::optional<Coefficient> limit(const Expression& formula, const PieceEnd& end, int side) {
  if (end.kind == EndKind::analytic) return value_at(formula, *end.at.exact());
  return expand_at(formula, end.at, side).series.limit();
}

/// Has phi a derivative between these neighbours? None where it is open.
std::optional<bool> has_slope(const Piece& left, const Piece& right) {
  const PieceEnd &a = *left.right, &b = *right.left;
  if (a.kind == EndKind::algebraic && b.kind == EndKind::algebraic && a.derivative_order > 0 && b.derivative_order > 0) return true;
  for (const PieceEnd* end : {&a, &b}) {
    if (end->kind == EndKind::algebraic && end->derivative_order < 0) return false;
  }
  if (a.kind == EndKind::removable && b.kind == EndKind::removable && left.value == right.value) return true;
  try {
    const std::optional<Coefficient> before = limit(left.derivative, a, -1), after = limit(right.derivative, b, +1);
    if (!before || !after) return std::nullopt;
    const Coefficient jump = *before - *after;
    if (jump.is_zero()) return true;
    if (jump.is_proven_nonzero()) return false;
  } catch (const NotReached&) {
  }
  return std::nullopt;
}

}  // namespace

std::vector<Rational> points_without_slope(const Activation& phi) {
  const Precision precision(128);
  std::vector<Rational> points;
  for (std::size_t i = 0; i + 1 < phi.pieces().size(); ++i) {
    const RealPoint& t = phi.pieces()[i].right->at;
    if (!t.exact()) continue;
    const bool jumps = phi.jump() && phi.jump()->exact() && *phi.jump()->exact() == *t.exact();
    if (jumps || has_slope(phi.pieces()[i], phi.pieces()[i + 1]) == std::optional(false)) points.push_back(*t.exact());
  }
  return points;
}

ValueAndSlope value_and_slope(const Activation& phi, const Rational& t) {
  const Precision precision(128);
  const auto piece = std::find_if(phi.pieces().begin(), phi.pieces().end(), [&](const Piece& p) { return !p.right || compare(p.right->at, RealPoint(t)) > 0; });
  const bool at_end = piece->left && compare(piece->left->at, RealPoint(t)) == 0;
  const auto of = [&](const Expression& formula) {
    const std::optional<Coefficient> found = at_end ? limit(formula, *piece->left, +1) : value_at(formula, t);
    if (!found) throw NotReached("activation " + phi.name() + ": no limit is known at x = " + to_string(t));
    return *found;
  };
  return {of(piece->value), of(piece->derivative)};
}

}  // namespace infwidth
