// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/expression/simplify.hpp"

namespace infwidth {

/// The sign, +1, -1 or 0, of a constant: of a number by balls, of a formula with letters from the signs of its parts and the facts given. It may be 0
/// at the border of what is assumed (a >= 0 counts as positive, a^2 too): what follows from it holds there by continuity. None if it stays open.
std::optional<int> proven_sign(const Expression& constant, const Assumptions& given);

/// The names of all letters of a formula, in the order of their first use.
std::vector<std::string> letters_of(const Expression& e);

/// Adds comparisons of formulas in the `letters`, like `a > 0` or `0 < a <= 1, t < s`, to what is given.
///   Errors  UsageError for what is no comparison, holds another letter, or contradicts the rest
void assume(Assumptions& given, std::string_view comparisons, const std::vector<std::string>& letters);

/// True if everything that is assumed holds where the letters have these values (those without a value: whatever it is).
bool hold(const Assumptions& given, const std::map<std::string, Rational>& at);

}  // namespace infwidth
