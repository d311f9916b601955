// SPDX-License-Identifier: GPL-3.0-or-later
#include <optional>
#include <utility>

#include "writers.hpp"

namespace infwidth {

namespace {

/// 1.25e-7 becomes 1.25 \times 10^{-7}.
std::string latex_number(const std::string& value) {
  const std::size_t e = value.find('e');
  if (e == std::string::npos) return value;
  const std::string power = "10^{" + value.substr(e + 1) + '}';
  if (value.substr(0, e) == "1") return power;
  return value.substr(0, e) + " \\times " + power;
}

std::string latex_text(const std::string& text) {
  std::string r;
  for (const char c : text) {
    if (c == '\\')
      r += "\\textbackslash{}";
    else if (c == '^' || c == '~')
      r += std::string("\\") + c + "{}";
    else
      r += (std::string("&%$#_{}").find(c) != std::string::npos ? "\\" : "") + std::string(1, c);
  }
  return r;
}

struct CellText {
  std::string operator()(const std::string& text) const { return "\\texttt{" + latex_text(text) + '}'; }
  std::string operator()(long count) const { return '$' + std::to_string(count) + '$'; }
  std::string operator()(const Quantity& q) const {
    const std::string bound = q.value == "0" && q.error != "0" ? "\\ (<" + latex_number(q.error) + ")" : "";
    return '$' + latex_number(q.value) + bound + '$';
  }
  std::string operator()(const Missing&) const { return "---"; }
  std::string operator()(const Matrix&) const { return ""; }
};

/// A text without line ends behind a comment sign.
std::string comment(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return "% " + text + '\n';
}

class LatexWriter : public TableWriter {
 public:
  LatexWriter(std::vector<Column> columns, Heading heading, Output& output)
      : columns_(std::move(columns)), heading_(std::move(heading)), output_(output) {}

  void row(std::vector<Cell> cells) override {
    for (std::size_t i = 0; i < cells.size(); ++i)
      if ((columns_[i].places & (in_table | in_block)) != 0) pedigree_.take(cells[i]);
    if (!first_) {
      first_ = std::move(cells);
      return;
    }
    if (!begun_) begin_table();
    table_row(cells);
  }

  void end() override {
    if (!first_) return;
    if (!begun_) block(*first_);
    output_.write("\\bottomrule\n\\end{tabular}\n");
    const std::string summary = pedigree_.summary();
    if (!summary.empty()) output_.write(comment(summary));
    for (const std::string& reason : pedigree_.reasons()) output_.write(comment("---: " + reason));
  }

 private:
  std::vector<Column> columns_;
  Heading heading_;
  Output& output_;
  std::optional<std::vector<Cell>> first_;
  bool begun_ = false;
  Pedigree pedigree_;

  void begin(const std::string& alignment) {
    begun_ = true;
    if (!heading_.command.empty()) output_.write(comment("Made by: " + heading_.command));
    if (!heading_.caption.empty()) output_.write(comment(heading_.caption));
    output_.write("% Needs \\usepackage{booktabs} in the preamble.\n\\begin{tabular}{" + alignment + "}\n\\toprule\n");
  }

  void begin_table() {
    std::string alignment, titles;
    for (const Column& column : columns_) {
      if ((column.places & in_table) == 0) continue;
      alignment += 'r';
      titles += (titles.empty() ? "$" : " & $") + column.latex + '$';
    }
    begin(alignment);
    output_.write(titles + " \\\\\n\\midrule\n");
    table_row(*first_);
  }

  void table_row(const std::vector<Cell>& cells) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if ((columns_[i].places & in_table) != 0) line += (line.empty() ? "" : " & ") + std::visit(CellText{}, cells[i]);
    output_.write(line + " \\\\\n");
  }

  void block(const std::vector<Cell>& cells) {
    begin("ll");
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if ((columns_[i].places & in_block) == 0 || std::holds_alternative<Matrix>(cells[i])) continue;
      output_.write('$' + columns_[i].latex + "$ & " + std::visit(CellText{}, cells[i]) + " \\\\\n");
    }
  }
};

}  // namespace

std::unique_ptr<TableWriter> make_latex_writer(std::vector<Column> columns, Heading heading, Output& output) {
  return std::make_unique<LatexWriter>(std::move(columns), std::move(heading), output);
}

}  // namespace infwidth
