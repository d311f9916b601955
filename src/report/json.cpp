// SPDX-License-Identifier: GPL-3.0-or-later
#include <utility>

#include "infwidth/io/json.hpp"
#include "writers.hpp"

namespace infwidth {

namespace {

std::string fields(const Quantity& q) {
  return "\"value\":" + json_string(q.value) + ",\"error\":" + json_string(q.error) + ",\"proven\":" + (q.proven ? "true" : "false") +
         ",\"method\":" + json_string(q.method);
}

struct CellText {
  std::string operator()(const std::string& text) const { return json_string(text); }
  std::string operator()(long count) const { return std::to_string(count); }
  std::string operator()(const Quantity& q) const { return '{' + fields(q) + '}'; }
  std::string operator()(const Missing& m) const { return "{\"value\":null,\"reason\":" + json_string(m.reason) + '}'; }
  std::string operator()(const Matrix& matrix) const {
    std::string r = "[";
    for (const auto& row : matrix) {
      r += r.size() > 1 ? ",[" : "[";
      for (std::size_t j = 0; j < row.size(); ++j) r += (j > 0 ? "," : "") + (*this)(row[j]);
      r += ']';
    }
    return r + ']';
  }
};

/// One object a row and line; neighbouring keys with the same part before the dot share an object.
class JsonWriter : public TableWriter {
 public:
  JsonWriter(std::vector<Column> columns, Output& output) : columns_(std::move(columns)), output_(output) {}

  void row(std::vector<Cell> cells) override {
    std::string line = "{", open;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if ((columns_[i].places & in_json) == 0) continue;
      const std::string& key = columns_[i].key;
      const std::size_t dot = key.find('.');
      const std::string outer = dot == std::string::npos ? "" : key.substr(0, dot);
      if (open != outer && !open.empty()) line += '}';
      if (line.back() != '{') line += ',';
      if (open != outer && !outer.empty()) line += json_string(outer) + ":{";
      open = outer;
      const auto* quantity = std::get_if<Quantity>(&cells[i]);
      if (key.empty() && quantity != nullptr)
        line += fields(*quantity);
      else
        line += json_string(dot == std::string::npos ? key : key.substr(dot + 1)) + ':' + std::visit(CellText{}, cells[i]);
    }
    if (!open.empty()) line += '}';
    output_.write(line + "}\n");
  }
  void end() override {}

 private:
  std::vector<Column> columns_;
  Output& output_;
};

}  // namespace

std::unique_ptr<TableWriter> make_json_writer(std::vector<Column> columns, Output& output) {
  return std::make_unique<JsonWriter>(std::move(columns), output);
}

}  // namespace infwidth
