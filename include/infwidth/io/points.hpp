// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/io/npy.hpp"
#include "infwidth/io/source.hpp"
#include "infwidth/real/rational.hpp"

namespace infwidth {

/// Reads points row by row: from CSV text in memory bounded by the longest line, from a NumPy array (`open` alone) as a whole.
/// Rows are lines of numbers, decimals (`0.1`, `1e-6`) or fractions (`3/2`), between commas, semicolons, tabs or blanks: the first row says which,
/// and all keep to it. Blank lines and lines that begin with `#` are skipped; a first line without any number is a header. All rows have one length.
///   Errors   UsageError naming file, line, field and value: a field that is no finite number, a row of another length, no row at all, a header
///            whose first column has no name (the index of a data frame, which is no coordinate), a zero byte, a line beyond `longest_line`, a file
///            that cannot be read. The rows before it have been handed out.
class PointReader {
 public:
  /// Fills at most `size` bytes of `buffer`; how many, 0 at the end.
  using Read = std::function<std::size_t(char* buffer, std::size_t size)>;
  static constexpr std::size_t longest_line = std::size_t{1} << 26;

  /// `name` stands for the file in messages.
  PointReader(Read read, std::string name);
  explicit PointReader(Source source);
  /// A file, or the standard input for "-": CSV or `.npy`, as its first bytes say.
  ///   Errors   UsageError also for what read_npy refuses
  static PointReader open(const std::string& path);

  /// The next point, exactly; false at the end.
  bool next(std::vector<Rational>& point);
  /// Appends up to `rows` points in double precision, row after row; how many. A number beyond the range of a double is an error.
  /// Rows before a bad one are handed out first; the next call throws.
  std::size_t next(std::vector<double>& points, std::size_t rows);

  /// The length of every row; 0 before the first one.
  std::size_t dimension() const { return dimension_; }
  /// The number of the line, or of the array's row, read last, from 1.
  std::uint64_t line() const { return line_; }
  std::uint64_t bytes() const { return bytes_; }
  /// The file's size, if it has one.
  std::optional<std::uint64_t> size() const { return size_; }

 private:
  Read read_;
  std::string name_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // the bytes not yet handed out
  bool at_end_ = false, any_row_ = false, may_be_header_ = true, first_row_ = true;
  char separator_ = 0;                  // a blank: runs of blanks; 0: not known, as long as rows are one number
  std::optional<std::string> header_;
  std::uint64_t line_ = 0, bytes_ = 0;
  std::optional<std::uint64_t> size_;
  std::size_t dimension_ = 0;
  std::optional<DataMatrix> array_;
  std::optional<std::string> postponed_;  // the error after the rows of a block

  /// The next row of the array; empty at its end.
  std::span<const double> next_of_array();
  bool next_line(std::string_view& text);
  bool next_row(std::string_view& text);
  bool is_header(std::string_view text) const;
  void take_header(std::string_view text);
  template <class Take>
  void read_fields(std::string_view text, Take take);
  Rational exact(std::string_view field, std::size_t number, std::size_t column) const;
  double rounded(std::string_view field, std::size_t number, std::size_t column) const;
  [[noreturn]] void refuse(const std::string& what) const;
};

}  // namespace infwidth
