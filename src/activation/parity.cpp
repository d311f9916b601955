// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/activation.hpp"
#include "infwidth/activation/pieces.hpp"
#include "infwidth/activation/polynomial.hpp"
#include "infwidth/activation/rewrite.hpp"
#include "infwidth/activation/zeros.hpp"

namespace infwidth {

namespace {

Parity opposite(Parity p) { return p == Parity::even ? Parity::odd : p == Parity::odd ? Parity::even : Parity::none; }

Parity product(Parity a, Parity b) {
  if (a == Parity::none || b == Parity::none) return Parity::none;
  return a == b ? Parity::even : Parity::odd;
}

/// The parity that the tree shows by itself; `none` says nothing.
Parity visible_parity(const Expression& e) {
  if (!e.depends_on("x")) return Parity::even;
  switch (e.op()) {
    case Op::variable: return Parity::odd;
    case Op::add: case Op::subtract: {
      const Parity a = visible_parity(e.argument(0)), b = visible_parity(e.argument(1));
      return a == b ? a : Parity::none;
    }
    case Op::multiply: case Op::divide: return product(visible_parity(e.argument(0)), visible_parity(e.argument(1)));
    case Op::negate: return visible_parity(e.argument());
    case Op::power: {
      const Parity base = visible_parity(e.argument(0));
      const auto n = integer_exponent(e);
      if (base == Parity::odd) return !n ? Parity::none : *n % 2 == 0 ? Parity::even : Parity::odd;
      return e.argument(1).depends_on("x") ? Parity::none : base;
    }
    case Op::sin: case Op::tan: case Op::sinh: case Op::tanh: case Op::asin: case Op::atan: case Op::asinh: case Op::erf: return visible_parity(e.argument());
    case Op::cos: case Op::cosh: return visible_parity(e.argument()) == Parity::none ? Parity::none : Parity::even;
    default: return visible_parity(e.argument()) == Parity::even ? Parity::even : Parity::none;
  }
}

RealPoint mirrored(const RealPoint& t) {
  if (t.exact()) return RealPoint(Rational(-*t.exact()));
  return {substitute(*t.equation(), "x", -Expression::variable("x")), Rational(-t.high()), Rational(-t.low())};
}

bool are_mirror_images(const std::optional<PieceEnd>& a, const std::optional<PieceEnd>& b) {
  if (!a || !b) return !a && !b;
  return compare(mirrored(a->at), b->at) == 0;
}

/// Is f(-x) = sign g(x) on the interval of g?
bool are_images(const Expression& f, const Expression& g, const Interval& where, int sign) {
  const Expression image = substitute(f, "x", -Expression::variable("x"));
  const Expression difference = sign > 0 ? image - g : image + g;
  const auto r = rational_function(difference);
  return r ? r->numerator.is_zero() : vanishes_identically(difference, where);
}

bool has_parity(const std::vector<Piece>& pieces, Parity wanted) {
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece &piece = pieces[i], &image = pieces[pieces.size() - 1 - i];
    if (!are_mirror_images(piece.left, image.right) || !are_mirror_images(piece.right, image.left)) return false;
  }
  for (std::size_t i = 0; 2 * i < pieces.size(); ++i) {
    const Piece &piece = pieces[i], &image = pieces[pieces.size() - 1 - i];
    if (piece.value == image.value) {
      const Parity seen = visible_parity(piece.value);
      if (seen == wanted) continue;
      if (seen == opposite(wanted) && !piece.value.is_number(0)) return false;
    }
    const auto at = [](const std::optional<PieceEnd>& end) { return end ? std::optional<RealPoint>(end->at) : std::nullopt; };
    if (!are_images(piece.value, image.value, {at(image.left), at(image.right)}, wanted == Parity::even ? 1 : -1)) return false;
  }
  return true;
}

}  // namespace

Parity parity_of(const std::vector<Piece>& pieces) {
  Precision working(128);
  try {
    if (has_parity(pieces, Parity::even)) return Parity::even;
    if (has_parity(pieces, Parity::odd)) return Parity::odd;
  } catch (const NotReached&) {
    return Parity::none;  // two points that cannot be told apart: nothing is proven
  }
  return Parity::none;
}

}  // namespace infwidth
