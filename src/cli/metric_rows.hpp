// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "infwidth/geometry/metric.hpp"
#include "quantities.hpp"

namespace infwidth::cli {

/// How the rows of `infwidth metric` are laid out.
struct MetricLayout {
  bool all_layers = false;
  bool matrix = false;  // coordinates are known, few enough
  bool norm = false;    // |x| was asked for, and stands beside |x|^2
};

std::vector<Column> metric_columns(const MetricLayout& layout);

/// One row: `where`, |x|^2 as it is shown and before it |x| where the layout has it, then the numbers of the layer, or its reason in every place.
template <class Real>
std::vector<Cell> metric_cells(const LayerMetric<Real>& layer, int dim, const std::vector<Cell>& where, const MetricLayout& layout, const Printing& print);

/// What the layers of one point say together.
struct PointOutcome {
  bool answered = false, unreached = false;  // some layer is
  std::string reason;                        // of a layer that is not answered
};
template <class Real>
PointOutcome outcome_of(std::span<const LayerMetric<Real>> layers) {
  PointOutcome r;
  for (const LayerMetric<Real>& layer : layers) {
    r.answered = r.answered || layer.outcome == Outcome::answered;
    r.unreached = r.unreached || layer.outcome == Outcome::not_reached;
    if (layer.outcome != Outcome::answered) r.reason = layer.message;
  }
  return r;
}

/// Where the rows go: what exists and what does not, and which exit code that makes.
/// Of many points each is a row; one point alone that has no answer is none, and `finish` throws its reason.
class MetricRows {
 public:
  MetricRows(Answer& answer) : answer_(answer) {}  // NOLINT(google-explicit-constructor)

  /// All layers of one point.
  void point(std::vector<std::vector<Cell>> rows, const PointOutcome& outcome);
  /// A point whose rows go another way.
  void count(const PointOutcome& outcome);
  std::uint64_t points() const { return points_; }
  /// Another point follows, though it may be a bad one: what was held back is a row of many.
  void release();
  int finish(const std::string& command);

 private:
  Answer& answer_;
  std::uint64_t points_ = 0, answered_ = 0, unreached_ = 0;
  std::vector<std::vector<Cell>> held_;  // the first point's rows, while it may be the only one
  std::string held_reason_;
};

/// CSV rows in double precision, 10^6 in about a second: the same text as the table writer's.
class FastCsv {
 public:
  FastCsv(const MetricLayout& layout, const Subject& subject);
  std::string header() const;
  void row(std::string& out, const LayerMetric<double>& layer, int dim, double norm2) const;

 private:
  MetricLayout layout_;
  std::string subject_keys_, subject_;
};

}  // namespace infwidth::cli
