// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/expression/expression.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/ball.hpp"

namespace infwidth {

/// The names of all variables of a formula.
std::set<std::string> variables_of(const Expression& e);

/// The formula at a few points, in balls of about 30 digits: none where it is not defined or not real. Two points of the same index have
/// the same values of the variables. With `only`, the other variables stay the same from point to point.
std::vector<std::optional<Ball>> samples(const Expression& e, std::optional<std::string_view> only = std::nullopt);

/// Both the same, in balls of 200 bits, at points that the assumptions allow; at one point at least.
bool agree_at_points(const Expression& a, const Expression& b, const Assumptions& given);

}  // namespace infwidth
