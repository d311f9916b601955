// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// Letters that stand for longer constants, in the order of their use.
using LetteredConstants = std::vector<std::pair<std::string, Expression>>;

/// A formula with what its letters stand for put in.
Expression with_constants(Expression formula, const LetteredConstants& constants);

/// What formulas of Gaussian expectations have in common.
///   constants  letters c_1, c_2, .. that stand in the formulas for longer constants
///   outside    where a formula is missing: the term that leaves the class
///   open_sign  where a formula is missing because the sign of a constant with letters is open: that constant
struct ExpectationFormulas {
  LetteredConstants constants;
  std::string outside;
  std::optional<Expression> open_sign;

  /// A formula of these with the constants put in.
  Expression whole(const Expression& formula) const { return with_constants(formula, constants); }
};

}  // namespace infwidth
