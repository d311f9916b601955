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

/// A header, then one value a field; what does not exist is an empty field, its reason in the last column. There too stands what a table of
/// its own has under the key `note`, and before it what all rows are about.
class CsvWriter : public TableWriter {
 public:
  CsvWriter(std::vector<Column> columns, const Heading& heading, Output& output) : columns_(std::move(columns)), output_(output) {
    for (const Column& column : columns_)
      if ((column.places & in_csv) != 0 && !is_note(column)) line_ += csv_field(column.key.empty() ? column.title : column.key) + ',';
    line_ += csv_subject_keys(heading) + "note\n";
    subject_ = csv_subject_values(heading);
  }

  void row(std::vector<Cell> cells) override {
    std::string note;
    const auto add = [&](const std::string& text) {
      if (note.find(text) == std::string::npos) note += (note.empty() ? "" : "; ") + text;
    };
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if ((columns_[i].places & in_csv) == 0) continue;
      if (const auto* missing = std::get_if<Missing>(&cells[i])) {
        if (!missing->reason.empty()) add(missing->reason);
        if (is_note(columns_[i])) continue;
      } else if (is_note(columns_[i])) {
        if (const std::string text = plain(cells[i]); !text.empty()) add(text);
        continue;
      } else if (const auto* quantity = std::get_if<Quantity>(&cells[i])) {
        line_ += quantity->value;
      } else {
        line_ += csv_field(plain(cells[i]));
      }
      line_ += ',';
    }
    line_ += subject_ + csv_field(note) + '\n';
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
  std::string subject_;
  std::string line_;  // the header waits for the first row: a refusal leaves the output empty

  static bool is_note(const Column& column) { return column.key == "note"; }
};

}  // namespace

std::string csv_subject_keys(const Heading& heading) {
  std::string text;
  for (const auto& [key, value] : heading.subject) text += csv_field(key) + ',';
  return text;
}

std::string csv_subject_values(const Heading& heading) {
  std::string text;
  for (const auto& [key, value] : heading.subject) text += csv_field(value) + ',';
  return text;
}

std::unique_ptr<TableWriter> make_csv_writer(std::vector<Column> columns, const Heading& heading, Output& output) {
  return std::make_unique<CsvWriter>(std::move(columns), heading, output);
}

}  // namespace infwidth
