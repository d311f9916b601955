// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace infwidth {

/// How wide LaTeX is set, about, in points, at 10 pt in Computer Modern: from the widths of its letters, to decide where a line is broken
/// or a table cut. Meant for what this library writes (`to_latex`, tables), a few per cent too wide rather than too narrow; commands that
/// it does not know count as a letter.
///   math_width   of a formula in display style, without dollars
///   text_width   of text; formulas between dollars in it are of text style
double math_width(std::string_view latex);
double text_width(std::string_view latex);

/// The width of the text in the class `article` at 10 pt, which has the narrowest of LaTeX's own.
inline constexpr double latex_line = 345;

}  // namespace infwidth
