// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "infwidth/activation/activation.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

/// Where a piece ends, to the precision of `Digits`; none for infinity.
inline std::optional<Digits> position(const std::optional<PieceEnd>& end) {
  if (!end) return std::nullopt;
  if (end->at.exact()) return constant<Digits>(*end->at.exact());
  const Precision p(Precision::bits_for(Digits::default_precision()) + 16);
  return to_digits(end->at.ball());
}

}  // namespace infwidth
