// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace infwidth::cli {

/// Why the words of a command line, the program's name left out, cannot be read, with the cure: the nearest command or flag, the name that this program has for
/// what others call differently (--lr), the variance where a deviation is given (--sigma-w), or what a word that is left over may be meant as. "" where the
/// words themselves are no trouble.
std::string unread_words(const CLI::App& program, const std::vector<std::string>& words);

}  // namespace infwidth::cli
