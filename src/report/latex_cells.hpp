// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/report/table.hpp"

namespace infwidth::detail {

/// Text as plain LaTeX sets it; of letters beyond Latin those that stand for themselves in formulas, else a question mark.
std::string latex_text(const std::string& text);
/// The same with places at which a long word may be broken.
std::string breakable_latex_text(const std::string& text);

/// A column's title: its symbol between dollars. What `\text` of amsmath would say is said in plain LaTeX, for the tables need booktabs
/// alone.
std::string latex_title(const Column& column);

/// A cell of a row. A text wider than `most` points is set in lines of that width; a matrix is nothing.
struct LatexCell {
  std::string source;
  double width = 0;
  int lines = 1;
};
LatexCell latex_cell(const Cell& cell, double most);
/// The lines of a number whose digits do not fit into one of `most` points.
std::vector<std::string> latex_number_lines(const Quantity& quantity, double most);

}  // namespace infwidth::detail
