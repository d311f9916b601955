// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/memory.hpp"

#include <unistd.h>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("what does not fit into memory is refused with both sizes, what fits is not", "[memory]") {
  CHECK_NOTHROW(require_memory(1000, "a small thing"));
  const auto available = available_memory();
  if (!available) return;  // a system that does not say: nothing is refused
  // A second road: what is free now and what the machine has at all.
  const auto bytes = [](int pages) { return static_cast<double>(::sysconf(pages)) * static_cast<double>(::sysconf(_SC_PAGESIZE)); };
  CHECK(static_cast<double>(*available) > bytes(_SC_AVPHYS_PAGES) / 20);
  CHECK(static_cast<double>(*available) <= bytes(_SC_PHYS_PAGES));
  CHECK_THROWS_AS(require_memory(4 * *available + (std::uint64_t{1} << 40), "a large thing"), UsageError);
  CHECK_THROWS_WITH(require_memory(std::uint64_t{2'500'000'000'000'000'000}, "a Gram matrix"),
                    ContainsSubstring("a Gram matrix needs 2.5 EB of memory, and ") && ContainsSubstring(" are available; take fewer points"));
}
