// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/activation/recognise.hpp"
#include "infwidth/activation/rewrite.hpp"

namespace infwidth {

// The steps of `recognise`, each for one family; none if the formula is not of that family, or not seen to be.

/// a / b, with equal factors dropped.
Expression quotient(const Expression& a, const Expression& b);
/// Are two constants equal, by structure or by algebra?
bool equal_constants(const Expression& a, const Expression& b);
/// A constant in a short form: 1 for sqrt(2)*cos(pi/4).
Expression tidy(const Expression& constant);

/// One analytic formula as c + a f(b x), by its structure.
std::optional<Recognised> match_shape(const Expression& f);
/// A sin(b x) + B cos(b x), by its structure.
std::optional<Recognised> match_sinusoid(const Expression& f);
/// Both families by guessing b, testing numerically and proving by algebra.
std::optional<Recognised> guess_shape(const Expression& f);
/// Two pieces that are powers of |x| on both sides of 0.
std::optional<Recognised> match_powers(const std::vector<Piece>& pieces);
/// a elu(b x), a hardtanh(b x), a relu6(b x), by their pieces.
std::optional<Recognised> match_pieces(const Activation& activation);

}  // namespace infwidth
