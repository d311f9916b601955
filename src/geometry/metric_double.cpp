// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

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

constexpr double unit = 0x1p-53;

/// How far roundings have grown, to first order and relative to max(|value|, scale): of q, of its slope in |x|^2, and of a layer's metric (D-053).
struct Growth {
  Pack of_q = Pack(4 * unit), of_slope = Pack(4 * unit), of_metric = Pack(8 * unit);

  /// Through the variance map of a layer: |d log Q/d log q| of q's error goes on; |d log chi/d log q| of it, and what it makes of the derivatives in q, reach the metric.
  void pass(const Pack& q, const VarianceJet<Pack>& jet, bool residual) {
    const bool closed = jet.method == "closed form";
    for (int i = 0; i < Pack::size; ++i) {
      const auto relative = [&](double slope, double value) { return value > 0 ? std::abs(slope / value) : 0; };
      // a sum over panels rounds more, and its arguments x by u |x|: E|x phi phi'| <= sqrt(E[x^2 phi'^2] E[phi^2])
      const double of_argument = closed || jet.chi_order < 0 ? 0 : std::min(1 / unit, std::sqrt(relative(q[i] * jet.chi[i], jet.Q[i])));
      const double of_jet = (closed ? 8 : 16 + 2 * of_argument) * unit;
      const double of_Q = relative(q[i] * jet.dQ[i], jet.Q[i]), of_chi = jet.chi_order >= 1 ? relative(q[i] * jet.dchi[i], jet.chi[i]) : 0;
      double curved = 1 + of_Q;
      if (jet.Q_order >= 2 && jet.chi_order >= 2) curved = std::min(curved, relative(q[i] * q[i] * jet.d2Q[i], jet.Q[i]) + relative(q[i] * q[i] * jet.d2chi[i], jet.chi[i]));
      // dQ/dq may be small beside Q/q, and change fast: what the curvature takes from q' takes that too
      const double of_dQ = jet.Q_order >= 2 ? relative(q[i] * jet.d2Q[i], std::abs(jet.dQ[i])) : 1;
      of_slope[i] += std::min(1 / unit, of_dQ) * of_q[i] + of_jet * (closed ? 1 : 1 + std::min(1 / unit, relative(jet.Q[i], std::abs(q[i] * jet.dQ[i]))));
      of_metric[i] += (of_chi + curved) * of_q[i] + (1 + of_Q + of_chi) * of_jet;
      of_q[i] = (residual ? std::max(1.0, of_Q) : of_Q) * (of_q[i] + 2 * unit) + of_jet;
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
}

void set_error(Value<double>& v, double relative) {
  if (v.exists()) v.error = relative * std::max(std::abs(v.value), v.scale);
}

/// 0 for a singular metric, else a normal number: an infinity, NaN or rounded-off underflow is not a value.
bool is_sound(const Value<double>& v, bool positive) {
  if (!v.exists()) return true;
  return std::isfinite(v.value) && std::isfinite(v.scale) && (!positive || std::isnormal(v.value));
}

/// `growth`, `of_slope`: of the metric's and of q's slope's error, relative.
template <class Real>
RadialMetric<double> extracted(const RadialMetric<Real>& from, int lane, double growth, double of_slope) {
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
  constexpr bool is_ball = std::is_same_v<Real, Ball>;  // which is rounded, and has no more losses
  const double radial = growth + (is_ball ? 0 : 3 * unit * component(from.radial_loss, lane)), curvature = 3 * radial + of_slope + (is_ball ? 0 : 3 * unit * component(from.curvature_loss, lane));
  set_error(m.A, growth);
  set_error(m.tangential, growth);
  set_error(m.B, 2 * radial);
  set_error(m.radial, radial);
  // sqrt(det g) holds A^((d-1)/2) C^(1/2)
  const double of_volume = (growth * (m.dim - 1) + radial) / 2 + 2 * unit;
  set_error(m.volume, of_volume);
  if (m.log_volume.exists()) m.log_volume.error = of_volume + 2 * unit * std::abs(m.log_volume.value);
  set_error(m.curvature_radial, curvature);
  set_error(m.curvature_tangential, curvature);
  set_error(m.ricci_scalar, curvature);
  if (m.ricci_scalar.exists() && m.curvature_radial.exists() && m.curvature_tangential.exists()) {  // what it is a sum of may be greater
    m.ricci_scalar.error = std::max(m.ricci_scalar.error, (m.dim - 1) * (2 * m.curvature_radial.error + (m.dim - 2) * m.curvature_tangential.error));
  }
  return m;
}

/// One lane of a layer in packs, or a layer in balls (lane 0). `in_range`: every variance on the way was a normal double.
template <class Real>
LayerMetric<double> extracted(const LayerMetric<Real>& from, int lane, bool in_range, double growth, double of_slope) {
  LayerMetric<double> layer;
  layer.layer = from.layer;
  layer.outcome = from.outcome;
  layer.message = from.message;
  layer.method = from.method;
  layer.evaluations = from.evaluations;
  if (layer.outcome != Outcome::answered) return layer;
  layer.metric = extracted(from.metric, lane, growth, of_slope);
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
    Growth growth;
    std::vector<Lanes> lanes_of_layer;
    std::vector<Growth> growth_of_layer;
    walk.run(s, variances, pass, [&](int l, const RadialKernel<Pack>& h) -> std::optional<std::string> {
      lanes.check(h.q[0]);
      if (options.all_layers || l == depth()) lanes_of_layer.push_back(lanes);
      return std::nullopt;
    }, [&](int l, const Pack& q, const VarianceJet<Pack>& jet) {
      growth.pass(q, jet, network_.residual.has_value());
      if (options.all_layers || l == depth()) growth_of_layer.push_back(growth);
    });
    lanes_of_layer.resize(layers, lanes);
    growth_of_layer.resize(layers, growth);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const int lane = static_cast<int>(i);
      std::vector<LayerMetric<Ball>> balls;
      for (std::size_t l = 0; l < layers; ++l) {
        LayerMetric<double>& result = results[points[i] * layers + l];
        const bool in_range = !lanes_of_layer[l].bad[i], may_have_underflown = lanes_of_layer[l].zero[i] && s[lane] != 0;
        const double kernels = of_ == MetricOf::ntk ? 2 : 1;
        result = extracted(pass[l], lane, in_range, kernels * growth_of_layer[l].of_metric[lane], kernels * growth_of_layer[l].of_slope[lane]);
        if (!in_range || pass[l].outcome != Outcome::answered || !(may_have_underflown || has_lost_digits(pass[l].metric, lane))) continue;
        if (balls.empty()) {
          MetricOptions exactly = options;
          exactly.digits = digits_of_double;
          balls = at(InputPoint::with_norm2(Rational(norms2[points[i]]), dim), exactly);
        }
        if (balls[l].outcome != Outcome::answered && result.outcome != Outcome::answered) continue;
        result = extracted(balls[l], 0, true, 2 * unit, 0);
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
  const auto relative = [](const Value<double>& v) { return v.value > 0 ? v.error / v.value : 0; };
  const double error = std::max(relative(metric.A), relative(metric.radial)) + 4 * unit, of_B = metric.B.exists() ? metric.B.error : 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) {
      Value<double>& v = g[i * x.size() + j];
      v.error = i == j ? error * v.value : of_B * std::abs(x[i] * x[j]) + 4 * unit * std::abs(v.value);
    }
  }
  return g;
}

}  // namespace infwidth
