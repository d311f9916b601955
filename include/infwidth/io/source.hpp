// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace infwidth {

/// Bytes to be read once, from the first to the last.
struct Source {
  /// Fills at most `size` > 0 bytes of `buffer`; how many, 0 at the end.  Errors  UsageError naming the file
  std::function<std::size_t(char* buffer, std::size_t size)> read;
  std::string name;                   // stands for the file in messages
  std::optional<std::uint64_t> size;  // in bytes, where it is known

  /// Fills all of `buffer`, or as much as there is; how much.
  std::size_t fill(char* buffer, std::size_t count) const;
  /// Begins with these bytes again, which have been read from it.
  Source after(std::string bytes) const;
};

/// A file, or the standard input for "-".  Errors  UsageError naming the file: it cannot be opened, it is a directory
Source open_source(const std::string& path);

}  // namespace infwidth
