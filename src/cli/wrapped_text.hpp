// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace infwidth::cli {

/// A help text for lines of `width` columns. Lines without indentation that follow each other are one paragraph, which "Usage:" ends. A line that is too long goes on below the
/// second column of a list ("  --depth L      the number of"), which begins after two blanks or more, else below its own beginning. Commands, which are copied, are
/// never broken: the lines that begin with "  infwidth".
std::string wrapped(const std::string& text, std::size_t width);

/// Columns of the terminal that standard output is: the variable COLUMNS, else what the terminal says, else 80.
std::size_t terminal_width();

}  // namespace infwidth::cli
