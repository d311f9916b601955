// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "infwidth/io/npy.hpp"

/// A member of a zip file, and what is wrong with it.
struct ZipMember {
  std::string name, bytes;
  bool deflated = false;
  bool sizes_in_64_bits = true;  // in its own header, as NumPy writes them
  std::optional<std::uint32_t> claimed_size = {}, claimed_stored = {}, claimed_begin = {}, checksum = {};
  std::optional<std::string> packed = {}, own_name = {};
  unsigned method = 8, flags = 0;
};

inline std::string little_endian(std::uint64_t value, std::size_t size) {
  std::string r;
  for (std::size_t i = 0; i < size; ++i) r += static_cast<char>(value >> (8 * i) & 0xFF);
  return r;
}

inline std::string deflated(const std::string& bytes) {
  z_stream z = {};
  if (deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("zlib");
  std::string out(deflateBound(&z, static_cast<uLong>(bytes.size())), '\0');
  std::string in = bytes;
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  return out;
}

/// An archive as numpy.savez writes it.
inline std::string zip_file(const std::vector<ZipMember>& members, const std::string& comment = "") {
  std::string file, directory;
  for (const ZipMember& m : members) {
    const std::string packed = m.packed ? *m.packed : m.deflated ? deflated(m.bytes) : m.bytes;
    const std::uint64_t size = m.claimed_size.value_or(static_cast<std::uint32_t>(m.bytes.size())), stored = m.claimed_stored.value_or(static_cast<std::uint32_t>(packed.size()));
    const std::uint64_t checksum = m.checksum.value_or(static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(m.bytes.data()), static_cast<uInt>(m.bytes.size()))));
    const std::string common = little_endian(45, 2) + little_endian(m.flags, 2) + little_endian(m.deflated ? m.method : 0, 2) + little_endian(0x00210000, 4) + little_endian(checksum, 4);
    const std::uint64_t begin = m.claimed_begin.value_or(static_cast<std::uint32_t>(file.size()));
    const std::string own_name = m.own_name.value_or(m.name), extra = m.sizes_in_64_bits ? little_endian(1, 2) + little_endian(16, 2) + little_endian(size, 8) + little_endian(stored, 8) : "";
    const std::string own_sizes = m.sizes_in_64_bits ? std::string(8, '\xFF') : little_endian(stored, 4) + little_endian(size, 4);
    file += "PK\x03\x04" + common + own_sizes + little_endian(own_name.size(), 2) + little_endian(extra.size(), 2) + own_name + extra + packed;
    directory += "PK\x01\x02" + little_endian(0x032D, 2) + common + little_endian(stored, 4) + little_endian(size, 4) + little_endian(m.name.size(), 2) + std::string(12, '\0') + little_endian(begin, 4) + m.name;
  }
  const std::string count = little_endian(members.size(), 2);
  return file + directory + "PK\x05\x06" + std::string(4, '\0') + count + count + little_endian(directory.size(), 4) + little_endian(file.size(), 4) + little_endian(comment.size(), 2) + comment;
}

/// The bytes of numpy.save.
inline std::string npy_bytes(const std::vector<std::uint64_t>& shape, std::span<const double> values) {
  std::string bytes = infwidth::npy_header(shape);
  infwidth::append_npy(bytes, values);
  return bytes;
}
