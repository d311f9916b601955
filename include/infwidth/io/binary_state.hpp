// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/real/errors.hpp"

namespace infwidth {

/// Numbers and texts of a checkpoint, one after the other, as they lie in memory.
class StateWriter {
 public:
  void number(std::uint64_t x) { bytes.append(reinterpret_cast<const char*>(&x), sizeof x); }
  void numbers(const std::vector<double>& x) {
    number(x.size());
    bytes.append(reinterpret_cast<const char*>(x.data()), x.size() * sizeof(double));
  }
  void text(std::string_view t) {
    number(t.size());
    bytes.append(t);
  }
  std::string bytes;
};

/// Reads what StateWriter wrote; whatever else it meets is refused.
///   Errors   UsageError naming `name`
class StateReader {
 public:
  StateReader(std::string bytes, std::string name) : bytes_(std::move(bytes)), name_(std::move(name)) {}
  std::uint64_t number() {
    std::uint64_t x = 0;
    std::memcpy(&x, take(sizeof x), sizeof x);
    return x;
  }
  std::vector<double> numbers() {
    const std::uint64_t count = number();
    if (count > (bytes_.size() - at_) / sizeof(double)) refuse();
    std::vector<double> x(count);
    if (count > 0) std::memcpy(x.data(), take(count * sizeof(double)), count * sizeof(double));
    return x;
  }
  std::string text() {
    const std::uint64_t count = number();
    return {take(count), count};
  }
  bool at_end() const { return at_ == bytes_.size(); }
  [[noreturn]] void refuse() const { throw UsageError(name_ + ": is no checkpoint of this program, or a damaged one; remove it, or leave --resume out"); }

 private:
  std::string bytes_, name_;
  std::size_t at_ = 0;
  const char* take(std::uint64_t count) {
    if (count > bytes_.size() - at_) refuse();
    at_ += count;
    return bytes_.data() + at_ - count;
  }
};

}  // namespace infwidth
