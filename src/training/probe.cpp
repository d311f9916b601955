// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/probe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/finite/geometry.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/matrix_product.hpp"
#include "infwidth/real/text.hpp"
#include "infwidth/validation/rank_correlation.hpp"

namespace infwidth {

namespace {

using Vector = std::vector<double>;

Vector difference(std::span<const double> a, std::span<const double> b) {
  Vector r(a.begin(), a.end());
  for (std::size_t k = 0; k < r.size(); ++k) r[k] -= b[k];
  return r;
}

double dot(std::span<const double> a, std::span<const double> b) {
  double s = 0;
  for (std::size_t k = 0; k < a.size(); ++k) s += a[k] * b[k];
  return s;
}

/// Output k minus the largest of the others: positive where the class is k. Of one output, itself.
double lead(const double* outputs, std::size_t count, std::size_t k) {
  if (count == 1) return outputs[0];
  double other = -std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < count; ++j) {
    if (j != k) other = std::max(other, outputs[j]);
  }
  return outputs[k] - other;
}

double entropy_of(const double* outputs, std::size_t count) {
  const double pair[2] = {0, outputs[0]};
  const double* const f = count == 1 ? pair : outputs;
  const std::size_t classes = std::max<std::size_t>(count, 2);
  const double largest = *std::max_element(f, f + classes);
  double sum = 0, weighted = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    const double e = std::exp(f[k] - largest);
    sum += e;
    weighted += e * (f[k] - largest);
  }
  return std::log(sum) - weighted / sum;
}

}  // namespace

Probe grid_probe(double window, std::size_t side) {
  Probe probe;
  probe.dimension = 2;
  probe.grid = {side, window};
  probe.points = probe.grid.coordinates();
  return probe;
}

Probe line_probe(std::span<const double> a, std::span<const double> b, std::size_t count) {
  const Vector along = difference(b, a);
  const double length = std::sqrt(dot(along, along));
  if (!(length > 0)) throw UsageError("the two points of a line are equal; take others");
  Probe probe;
  probe.kind = Probe::Kind::line;
  probe.dimension = a.size();
  for (std::size_t k = 0; k < count; ++k) {
    const double t = -0.1 + 1.2 * (count > 1 ? static_cast<double>(k) / static_cast<double>(count - 1) : 0.5);
    probe.axis.push_back(t * length);
    for (std::size_t i = 0; i < a.size(); ++i) probe.points.push_back(a[i] + t * along[i]);
  }
  return probe;
}

Probe plane_probe(std::span<const double> a, std::span<const double> b, std::span<const double> c, std::size_t side) {
  Vector u = difference(b, a), v = difference(c, a);
  const double ub = std::sqrt(dot(u, u));
  if (!(ub > 0)) throw UsageError("two of the three points of a plane are equal; take others");
  for (double& e : u) e /= ub;
  const double vu = dot(v, u), whole = std::sqrt(dot(v, v));
  for (std::size_t k = 0; k < v.size(); ++k) v[k] -= vu * u[k];
  const double vv = std::sqrt(dot(v, v));
  if (!(vv > 1e-9 * whole)) throw UsageError("the three points of a plane lie on one line; take others");
  for (double& e : v) e /= vv;
  // The circle through (0, 0), (ub, 0), (vu, vv).
  const double x = ub / 2, y = (vu * vu + vv * vv - ub * vu) / (2 * vv);
  Probe probe;
  probe.kind = Probe::Kind::plane;
  probe.dimension = a.size();
  probe.grid = {side, 1.25 * std::hypot(x, y)};
  for (std::size_t r = 0; r < side; ++r) {
    for (std::size_t col = 0; col < side; ++col) {
      const double p = x + probe.grid.coordinate(col), q = y + probe.grid.coordinate(r);
      for (std::size_t i = 0; i < a.size(); ++i) probe.points.push_back(a[i] + p * u[i] + q * v[i]);
    }
  }
  return probe;
}

ProbeRecord record(const FiniteNetwork& network, double output_scale, const Probe& probe, const ProbeRequest& request, int threads, const Budget& budget) {
  if (!network.has_readout()) throw UsageError("a network without a readout decides nothing; give it one");
  const MatrixView points{probe.points.data(), probe.count(), probe.dimension};
  const std::size_t depth = network.depth();
  ProbeRecord r;
  r.count = probe.count();
  r.dimension = probe.dimension;
  std::size_t full = probe.dimension;
  for (std::size_t l = 0; l + 1 < depth && !request.all_layers; ++l) full = std::min(full, network.layers[l].outputs);
  for (std::size_t layers = request.all_layers ? 1 : depth; layers <= depth; ++layers) {
    const bool last = layers == depth;
    const FiniteRequest wanted{.metric = false, .volume = true, .spectrum = last && request.spectrum, .curvature = last && request.curvature, .features = last};
    FiniteGeometry g = finite_geometry(network, points, wanted, threads, budget, layers);
    r.log_volume.push_back(std::move(g.log_volume));
    r.rank.push_back(std::move(g.rank));
    full = std::min(full, network.layers[layers - 1].outputs);
    r.full_rank.push_back(static_cast<int>(full));
    if (!last) continue;
    r.curvature = std::move(g.ricci);
    r.spectrum = std::move(g.spectrum);
    const DenseLayer& readout = network.layers.back();
    r.outputs_per_point = readout.outputs;
    r.outputs.resize(r.count * readout.outputs);
    multiply_by_transpose({g.features.data(), r.count, g.width}, {readout.weights.data(), readout.outputs, readout.inputs}, r.outputs.data());
    for (std::size_t k = 0; k < r.outputs.size(); ++k) r.outputs[k] = (r.outputs[k] + readout.biases[k % readout.outputs]) / output_scale;
  }
  for (std::size_t p = 0; p < r.count; ++p) {
    const double* const f = r.outputs.data() + p * r.outputs_per_point;
    const std::size_t best = static_cast<std::size_t>(std::max_element(f, f + r.outputs_per_point) - f);
    r.label.push_back(r.outputs_per_point == 1 ? (f[0] > 0 ? 1 : 0) : static_cast<int>(best));
    r.margin.push_back(std::abs(lead(f, r.outputs_per_point, best)));
    r.entropy.push_back(entropy_of(f, r.outputs_per_point));
  }
  if (probe.is_flat()) r.distance = distances(probe.grid.coordinates(), decision_boundary(r, probe), budget);
  return r;
}

std::vector<Segment> decision_boundary(const ProbeRecord& record, const Probe& probe) {
  std::vector<Segment> lines;
  if (!probe.is_flat()) return lines;
  const std::size_t outputs = record.outputs_per_point, fields = outputs == 1 ? 1 : outputs - 1;
  std::vector<double> field(record.count);
  for (std::size_t k = 0; k < fields; ++k) {
    for (std::size_t p = 0; p < record.count; ++p) field[p] = lead(record.outputs.data() + p * outputs, outputs, k);
    const std::vector<Segment> of_class = zero_lines(field, probe.grid);
    lines.insert(lines.end(), of_class.begin(), of_class.end());
  }
  return lines;
}

namespace {

/// Is the volume at point p one to compare with others?
bool is_regular(const ProbeRecord& record, std::size_t layer, std::size_t p) {
  const bool full = layer >= record.rank.size() || record.rank[layer][p] >= record.full_rank[layer];
  return full && std::isfinite(record.log_volume[layer][p]);
}

/// Of what `correlation` gives for columns of numbers, of which none is NaN.
template <class Correlation, class... Columns>
Statistic statistic(Correlation correlation, const char* why_none, const Vector& first, const Columns&... others) {
  if (first.size() < 3) return {std::nullopt, "fewer than three points have a metric that is not singular"};
  const double value = correlation(first, others...);
  if (std::isfinite(value)) return {value, ""};
  return {std::nullopt, why_none};
}

constexpr const char* constant_side = "log-volume, or what it is compared with, is the same at all points";

}  // namespace

Magnification magnification(const ProbeRecord& record, const Probe& probe, std::span<const double> distance, const MagnificationOptions& options) {
  const std::size_t layer = options.layer;
  Vector volume, away, norm, of_entropy, entropy, change, away_of_change;
  double near_sum = 0, far_sum = 0;
  std::size_t near_count = 0, far_count = 0;
  Magnification m;
  for (std::size_t p = 0; p < record.count; ++p) {
    if (!is_regular(record, layer, p)) {
      ++m.singular;
      continue;
    }
    const double v = record.log_volume[layer][p];
    if (std::isfinite(record.entropy[p])) {
      of_entropy.push_back(v);
      entropy.push_back(record.entropy[p]);
    }
    if (!std::isfinite(distance[p])) continue;
    const std::span<const double> x{probe.points.data() + p * probe.dimension, probe.dimension};
    volume.push_back(v);
    away.push_back(distance[p]);
    norm.push_back(std::sqrt(dot(x, x)));
    if (distance[p] < options.near) near_sum += v, ++near_count;
    if (distance[p] > options.far) far_sum += v, ++far_count;
    if (options.before == nullptr || !is_regular(*options.before, layer, p)) continue;
    change.push_back(v - options.before->log_volume[layer][p]);
    away_of_change.push_back(distance[p]);
  }
  m.entropy = statistic([](const Vector& v, const Vector& e) { return rank_correlation(v, e); }, constant_side, of_entropy, entropy);
  if (std::none_of(distance.begin(), distance.end(), [](double d) { return std::isfinite(d); })) {
    m.contrast = m.plain = m.partial = m.change = {std::nullopt, "there is no decision boundary where the network is looked at: it has not learned one there"};
    return m;
  }
  if (near_count > 0 && far_count > 0) {
    m.contrast.value = near_sum / static_cast<double>(near_count) - far_sum / static_cast<double>(far_count);
  } else if (volume.empty()) {
    m.contrast.reason = "the metric is singular at every point";
  } else {
    m.contrast.reason = "no points are nearer to the decision boundary than " + short_text(options.near) + ", or none farther than " + short_text(options.far) + "; take a finer grid or a larger window";
  }
  const auto with_distance = [](const Vector& v, const Vector& d) { return rank_correlation(v, d); };
  m.plain = statistic(with_distance, constant_side, volume, away);
  m.partial = statistic([](const Vector& v, const Vector& d, const Vector& n) { return partial_rank_correlation(v, d, n); }, "|x| decides log-volume, or the distance, at all points", volume, away, norm);
  m.change = options.before == nullptr ? Statistic{std::nullopt, "the first record"} : statistic(with_distance, constant_side, change, away_of_change);
  return m;
}

}  // namespace infwidth
