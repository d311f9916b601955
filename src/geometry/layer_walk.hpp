// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <type_traits>

#include "infwidth/geometry/metric.hpp"
#include "infwidth/geometry/tangent.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/refine.hpp"
#include "infwidth/real/text.hpp"

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
  /// False where it refused for want of bits (Undecided).
  template <class Real, class Before>
  bool run(const Real& s, const Variances<Real>& v, std::vector<LayerMetric<Real>>& layers, Before before) const {
    return run(s, v, layers, before, [](int, const Real&, const VarianceJet<Real>&) {});
  }
  /// `after(l, q, jet)` is called with the jet of layer l's variance map at its variance q.
  template <class Real, class Before, class After>
  bool run(const Real& s, const Variances<Real>& v, std::vector<LayerMetric<Real>>& layers, Before before, After after) const {
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
    const auto answer = [&](const RadialKernel<Real>& k) {
      asked->metric = radial_metric(k, dim_);
      asked->outcome = asked->metric.A.exists() ? Outcome::answered : Outcome::no_metric;
      asked->message = asked->metric.A.reason;
      asked->method = method;
      asked->evaluations = evaluations;
      asked->proven = proven;
      ++asked;
    };
    try {
      if (of_.dot_) {
        method = "closed form";
        proven = std::is_same_v<Real, Ball>;
        answer(dot_kernel(*of_.dot_, s));
        return true;
      }
      const Architecture& network = of_.network_;
      const bool standard = network.parameterization == Parameterization::standard;
      RadialKernel<Real> h = first_layer(s, v.weights[0], v.biases[0]);
      const Real own_bias(network.ntk_of_biases());
      TangentKernel<Real> t = first_tangent(h, standard, own_bias);
      for (int l = 1; l <= of_.depth(); ++l) {
        budget_.check();
        if (const std::optional<std::string> refusal = before(l, h)) {
          refuse_the_rest(Outcome::not_reached, *refusal);
          return true;
        }
        const auto readout = static_cast<std::size_t>(l);
        const bool is_last = l == of_.depth(), is_asked = asked->layer == l;
        const auto counted = [&](const VarianceJet<Real>& jet) {
          if (method.find(jet.method) == std::string::npos) method += (method.empty() ? "" : " + ") + jet.method;
          evaluations += jet.evaluations;
          proven = proven && jet.proven;
          return jet;
        };
        const VarianceJet<Real> phi = counted(jet(l, h.q[0]));
        after(l, h.q[0], phi);
        RadialKernel<Real> next;  // sigma_b2 + sigma_w2 E[phi phi], of this layer's weights and biases alone
        if (!is_last || of_.of_ == MetricOf::nngp || of_.of_ == MetricOf::ntk) next = next_layer(h, phi, v.weights[readout], v.biases[readout]);
        TangentKernel<Real> tangent;
        switch (of_.of_) {
          case MetricOf::feature:
            if (is_asked) answer(feature_kernel(h, phi));
            break;
          case MetricOf::nngp:
            if (is_asked) answer(next);
            break;
          case MetricOf::derivative:
            if (is_asked) answer(feature_kernel(h, counted(slope_jet(l, h.q[0]))));
            break;
          case MetricOf::ntk: {
            const RadialKernel<Real> own = standard ? scaled(feature_kernel(h, phi), constant<Real>(Rational(network.widths[readout - 1])), own_bias) : next;
            tangent = next_tangent(t, h, own, phi, counted(slope_jet(l, h.q[0])), v.weights[readout]);
            if (is_asked) answer(radial_kernel(tangent, h));
            break;
          }
        }
        if (is_last) break;
        if (network.residual) {
          const Real alpha2 = constant<Real>(*network.residual * *network.residual);
          t = with_residual(t, tangent, alpha2);
          h = with_residual(h, next, alpha2);
        } else {
          t = std::move(tangent);
          h = std::move(next);
        }
      }
    } catch (const NoSuchQuantity& e) {
      refuse_the_rest(Outcome::no_metric, e.what());
    } catch (const Undecided& e) {
      refuse_the_rest(Outcome::not_reached, e.what());
      return false;
    } catch (const NotReached& e) {
      refuse_the_rest(Outcome::not_reached, e.what());
    }
    return true;
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

  /// That of the slope phi'. What the metric of a kernel made of slopes misses is said of them.
  template <class Real>
  VarianceJet<Real> slope_jet(int l, const Real& q) const {
    const auto index = static_cast<std::size_t>(l - 1);
    const VarianceMap& map = of_.maps_[of_.map_of_layer_[index]];
    const VarianceMap& slope_map = of_.slope_maps_[of_.map_of_layer_[index]];
    const std::string where = "hidden layer " + std::to_string(l) + " (" + of_.network_.activations[index].name() + "): ";
    VarianceJet<Real> slope;
    if (map.why_chi_is_infinite().empty()) {
      slope = slope_map.at(q, budget_);
    } else {
      slope.chi_order = slope.Q_order = -1;
      slope.reason = map.why_chi_is_infinite();
    }
    if (const auto& jump = slope_map.activation().jump()) {
      slope.reason = "phi' jumps at x = " + short_text(jump->approximately()) + ": the kernel's squared distances shrink like |dx|, not |dx|^2, and E[phi''^2] is infinite";
    }
    if (!slope.reason.empty()) slope.reason = where + slope.reason;
    return slope;
  }

  /// n k + the NTK of the biases, of what a tangent kernel takes from it.
  template <class Real>
  static RadialKernel<Real> scaled(RadialKernel<Real> k, const Real& n, const Real& own_bias) {
    k.q = Jet<Real, 2>(n) * k.q + Jet<Real, 2>(own_bias);
    k.A = Jet<Real, 2>(n) * k.A;
    k.B = Jet<Real, 1>(n) * k.B;
    return k;
  }
};

}  // namespace infwidth
