// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/gaussian/asymptotics.hpp"

namespace infwidth::cli {

/// An answer of `infwidth formula --limit`.
///   quantity   Q or chi
struct LimitAnswer {
  std::string quantity, activation, command;
  Limit limit = Limit::infinity;
  Asymptotics found;
};

std::string limit_as_text(const LimitAnswer& answer);
std::string limit_as_latex(const LimitAnswer& answer);
std::string limit_as_json(const LimitAnswer& answer);

}  // namespace infwidth::cli
