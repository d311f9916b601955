// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>

#include "infwidth/real/text.hpp"
#include "layer_walk.hpp"

namespace infwidth {

namespace {

// Three roundings of 2^-53 for each unit of loss were the most that was measured; so much loss leaves `double_accuracy`.
constexpr double largest_loss = NetworkMetric::double_accuracy / 3 * 0x1p53;

// Of the balls that stand in where more is lost: a double's digits.
constexpr long digits_of_double = 17;

constexpr const char* cure = "; give a smaller input, or leave double precision (--engine ball)";

/// What double precision cannot hold: the lanes where an intermediate variance left its range, and those where it is 0, by underflow or in truth.
struct Lanes {
  std::array<bool, Pack::size> bad{}, zero{};

  void check(const Pack& q) {
    for (int i = 0; i < Pack::size; ++i) {
      bad[static_cast<std::size_t>(i)] |= q[i] != 0 && !std::isnormal(q[i]);
      zero[static_cast<std::size_t>(i)] |= q[i] == 0;
    }
  }
};

double component(const Pack& x, int lane) { return x[lane]; }
double component(const Ball& x, int) { return x.to_double(); }

template <class Real>
void extract(const Value<Real>& from, int lane, Value<double>& to) {
  to.reason = from.reason;
  if (!from.exists()) return;
  to.value = component(from.value, lane);
  to.scale = component(from.scale, lane);
  to.error = NetworkMetric::double_accuracy * std::max(std::abs(to.value), to.scale);
}

/// 0 for a singular metric, else a normal number: an infinity, NaN or rounded-off underflow is not a value.
bool is_sound(const Value<double>& v, bool positive) {
  if (!v.exists()) return true;
  return std::isfinite(v.value) && std::isfinite(v.scale) && (!positive || std::isnormal(v.value));
}

template <class Real>
RadialMetric<double> extracted(const RadialMetric<Real>& from, int lane) {
  RadialMetric<double> m;
  m.dim = from.dim;
  m.norm2 = component(from.norm2, lane);
  extract(from.A, lane, m.A);
  extract(from.B, lane, m.B);
  extract(from.tangential, lane, m.tangential);
  extract(from.radial, lane, m.radial);
  extract(from.volume, lane, m.volume);
  extract(from.log_volume, lane, m.log_volume);
  extract(from.curvature_radial, lane, m.curvature_radial);
  extract(from.curvature_tangential, lane, m.curvature_tangential);
  extract(from.ricci_scalar, lane, m.ricci_scalar);
  const double magnified = 1e-15 * (m.dim - 1);  // sqrt(det g) holds A^((d-1)/2)
  m.volume.error += magnified * m.volume.value;
  m.log_volume.error += magnified;
  return m;
}

/// One lane of a layer in packs, or a layer in balls (lane 0). `in_range`: every variance on the way was a normal double.
template <class Real>
LayerMetric<double> extracted(const LayerMetric<Real>& from, int lane, bool in_range) {
  LayerMetric<double> layer;
  layer.layer = from.layer;
  layer.outcome = from.outcome;
  layer.message = from.message;
  layer.method = from.method;
  layer.evaluations = from.evaluations;
  if (layer.outcome != Outcome::answered) return layer;
  layer.metric = extracted(from.metric, lane);
  RadialMetric<double>& m = layer.metric;
  const bool singular = !m.log_volume.exists();
  if (!singular && !std::isnormal(m.volume.value)) m.volume.reason = "it is beyond the range of a double; its logarithm is not";
  bool sound = in_range && is_sound(m.A, !singular) && is_sound(m.radial, !singular) && is_sound(m.volume, !singular);
  m.for_each([&](const Value<double>& v) { sound = sound && is_sound(v, false); });
  if (!sound) {
    layer.outcome = Outcome::not_reached;
    layer.message = "depth " + std::to_string(layer.layer) + ": a value overflows or underflows double precision" + cure;
  }
  return layer;
}

/// Whether cancellation has taken more digits than `double_accuracy` leaves. (A loss that is not a number is one too.)
bool has_lost_digits(const RadialMetric<Pack>& m, int lane) {
  return !(m.radial_loss[lane] <= largest_loss) || !(m.curvature_loss[lane] <= largest_loss);
}

}  // namespace

std::vector<LayerMetric<double>> NetworkMetric::at_by_double(std::span<const double> norms2, int dim, const MetricOptions& options) const {
  if (dim < 1) throw UsageError("dim: " + std::to_string(dim) + "; give a dimension of 1 or more");
  const LayerWalk walk(*this, dim, options.budget);
  const LayerWalk::Variances<Pack> variances = walk.variances<Pack>();
  const std::size_t layers = options.all_layers ? static_cast<std::size_t>(depth()) : 1;
  std::vector<LayerMetric<double>> results(norms2.size() * layers);

  const auto evaluate = [&](const std::vector<std::size_t>& points) {
    Pack s(norms2[points.front()]);
    for (std::size_t i = 0; i < points.size(); ++i) s[static_cast<int>(i)] = norms2[points[i]];
    std::vector<LayerMetric<Pack>> pass = walk.asked_layers<Pack>(options.all_layers);
    Lanes lanes;
    std::vector<Lanes> lanes_of_layer;
    walk.run(s, variances, pass, [&](int l, const RadialKernel<Pack>& h) -> std::optional<std::string> {
      lanes.check(h.q[0]);
      if (options.all_layers || l == depth()) lanes_of_layer.push_back(lanes);
      return std::nullopt;
    });
    lanes_of_layer.resize(layers, lanes);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const int lane = static_cast<int>(i);
      std::vector<LayerMetric<Ball>> balls;
      for (std::size_t l = 0; l < layers; ++l) {
        LayerMetric<double>& result = results[points[i] * layers + l];
        const bool in_range = !lanes_of_layer[l].bad[i], may_have_underflown = lanes_of_layer[l].zero[i] && s[lane] != 0;
        result = extracted(pass[l], lane, in_range);
        if (!in_range || pass[l].outcome != Outcome::answered || !(may_have_underflown || has_lost_digits(pass[l].metric, lane))) continue;
        if (balls.empty()) {
          MetricOptions exactly = options;
          exactly.digits = digits_of_double;
          balls = at(InputPoint::with_norm2(Rational(norms2[points[i]]), dim), exactly);
        }
        if (balls[l].outcome != Outcome::answered && result.outcome != Outcome::answered) continue;
        result = extracted(balls[l], 0, true);
        result.method += ", in balls: doubles cancel here";
      }
    }
  };

  // The eight lanes share what exists, which at x = 0 may be less: those points go by themselves.
  std::vector<std::size_t> batch, origin;
  for (std::size_t i = 0; i < norms2.size(); ++i) {
    if (!(norms2[i] >= 0) || !std::isfinite(norms2[i])) {
      throw UsageError("norm2: point " + std::to_string(i + 1) + " has " + short_text(norms2[i]) + "; a squared norm is a finite number and not negative");
    }
    std::vector<std::size_t>& kind = norms2[i] == 0 ? origin : batch;
    kind.push_back(i);
    if (kind.size() == Pack::size) {
      evaluate(kind);
      kind.clear();
    }
  }
  if (!batch.empty()) evaluate(batch);
  if (!origin.empty()) evaluate(origin);
  return results;
}

std::vector<LayerMetric<double>> NetworkMetric::at_by_double(const InputPoint& x, const MetricOptions& options) const {
  const double s = constant<double>(x.norm2);
  if (!std::isfinite(s) || (s == 0) != (x.norm2 == 0)) throw NotReached("norm2: beyond the range of a double" + std::string(cure));
  std::vector<LayerMetric<double>> layers = at_by_double(std::span<const double>(&s, 1), x.dim, options);
  if (x.coordinates.empty() || x.coordinates.size() > LayerMetric<double>::largest_matrix) return layers;
  std::vector<double> coordinates;
  for (const Rational& c : x.coordinates) coordinates.push_back(constant<double>(c));
  for (LayerMetric<double>& layer : layers) {
    if (layer.outcome == Outcome::answered) layer.matrix = matrix_by_double(layer.metric, coordinates);
  }
  return layers;
}

double norm2(std::span<const double> x) {
  double sum = 0, rest = 0;  // two-sum and the rounding of each square, carried along
  for (const double c : x) {
    const double square = c * c, next = sum + square, added = next - sum;
    rest += std::fma(c, c, -square) + ((sum - (next - added)) + (square - added));
    sum = next;
  }
  const double corrected = sum + rest;
  return std::isfinite(corrected) ? corrected : sum;
}

std::vector<Value<double>> matrix_by_double(const RadialMetric<double>& metric, std::span<const double> x) {
  std::vector<Value<double>> g = metric_matrix(metric, std::vector<double>(x.begin(), x.end()));
  for (Value<double>& v : g) v.error = NetworkMetric::double_accuracy * std::max(std::abs(v.value), v.scale);
  return g;
}

}  // namespace infwidth
