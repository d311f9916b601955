// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "infwidth/io/output.hpp"

namespace infwidth {

/// A printed number with its pedigree. `error` is "0" if `value` is exact.
struct Quantity {
  std::string value;
  std::string error;
  bool proven = false;
  std::string method;
};
/// A quantity that does not exist, and why.
struct Missing {
  std::string reason;
};
using Matrix = std::vector<std::vector<Quantity>>;
using Cell = std::variant<std::string, long, Quantity, Missing, Matrix>;

/// Where a column appears. A table of text or LaTeX has one line a row, a block one line a column.
enum Place : unsigned { in_json = 1, in_csv = 2, in_table = 4, in_block = 8, everywhere = 15 };

struct Column {
  std::string key;             // of JSON, where a dot nests (`curvature.radial`), and of CSV. A Quantity under "" gives its fields to the row itself.
  std::string title;           // of text
  std::string latex;           // a symbol, without dollars
  unsigned places = everywhere;
  bool index = false;          // says which row this is: repeated where a wide text table continues below
};

enum class Format { text, json, csv, latex };

/// What a table says beside its cells.
///   subject   what all its rows are about, as key and value (the activation, the depth): in CSV, where files are joined, columns of their own
///             before the last
struct Heading {
  std::string caption;  // what the numbers are: a line of text above them
  std::string command;  // what made it: a comment in LaTeX
  std::size_t width = 120;  // of a text table; a wider one is cut into several, or written as blocks
  std::vector<std::pair<std::string, std::string>> subject = {};
};

/// The fields of a subject as CSV has them, each with a comma behind it.
std::string csv_subject_keys(const Heading& heading);
std::string csv_subject_values(const Heading& heading);

/// Writes rows as they come, in bounded memory. One row alone is written as a block in text and LaTeX.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  /// One cell a column.
  virtual void row(std::vector<Cell> cells) = 0;
  /// After the last row. Does not commit the output.
  virtual void end() = 0;
};

/// `output` must outlive the writer.
std::unique_ptr<TableWriter> make_table_writer(Format format, std::vector<Column> columns, Heading heading, Output& output);

}  // namespace infwidth
