// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/memory.hpp"

#include <unistd.h>

#include <fmt/core.h>
#include <fstream>
#include <iterator>
#include <limits>

#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

std::string size_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  std::size_t unit = 0;
  double size = static_cast<double>(bytes);
  for (; size >= 999.5 && unit + 1 < std::size(units); ++unit) size /= 1000;
  return fmt::format("{:.3g} {}", size, units[unit]);
}

}  // namespace

std::optional<std::uint64_t> available_memory() {
  // What Linux can free counts as available; the pages that are free right now are far fewer.
  std::ifstream file("/proc/meminfo");
  for (std::string word; file >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == "MemAvailable:" && file >> kilobytes) return 1024 * kilobytes;
  }
#ifdef _SC_AVPHYS_PAGES
  const long pages = ::sysconf(_SC_AVPHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && size > 0) return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size);
#endif
  return std::nullopt;
}

void require_memory(std::uint64_t bytes, const std::string& what, const std::string& cure) {
  const std::optional<std::uint64_t> available = available_memory();
  if (available && bytes > *available)
    throw UsageError(what + " needs " + size_text(bytes) + " of memory, and " + size_text(*available) + " are available; " + cure + ", or a machine with more memory");
}

std::uint64_t size_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max() : product;
}
std::uint64_t size_sum(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::uint64_t>::max() : sum;
}

}  // namespace infwidth
