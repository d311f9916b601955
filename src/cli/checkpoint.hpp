// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/real/rational.hpp"

namespace infwidth::cli {

/// Whether --checkpoint and --resume make sense together, before any work.
///   Errors   UsageError: --resume without a file; without --resume a file (or FILE.2, FILE.4, of the wider networks of a study) that holds a state, which would be overwritten
void require_checkpoint(const std::string& checkpoint, bool resume);

/// Tells points apart by what they are, whatever file they came from.
std::string contents_of(const std::vector<std::vector<Rational>>& points);

}  // namespace infwidth::cli
