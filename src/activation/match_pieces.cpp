// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/match.hpp"
#include "infwidth/activation/polynomial.hpp"
#include "infwidth/activation/rewrite.hpp"

namespace infwidth {

namespace {

/// coefficient * |x|^exponent; a zero coefficient goes with any exponent.
struct Power {
  Expression coefficient;
  Rational exponent;
};
using MaybePower = std::optional<Power>;

MaybePower power_of(const Expression& e, int side) {
  if (!e.depends_on("x")) return Power{e, 0};
  switch (e.op()) {
    case Op::variable: return Power{side, 1};
    case Op::negate: {
      auto u = power_of(e.argument(), side);
      if (u) u->coefficient = -u->coefficient;
      return u;
    }
    case Op::multiply: case Op::divide: {
      const auto a = power_of(e.argument(0), side), b = power_of(e.argument(1), side);
      if (!a || !b) return std::nullopt;
      if (e.op() == Op::multiply) return Power{a->coefficient * b->coefficient, Rational(a->exponent + b->exponent)};
      return Power{a->coefficient / b->coefficient, Rational(a->exponent - b->exponent)};
    }
    case Op::sqrt: case Op::power: {
      const auto u = power_of(e.argument(0), side);
      if (!u) return std::nullopt;
      if (e.op() == Op::power && !e.argument(1).is_number()) return std::nullopt;
      const Rational n = e.op() == Op::sqrt ? Rational(1, 2) : e.argument(1).value();
      return Power{pow(u->coefficient, Expression(n)), Rational(u->exponent * n)};
    }
    case Op::add: case Op::subtract: {
      // A monomial written as a sum: x + x.
      const auto c = constant_coefficients(e);
      if (!c) return std::nullopt;
      MaybePower found;
      for (std::size_t k = 0; k < c->size(); ++k) {
        if ((*c)[k].is_number(0)) continue;
        if (found) return std::nullopt;
        found = Power{side < 0 && k % 2 == 1 ? -(*c)[k] : (*c)[k], Rational(static_cast<long>(k))};
      }
      return found ? found : Power{0, 0};
    }
    default: return std::nullopt;
  }
}

bool at_origin(const PieceEnd& end) { return end.at.exact() && *end.at.exact() == 0; }

/// gamma and b of gamma (exp(b x) - 1).
struct ShiftedExponential {
  Expression gamma, b;
};
std::optional<ShiftedExponential> shifted_exponential(const Expression& f) {
  const Peeled p = peel(f);
  if (p.core.op() != Op::exp) return std::nullopt;
  const auto w = linear(p.core.argument());
  if (!w || !w->constant.is_number(0) || !equal_constants(p.constant, -p.factor)) return std::nullopt;
  return ShiftedExponential{p.factor, w->slope};
}

Recognised shape(const char* entry, const Expression& a, const Expression& b) {
  Recognised r{Recognised::Kind::shape};
  r.entry = entry;
  r.a = a;
  r.b = b;
  return r;
}

/// The sign of a constant that is not 0.
bool is_positive(const Expression& constant) {
  const Program program({constant}, "x");
  Evaluator<Ball> value(program);
  return certainly_positive(value.value(Ball(0))) == Truth::yes;
}

/// a elu(b x): beta x on one side, gamma (e^(b x) - 1) on the other, where it decays.
std::optional<Recognised> match_elu(const Piece& linear_side, const Piece& exponential_side, bool exponential_is_left) {
  const auto line = linear(linear_side.value);
  const auto bend = shifted_exponential(exponential_side.value);
  if (!line || !bend || !line->constant.is_number(0) || line->slope.is_number(0)) return std::nullopt;
  if (is_positive(bend->b) != exponential_is_left) return std::nullopt;
  Recognised r = shape("elu", quotient(line->slope, bend->b), bend->b);
  r.parameter = quotient(bend->gamma * bend->b, line->slope);
  return r;
}

std::optional<Recognised> match_clipped(const Activation& activation) {
  const std::vector<Piece>& pieces = activation.pieces();
  const Expression &low = pieces[0].value, &high = pieces[2].value;
  const auto line = linear(pieces[1].value);
  if (!line || !line->constant.is_number(0) || line->slope.is_number(0) || low.depends_on("x") || high.depends_on("x")) return std::nullopt;
  // Without a jump, the constants are what the line reaches at the kinks.
  if (equal_constants(low, -high)) return shape("hardtanh", high, quotient(line->slope, high));
  if (low.is_number(0)) return shape("relu6", high / 6, quotient(6 * line->slope, high));
  if (high.is_number(0)) return shape("relu6", low / 6, quotient(6 * line->slope, low));
  return std::nullopt;
}

}  // namespace

std::optional<Recognised> match_powers(const std::vector<Piece>& pieces) {
  if (!at_origin(*pieces[0].right)) return std::nullopt;
  const auto left = power_of(pieces[0].value, -1), right = power_of(pieces[1].value, +1);
  if (!left || !right) return std::nullopt;
  const bool no_left = left->coefficient.is_number(0), no_right = right->coefficient.is_number(0);
  if (!no_left && !no_right && left->exponent != right->exponent) return std::nullopt;
  Recognised r{Recognised::Kind::powers};
  r.left = left->coefficient;
  r.right = right->coefficient;
  r.exponent = no_left ? right->exponent : left->exponent;
  if (r.exponent == 1) {
    r.kind = Recognised::Kind::slopes;
    r.left = -r.left;  // of x, not of -x
  }
  return r;
}

std::optional<Recognised> match_pieces(const Activation& activation) {
  const std::vector<Piece>& pieces = activation.pieces();
  if (pieces.size() == 2 && at_origin(*pieces[0].right)) {
    if (auto r = match_elu(pieces[1], pieces[0], true)) return r;
    return match_elu(pieces[0], pieces[1], false);
  }
  if (pieces.size() == 3 && !activation.jump()) return match_clipped(activation);
  return std::nullopt;
}

}  // namespace infwidth
