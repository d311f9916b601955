// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "infwidth/finite/network.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/training/boundary.hpp"

namespace infwidth {

/// Where a network is looked at while it learns.
///   points    count x dimension, row after row
///   axis      of a line: the distance from its first data point, one number a point
///   grid      of a plane: its points by their place in it; the first data point lies at `origin`, the plane's unit vectors are orthonormal
struct Probe {
  enum class Kind { grid, line, plane };
  Kind kind = Kind::grid;
  std::size_t dimension = 0;
  std::vector<double> points, axis;
  PlaneGrid grid;

  std::size_t count() const { return dimension > 0 ? points.size() / dimension : 0; }
  bool is_flat() const { return kind != Kind::line; }
};

/// The square [-window, window]^2 of a task in the plane, side x side points.
Probe grid_probe(double window, std::size_t side);
/// `count` points on the line from a to b, and a tenth of its length beyond both.
///   Errors   UsageError: a = b
Probe line_probe(std::span<const double> a, std::span<const double> b, std::size_t count);
/// side x side points of the plane through a, b and c, about their circumcentre, a quarter beyond their circle.
///   Errors   UsageError: three points on one line
Probe plane_probe(std::span<const double> a, std::span<const double> b, std::span<const double> c, std::size_t side);

/// What is recorded. Distances to the decision boundary are those in the probe's plane.
struct ProbeRequest {
  bool curvature = false, spectrum = false, all_layers = false;
};

/// A network at the points of a probe.
///   log_volume   of each layer that was asked for (the last one alone, or all from the first): count numbers. Where the metric is singular, of the non-zero eigenvalues; -inf if it is 0
///   rank         of the metric, in the same way
///   full_rank    of each layer: that of networks of these widths in general, min(d, n_1, .., n_l). Below it a metric is singular (dead or saturated units)
///   curvature    the Ricci scalar of the last layer, NaN where the metric is singular
///   spectrum     count x d eigenvalues of the last layer's metric, in decreasing order
///   outputs      count x outputs
///   label        the class of the largest output; of one output, whether it is positive
///   margin       the largest output minus the next; of one output its size
///   entropy      of the softmax of the outputs (of one output f: of 1/(1 + exp(-f))), in nats
///   distance     to the nearest point where the class changes; infinite if there is none; empty for a line
struct ProbeRecord {
  std::size_t count = 0, outputs_per_point = 0, dimension = 0;
  std::vector<std::vector<double>> log_volume;
  std::vector<std::vector<int>> rank;
  std::vector<int> full_rank;
  std::vector<double> curvature, spectrum, outputs, margin, entropy, distance;
  std::vector<int> label;
};

/// `network` has a readout, whose outputs are divided by `output_scale`.
///   Errors   as finite_geometry; Stopped, NotReached: the end of the budget
ProbeRecord record(const FiniteNetwork& network, double output_scale, const Probe& probe, const ProbeRequest& request, int threads = 1, const Budget& budget = {});

/// The decision boundaries on a plane: where each class begins, the last one apart (which begins where the others end).
std::vector<Segment> decision_boundary(const ProbeRecord& record, const Probe& probe);

/// A finite number, or why there is none.
struct Statistic {
  std::optional<double> value;
  std::string reason;
};

/// How log-volume goes with distance from a boundary, over the points whose metric is not singular.
///   contrast   mean log-volume nearer than `near`, minus that farther than `far`
///   plain      Spearman's rank correlation with the distance
///   partial    the same given |x|: the volume of a random network falls with |x| by itself
///   entropy    rank correlation of log-volume with the prediction's entropy
///   change     rank correlation with the distance of what log-volume has become more since another record, over the points that are singular in neither
///   singular   how many points are left out of the first four
struct Magnification {
  Statistic contrast, plain, partial, entropy, change;
  std::size_t singular = 0;
};

/// How that is measured.
///   layer    of those recorded, from 0
///   before   the record that `change` is about; null: there is none
struct MagnificationOptions {
  std::size_t layer = 0;
  const ProbeRecord* before = nullptr;
  double near = 0.1, far = 0.4;
};
/// `distance`: of the points to the boundary in question, which need not be that of `record` (before training, it is the one to come).
///   Derivation D-085
Magnification magnification(const ProbeRecord& record, const Probe& probe, std::span<const double> distance, const MagnificationOptions& options = {});

}  // namespace infwidth
