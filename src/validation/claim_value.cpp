// SPDX-License-Identifier: GPL-3.0-or-later
// The values that claims are held against: quadratures in `Digits`.
#include "infwidth/gaussian/bivariate_rule.hpp"
#include "infwidth/gaussian/boost_rule.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/geometry/metric.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/validation/claim.hpp"

namespace infwidth {

namespace {

constexpr long guard_digits = 14;

QuadratureValue variance_map_value(ClaimQuantity quantity, const Activation& phi, const Digits& q, const Budget& budget) {
  const bool in_chi = quantity != ClaimQuantity::Q && quantity != ClaimQuantity::dQ;
  if (const std::string reason = reason_of_infinite_chi(phi); in_chi && !reason.empty())
    throw NoSuchQuantity(to_string(quantity) + " does not exist: " + reason);
  Digits value, scale;
  if (quantity == ClaimQuantity::Q) {
    value = scale = boost_expectation_of_square(phi, q, budget);
  } else if (quantity == ClaimQuantity::chi) {
    value = scale = boost_expectation_of_slope_square(phi, q, budget);
  } else {
    const VarianceJet<Digits> jet = boost_variance_jet(phi, q, budget);
    value = quantity == ClaimQuantity::P ? jet.radial : quantity == ClaimQuantity::dQ ? jet.dQ : jet.dchi;
    scale = in_chi ? jet.chi : Digits(jet.Q / q);
    if (quantity == ClaimQuantity::dchi) scale /= q;
  }
  return {value, scale * pow(Digits(10), 8 - static_cast<int>(Digits::default_precision())), scale, "Boost exp_sinh"};
}

/// The covariance of one layer's preactivations at two inputs.
struct Covariance {
  Digits q1, q2, c;
};

QuadratureValue kernel_value(bool derivative, bool of_readout, const Architecture& network, Covariance at, const Budget& budget) {
  QuadratureValue result;
  for (std::size_t l = 0; l < network.activations.size(); ++l) {
    const Activation& phi = network.activations[l];
    const bool last = l + 1 == network.activations.size();
    const BivariateOf of = derivative && last ? BivariateOf::derivative : BivariateOf::value;
    const Estimate<Digits> k = bivariate_expectation(phi, of, at.q1, at.q2, at.c, budget);
    result = {k.value, k.error + result.error, abs(k.value), k.method};
    const Digits w = constant<Digits>(network.sigma_w2[l + 1]), b = constant<Digits>(network.sigma_b2[l + 1]);
    if (last && of_readout) result.value = b + w * result.value;
    if (last) break;
    const auto variance = [&](const Digits& q) { return Digits(b + w * boost_expectation_of_square(phi, q, budget)); };
    at = {variance(at.q1), variance(at.q2), Digits(b + w * k.value)};
  }
  return result;
}

QuadratureValue geometry_value(ClaimQuantity quantity, bool of_readout, const Architecture& network, const Rational& s, int dim, long digits, const Budget& budget) {
  MetricOptions options;
  options.digits = digits + 3;
  options.budget = budget;
  const LayerMetric<Digits> layer =
      NetworkMetric(network, of_readout ? MetricOf::nngp : MetricOf::feature).at_by_digits(InputPoint::with_norm2(s, dim), options).back();
  if (layer.outcome == Outcome::no_metric) throw NoSuchQuantity(layer.message);
  if (layer.outcome == Outcome::not_reached) throw NotReached(layer.message);
  const RadialMetric<Digits>& g = layer.metric;
  const Value<Digits>* value = &g.A;
  switch (quantity) {
    case ClaimQuantity::metric_B: value = &g.B; break;
    case ClaimQuantity::metric_radial: value = &g.radial; break;
    case ClaimQuantity::volume: value = &g.volume; break;
    case ClaimQuantity::curvature: value = &g.ricci_scalar; break;
    case ClaimQuantity::curvature_radial: value = &g.curvature_radial; break;
    case ClaimQuantity::curvature_tangential: value = &g.curvature_tangential; break;
    default: break;
  }
  if (!value->exists()) throw NoSuchQuantity(to_string(quantity) + " does not exist: " + value->reason);
  return {value->value, value->error, value->scale, layer.method};
}

}  // namespace

Architecture Claim::architecture(const Assignment& at) const {
  const auto variances = [&](const char* letter, const std::vector<Rational>& given) {
    return given.empty() ? std::vector<Rational>{at.at(letter)} : given;
  };
  return make_architecture(network_.depth, network_.activations(at), variances("sigma_w2", network_.sigma_w2), variances("sigma_b2", network_.sigma_b2),
                           network_.input_scaling);
}

QuadratureValue Claim::true_value(const Assignment& at, long digits, const Budget& budget) const {
  const Architecture network = architecture(at);
  if (quantity_ > ClaimQuantity::derivative_kernel) {
    const auto d = at.find("d");
    const int dim = network_.dim ? *network_.dim : d == at.end() ? 2 : static_cast<int>(numerator(d->second));
    return geometry_value(quantity_, network_.of_readout, network, at.at("s"), dim, digits, budget);
  }
  const DigitsPrecision precision(static_cast<unsigned>(digits + guard_digits));
  if (quantity_ <= ClaimQuantity::dchi) return variance_map_value(quantity_, network.activations.front(), constant<Digits>(at.at("q")), budget);
  const Covariance covariance = {constant<Digits>(at.at("q1")), constant<Digits>(at.at("q2")), constant<Digits>(at.at("c"))};
  return kernel_value(quantity_ == ClaimQuantity::derivative_kernel, network_.of_readout, network, covariance, budget);
}

}  // namespace infwidth
