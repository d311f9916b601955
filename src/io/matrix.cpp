// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/matrix.hpp"

#include <cmath>

#include "infwidth/io/json.hpp"
#include "infwidth/io/points.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

DataMatrix read_csv(Source source) {
  constexpr std::size_t rows_at_once = 4096;
  PointReader reader(std::move(source));
  DataMatrix matrix;
  while (const std::size_t rows = reader.next(matrix.values, rows_at_once)) matrix.rows += rows;
  matrix.columns = reader.dimension();
  return matrix;
}

}  // namespace

DataMatrix read_matrix(const Source& source) {
  std::string begin(npy_magic_size, '\0');
  begin.resize(source.fill(begin.data(), begin.size()));
  if (begin.starts_with("PK\x03\x04")) throw UsageError(source.name + ": is an archive of arrays (.npz); save the one array with numpy.save");
  if (begin.starts_with("\x1F\x8B")) throw UsageError(source.name + ": is compressed (gzip); unpack it first, or read it from a pipe: zcat FILE | infwidth .. -");
  const bool npy = is_npy(begin);
  const Source whole = source.after(std::move(begin));
  return npy ? read_npy(whole) : read_csv(whole);
}

DataMatrix read_matrix(const std::string& path) { return read_matrix(open_source(path)); }

std::vector<std::int64_t> labels_of(const DataMatrix& column, const std::string& name) {
  constexpr double largest = 9007199254740992;  // 2^53
  if (column.columns != 1)
    throw UsageError(name + ": has " + std::to_string(column.columns) + " numbers a row, where the class of a point is one; give one label a line");
  std::vector<std::int64_t> labels;
  labels.reserve(column.rows);
  for (const double x : column.values) {
    if (x != std::floor(x) || std::abs(x) > largest)
      throw UsageError(name + ", row " + std::to_string(labels.size() + 1) + ": " + short_text(x) + " is no class; classes are whole numbers, like 0, 1, 2");
    labels.push_back(static_cast<std::int64_t>(x));
  }
  return labels;
}

std::vector<std::int64_t> read_labels(const std::string& path) { return labels_of(read_matrix(path), path == "-" ? "standard input" : shown(path)); }

}  // namespace infwidth
