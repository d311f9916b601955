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
///   cure     what would need less: "take smaller widths"
///   Errors   UsageError with both sizes, unless it fits or nobody knows
void require_memory(std::uint64_t bytes, const std::string& what, const std::string& cure = "take fewer points");

/// a * b and a + b of sizes, the largest number where that is beyond it: no machine has it.
std::uint64_t size_product(std::uint64_t a, std::uint64_t b);
std::uint64_t size_sum(std::uint64_t a, std::uint64_t b);

}  // namespace infwidth
