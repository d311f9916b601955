// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "infwidth/expression/expression.hpp"
#include "infwidth/real/ball.hpp"

namespace infwidth {

/// The sign of `u` (without kinked functions) on the whole ray x >= from: +1 or -1, proven; 0 if the bounds here do not show it.
///   from >= 1, an integer
int sign_on_ray(const Expression& u, long from);

/// Does a sine, cosine or tangent of an unbounded argument stand in `u`?
bool oscillates(const Expression& u);

}  // namespace infwidth
