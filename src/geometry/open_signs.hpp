// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/activation/parametric.hpp"
#include "infwidth/expression/sign.hpp"

namespace infwidth {

/// under(given), which may throw OpenSign. Where that makes no difference, as in relu(a*x), the formulas of one sign stand for both; of so many signs.
template <class Under, class Same>
auto for_open_signs(const Assumptions& given, const Under& under, const Same& same, int most_open = 2) -> decltype(under(given)) {
  try {
    return under(given);
  } catch (const OpenSign& open) {
    if (most_open == 0) throw;
    Assumptions positive = given, negative = given;
    const std::vector<std::string> letters = letters_of(open.factor);
    assume(positive, to_string(open.factor) + " > 0", letters);
    assume(negative, to_string(open.factor) + " < 0", letters);
    try {
      const auto up = for_open_signs(positive, under, same, most_open - 1), down = for_open_signs(negative, under, same, most_open - 1);
      if (same(up, down)) return up;
    } catch (const OpenSign&) {
      // the first one is told
    }
    throw;
  }
}

}  // namespace infwidth
