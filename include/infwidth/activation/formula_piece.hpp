// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "infwidth/activation/activation.hpp"
#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// A stretch between neighbouring kinks and one formula on it, its derivative beside it. The ends (none: infinity) and the formulas may hold letters
/// other than x: real constants.
struct FormulaPiece {
  std::optional<Expression> left, right;
  Expression value, derivative;
};

/// A point as a formula: a fraction, or the zero of a linear or quadratic equation; none for others.
std::optional<Expression> formula_of(const RealPoint& t);

}  // namespace infwidth
