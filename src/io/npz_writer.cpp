// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/npz_writer.hpp"

#include <zlib.h>

#include <limits>
#include <stdexcept>

#include "infwidth/io/npy.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

/// Fields of a zip file are little-endian.
std::string field(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

constexpr std::uint64_t version = 20;         // 2.0, all that is needed to read it
constexpr std::uint64_t date = 0x0021'0000;   // the first of January 1980, as NumPy has it: the same network makes the same bytes
constexpr std::uint64_t most_arrays = 65534;

}  // namespace

void NpzWriter::add(const std::string& name, const std::vector<std::uint64_t>& shape, std::span<const double> values) {
  std::uint64_t entries = 1;
  for (const std::uint64_t n : shape) entries *= n;
  if (entries != values.size() || count_ == most_arrays) throw std::logic_error("npz: array " + name + " has " + std::to_string(values.size()) + " values, and its shape " + std::to_string(entries));
  std::string member = npy_header(shape);
  append_npy(member, values);
  const std::string file = name + ".npy";
  const std::uint64_t size = member.size(), before = written_;
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  if (size >= most || before + size + directory_.size() + 1000 >= most) throw UsageError("an archive of arrays (.npz) ends at 4 GiB, and array " + name + " would go beyond; save fewer arrays at once");
  const std::string common = field(0, 2) + field(0, 2) + field(date, 4) + field(::crc32_z(0, reinterpret_cast<const Bytef*>(member.data()), member.size()), 4) + field(size, 4) + field(size, 4) +
                             field(file.size(), 2);
  const std::string header = "PK\x03\x04" + field(version, 2) + common + field(0, 2) + file;
  output_.write(header);
  output_.write(member);
  written_ += header.size() + size;
  // No comment, one disk, no attributes, where the member begins.
  directory_ += "PK\x01\x02" + field(version, 2) + field(version, 2) + common + std::string(12, '\0') + field(before, 4) + file;
  ++count_;
}

void NpzWriter::end() {
  output_.write(directory_);
  output_.write("PK\x05\x06" + field(0, 4) + field(count_, 2) + field(count_, 2) + field(directory_.size(), 4) + field(written_, 4) + field(0, 2));
}

}  // namespace infwidth
