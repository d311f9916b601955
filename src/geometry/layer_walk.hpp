// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "infwidth/geometry/metric.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

/// One pass through the layers of a network at one input, in any number.
class LayerWalk {
 public:
  LayerWalk(const NetworkMetric& of, int dim, const Budget& budget) : of_(of), dim_(dim), budget_(budget) {}

  /// The layers whose metric is asked for, none of them answered.
  template <class Real>
  std::vector<LayerMetric<Real>> asked_layers(bool all) const {
    std::vector<LayerMetric<Real>> layers;
    for (int l = all ? 1 : of_.depth(); l <= of_.depth(); ++l) layers.emplace_back().layer = l;
    return layers;
  }

  /// The variances in `Real`: of layer l = 0..L, the readout last.
  template <class Real>
  struct Variances {
    std::vector<Real> weights, biases;
  };
  template <class Real>
  Variances<Real> variances() const {
    Variances<Real> v;
    const Architecture& network = of_.network_;
    for (std::size_t l = 0; l < network.sigma_w2.size(); ++l) {
      const bool divided = l == 0 && network.input_scaling == InputScaling::fan_in;
      v.weights.push_back(constant<Real>(divided ? Rational(network.sigma_w2[l] / dim_) : network.sigma_w2[l]));
      v.biases.push_back(constant<Real>(network.sigma_b2[l]));
    }
    return v;
  }

  /// Fills `layers` (from asked_layers) at |x|^2 = s. `before(l, preactivation)` is called before hidden layer l = 1..L is applied to its
  /// preactivation kernel; where it returns a text, and where a variance map refuses, this layer and all later ones are not reached.
  template <class Real, class Before>
  void run(const Real& s, const Variances<Real>& v, std::vector<LayerMetric<Real>>& layers, Before before) const {
    std::string method;
    std::uint64_t evaluations = 0;
    bool proven = true;
    auto asked = layers.begin();
    const auto refuse_the_rest = [&](Outcome outcome, const std::string& message) {
      for (; asked != layers.end(); ++asked) {
        asked->outcome = outcome;
        asked->message = message;
      }
    };
    try {
      RadialKernel<Real> h = first_layer(s, v.weights[0], v.biases[0]);
      for (int l = 1; l <= of_.depth(); ++l) {
        budget_.check();
        if (const std::optional<std::string> refusal = before(l, h)) return refuse_the_rest(Outcome::not_reached, *refusal);
        const VarianceJet<Real> phi = jet(l, h.q[0]);
        if (method.find(phi.method) == std::string::npos) method += (method.empty() ? "" : " + ") + phi.method;
        evaluations += phi.evaluations;
        proven = proven && phi.proven;
        const auto readout = static_cast<std::size_t>(l);
        const bool is_last = l == of_.depth();
        RadialKernel<Real> next;
        if (!is_last || of_.of_ == MetricOf::nngp) next = next_layer(h, phi, v.weights[readout], v.biases[readout]);
        if (asked->layer == l) {
          asked->metric = radial_metric(of_.of_ == MetricOf::nngp ? next : feature_kernel(h, phi), dim_);
          asked->outcome = asked->metric.A.exists() ? Outcome::answered : Outcome::no_metric;
          asked->message = asked->metric.A.reason;
          asked->method = method;
          asked->evaluations = evaluations;
          asked->proven = proven;
          ++asked;
        }
        h = std::move(next);
      }
    } catch (const NoSuchQuantity& e) {
      refuse_the_rest(Outcome::no_metric, e.what());
    } catch (const NotReached& e) {
      refuse_the_rest(Outcome::not_reached, e.what());
    }
  }

 private:
  const NetworkMetric& of_;
  int dim_;
  const Budget& budget_;

  /// The jet of layer l's variance maps; its reason names the layer.
  template <class Real>
  VarianceJet<Real> jet(int l, const Real& q) const {
    const auto index = static_cast<std::size_t>(l - 1);
    VarianceJet<Real> phi = of_.maps_[of_.map_of_layer_[index]].at(q, budget_);
    if (!phi.reason.empty()) phi.reason = "hidden layer " + std::to_string(l) + " (" + of_.network_.activations[index].name() + "): " + phi.reason;
    return phi;
  }
};

}  // namespace infwidth
