// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/geometry/metric.hpp"

#include <algorithm>

#include "infwidth/activation/same_function.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

InputPoint InputPoint::at(std::vector<Rational> coordinates) {
  if (coordinates.empty()) throw UsageError("point: no coordinates; give at least one");
  InputPoint x;
  for (const Rational& c : coordinates) x.norm2 += c * c;
  x.dim = static_cast<int>(coordinates.size());
  x.coordinates = std::move(coordinates);
  return x;
}

InputPoint InputPoint::with_norm2(const Rational& norm2, int dim) {
  if (norm2 < 0) throw UsageError("norm2: " + to_string(norm2) + "; a squared norm is not negative");
  if (dim < 1) throw UsageError("dim: " + std::to_string(dim) + "; give a dimension of 1 or more");
  InputPoint x;
  x.norm2 = norm2;
  x.dim = dim;
  return x;
}

NetworkMetric::NetworkMetric(const Architecture& network, MetricOf of) : network_(network), of_(of) {
  for (const Activation& activation : network_.activations) {
    const auto known = std::find_if(maps_.begin(), maps_.end(), [&](const VarianceMap& m) { return same_function(m.activation(), activation); });
    map_of_layer_.push_back(static_cast<std::size_t>(known - maps_.begin()));
    if (known != maps_.end()) continue;
    if (of == MetricOf::derivative || of == MetricOf::ntk) slope_maps_.emplace_back(activation.derivative());
    maps_.emplace_back(activation);
  }
}

NetworkMetric::NetworkMetric(const DotKernel& kernel) : of_(MetricOf::feature), dot_(kernel) {
  network_.activations.push_back(Activation::from_text("x"));  // for a depth of 1
  network_.sigma_w2 = network_.sigma_b2 = {1, 1};
}

RadialMetric<Ball> metric_at(const Architecture& network, const InputPoint& x, const MetricOptions& options) {
  MetricOptions last_layer = options;
  last_layer.all_layers = false;
  LayerMetric<Ball> layer = NetworkMetric(network).at(x, last_layer).back();
  if (layer.outcome == Outcome::no_metric) throw NoSuchQuantity(layer.message);
  if (layer.outcome == Outcome::not_reached) throw NotReached(layer.message);
  return std::move(layer.metric);
}

}  // namespace infwidth
