// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// The largest numerator and denominator that folding makes, in bits: 10^1000 has 3322.
constexpr std::size_t largest_folded_bits = 3322;

/// True if numerator and denominator are within `largest_folded_bits`.
bool is_bounded(const Rational& value);

/// What a node of `op` over already folded `arguments` becomes by exact arithmetic; none if it stays as it is.
/// Numbers meet numbers, and the number in a product or quotient moves to its front: sums carry no negative terms, products one
/// number, quotients coprime whole numbers. The special functions give their signs away, and fold where they are elementary.
/// Every result is a fixed point: folding it again changes nothing.
///   Errors   UsageError for a division by the number 0, and at a pole of gamma
std::optional<Expression> fold(Op op, const std::vector<Expression>& arguments);

}  // namespace infwidth
