// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/at_zero.hpp"

#include <algorithm>

#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/removable.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr int order = 5;
using ZeroJet = Jet<Ball, order>;

struct Side {
  const Piece* piece;
  EndKind kind = EndKind::analytic;       // of the end at 0, if 0 is an end
  Rational phi_order = 0, slope_order = 0;  // of an algebraic end
};

/// The piece on one side of 0 (direction +1: x > 0).
Side side(const std::vector<Piece>& pieces, int direction) {
  for (const Piece& piece : pieces) {
    const int left = piece.left ? side_of_zero(piece.left->at) : -1, right = piece.right ? side_of_zero(piece.right->at) : 1;
    const bool here = direction > 0 ? (left <= 0 && right > 0) : (left < 0 && right >= 0);
    if (!here) continue;
    Side s{.piece = &piece};
    const std::optional<PieceEnd>& end = direction > 0 ? piece.left : piece.right;
    if (end && side_of_zero(end->at) == 0) {
      s.kind = end->kind;
      s.phi_order = end->order;
      s.slope_order = end->derivative_order;
    }
    return s;
  }
  throw std::logic_error("the pieces of an activation do not cover the line");
}

/// Taylor coefficients at 0 from one side.
ZeroJet taylor(const Expression& f, EndKind kind) {
  const Program program({kind == EndKind::removable ? one_fraction(f) : f}, "x");
  if (kind == EndKind::algebraic || kind == EndKind::logarithmic) return {};  // vanishes at 0; `order_left` says how far the zeros reach
  if (kind == EndKind::analytic) {
    Evaluator<ZeroJet> evaluate(program);
    return evaluate.value(ZeroJet::variable(Ball(0)));
  }
  Evaluator<Removable> evaluate(program);
  const Removable r = evaluate.value(Removable::variable(ComplexBall(0), Ball(0)));
  ZeroJet jet;
  for (int k = 0; k <= order; ++k) jet[k] = r.at_point[k];
  return jet;
}

enum class Equal { yes, no };
Equal equal(const Ball& a, const Ball& b) {
  const Ball difference = a - b;
  if (difference.is_exact_zero()) return Equal::yes;
  if (!difference.contains_zero()) return Equal::no;
  throw NotReached("the one-sided derivatives of the activation at x = 0 cannot be told apart: its value at variance 0 is not decided");
}

/// The expansion of E h in q at 0 up to q^2: values, and how many derivatives exist.
struct Expansion {
  Ball value, first, second;
  int order = 2;
};
Expansion expand(const ZeroJet& plus, const ZeroJet& minus, bool same_piece) {
  const Ball two(2);
  Expansion e;
  e.value = (plus[0] + minus[0]) / two;
  const auto smooth = [&](int k) { return same_piece || equal(plus[k], minus[k]) == Equal::yes; };
  if (!smooth(1)) {
    e.order = 0;
    return e;
  }
  e.first = (plus[2] + minus[2]) / two;  // E z^2 = 1
  if (!smooth(3)) {
    e.order = 1;
    return e;
  }
  e.second = Ball(3) * (plus[4] + minus[4]);  // 2 * E z^4 / 2
  return e;
}

/// The derivatives in q at 0 that a term |x|^(2 exponent) of h, which is in E h a multiple of q^exponent, leaves finite; -1: not even E h.
int order_left(const Rational& exponent, const Activation& activation) {
  if (exponent < 0) return -1;
  if (exponent > 2) return 2;
  if (denominator(exponent) != 1) return exponent > 1 ? 1 : 0;
  throw NotReached("at variance 0 the branch point of " + activation.name() + " at x = 0 is not treated; use a small positive variance");
}

/// phi' as a jet from phi's: one order fewer is known, the last coefficient is not used.
ZeroJet slope_of(const ZeroJet& phi) {
  ZeroJet r;
  for (int k = 0; k < order; ++k) r[k] = Ball(k + 1) * phi[k + 1];
  return r;
}

}  // namespace

int side_of_zero(const RealPoint& point) {
  if (point.exact()) return point.exact()->sign();
  for (const long bits : {64L, 512L, 4096L}) {
    const Precision p(bits);
    const Ball at = point.ball();
    if (certainly_positive(at) == Truth::yes) return 1;
    if (certainly_negative(at) == Truth::yes) return -1;
  }
  throw NotReached("a kink near x = 0 cannot be told from 0: the value at variance 0 is not decided");
}

VarianceJet<Ball> variance_jet_at_zero(const Activation& activation) {
  const Side right = side(activation.pieces(), 1), left = side(activation.pieces(), -1);
  VarianceJet<Ball> jet;
  jet.method = "one-sided derivatives at 0";
  jet.proven = true;
  int Q_limit = 2, chi_limit = 2;
  for (const Side& s : {right, left}) {
    if (s.kind == EndKind::logarithmic) throw NotReached("at variance 0 the logarithm of " + activation.name() + " at x = 0 is not treated; use a small positive variance");
    if (s.kind != EndKind::algebraic) continue;
    Q_limit = std::min(Q_limit, order_left(s.phi_order, activation));
    chi_limit = std::min(chi_limit, order_left(s.slope_order, activation));
  }
  // One formula on both sides of a removable singularity is one analytic function.
  const bool removable = right.kind == EndKind::removable && left.kind == EndKind::removable;
  const bool same = right.piece == left.piece || (removable && right.piece->value == left.piece->value);
  const ZeroJet plus = taylor(right.piece->value, right.kind);
  const ZeroJet minus = same ? plus : taylor(left.piece->value, left.kind);
  for (int k = 0; k <= order; ++k) {
    if (!plus[k].is_finite() || !minus[k].is_finite()) throw NotReached("the derivatives of " + activation.name() + " at x = 0 are not finite at this precision");
  }
  const Expansion q = expand(plus * plus, minus * minus, same);
  jet.Q = q.value;
  jet.dQ = q.first;
  jet.d2Q = q.second;
  jet.Q_order = std::min(q.order, Q_limit);
  if (activation.jump()) {
    jet.chi_order = -1;
    jet.reason = "phi jumps, so E[phi'^2] is infinite";
    return jet;
  }
  const ZeroJet slope_plus = slope_of(plus), slope_minus = slope_of(minus);
  const Expansion chi = expand(slope_plus * slope_plus, slope_minus * slope_minus, same);
  jet.chi = chi.value;
  jet.dchi = chi.first;
  jet.d2chi = chi.second;
  jet.chi_order = std::min(chi.order, chi_limit);
  jet.radial = chi.value;              // E z^2 = 1
  jet.dradial = Ball(3) * chi.first;   // E z^4 = 3
  if (jet.chi_order < 2 || jet.Q_order < 2) {
    jet.reason = jet.chi_order < 0    ? "phi' is infinite at x = 0, so E[phi'^2] is infinite at variance 0"
                 : jet.chi_order == 0   ? "chi' is infinite at q = 0: the kink of the activation at x = 0"
                 : jet.chi_order == 1 ? "chi'' is infinite at q = 0: the activation is not smooth enough at x = 0"
                                      : "a derivative of Q is infinite at q = 0: the kink of the activation at x = 0";
  }
  return jet;
}

Ball expectation_at_zero(const std::vector<Piece>& pieces) {
  const Side right = side(pieces, 1), left = side(pieces, -1);
  Ball sum;
  for (const Side* s : {&right, &left}) {
    if (s->kind == EndKind::logarithmic && s->phi_order > 0) continue;
    if (s->kind == EndKind::algebraic || s->kind == EndKind::logarithmic) {
      if (s->phi_order < 0) throw NoSuchQuantity("the function is infinite at x = 0, so its expectation at variance 0 is too");
      throw NotReached("at variance 0 the branch point at x = 0 is not treated; use a small positive variance");
    }
    sum += taylor(s->piece->value, s->kind)[0];
  }
  if (!sum.is_finite()) throw NotReached("the function is not known to be finite at x = 0");
  return sum / Ball(2);
}

}  // namespace infwidth
