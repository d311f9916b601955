// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

namespace infwidth::cli {

/// The flags of a command line by their names ("--depth"; a positional one without dashes), each with its values as they were typed.
using TypedFlags = std::map<std::string, std::vector<std::string>>;

/// Not every flag of a command has a meaning for everything that the command can be asked: one that would change nothing is refused, so that nobody takes the
/// answer for that of another question. (Flags that say how the work is done, like --timeout, change nothing by their nature.)
///   command   "metric": a subcommand's name; others have no such flags
///   Errors    UsageError naming the first flag without effect, why it has none, and the cure
void refuse_idle_flags(const std::string& command, const TypedFlags& typed);

}  // namespace infwidth::cli
