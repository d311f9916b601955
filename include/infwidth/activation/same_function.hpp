// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/activation/activation.hpp"

namespace infwidth {

/// Of one name, and of pieces with the same exact ends and formulas; two zeros of formulas count as different.
bool same_function(const Activation& a, const Activation& b);

}  // namespace infwidth
