// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "infwidth/real/refine.hpp"
#include "layer_walk.hpp"

namespace infwidth {

namespace {

// 10^6 decimal digits: 10^6 log2(10) = 3321928.09..
constexpr long largest_exponent = 3321928;

/// Whether the decimal exponent of x is proven to be beyond 10^6 in absolute value.
bool is_out_of_range(const Ball& x) {
  if (!x.is_finite() || x.contains_zero()) return false;
  return log2_magnitude(x.mignitude()) > largest_exponent || log2_magnitude(x) < -largest_exponent;
}

class Goal {
 public:
  explicit Goal(long digits) : digits_(digits), relative_(pow(Ball(10), -digits)), absolute_(pow(Ball(10), -2 * digits)) {}

  /// The bits that the layer lacks to be answered for good, 0 if none; a value out of range turns it into `not_reached`.
  long missing(LayerMetric<Ball>& layer) const {
    if (layer.outcome != Outcome::answered) return 0;
    if (is_out_of_range(layer.metric.volume.value)) {
      layer.metric.volume.reason = "its decimal exponent is beyond 10^6; its logarithm is not";
    }
    long most = 0;
    bool out_of_range = false;
    const auto judge = [&](const Value<Ball>& v) {
      if (!v.exists()) return;
      most = std::max(most, missing(v));
      out_of_range = out_of_range || is_out_of_range(v.value);
    };
    layer.metric.for_each(judge);
    std::for_each(layer.matrix.begin(), layer.matrix.end(), judge);
    if (!out_of_range) return most;
    layer.outcome = Outcome::not_reached;
    layer.message =
        "depth " + std::to_string(layer.layer) + ": a value has a decimal exponent beyond 10^6; give a smaller input or smaller variances";
    return 0;
  }

 private:
  long digits_;
  Ball relative_, absolute_;
  static bool at_most(const Ball& x, const Ball& bound) { return certainly_positive(bound - x) == Truth::yes; }

  long missing(const Value<Ball>& v) const {
    if (v.value.is_exact()) return 0;
    if (!v.value.is_finite()) return unknown_bits;
    const Ball radius = v.value.radius();
    if (at_most(radius, relative_ * abs(v.value.mid()))) return 0;
    if (!v.scale.is_exact_zero() && v.value.contains_zero() && at_most(radius, absolute_ * abs(v.scale.mid()))) return 0;
    return std::max(1L, missing_bits(v.value, digits_, v.scale));
  }
};

/// What keeps a layer from being applied to preactivations of variance q; where more bits may help, `undecided` becomes true.
std::optional<std::string> refusal(int l, const Ball& q, bool& undecided) {
  const std::string variance = "hidden layer " + std::to_string(l) + ": the variance of its preactivations ";
  if (!q.is_finite() || is_out_of_range(q)) return variance + "has a decimal exponent beyond 10^6; give a smaller input or smaller variances";
  undecided = q.contains_zero() && !q.is_exact_zero();
  if (undecided) return variance + "cannot be told from 0";
  return std::nullopt;
}

}  // namespace

std::vector<LayerMetric<Ball>> NetworkMetric::at(const InputPoint& x, const MetricOptions& options) const {
  if (options.digits < 1) throw UsageError("digits: " + std::to_string(options.digits) + "; give 1 or more");
  const Goal goal(options.digits);
  const LayerWalk walk(*this, x.dim, options.budget);
  std::vector<LayerMetric<Ball>> layers = walk.asked_layers<Ball>(options.all_layers);
  std::vector<bool> done(layers.size(), false);

  // 60 guard bits: a sectional curvature has lost 20 to 40 in one layer. Signed values may need twice the digits.
  const PrecisionRange range = PrecisionRange::of(options.digits, depth(), 60);
  const bool all_done = raise_precision(range, [&] {
    std::vector<LayerMetric<Ball>> pass = walk.asked_layers<Ball>(options.all_layers);
    bool undecided = false;
    undecided = !walk.run(constant<Ball>(x.norm2), walk.variances<Ball>(), pass, [&](int l, const RadialKernel<Ball>& h) {
      return refusal(l, h.q[0], undecided);
    }) || undecided;
    std::vector<Ball> coordinates;
    if (x.coordinates.size() <= LayerMetric<Ball>::largest_matrix) {
      for (const Rational& c : x.coordinates) coordinates.push_back(constant<Ball>(c));
    }
    long missing = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (done[i]) continue;
      if (pass[i].outcome == Outcome::answered) pass[i].matrix = metric_matrix(pass[i].metric, coordinates);
      const long of_layer = undecided && pass[i].outcome == Outcome::not_reached ? unknown_bits : goal.missing(pass[i]);
      done[i] = of_layer == 0;
      missing = std::max(missing, of_layer);
      layers[i] = std::move(pass[i]);
    }
    return missing;
  });
  if (all_done) return layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (done[i] || layers[i].outcome != Outcome::answered) continue;
    layers[i].outcome = Outcome::not_reached;
    layers[i].message = "depth " + std::to_string(layers[i].layer) + ": ";
    if (layers[i].metric.A.value.is_finite()) {
      layers[i].message += std::to_string(options.digits) + " digits do not stand with " + std::to_string(range.last) +
                           " bits of working precision; ask for fewer digits or a smaller input";
    } else {
      layers[i].message += "the metric is too large to be bounded; give a smaller input or smaller variances";
    }
  }
  return layers;
}

}  // namespace infwidth
