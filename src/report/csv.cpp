// SPDX-License-Identifier: GPL-3.0-or-later
#include <utility>

#include "writers.hpp"

namespace infwidth {

namespace {

/// Quoted where a comma, a quote or a line end would break the row.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string r = "\"";
  for (const char c : text) {
    if (c == '"') r += '"';
    r += c;
  }
  return r + '"';
}

/// A header, then values alone; what does not exist is an empty field, its reason in the last column.
class CsvWriter : public TableWriter {
 public:
  CsvWriter(std::vector<Column> columns, Output& output) : columns_(std::move(columns)), output_(output) {
    for (const Column& column : columns_)
      if ((column.places & in_csv) != 0) line_ += csv_field(column.key.empty() ? column.title : column.key) + ',';
    line_ += "note\n";
  }

  void row(std::vector<Cell> cells) override {
    std::string note;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if ((columns_[i].places & in_csv) == 0) continue;
      if (const auto* missing = std::get_if<Missing>(&cells[i])) {
        if (note.find(missing->reason) == std::string::npos) note += (note.empty() ? "" : "; ") + missing->reason;
      } else if (const auto* quantity = std::get_if<Quantity>(&cells[i])) {
        line_ += quantity->value;
      } else {
        line_ += csv_field(plain(cells[i]));
      }
      line_ += ',';
    }
    line_ += csv_field(note) + '\n';
    output_.write(line_);
    line_.clear();
  }
  void end() override {
    output_.write(line_);
    line_.clear();
  }

 private:
  std::vector<Column> columns_;
  Output& output_;
  std::string line_;  // the header waits for the first row: a refusal leaves the output empty
};

}  // namespace

std::unique_ptr<TableWriter> make_csv_writer(std::vector<Column> columns, Output& output) {
  return std::make_unique<CsvWriter>(std::move(columns), output);
}

}  // namespace infwidth
