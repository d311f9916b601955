// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/io/output.hpp"
#include "infwidth/io/source.hpp"

namespace infwidth {

/// Doubles in rows: value (i, j) is values[i * columns + j].
struct DataMatrix {
  std::vector<double> values;
  std::size_t rows = 0, columns = 0;

  std::span<const double> row(std::size_t i) const { return {values.data() + i * columns, columns}; }
};

/// NumPy's files of one array (`numpy.save`), versions 1 to 3.

/// What the header of a file says.
struct NpyHeader {
  bool big_endian = false;
  char kind = 'f';        // f a floating-point number, i an integer, u one without sign, b true or false
  std::size_t size = 8;   // bytes of an entry
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
};

/// The dictionary in the header, by a parser of that dictionary alone: nothing in it is ever executed.
///   text     from `{` to the line's end
///   name     stands for the file in messages
///   Errors   UsageError: not a dictionary of exactly descr, fortran_order and shape; entries of another type than real numbers of up to eight bytes
///            (objects, text, complex numbers, records)
NpyHeader parse_npy_header(std::string_view text, const std::string& name);

/// Does a file begin so?
bool is_npy(std::string_view begin);
inline constexpr std::size_t npy_magic_size = 6;

/// A whole array of one axis (a column) or two (rows), in memory for the result and one block; Fortran order needs twice that.
///   Accuracy  exact: integers beyond 2^53 that are no double are refused
///   Errors    UsageError naming the file: no .npy file, the header (above), another number of axes, no entry, a file that is longer or shorter than its
///             shape says, more than there is memory; and naming row and column (from 1): a number that is not finite (with `cure`), an integer that is no double
DataMatrix read_npy(const Source& source, const std::string& cure = "leave such points out");
/// What the source begins with, up to the data.  Errors  UsageError naming the file, as above
NpyHeader read_npy_header(const Source& source);

/// The bytes before the data of a file of little-endian doubles in C order, as NumPy writes them: a multiple of 64.
std::string npy_header(std::span<const std::uint64_t> shape);
/// The bytes of the data.
void append_npy(std::string& bytes, std::span<const double> values);

/// Writes one array, entry after entry.
///     NpyWriter writer(output, {n, n});
///     for (..) writer.write(row);
///     writer.end();
///     output.commit();
class NpyWriter {
 public:
  /// `output` must outlive the writer.  Errors  UsageError: a shape of more than 2^64 entries
  NpyWriter(Output& output, const std::vector<std::uint64_t>& shape);
  /// The next entries, the last axis fastest.  Errors  std::logic_error: more than the shape holds
  void write(std::span<const double> values);
  /// Does not commit the output.  Errors  std::logic_error: fewer than the shape holds
  void end();

 private:
  Output& output_;
  std::uint64_t missing_;
};

}  // namespace infwidth
