// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace infwidth {

/// The text as a JSON string, with its quotes. Bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// User text for a message: at most 60 characters, everything outside printable ASCII and UTF-8 letters as \xNN.
std::string shown(std::string_view text);

}  // namespace infwidth
