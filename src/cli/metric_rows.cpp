// SPDX-License-Identifier: GPL-3.0-or-later
#include "metric_rows.hpp"

#include <charconv>

#include "infwidth/real/errors.hpp"

namespace infwidth::cli {

namespace {

/// The quantities of a metric, in the order of their columns.
struct MetricColumn {
  Column column;
  Value<double> RadialMetric<double>::* in_double;
  Value<Ball> RadialMetric<Ball>::* in_balls;
  Value<Digits> RadialMetric<Digits>::* in_digits;
};

#define INFWIDTH_MEMBERS(name) &RadialMetric<double>::name, &RadialMetric<Ball>::name, &RadialMetric<Digits>::name
const std::vector<MetricColumn>& quantities() {
  static const std::vector<MetricColumn> all = {
      {{"A", "A", "A"}, INFWIDTH_MEMBERS(A)},
      {{"B", "B", "B"}, INFWIDTH_MEMBERS(B)},
      // The same number as A: not a second time where room is short.
      {{"eigenvalues.tangential", "tangential eigenvalue", "\\lambda_\\perp", in_json | in_csv | in_block}, INFWIDTH_MEMBERS(tangential)},
      {{"eigenvalues.radial", "radial eigenvalue", "\\lambda_\\parallel"}, INFWIDTH_MEMBERS(radial)},
      {{"volume_element", "volume element", "\\sqrt{\\det g}"}, INFWIDTH_MEMBERS(volume)},
      {{"log_volume_element", "log volume element", "\\log\\sqrt{\\det g}"}, INFWIDTH_MEMBERS(log_volume)},
      {{"curvature.radial", "radial curvature", "\\kappa_\\parallel"}, INFWIDTH_MEMBERS(curvature_radial)},
      {{"curvature.tangential", "tangential curvature", "\\kappa_\\perp"}, INFWIDTH_MEMBERS(curvature_tangential)},
      {{"curvature.ricci_scalar", "Ricci scalar", "R"}, INFWIDTH_MEMBERS(ricci_scalar)}};
  return all;
}
#undef INFWIDTH_MEMBERS

const Value<double>& value_of(const RadialMetric<double>& m, const MetricColumn& c) { return m.*c.in_double; }
const Value<Ball>& value_of(const RadialMetric<Ball>& m, const MetricColumn& c) { return m.*c.in_balls; }
const Value<Digits>& value_of(const RadialMetric<Digits>& m, const MetricColumn& c) { return m.*c.in_digits; }

Quantity text_of(const Value<double>& v, const LayerMetric<double>& layer, const Printing& print) { return quantity(v.value, v.error, layer.method, print); }
Quantity text_of(const Value<Ball>& v, const LayerMetric<Ball>& layer, const Printing& print) { return quantity(v.value, layer.proven, layer.method, print); }
Quantity text_of(const Value<Digits>& v, const LayerMetric<Digits>& layer, const Printing& print) {
  return quantity(v.value, v.error, layer.method, print);
}

}  // namespace

std::vector<Column> metric_columns(const MetricLayout& layout) {
  std::vector<Column> columns;
  if (layout.all_layers) columns.push_back({"layer", "layer", "\\ell", everywhere, true});
  if (layout.norm) columns.push_back({"norm", "|x|", "|x|", everywhere, true});
  columns.push_back({"norm2", "|x|^2", "|x|^2", layout.norm ? in_json | in_csv : everywhere, !layout.norm});
  columns.push_back({"dim", "d", "d", in_json | in_csv});
  for (const MetricColumn& c : quantities()) columns.push_back(c.column);
  if (layout.matrix) columns.push_back({"metric", "metric", "g", in_json | in_block});
  columns.push_back({"digits", "digits", "N", in_json});
  return columns;
}

template <class Real>
std::vector<Cell> metric_cells(const LayerMetric<Real>& layer, int dim, const std::vector<Cell>& where, const MetricLayout& layout, const Printing& print) {
  std::vector<Cell> cells;
  if (layout.all_layers) cells.emplace_back(static_cast<long>(layer.layer));
  cells.insert(cells.end(), where.begin(), where.end());
  cells.emplace_back(static_cast<long>(dim));
  const bool there = layer.outcome == Outcome::answered;
  for (const MetricColumn& c : quantities()) {
    const auto& v = value_of(layer.metric, c);
    const std::string& reason = there ? v.reason : layer.message;
    cells.push_back(reason.empty() ? Cell(text_of(v, layer, print)) : Cell(Missing{reason}));
  }
  if (layout.matrix && there) {
    const auto d = static_cast<std::size_t>(dim);
    Matrix matrix(d);
    for (std::size_t i = 0; i < layer.matrix.size(); ++i) matrix[i / d].push_back(text_of(layer.matrix[i], layer, print));
    cells.emplace_back(std::move(matrix));
  } else if (layout.matrix) {
    cells.emplace_back(Missing{layer.message});
  }
  cells.emplace_back(print.digits);
  return cells;
}

template std::vector<Cell> metric_cells(const LayerMetric<double>&, int, const std::vector<Cell>&, const MetricLayout&, const Printing&);
template std::vector<Cell> metric_cells(const LayerMetric<Ball>&, int, const std::vector<Cell>&, const MetricLayout&, const Printing&);
template std::vector<Cell> metric_cells(const LayerMetric<Digits>&, int, const std::vector<Cell>&, const MetricLayout&, const Printing&);

void MetricRows::release() {
  for (std::vector<Cell>& row : held_) answer_.row(std::move(row));
  held_.clear();
}

void MetricRows::point(std::vector<std::vector<Cell>> rows, const PointOutcome& outcome) {
  count(outcome);
  if (points_ > 1) release();
  if (points_ == 1 && !outcome.answered) {
    held_ = std::move(rows);
    held_reason_ = outcome.reason;
    return;
  }
  for (std::vector<Cell>& row : rows) answer_.row(std::move(row));
}

void MetricRows::count(const PointOutcome& outcome) {
  ++points_;
  if (outcome.answered) ++answered_;
  if (outcome.unreached) ++unreached_;
}

int MetricRows::finish(const std::string& command) {
  const bool alone = points_ == 1;
  if (alone && answered_ == 0) {
    if (unreached_ > 0) throw NotReached(held_reason_);
    throw NoSuchQuantity(held_reason_);
  }
  release();
  const std::string of = " of " + std::to_string(points_) + " points";
  if (unreached_ > 0 && !alone) {
    complain(command, std::to_string(unreached_) + of + (unreached_ == 1 ? " was" : " were") + " not reached; each row says why");
    return not_reached;
  }
  if (unreached_ > 0) {
    complain(command, "not every layer was reached; each row says why");
    return not_reached;
  }
  if (answered_ > 0) return answered;
  complain(command, "none" + of + " has a metric; each row says why");
  return no_such_quantity;
}

FastCsv::FastCsv(const MetricLayout& layout, const Subject& subject) : layout_(layout) {
  Heading heading;
  heading.subject = subject;
  subject_keys_ = csv_subject_keys(heading);
  subject_ = csv_subject_values(heading);
}

std::string FastCsv::header() const {
  std::string line;
  for (const Column& column : metric_columns(layout_))
    if ((column.places & in_csv) != 0) line += column.key + ',';
  return line + subject_keys_ + "note\n";
}

void FastCsv::row(std::string& out, const LayerMetric<double>& layer, int dim, double norm2) const {
  char number[longest_double_text];
  const auto put = [&](double x) {
    out.append(number, write_double(number, x));
    out += ',';
  };
  const auto put_count = [&](int n) {
    out.append(number, std::to_chars(number, number + sizeof number, n).ptr);
    out += ',';
  };
  if (layout_.all_layers) put_count(layer.layer);
  put(norm2);
  put_count(dim);
  std::string note;
  for (const MetricColumn& c : quantities()) {
    const Value<double>& v = value_of(layer.metric, c);
    const std::string& reason = layer.outcome == Outcome::answered ? v.reason : layer.message;
    if (reason.empty()) {
      put(v.value);
      continue;
    }
    out += ',';
    if (note.find(reason) == std::string::npos) note += (note.empty() ? "" : "; ") + reason;
  }
  out += subject_;
  if (!note.empty()) {
    for (std::size_t at = 0; (at = note.find('"', at)) != std::string::npos; at += 2) note.insert(at, 1, '"');
    out += '"' + note + '"';
  }
  out += '\n';
}

}  // namespace infwidth::cli
