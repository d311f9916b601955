// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/npy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>

#include "infwidth/real/errors.hpp"
#include "infwidth/run/memory.hpp"

namespace infwidth {

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t longest_header = std::size_t{1} << 16;
constexpr std::size_t block = std::size_t{1} << 16;  // entries that are read and converted together

static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big);
static_assert(std::numeric_limits<double>::is_iec559 && sizeof(double) == 8 && sizeof(float) == 4);

template <class T>
T loaded(const char* bytes, bool swap) {
  char own[sizeof(T)];
  std::memcpy(own, bytes, sizeof(T));
  if (swap) std::reverse(own, own + sizeof(T));
  return std::bit_cast<T>(own);
}

/// IEEE binary16: a sign, five bits of exponent, ten of mantissa.
double of_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double size = exponent == 31 ? (mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity())
                      : exponent == 0 ? std::ldexp(mantissa, -24)
                                      : std::ldexp(1024 + mantissa, exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

/// Converts entries; false at the first that is no double, whose index is then `at`.
template <class T>
bool convert(const char* bytes, std::size_t count, bool swap, double* out, std::size_t& at) {
  for (at = 0; at < count; ++at) {
    const T entry = loaded<T>(bytes + at * sizeof(T), swap);
    out[at] = static_cast<double>(entry);
    // 2^63 and 2^64 are the only doubles near their integers that the type itself has not.
    if constexpr (std::numeric_limits<T>::digits > 53)
      if (out[at] >= std::ldexp(1.0, std::numeric_limits<T>::digits) || static_cast<T>(out[at]) != entry) return false;
  }
  return true;
}

bool convert_halves(const char* bytes, std::size_t count, bool swap, double* out) {
  for (std::size_t k = 0; k < count; ++k) out[k] = of_half(loaded<std::uint16_t>(bytes + 2 * k, swap));
  return true;
}

bool convert(const NpyHeader& header, const char* bytes, std::size_t count, double* out, std::size_t& at) {
  const bool swap = header.big_endian == (std::endian::native == std::endian::little);
  const bool is_signed = header.kind == 'i';
  if (header.kind == 'f' && header.size == 2) return convert_halves(bytes, count, swap, out);
  if (header.kind == 'f') return header.size == 8 ? convert<double>(bytes, count, swap, out, at) : convert<float>(bytes, count, swap, out, at);
  switch (header.size) {
    case 1: return is_signed ? convert<std::int8_t>(bytes, count, swap, out, at) : convert<std::uint8_t>(bytes, count, swap, out, at);
    case 2: return is_signed ? convert<std::int16_t>(bytes, count, swap, out, at) : convert<std::uint16_t>(bytes, count, swap, out, at);
    case 4: return is_signed ? convert<std::int32_t>(bytes, count, swap, out, at) : convert<std::uint32_t>(bytes, count, swap, out, at);
    default: return is_signed ? convert<std::int64_t>(bytes, count, swap, out, at) : convert<std::uint64_t>(bytes, count, swap, out, at);
  }
}

class NpyFile {
 public:
  NpyFile(const Source& source, const std::string& cure) : source_(source), not_finite_cure_(cure) {}

  NpyHeader header() {
    read_header();
    return std::move(header_);
  }

  DataMatrix read() {
    read_header();
    const std::vector<std::uint64_t>& shape = header_.shape;
    if (shape.empty()) refuse("holds a single number without an axis", "give one point a row: an array of two axes");
    if (shape.size() > 2) refuse("has " + std::to_string(shape.size()) + " axes", "give one point a row: a.reshape(len(a), -1)");
    const std::uint64_t rows = shape[0], columns = shape.size() == 2 ? shape[1] : 1;
    if (rows == 0 || columns == 0) refuse("holds no number", "give one point a row");
    constexpr std::uint64_t most = std::numeric_limits<std::ptrdiff_t>::max() / sizeof(double);
    if (rows > most / columns) refuse("claims " + std::to_string(rows) + " x " + std::to_string(columns) + " entries, more than a file can hold", again);
    matrix_.rows = static_cast<std::size_t>(rows);
    matrix_.columns = static_cast<std::size_t>(columns);
    read_data();
    if (header_.fortran_order && shape.size() == 2) transpose();
    return std::move(matrix_);
  }

 private:
  static constexpr const char* again = "save the array again with numpy.save";
  const Source& source_;
  const std::string& not_finite_cure_;
  NpyHeader header_;
  std::uint64_t header_size_ = 0;
  DataMatrix matrix_;

  [[noreturn]] void refuse(const std::string& what, const std::string& cure) const { throw UsageError(source_.name + ": " + what + "; " + cure); }
  [[noreturn]] void cut_short() const { refuse("ends before its header", again); }

  void read_header() {
    char begin[12];
    if (source_.fill(begin, 8) != 8 || std::string_view(begin, magic.size()) != magic) refuse("is no .npy file", again);
    const int version = static_cast<unsigned char>(begin[6]), minor = static_cast<unsigned char>(begin[7]);
    if (version < 1 || version > 3 || minor != 0)
      refuse("is a .npy file of version " + std::to_string(version) + "." + std::to_string(minor) + ", and 1.0, 2.0 and 3.0 are known", again);
    const std::size_t length_size = version == 1 ? 2 : 4;
    if (source_.fill(begin + 8, length_size) != length_size) cut_short();
    std::size_t length = 0;
    for (std::size_t i = length_size; i-- > 0;) length = length << 8 | static_cast<unsigned char>(begin[8 + i]);
    header_size_ = 8 + length_size + length;
    if (length > longest_header) refuse("claims a header of " + std::to_string(length) + " bytes", again);
    std::string text(length, '\0');
    if (source_.fill(text.data(), length) != length) cut_short();
    header_ = parse_npy_header(text, source_.name);
  }

  void read_data() {
    const std::size_t count = matrix_.rows * matrix_.columns;
    if (source_.size) {  // of a pipe it is seen at the end
      const std::uint64_t have = *source_.size - std::min(*source_.size, header_size_), want = std::uint64_t{count} * header_.size;
      if (have != want) wrong_length(std::to_string(have), have < want);
      require_memory(want / header_.size * sizeof(double) * (header_.fortran_order && matrix_.columns > 1 ? 2 : 1), source_.name);
      matrix_.values.reserve(count);
    }
    std::string bytes(block * header_.size, '\0');
    const bool direct = header_.kind == 'f' && header_.size == 8 && header_.big_endian == (std::endian::native == std::endian::big);
    for (std::size_t done = 0; done < count;) {
      const std::size_t now = std::min(block, count - done);
      matrix_.values.resize(done + now);
      double* const out = matrix_.values.data() + done;
      char* const in = direct ? reinterpret_cast<char*>(out) : bytes.data();
      const std::size_t found = source_.fill(in, now * header_.size);
      if (found != now * header_.size) wrong_length(std::to_string(done * header_.size + found), true);
      std::size_t at = 0;
      if (!direct && !convert(header_, in, now, out, at)) refuse(place(done + at) + ": an integer beyond 2^53 that is no double", "scale the numbers down");
      if (header_.kind == 'f') check_finite(done, now);
      if (header_.kind == 'b' && std::any_of(out, out + now, [](double x) { return x > 1; })) refuse("holds true or false in bytes other than 1 and 0", again);
      done += now;
    }
    char more = 0;
    if (source_.fill(&more, 1) != 0) wrong_length("more", false);
  }

  [[noreturn]] void wrong_length(const std::string& have, bool cut) const {
    refuse("has " + have + " bytes of data, where its shape, " + std::to_string(matrix_.rows) + " x " + std::to_string(matrix_.columns) + " entries of " +
               std::to_string(header_.size) + (header_.size == 1 ? " byte" : " bytes") + ", says " +
               std::to_string(std::uint64_t{matrix_.rows} * matrix_.columns * header_.size),
           cut ? "was it copied to its end?" : again);
  }

  void check_finite(std::size_t first, std::size_t count) const {
    const double* const x = matrix_.values.data() + first;
    double sum = 0;  // NaN if any is not finite
    for (std::size_t i = 0; i < count; ++i) sum += 0 * x[i];
    if (sum == 0) return;
    const std::size_t at = static_cast<std::size_t>(std::find_if_not(x, x + count, [](double v) { return std::isfinite(v); }) - x);
    refuse(place(first + at) + ": " + (std::isnan(x[at]) ? "nan" : x[at] > 0 ? "inf" : "-inf") + " is not a finite number", not_finite_cure_);
  }

  /// Of an entry by its place in the file.
  std::string place(std::size_t entry) const {
    const bool by_columns = header_.fortran_order;
    const std::size_t length = by_columns ? matrix_.rows : matrix_.columns;
    const std::size_t row = by_columns ? entry % length : entry / length, column = by_columns ? entry / length : entry % length;
    return "row " + std::to_string(row + 1) + ", column " + std::to_string(column + 1);
  }

  void transpose() {
    constexpr std::size_t tile = 32;
    std::vector<double> by_rows(matrix_.values.size());
    for (std::size_t i0 = 0; i0 < matrix_.rows; i0 += tile)
      for (std::size_t j0 = 0; j0 < matrix_.columns; j0 += tile)
        for (std::size_t i = i0; i < std::min(i0 + tile, matrix_.rows); ++i)
          for (std::size_t j = j0; j < std::min(j0 + tile, matrix_.columns); ++j) by_rows[i * matrix_.columns + j] = matrix_.values[j * matrix_.rows + i];
    matrix_.values = std::move(by_rows);
  }
};

std::uint64_t entries(const std::vector<std::uint64_t>& shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t length : shape)
    if (__builtin_mul_overflow(count, length, &count)) throw UsageError("an array of more than 2^64 numbers does not fit into a .npy file");
  return count;
}

}  // namespace

bool is_npy(std::string_view begin) { return begin.starts_with(magic); }

DataMatrix read_npy(const Source& source, const std::string& cure) { return NpyFile(source, cure).read(); }

NpyHeader read_npy_header(const Source& source) { return NpyFile(source, {}).header(); }

void append_npy(std::string& bytes, std::span<const double> values) {
  if constexpr (std::endian::native == std::endian::little) {
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  } else {
    for (const double x : values) {
      const char* const own = reinterpret_cast<const char*>(&x);
      for (std::size_t i = sizeof x; i-- > 0;) bytes += own[i];
    }
  }
}

NpyWriter::NpyWriter(Output& output, const std::vector<std::uint64_t>& shape) : output_(output), missing_(entries(shape)) { output_.write(npy_header(shape)); }

void NpyWriter::write(std::span<const double> values) {
  if (values.size() > missing_) throw std::logic_error("NpyWriter: more numbers than the shape holds");
  missing_ -= values.size();
  if constexpr (std::endian::native == std::endian::little) {
    output_.write({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  } else {
    std::string bytes;
    append_npy(bytes, values);
    output_.write(bytes);
  }
}

void NpyWriter::end() {
  if (missing_ > 0) throw std::logic_error("NpyWriter: fewer numbers than the shape holds");
}

}  // namespace infwidth
