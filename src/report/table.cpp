// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/report/table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "writers.hpp"

namespace infwidth {

namespace {

constexpr std::size_t most_notes = 12;

void note(std::vector<std::string>& notes, const std::string& text) {
  if (text.empty() || notes.size() >= most_notes || std::find(notes.begin(), notes.end(), text) != notes.end()) return;
  notes.push_back(text);
}

}  // namespace

bool is_drowned(const Quantity& q) { return !q.proven && q.value != "0" && std::strtod(q.error.c_str(), nullptr) > std::abs(std::strtod(q.value.c_str(), nullptr)); }

std::string plain(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* count = std::get_if<long>(&cell)) return std::to_string(*count);
  if (const auto* quantity = std::get_if<Quantity>(&cell))
    return quantity->value == "0" && quantity->error != "0" ? "0 (<" + quantity->error + ")" : quantity->value + (is_drowned(*quantity) ? " (+-" + quantity->error + ")" : "");
  return std::holds_alternative<Missing>(cell) ? "-" : "";
}

void Pedigree::take(const Cell& cell) {
  if (const auto* missing = std::get_if<Missing>(&cell)) note(reasons_, missing->reason);
  const auto* quantity = std::get_if<Quantity>(&cell);
  if (quantity == nullptr || quantity->method.empty()) return;
  (quantity->proven ? any_proven_ : any_unproven_) = true;
  note(methods_, quantity->method);
}

std::string Pedigree::summary() const {
  if (!any_proven_ && !any_unproven_) return "";
  std::string r = any_proven_ && any_unproven_ ? "proven in part" : any_proven_ ? "proven" : "not proven";
  for (std::size_t i = 0; i < methods_.size(); ++i) r += (i == 0 ? ": " : "; ") + methods_[i];
  return r;
}

std::unique_ptr<TableWriter> make_table_writer(Format format, std::vector<Column> columns, Heading heading, Output& output) {
  switch (format) {
    case Format::json: return make_json_writer(std::move(columns), output);
    case Format::csv: return make_csv_writer(std::move(columns), heading, output);
    case Format::latex: return make_latex_writer(std::move(columns), std::move(heading), output);
    case Format::text: break;
  }
  return make_text_writer(std::move(columns), std::move(heading), output);
}

}  // namespace infwidth
