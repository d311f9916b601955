// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/fingerprint.hpp"

#include <zlib.h>

#include <fmt/core.h>

namespace infwidth {

Fingerprint& Fingerprint::add(std::string_view bytes) {
  const auto* const data = reinterpret_cast<const Bytef*>(bytes.data());
  if (bytes.empty()) return *this;  // of a null pointer both functions give their beginning
  cyclic_ = static_cast<std::uint32_t>(::crc32_z(cyclic_, data, bytes.size()));
  sum_ = static_cast<std::uint32_t>(::adler32_z(sum_, data, bytes.size()));
  length_ += bytes.size();
  return *this;
}

std::string Fingerprint::text() const { return fmt::format("{:08x}-{:08x}-{}", cyclic_, sum_, length_); }

}  // namespace infwidth
