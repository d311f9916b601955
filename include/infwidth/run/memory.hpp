// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace infwidth {

/// How many bytes new work may take before the machine swaps; none where the system does not say.
std::optional<std::uint64_t> available_memory();

/// Refuses what does not fit, before hours of work.
///   what     what takes the bytes: "a Gram matrix of 100000 x 100000"
///   Errors   UsageError with both sizes, unless it fits or nobody knows
void require_memory(std::uint64_t bytes, const std::string& what);

}  // namespace infwidth
