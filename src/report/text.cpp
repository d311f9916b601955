// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <utility>

#include "writers.hpp"

namespace infwidth {

namespace {

constexpr std::size_t rows_a_block = 50;      // widths come from so many rows; the memory is theirs
constexpr std::size_t widest_number = 45;     // more digits are read in blocks, not in columns
constexpr std::size_t between_columns = 3;

/// Characters, not bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}
std::string spaces(std::size_t count) { return std::string(count, ' '); }
std::string padded(const std::string& text, std::size_t to) { return text + spaces(to - std::min(to, width(text))); }

/// Pads numbers to a common decimal point, then all to a common width.
void align(std::vector<std::string>& cells, bool numbers = true) {
  const auto before_point = [&](const std::string& cell) { return numbers ? std::min(cell.find_first_of(".e "), cell.size()) : 0; };
  std::size_t before = 0, widest = 0;
  for (const std::string& cell : cells) before = std::max(before, before_point(cell));
  for (std::string& cell : cells) {
    cell = spaces(before - before_point(cell)) + cell;
    widest = std::max(widest, width(cell));
  }
  for (std::string& cell : cells) cell = padded(cell, widest);
}

void trim_end(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

class TextWriter : public TableWriter {
 public:
  TextWriter(std::vector<Column> columns, Heading heading, Output& output)
      : columns_(std::move(columns)), heading_(std::move(heading)), output_(output) {}

  void row(std::vector<Cell> cells) override {
    for (std::size_t i = 0; i < cells.size(); ++i)
      if ((columns_[i].places & (in_table | in_block)) != 0) pedigree_.take(cells[i]);
    rows_.push_back(std::move(cells));
    if (rows_.size() == rows_a_block) flush();
  }

  void end() override {
    if (rows_.empty() && !begun_) return;
    if (!begun_ && rows_.size() == 1) blocks_ = true;
    flush();
    const std::string summary = pedigree_.summary();
    if (!summary.empty()) output_.write("\n" + summary + "\n");
    if (blocks_) return;
    for (const std::string& reason : pedigree_.reasons()) output_.write("-  " + reason + "\n");
  }

 private:
  std::vector<Column> columns_;
  Heading heading_;
  Output& output_;
  std::vector<std::vector<Cell>> rows_;
  bool begun_ = false, blocks_ = false, written_ = false;
  Pedigree pedigree_;

  bool shows(std::size_t column, unsigned place) const { return (columns_[column].places & place) != 0; }

  void flush() {
    if (rows_.empty()) return;
    if (!begun_) {
      written_ = !heading_.caption.empty();
      if (written_) output_.write(heading_.caption + "\n");
      for (std::size_t i = 0; i < columns_.size(); ++i)
        for (const auto& row : rows_)
          blocks_ = blocks_ || (shows(i, in_table) && std::holds_alternative<Quantity>(row[i]) && plain(row[i]).size() > widest_number);
      begun_ = true;
    }
    if (blocks_)
      for (const auto& row : rows_) block(row);
    else
      table();
    rows_.clear();
  }

  /// An empty line, but not at the top.
  void gap() {
    if (written_) output_.write("\n");
    written_ = true;
  }

  void block(const std::vector<Cell>& row) {
    std::string head;
    std::size_t titles = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!shows(i, in_block)) continue;
      if (columns_[i].index)
        head += (head.empty() ? "" : ", ") + columns_[i].title + " = " + plain(row[i]);
      else
        titles = std::max(titles, width(columns_[i].title));
    }
    gap();
    if (!head.empty()) output_.write(head + "\n");
    // Digits stand below digits: a number without a sign leaves its place free.
    std::vector<std::string> cells;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto* missing = std::get_if<Missing>(&row[i]);
      const std::string cell = missing != nullptr ? "none: " + missing->reason : plain(row[i]);
      cells.push_back(cell.starts_with('-') ? cell : ' ' + cell);
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!shows(i, in_block) || columns_[i].index) continue;
      if (const auto* matrix = std::get_if<Matrix>(&row[i]))
        print(*matrix, columns_[i].title);
      else
        output_.write("  " + padded(columns_[i].title, titles + between_columns - 1) + cells[i] + "\n");
    }
  }

  void print(const Matrix& matrix, const std::string& title) {
    output_.write("  " + title + "\n");
    std::vector<std::string> lines(matrix.size(), spaces(3));
    for (std::size_t j = 0; j < matrix.size(); ++j) {
      std::vector<std::string> column;
      for (const auto& row : matrix) column.push_back(plain(Cell(row[j])));
      align(column);
      for (std::size_t i = 0; i < lines.size(); ++i) lines[i] += spaces(j == 0 ? 1 : between_columns) + column[i];
    }
    for (std::string& line : lines) {
      trim_end(line);
      output_.write(line + "\n");
    }
  }

  void table() {
    std::vector<std::size_t> index, rest;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (shows(i, in_table)) (columns_[i].index ? index : rest).push_back(i);
    // Each column with its title, at its width.
    std::vector<std::vector<std::string>> texts(columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!shows(i, in_table)) continue;
      bool numbers = true;
      for (const auto& row : rows_) {
        texts[i].push_back(plain(row[i]));
        numbers = numbers && !std::holds_alternative<std::string>(row[i]);
      }
      align(texts[i], numbers);
      const std::size_t widest = std::max(width(texts[i].front()), width(columns_[i].title));
      texts[i].insert(texts[i].begin(), columns_[i].title);
      for (std::string& text : texts[i]) text = padded(text, widest);
    }
    const auto room = [&](std::size_t i) { return between_columns + width(texts[i].front()); };
    std::size_t index_width = 0;
    for (const std::size_t i : index) index_width += room(i);
    for (std::size_t from = 0; from < rest.size();) {
      std::vector<std::size_t> part = index;
      std::size_t used = index_width;
      while (from < rest.size() && (part.size() == index.size() || used + room(rest[from]) <= heading_.width + between_columns)) {
        used += room(rest[from]);
        part.push_back(rest[from++]);
      }
      print_part(texts, part);
    }
  }

  void print_part(const std::vector<std::vector<std::string>>& texts, const std::vector<std::size_t>& part) {
    gap();
    for (std::size_t line = 0; line <= rows_.size(); ++line) {
      std::string text, rule;
      for (const std::size_t i : part) {
        text += (text.empty() ? "" : spaces(between_columns)) + texts[i][line];
        rule += (rule.empty() ? "" : spaces(between_columns)) + std::string(width(texts[i][line]), '-');
      }
      trim_end(text);
      output_.write(text + "\n");
      if (line == 0) output_.write(rule + "\n");
    }
  }
};

}  // namespace

std::unique_ptr<TableWriter> make_text_writer(std::vector<Column> columns, Heading heading, Output& output) {
  return std::make_unique<TextWriter>(std::move(columns), std::move(heading), output);
}

}  // namespace infwidth
