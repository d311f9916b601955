// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace infwidth {

/// Throws the UsageError of a formula: the message with the column in words, the formula, and a caret under the column.
/// A long formula is cut to a window around the caret. `at` is a byte offset; columns count characters (UTF-8) from 1.
[[noreturn]] void refuse_formula(std::string_view text, std::size_t at, const std::string& message);

/// The character at byte `at` for a message: itself if it is printable (also UTF-8), else its code in hexadecimal.
std::string shown_character(std::string_view text, std::size_t at);

}  // namespace infwidth
