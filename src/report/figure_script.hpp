// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "infwidth/report/figure.hpp"

namespace infwidth {

/// What gnuplot is told to draw the figure.
///   terminal   gnuplot's `set terminal`, with {} for width and height
///   unit       an inch, in what these are measured in
std::string figure_script(const Figure& figure, std::string_view terminal, double unit);

}  // namespace infwidth
