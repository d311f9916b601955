// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace infwidth {

/// A variable's name in LaTeX. If `is_square`, the variable is the square of what the text says: \sigma_w for sigma_w2.
struct LatexName {
  std::string text;
  bool is_square = false;
};
LatexName latex_name(const std::string& name);

}  // namespace infwidth
