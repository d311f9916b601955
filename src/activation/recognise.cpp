// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/recognise.hpp"

#include "infwidth/activation/match.hpp"
#include "infwidth/activation/polynomial.hpp"

namespace infwidth {

std::optional<Recognised> recognise(const Activation& activation) {
  Precision working(128);
  const std::vector<Piece>& pieces = activation.pieces();
  if (pieces.size() == 2) {
    if (auto r = match_powers(pieces)) return r;
  }
  if (pieces.size() > 1) return match_pieces(activation);
  const Expression& f = pieces[0].value;
  if (auto coefficients = constant_coefficients(f)) {
    Recognised r{Recognised::Kind::polynomial};
    r.coefficients = std::move(*coefficients);
    return r;
  }
  if (auto r = match_shape(f)) return r;
  if (auto r = match_sinusoid(f)) return r;
  return guess_shape(f);
}

}  // namespace infwidth
