// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/npz.hpp"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/run/memory.hpp"

namespace infwidth {

namespace {

constexpr std::string_view end_magic = "PK\x05\x06", directory_magic = "PK\x01\x02", member_magic = "PK\x03\x04", array_ending = ".npy";
constexpr std::size_t end_size = 22, directory_entry_size = 46, member_header_size = 30, longest_comment = 65535;
constexpr std::uint32_t in_64_bits = 0xFFFFFFFF;  // stands for a size that is elsewhere
constexpr std::uint64_t most_from_a_byte = 1032;  // deflate: 258 bytes from two bits
enum Flag : unsigned { encrypted = 1, level = 6, sizes_follow = 8, utf8 = 0x800 };
enum Method : unsigned { stored = 0, deflated = 8 };

[[noreturn]] void refuse(const std::string& name, const std::string& what, const std::string& cure = "save it again with numpy.savez") { throw UsageError(name + ": " + what + "; " + cure); }

/// One array's bytes, as they were before they were compressed. `size` bytes come out, with the checksum, or an error.
class MemberStream {
 public:
  MemberStream(std::string name, std::string_view packed, std::uint64_t size, std::uint32_t checksum, bool is_deflated)
      : name_(std::move(name)), packed_(packed), left_(size), checksum_(checksum), deflated_(is_deflated) {
    if (!deflated_) return;
    if (inflateInit2(&zlib_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
    zlib_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed_.data()));  // zlib does not write there
    zlib_.avail_in = static_cast<uInt>(packed_.size());                                  // below 2^32: the directory says it in 32 bits
  }
  ~MemberStream() {
    if (deflated_) inflateEnd(&zlib_);
  }
  MemberStream(const MemberStream&) = delete;
  MemberStream& operator=(const MemberStream&) = delete;

  std::size_t read(char* buffer, std::size_t size) {
    constexpr std::uint64_t most = std::uint64_t{1} << 30;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>({size, left_, most}));
    if (count == 0) {
      if (left_ == 0) check_end();
      return 0;
    }
    if (!deflated_) {
      std::copy_n(packed_.data(), count, buffer);
      packed_.remove_prefix(count);
    } else if (inflated(buffer, count) != count) {
      damaged("its compressed bytes end before the array does");
    }
    sum_ = static_cast<std::uint32_t>(::crc32(sum_, reinterpret_cast<const Bytef*>(buffer), static_cast<uInt>(count)));
    left_ -= count;
    return count;
  }

 private:
  std::string name_;
  std::string_view packed_;
  std::uint64_t left_;
  std::uint32_t checksum_, sum_ = 0;
  bool deflated_, ended_ = false;
  z_stream zlib_ = {};

  [[noreturn]] void damaged(const std::string& what) const { refuse(name_, "is damaged: " + what, "copy the file again, or save it again with numpy.savez"); }

  std::size_t inflated(char* buffer, std::size_t count) {
    zlib_.next_out = reinterpret_cast<Bytef*>(buffer);
    zlib_.avail_out = static_cast<uInt>(count);
    while (!ended_ && zlib_.avail_out > 0) {
      const int code = ::inflate(&zlib_, Z_NO_FLUSH);
      if (code == Z_MEM_ERROR) throw std::bad_alloc();
      if (code == Z_STREAM_END) ended_ = true;
      else if (code == Z_BUF_ERROR) break;  // no bytes left
      else if (code != Z_OK) damaged("what is compressed cannot be unpacked");
    }
    return count - zlib_.avail_out;
  }

  void check_end() {
    if (deflated_) {
      char more = 0;
      if (!ended_ && inflated(&more, 1) != 0) damaged("its compressed bytes make more than the directory says");
      if (!ended_) damaged("its compressed bytes have no end");
      if (zlib_.avail_in != 0) damaged("bytes follow the end of its compressed ones");
    }
    if (sum_ != checksum_) damaged("its checksum is another one");
  }
};

}  // namespace

/// Reads the directory at the archive's end, and holds what each member says of itself against it.
class ZipDirectory {
 public:
  explicit ZipDirectory(NpzFile& file) : file_(file), bytes_(file.bytes_), name_(file.name_) {}

  void read() {
    if (bytes_.starts_with("\x93NUMPY")) refuse(name_, "is one array (.npy), not an archive of arrays", "save all of them with numpy.savez(file, W1=.., b1=.., ..)");
    if (!bytes_.starts_with(member_magic) && !bytes_.starts_with(end_magic)) refuse(name_, "is no archive of arrays (.npz)", "save them with numpy.savez");
    const std::size_t end = find_end();
    if (number(end + 4, 2) != 0 || number(end + 6, 2) != 0 || number(end + 8, 2) != number(end + 10, 2)) refuse(name_, "is one part of an archive in several");
    const std::uint64_t count = number(end + 10, 2), size = number(end + 12, 4), begin = number(end + 16, 4);
    constexpr std::uint64_t many = 0xFFFF;
    if (count == many || size == in_64_bits || begin == in_64_bits) refuse(name_, "is larger than 4 GiB, or holds more than 65534 arrays", "save fewer arrays, as numpy.float32");
    if (begin + size <= end && text(begin, size).find("/data.pkl") != std::string_view::npos) {
      refuse(name_, "is a checkpoint of PyTorch, whose objects would have to be executed", "save the numbers: numpy.savez(file, **{k: v.cpu().numpy() for k, v in net.state_dict().items()})");
    }
    if (begin + size != end) refuse(name_, "is damaged: its directory is not where its last bytes say", copied);
    std::uint64_t at = begin;
    for (std::uint64_t i = 0; i < count; ++i) at = read_entry(at, end, begin);
    if (at != end) refuse(name_, "is damaged: its directory goes on after its " + std::to_string(count) + " members", copied);
    if (count == 0) refuse(name_, "holds no array", "save them with numpy.savez(file, W1=.., b1=.., ..)");
    check_overlap(begin);
  }

 private:
  static constexpr const char* copied = "was it copied to its end?";
  NpzFile& file_;
  const std::string& bytes_;
  const std::string& name_;
  std::unordered_set<std::string> known_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> places_;  // of members with their headers: begin, end

  /// A little-endian number; the place is known to be inside.
  std::uint64_t number(std::uint64_t at, std::size_t size) const {
    std::uint64_t r = 0;
    for (std::size_t i = size; i-- > 0;) r = r << 8 | static_cast<unsigned char>(bytes_[static_cast<std::size_t>(at) + i]);
    return r;
  }
  std::string_view text(std::uint64_t at, std::uint64_t size) const { return std::string_view(bytes_).substr(static_cast<std::size_t>(at), static_cast<std::size_t>(size)); }

  /// The last bytes, with a comment that reaches the end of the file.
  std::size_t find_end() const {
    for (std::size_t comment = 0; comment <= longest_comment && comment + end_size <= bytes_.size(); ++comment) {
      const std::size_t at = bytes_.size() - end_size - comment;
      if (text(at, 4) == end_magic && number(at + 20, 2) == comment) return at;
    }
    refuse(name_, "is an archive without its end", copied);
  }

  std::uint64_t read_entry(std::uint64_t at, std::uint64_t end, std::uint64_t directory) {
    if (end - at < directory_entry_size || text(at, 4) != directory_magic) refuse(name_, "is damaged: its directory is cut", copied);
    const std::uint64_t flags = number(at + 8, 2), method = number(at + 10, 2), packed = number(at + 20, 4), size = number(at + 24, 4), begin = number(at + 42, 4);
    const std::uint64_t name_size = number(at + 28, 2), next = at + directory_entry_size + name_size + number(at + 30, 2) + number(at + 32, 2);
    if (next > end) refuse(name_, "is damaged: its directory is cut", copied);
    const std::string_view member = text(at + directory_entry_size, name_size);
    const std::string title = name_ + ", member " + shown(member);
    if (member.size() <= array_ending.size() || !member.ends_with(array_ending)) refuse(title, "is no array (.npy)");
    if ((flags & encrypted) != 0) refuse(title, "is encrypted", "save it without a password");
    if ((flags & ~static_cast<std::uint64_t>(level | sizes_follow | utf8)) != 0) refuse(title, "uses a feature of zip files that is not read here");
    if (method != stored && method != deflated) refuse(title, "is compressed by method " + std::to_string(method), "save it again with numpy.savez or numpy.savez_compressed");
    if (packed == in_64_bits || size == in_64_bits || begin == in_64_bits) refuse(title, "is larger than 4 GiB", "save it as numpy.float32");
    const std::string array(member.substr(0, member.size() - array_ending.size()));
    if (!known_.insert(array).second) refuse(title, "is there twice");

    // What the member says itself.
    if (begin > directory || directory - begin < member_header_size || text(begin, 4) != member_magic) refuse(title, "is damaged: it is not where the directory says", copied);
    const std::uint64_t own_name = number(begin + 26, 2), extra_size = number(begin + 28, 2), data = begin + member_header_size + own_name + extra_size;
    if (data > directory || packed > directory - data) refuse(title, "claims " + std::to_string(packed) + " bytes, more than the file has", copied);
    if (text(begin + member_header_size, own_name) != member || number(begin + 8, 2) != method || (number(begin + 6, 2) & sizes_follow) != (flags & sizes_follow)) {
      refuse(title, "is damaged: it does not say of itself what the directory says", copied);
    }
    if ((flags & sizes_follow) == 0) check_sizes(title, begin, text(data - extra_size, extra_size), packed, size, number(at + 16, 4));
    if (method == stored ? packed != size : size > most_from_a_byte * packed) {
      refuse(title, "claims " + std::to_string(size) + " bytes, which its " + std::to_string(packed) + " bytes cannot make", copied);
    }
    file_.names_.push_back(array);
    file_.members_.push_back({data, packed, size, static_cast<std::uint32_t>(number(at + 16, 4)), method == deflated});
    places_.emplace_back(begin, data + packed);
    return next;
  }

  void check_sizes(const std::string& title, std::uint64_t begin, std::string_view extra, std::uint64_t packed, std::uint64_t size, std::uint64_t checksum) const {
    std::uint64_t own_packed = number(begin + 18, 4), own_size = number(begin + 22, 4);
    if (own_packed == in_64_bits && own_size == in_64_bits) {  // NumPy does not know them before it writes: a field of its own has them, in 64 bits
      constexpr std::uint64_t field_of_sizes = 1;
      const std::uint64_t from = static_cast<std::uint64_t>(extra.data() - bytes_.data());
      std::optional<std::uint64_t> found;
      for (std::uint64_t at = 0; at + 4 <= extra.size();) {
        const std::uint64_t length = number(from + at + 2, 2);
        if (at + 4 + length > extra.size()) break;
        if (number(from + at, 2) == field_of_sizes && length >= 16) found = from + at + 4;
        at += 4 + length;
      }
      if (found) {
        own_size = number(*found, 8);
        own_packed = number(*found + 8, 8);
      }
    }
    if (own_packed != packed || own_size != size || number(begin + 14, 4) != checksum) refuse(title, "is damaged: it does not say of itself what the directory says", copied);
  }

  /// A small file could else claim one member's bytes many times over.
  void check_overlap(std::uint64_t directory) {
    std::sort(places_.begin(), places_.end());
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].second > (i + 1 < places_.size() ? places_[i + 1].first : directory)) refuse(name_, "is damaged: its members overlap", copied);
    }
  }
};

NpzFile::NpzFile(const Source& source) : name_(source.name) {
  constexpr std::size_t block = std::size_t{1} << 20;
  if (source.size) require_memory(*source.size, source.name);
  for (;;) {
    const std::size_t before = bytes_.size();
    bytes_.resize(before + block);
    const std::size_t found = source.fill(bytes_.data() + before, block);
    bytes_.resize(before + found);
    if (found < block) break;
  }
  ZipDirectory(*this).read();
}

bool NpzFile::has(const std::string& name) const { return std::find(names_.begin(), names_.end(), name) != names_.end(); }

std::string NpzFile::title(const std::string& name) const { return name_ + ", array " + shown(name); }

Source NpzFile::member(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) throw std::out_of_range("NpzFile: no array " + name);
  const Member& m = members_[static_cast<std::size_t>(found - names_.begin())];
  const std::string_view packed = std::string_view(bytes_).substr(static_cast<std::size_t>(m.begin), static_cast<std::size_t>(m.stored));
  const auto stream = std::make_shared<MemberStream>(title(name), packed, m.size, m.checksum, m.deflated);
  return {[stream](char* buffer, std::size_t size) { return stream->read(buffer, size); }, title(name), m.size};
}

NpyHeader NpzFile::header(const std::string& name) const { return read_npy_header(member(name)); }

DataMatrix NpzFile::read(const std::string& name, const std::string& cure) const { return read_npy(member(name), cure); }

}  // namespace infwidth
