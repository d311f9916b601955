// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/training/history.hpp"

namespace infwidth::cli {

/// One setting of a study, run for several seeds.
struct Variant {
  std::string name, task;
  HistoryOptions options;
};

/// The settings of a study: xor, sinusoid-shallow, sinusoid-deep, lazy-to-rich or digits.
///   epochs   another length of training, "" for the usual one
///   Errors   UsageError: another study, no length
std::vector<Variant> variants_of(const std::string& study, const std::string& epochs);

}  // namespace infwidth::cli
