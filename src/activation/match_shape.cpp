// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/match.hpp"
#include "infwidth/activation/polynomial.hpp"
#include "infwidth/activation/rewrite.hpp"

namespace infwidth {

namespace {

/// The rate b of an argument b x.
std::optional<Expression> rate(const Expression& argument) {
  const auto w = linear(argument);
  if (!w || !w->constant.is_number(0) || w->slope.is_number(0)) return std::nullopt;
  return w->slope;
}

/// w of 1 + exp(w).
std::optional<Expression> exponent_beside_one(const Expression& e) {
  if (e.op() != Op::add) return std::nullopt;
  for (std::size_t i : {0U, 1U}) {
    if (e.argument(i).is_number(1) && e.argument(1 - i).op() == Op::exp) return e.argument(1 - i).argument();
  }
  return std::nullopt;
}

/// The short name of a formula: softplus(w) for log(1 + exp(w)), sigmoid(-w) for 1/(1 + exp(w)).
Expression named(const Expression& e) {
  if (e.op() == Op::log) {
    if (const auto w = exponent_beside_one(e.argument())) return softplus(*w);
  }
  if (e.op() == Op::divide && e.argument(0).is_number(1)) {
    if (const auto w = exponent_beside_one(e.argument(1))) return sigmoid(-*w);
  }
  return e;
}

Recognised shape(std::string entry, const Expression& a, const Expression& b, const Expression& c = 0) {
  Recognised r{Recognised::Kind::shape};
  r.entry = std::move(entry);
  r.a = a;
  r.b = b;
  r.c = c;
  return r;
}

/// x Phi(b x) and x sigmoid(b x): 1/b times gelu and silu.
std::optional<Recognised> gated(const Peeled& p) {
  if (p.core.op() == Op::divide) {  // x / (1 + exp(-b x))
    const auto w = exponent_beside_one(p.core.argument(1));
    const auto b = w ? rate(-*w) : std::nullopt;
    if (b && p.core.argument(0).op() == Op::variable) return shape("silu", p.factor / *b, *b);
    return std::nullopt;
  }
  for (std::size_t i : {0U, 1U}) {
    if (p.core.argument(i).op() != Op::variable) continue;
    const Expression gate = named(p.core.argument(1 - i));
    if (gate.op() != Op::Phi && gate.op() != Op::sigmoid) continue;
    if (const auto b = rate(gate.argument())) return shape(gate.op() == Op::Phi ? "gelu" : "silu", p.factor / *b, *b);
  }
  return std::nullopt;
}

std::optional<Recognised> exponential(const Peeled& p) {
  const auto w = constant_coefficients(p.core.argument());
  if (!w || w->size() > 3) return std::nullopt;
  const Expression factor = (*w)[0].is_number(0) ? p.factor : p.factor * exp((*w)[0]);
  if (w->size() == 2) return shape("exp", factor, (*w)[1]);
  if (w->size() < 3 || !(*w)[1].is_number(0) || sign_class((*w)[2]) != SignClass::negative) return std::nullopt;
  return shape("gaussian", factor, sqrt(-(*w)[2]));
}

}  // namespace

std::optional<Recognised> match_shape(const Expression& f) {
  Peeled p = peel(f);
  p.core = named(p.core);
  const bool no_constant = p.constant.is_number(0);
  switch (p.core.op()) {
    case Op::erf: case Op::erfc: case Op::tanh: case Op::Phi: case Op::sigmoid: {
      const auto b = rate(p.core.argument());
      if (!b) return std::nullopt;
      const Expression half = Rational(1, 2);
      switch (p.core.op()) {
        case Op::erf: return shape("erf", p.factor, *b, p.constant);
        case Op::erfc: return shape("erf", -p.factor, *b, p.constant + p.factor);
        case Op::tanh: return shape("tanh", p.factor, *b, p.constant);
        case Op::Phi: return shape("erf", p.factor * half, *b / sqrt(Expression(2)), p.constant + p.factor * half);
        default: return shape("tanh", p.factor * half, *b * half, p.constant + p.factor * half);
      }
    }
    case Op::softplus: {
      const auto b = rate(p.core.argument());
      return b && no_constant ? std::optional(shape("softplus", p.factor, *b)) : std::nullopt;
    }
    case Op::exp: return no_constant ? exponential(p) : std::nullopt;
    case Op::multiply: case Op::divide: return no_constant ? gated(p) : std::nullopt;
    default: return std::nullopt;
  }
}

}  // namespace infwidth
