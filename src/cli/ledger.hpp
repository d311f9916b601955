// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "idle_flags.hpp"
#include "options.hpp"

namespace infwidth::cli {

/// What is claimed of what, as it was typed: on the command line or in a document.
struct ClaimFlags {
  std::string quantity, claim, of, dim, expected_factor;
  NetworkFlags network;
  std::vector<std::string> assumptions;
  std::string source;  // "FILE:LINE", "" for the command line

  ClaimFlags() { network.sigma_w2 = network.sigma_b2 = ""; }  // not given: a letter of the claim, or the default
  /// What is there, by the names of the command line.
  TypedFlags typed() const;
};

/// The claims of a document: of its blocks fenced as ```verify, where each line is
///     QUANTITY ACTIVATION [--flag value ..] = CLAIM
/// with the flags of the command line (depth, sigma-w2, sigma-b2, input-scaling, of, dim, expect-factor), several activations divided by |, and
/// everything after # left out. A line that begins with a space continues the one before.
///   Errors  UsageError naming file and line; for a file without such a block too
std::vector<ClaimFlags> read_ledger(const std::string& file);

/// The whole file; "-" is standard input.  Errors  UsageError
std::string text_of_file(const std::string& file);

}  // namespace infwidth::cli
