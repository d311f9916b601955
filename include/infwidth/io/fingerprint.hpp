// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace infwidth {

/// Tells contents apart by a short text: CRC-32, Adler-32 and the length of all bytes that were added. Against accidents (a file that has changed), not against forgery.
///     Fingerprint().add(inputs).add(labels).text()
class Fingerprint {
 public:
  Fingerprint& add(std::string_view bytes);
  /// The numbers as they lie in memory.
  Fingerprint& add(std::span<const double> numbers) { return add(bytes_of(numbers)); }
  Fingerprint& add(std::span<const int> numbers) { return add(bytes_of(numbers)); }

  /// "8f3c21ab-10a5d3f7-3200"
  std::string text() const;

 private:
  std::uint32_t cyclic_ = 0, sum_ = 1;  // what both begin with
  std::uint64_t length_ = 0;

  template <class Number>
  static std::string_view bytes_of(std::span<const Number> numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()};
  }
};

}  // namespace infwidth
