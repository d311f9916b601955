// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>
#include <utility>

#include "infwidth/expression/latex_width.hpp"
#include "latex_cells.hpp"
#include "writers.hpp"

namespace infwidth {

namespace {

using namespace detail;

constexpr double between = 12;         // twice \tabcolsep
constexpr double widest_text = 150;    // of a column of text, in points
constexpr double widest_index = 100;   // of one that is repeated in every part of a table
constexpr std::size_t most_rows = 36;  // of a table: the height of a page
constexpr int most_floats = 10;        // that LaTeX is asked to keep before a page of them

/// A text without line ends behind a comment sign.
std::string comment(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return "% " + text + '\n';
}

/// "tab:metric" of "infwidth metric --activation erf": what \ref calls the table.
std::string label_of(const std::string& command) {
  std::istringstream words(command);
  std::string word, label;
  for (int k = 0; k < 3 && words >> word; ++k) {
    const bool plain_word = std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
    if (word[0] == '-' || !plain_word) break;
    if (k > 0) label += (label.empty() ? "" : "-") + word;
  }
  return label.empty() ? label : "tab:" + label;
}

/// Tables of the width of a page; a row too wide for it, or one alone, is a block of lines.
class LatexWriter : public TableWriter {
 public:
  LatexWriter(std::vector<Column> columns, Heading heading, Output& output)
      : columns_(std::move(columns)), heading_(std::move(heading)), output_(output), label_(label_of(heading_.command)) {}

  void row(std::vector<Cell> cells) override {
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (shows(i, in_table | in_block)) pedigree_.take(cells[i]);
    rows_.push_back(std::move(cells));
    // The last row of all is not to stand alone in a table of its own.
    if (rows_.size() == most_rows + 1) flush(most_rows);
  }

  void end() override {
    if (rows_.empty() && !begun_) return;
    if (!begun_ && rows_.size() == 1) blocks_ = true;
    flush(rows_.size());
    const std::string summary = pedigree_.summary();
    if (!summary.empty()) output_.write(comment(summary));
    for (const std::string& reason : pedigree_.reasons()) output_.write(comment("---: " + reason));
  }

 private:
  std::vector<Column> columns_;
  Heading heading_;
  Output& output_;
  std::string label_;
  std::vector<std::vector<Cell>> rows_;
  bool begun_ = false;
  std::optional<bool> blocks_;
  int floats_ = 0;
  Pedigree pedigree_;

  bool shows(std::size_t column, unsigned places) const { return (columns_[column].places & places) != 0; }

  void flush(std::size_t count) {
    if (count == 0) return;
    if (!begun_) {
      if (!heading_.command.empty()) output_.write(comment("Made by: " + heading_.command));
      output_.write("% Needs \\usepackage{booktabs} in the preamble.\n");
      begun_ = true;
    }
    if (!blocks_) blocks_ = is_too_wide(count);
    if (*blocks_)
      for (std::size_t k = 0; k < count; ++k) block(rows_[k]);
    else
      table(count);
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  // ---- the environment ----

  void begin_float() {
    if (floats_ > 0 && floats_ % most_floats == 0) output_.write("\\clearpage\n");
    output_.write("\\begin{table}[htbp]\n\\centering\n");
    const bool first = floats_++ == 0;
    if (!heading_.caption.empty())
      output_.write("\\caption{" + breakable_latex_text(heading_.caption) + (first ? "" : " (continued)") + "}\n");
    if (!heading_.caption.empty() && first && !label_.empty()) output_.write("\\label{" + label_ + "}\n");
  }
  void end_float() { output_.write("\\end{table}\n"); }

  // ---- rows as columns side by side ----

  double room_of(std::size_t column) const { return columns_[column].index ? widest_index : widest_text; }

  double width_of(std::size_t column, std::size_t count) const {
    double width = text_width(latex_title(columns_[column]));
    for (std::size_t k = 0; k < count; ++k) width = std::max(width, latex_cell(rows_[k][column], room_of(column)).width);
    return width + between;
  }

  bool is_too_wide(std::size_t count) const {
    double index = 0, widest = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!shows(i, in_table)) continue;
      if (columns_[i].index)
        index += width_of(i, count);
      else
        widest = std::max(widest, width_of(i, count));
    }
    return index + widest > latex_line;
  }

  /// The columns of each part: those of the index, and as many of the others as fit beside them.
  std::vector<std::vector<std::size_t>> parts(std::size_t count) const {
    std::vector<std::size_t> index, rest;
    double index_width = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!shows(i, in_table)) continue;
      (columns_[i].index ? index : rest).push_back(i);
      if (columns_[i].index) index_width += width_of(i, count);
    }
    std::vector<std::vector<std::size_t>> all;
    double used = latex_line + 1;
    for (const std::size_t i : rest) {
      const double width = width_of(i, count);
      if (all.empty() || used + width > latex_line) {
        all.push_back(index);
        used = index_width;
      }
      all.back().push_back(i);
      used += width;
    }
    if (all.empty()) all.push_back(index);
    return all;
  }

  void table(std::size_t count) {
    const std::vector<std::vector<std::size_t>> all = parts(count);
    const auto lines_of = [&](std::size_t row) {
      std::size_t lines = 0;
      for (const auto& part : all) {
        int highest = 1;
        for (const std::size_t i : part) highest = std::max(highest, latex_cell(rows_[row][i], room_of(i)).lines);
        lines += static_cast<std::size_t>(highest);
      }
      return lines;
    };
    for (std::size_t from = 0; from < count;) {
      std::size_t to = from, lines = 3 * all.size();
      while (to < count && (to == from || lines + lines_of(to) <= most_rows + 3)) lines += lines_of(to++);
      begin_float();
      for (std::size_t p = 0; p < all.size(); ++p) {
        if (p > 0) output_.write("\n\\medskip\n");
        tabular(all[p], from, to);
      }
      end_float();
      from = to;
    }
  }

  void tabular(const std::vector<std::size_t>& part, std::size_t from, std::size_t to) {
    std::string alignment, titles;
    for (const std::size_t i : part) {
      bool text = true;
      for (std::size_t k = from; k < to; ++k)
        text = text && (std::holds_alternative<std::string>(rows_[k][i]) || std::holds_alternative<Missing>(rows_[k][i]));
      alignment += text ? 'l' : 'r';
      titles += (titles.empty() ? "" : " & ") + latex_title(columns_[i]);
    }
    output_.write("\\begin{tabular}{" + alignment + "}\n\\toprule\n" + titles + " \\\\\n\\midrule\n");
    for (std::size_t k = from; k < to; ++k) {
      std::string line;
      for (const std::size_t i : part) line += (line.empty() ? "" : " & ") + latex_cell(rows_[k][i], room_of(i)).source;
      output_.write(line + " \\\\\n");
    }
    output_.write("\\bottomrule\n\\end{tabular}\n");
  }

  // ---- one row, a line a column ----

  void block(const std::vector<Cell>& cells) {
    double titles = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (shows(i, in_block)) titles = std::max(titles, text_width(latex_title(columns_[i])));
    const double room = latex_line - titles - 2 * between;
    begin_float();
    output_.write("\\begin{tabular}{ll}\n\\toprule\n");
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!shows(i, in_block) || std::holds_alternative<Matrix>(cells[i])) continue;
      const auto* const quantity = std::get_if<Quantity>(&cells[i]);
      std::string title = latex_title(columns_[i]);
      for (const std::string& line :
           quantity != nullptr ? latex_number_lines(*quantity, room) : std::vector<std::string>{latex_cell(cells[i], room).source}) {
        output_.write(title + " & " + line + " \\\\\n");
        title.clear();
      }
    }
    output_.write("\\bottomrule\n\\end{tabular}\n");
    end_float();
  }
};

}  // namespace

std::unique_ptr<TableWriter> make_latex_writer(std::vector<Column> columns, Heading heading, Output& output) {
  return std::make_unique<LatexWriter>(std::move(columns), std::move(heading), output);
}

}  // namespace infwidth
