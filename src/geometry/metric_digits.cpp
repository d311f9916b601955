// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "layer_walk.hpp"

namespace infwidth {

namespace {

std::optional<std::string> refuse_nothing(int, const RadialKernel<Digits>&) { return std::nullopt; }

std::vector<Value<Digits>*> values(LayerMetric<Digits>& layer) {
  std::vector<Value<Digits>*> all;
  layer.metric.for_each([&](Value<Digits>& v) { all.push_back(&v); });
  for (Value<Digits>& v : layer.matrix) all.push_back(&v);
  return all;
}

/// Sets the errors of `now` from `before`, the same layer with `before_digits` digits; whether they meet the goal.
bool agree(LayerMetric<Digits>& before, LayerMetric<Digits>& now, long before_digits, long digits) {
  if (now.outcome != Outcome::answered) return true;
  if (before.outcome != Outcome::answered) return false;
  const Digits relative = pow(Digits(10), -digits), absolute = pow(Digits(10), -2 * digits), rounding = pow(Digits(10), 5 - before_digits);
  const auto old_values = values(before), new_values = values(now);
  bool all = true;
  for (std::size_t i = 0; i < new_values.size(); ++i) {
    Value<Digits>& v = *new_values[i];
    if (!v.exists()) continue;
    v.error = abs(v.value - old_values[i]->value) + rounding * abs(v.value);
    all = all && (v.error <= relative * abs(v.value) || v.error <= absolute * v.scale);  // false for what is not a number
  }
  return all;
}

}  // namespace

std::vector<LayerMetric<Digits>> NetworkMetric::at_by_digits(const InputPoint& x, const MetricOptions& options) const {
  if (options.digits < 1) throw UsageError("digits: " + std::to_string(options.digits) + "; give 1 or more");
  const LayerWalk walk(*this, x.dim, options.budget);
  std::vector<LayerMetric<Digits>> layers;

  const long last = 4 * options.digits + 200;
  long before = 0;
  for (long working = options.digits + 15;; working = std::min(last, working * 8 / 5)) {
    const DigitsPrecision precision(static_cast<unsigned>(working));
    std::vector<LayerMetric<Digits>> pass = walk.asked_layers<Digits>(options.all_layers);
    walk.run(constant<Digits>(x.norm2), walk.variances<Digits>(), pass, refuse_nothing);
    std::vector<Digits> coordinates;
    if (x.coordinates.size() <= LayerMetric<Digits>::largest_matrix) {
      for (const Rational& c : x.coordinates) coordinates.push_back(constant<Digits>(c));
    }
    bool all_agree = !layers.empty();
    for (std::size_t i = 0; i < pass.size(); ++i) {
      if (pass[i].outcome == Outcome::answered) pass[i].matrix = metric_matrix(pass[i].metric, coordinates);
      if (!layers.empty()) {
        const bool agreed = agree(layers[i], pass[i], before, options.digits);
        if (!agreed && working >= last) {
          pass[i].outcome = Outcome::not_reached;
          pass[i].message = "depth " + std::to_string(pass[i].layer) + ": " + std::to_string(options.digits) + " digits do not stand with " +
                            std::to_string(last) + " digits of working precision; ask for fewer digits, or take the balls";
        }
        all_agree = all_agree && agreed;
      }
      pass[i].proven = false;
    }
    layers = std::move(pass);
    if (all_agree || working >= last) return layers;
    before = working;
  }
}

}  // namespace infwidth
