// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/activation/point.hpp"
#include "infwidth/activation/singular.hpp"

namespace infwidth {

/// A formula without kinked functions, on an open interval.
struct Stretch {
  Interval where;
  Expression formula;
  bool joined = false;  // proven continuous, as it stands, with the stretch to the left
};

/// Cuts a formula at the points where the arguments of its kinked functions (relu, step, sign, abs, min, max) change sign, and drops
/// those functions: max(-1, min(1, x)) becomes -1, x, 1 on x < -1, -1 < x < 1, x > 1.
///   Errors   as `zeros_in` and `singular_points`
std::vector<Stretch> resolve_kinks(const Expression& formula, const Interval& where = {});

/// What must be integrable at singular points: f itself, as for E f, or its square, as for an activation's E[phi^2].
enum class Integrable { function, square };

/// The pieces of stretches that follow each other: ends classified, neighbours that are one analytic formula merged.
///   Errors   NoSuchQuantity for a pole; NotReached for a singular point without a rule; UsageError where a term is not real
std::vector<Piece> make_pieces(const std::vector<Stretch>& stretches, Integrable integrable = Integrable::square);

/// A point at which the function itself jumps, if there is one. `pieces` as `make_pieces(stretches)` returned them.
///   Errors   NotReached if the one-sided limits cannot be told apart, nor proven equal
std::optional<RealPoint> find_jump(const std::vector<Piece>& pieces, const std::vector<Stretch>& stretches);

}  // namespace infwidth
