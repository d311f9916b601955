// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace infwidth {

/// The draws of one quantity.
///   variance, skewness   of one draw, estimated
///   known                its variance, where theory has it
struct DrawnSpread {
  double variance = 0, skewness = 0;
  std::uint64_t draws = 0;
  std::optional<double> known;
};

/// Why so few draws do not tell how far their mean may be off, so that no test can be made of it; "" where they do.
///   Derivation D-070
std::string unseen_spread(const DrawnSpread& s);

}  // namespace infwidth
