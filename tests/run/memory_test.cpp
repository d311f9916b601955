// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/memory.hpp"

#include <unistd.h>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("what does not fit into memory is refused with both sizes, what fits is not", "[memory]") {
  CHECK_NOTHROW(require_memory(1000, "a small thing"));
  CHECK(size_product(6, 7) == 42);
  CHECK(size_sum(6, 7) == 13);
  const std::uint64_t most = ~std::uint64_t{0};
  CHECK(size_product(std::uint64_t{1} << 33, std::uint64_t{1} << 33) == most);
  CHECK(size_sum(most, 1) == most);
  const auto available = available_memory();
  if (!available) return;  // a system that does not say: nothing is refused
  // A second road: what is free now and what the machine has at all.
  const auto bytes = [](int pages) { return static_cast<double>(::sysconf(pages)) * static_cast<double>(::sysconf(_SC_PAGESIZE)); };
  CHECK(static_cast<double>(*available) > bytes(_SC_AVPHYS_PAGES) / 20);
  CHECK(static_cast<double>(*available) <= bytes(_SC_PHYS_PAGES));
  CHECK_THROWS_AS(require_memory(4 * *available + (std::uint64_t{1} << 40), "a large thing"), UsageError);
  CHECK_THROWS_WITH(require_memory(std::uint64_t{2'500'000'000'000'000'000}, "a Gram matrix"),
                    ContainsSubstring("a Gram matrix needs 2.5 EB of memory, and ") && ContainsSubstring(" are available; take fewer points"));
  CHECK_THROWS_WITH(require_memory(size_product(std::uint64_t{1} << 40, std::uint64_t{1} << 40), "a network", "take smaller widths"), ContainsSubstring("18.4 EB") && ContainsSubstring("; take smaller widths, or"));
}
