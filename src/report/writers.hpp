// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/report/table.hpp"

namespace infwidth {

/// One writer a format; each stands in its own file.
std::unique_ptr<TableWriter> make_text_writer(std::vector<Column> columns, Heading heading, Output& output);
std::unique_ptr<TableWriter> make_json_writer(std::vector<Column> columns, Output& output);
std::unique_ptr<TableWriter> make_csv_writer(std::vector<Column> columns, const Heading& heading, Output& output);
std::unique_ptr<TableWriter> make_latex_writer(std::vector<Column> columns, Heading heading, Output& output);

/// A cell that is a number or text, as people read it; "" for a matrix. A 0 that is only bounded shows its bound.
std::string plain(const Cell& cell);
/// An estimate, not proven, whose error is larger than itself; it is shown with its error.
bool is_drowned(const Quantity& q);

/// What the cells of a table have in common, for a line below it.
class Pedigree {
 public:
  void take(const Cell& cell);
  /// "proven: ..", "not proven: ..", or both; "" before any quantity with an error.
  std::string summary() const;
  const std::vector<std::string>& reasons() const { return reasons_; }

 private:
  bool any_proven_ = false, any_unproven_ = false;
  std::vector<std::string> methods_, reasons_;
};

}  // namespace infwidth
