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

/// The covariance of one layer's preactivations at two inputs with the errors of its entries, and the tangent kernel there.
struct Covariance {
  Digits q1, q2, c;
  Digits dq1 = 0, dq2 = 0, dc = 0;
  Digits theta = 0, dtheta = 0;
};

/// Of one layer at one of the inputs: Q, its slope and chi.
struct LayerScale {
  Digits Q, dQ, chi;
};

LayerScale scale_at(const Activation& f, const Digits& q, const Budget& budget) {
  if (!reason_of_infinite_chi(f).empty()) return {boost_expectation_of_square(f, q, budget), 0, 0};
  const VarianceJet<Digits> jet = boost_variance_jet(f, q, budget);
  return {jet.Q, jet.dQ, jet.chi};
}

/// The error of E[f(u) f(v)] that comes of those of its covariance, by Cauchy's inequality: D-068. Where f jumps, as if it were homogeneous of degree 0, which then holds exactly.
Digits carried_error(const Activation& f, const Covariance& at, const LayerScale& of1, const LayerScale& of2, const Budget& budget) {
  if (at.dq1 == 0 && at.dq2 == 0 && at.dc == 0) return 0;
  if (!reason_of_infinite_chi(f).empty()) {
    const Digits slope = abs(bivariate_expectation(f, BivariateOf::derivative, at.q1, at.q2, at.c, budget).value);
    return slope * (at.dc + abs(at.c) / 2 * (at.dq1 / at.q1 + at.dq2 / at.q2));
  }
  const Digits c2 = at.c * at.c;
  // |dK/dq1| <= sqrt(chi1) (sqrt(E[u^2 f(v)^2]) + |c| sqrt(chi2)) / (2 q1)
  const auto by_variance = [&](const LayerScale& here, const LayerScale& there, const Digits& q_here, const Digits& q_there) {
    const Digits second = there.Q * (q_here - c2 / q_there) + c2 / q_there * (there.Q + 2 * q_there * there.dQ);
    return Digits(sqrt(here.chi) * (sqrt(abs(second)) + abs(at.c) * sqrt(there.chi)) / (2 * q_here));
  };
  return sqrt(of1.chi * of2.chi) * at.dc + by_variance(of1, of2, at.q1, at.q2) * at.dq1 + by_variance(of2, of1, at.q2, at.q1) * at.dq2;
}

/// E[f(u) f(v)], with what the errors of the covariance make of it; `of1`, `of2` are those of f.
QuadratureValue layer_value(const Activation& phi, BivariateOf what, const Activation& f, const Covariance& at, const LayerScale& of1, const LayerScale& of2, const Budget& budget) {
  const Estimate<Digits> k = bivariate_expectation(phi, what, at.q1, at.q2, at.c, budget);
  return {k.value, k.error + carried_error(f, at, of1, of2, budget), abs(k.value), k.method};
}

QuadratureValue kernel_value(MetricOf of, const Architecture& network, Covariance at, const Budget& budget) {
  const Digits rounding = pow(Digits(10), 8 - static_cast<int>(Digits::default_precision()));
  at.theta = at.c;
  const std::size_t depth = network.activations.size();
  for (std::size_t l = 0;; ++l) {
    const Activation& phi = network.activations[l];
    const bool last = l + 1 == depth, sloped = of == MetricOf::ntk || (last && of == MetricOf::derivative), valued = !last || of != MetricOf::derivative;
    const bool has_errors = l > 0;
    LayerScale of1, of2;
    if (valued && (!last || has_errors)) of1 = scale_at(phi, at.q1, budget), of2 = scale_at(phi, at.q2, budget);
    QuadratureValue k, slope;
    if (valued) k = layer_value(phi, BivariateOf::value, phi, at, of1, of2, budget);
    if (sloped) {
      const Activation f = phi.derivative();
      LayerScale slope1, slope2;
      if (has_errors) slope1 = scale_at(f, at.q1, budget), slope2 = scale_at(f, at.q2, budget);
      slope = layer_value(phi, BivariateOf::derivative, f, at, slope1, slope2, budget);
    }
    if (last && of == MetricOf::feature) return k;
    if (last && of == MetricOf::derivative) return slope;
    const Digits w = constant<Digits>(network.sigma_w2[l + 1]), b = constant<Digits>(network.sigma_b2[l + 1]);
    const Digits c = b + w * k.value, dc = w * k.error;
    if (last && of == MetricOf::nngp) return {c, dc, b + w * k.scale, k.method};
    const Digits passed = w * slope.value * at.theta, dpassed = w * (slope.error * abs(at.theta) + (abs(slope.value) + slope.error) * at.dtheta);
    if (last) return {c + passed, dc + dpassed, b + w * k.scale + abs(passed), k.method};
    const auto error = [&](const LayerScale& s, const Digits& dq) { return Digits(w * (s.Q * rounding + abs(s.dQ) * dq)); };
    at = {Digits(b + w * of1.Q), Digits(b + w * of2.Q), c, error(of1, at.dq1), error(of2, at.dq2), dc, Digits(c + passed), Digits(dc + dpassed)};
  }
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
  const std::optional<MetricOf> kernel = kernel_of(quantity_);
  if (!kernel && !is_variance_map(quantity_)) {
    const auto d = at.find("d");
    const int dim = network_.dim ? *network_.dim : d == at.end() ? least_dimension() : static_cast<int>(numerator(d->second));
    return geometry_value(quantity_, network_.of_readout, network, at.at("s"), dim, digits, budget);
  }
  long working = digits + guard_digits;
  if (!kernel) {
    const DigitsPrecision precision(static_cast<unsigned>(working));
    return variance_map_value(quantity_, network.activations.front(), constant<Digits>(at.at("q")), budget);
  }
  // An error of one layer grows through the next ones: as many digits more as it takes.
  for (int attempt = 0;; ++attempt) {
    const DigitsPrecision precision(static_cast<unsigned>(working));
    const Covariance covariance = {constant<Digits>(at.at("q1")), constant<Digits>(at.at("q2")), constant<Digits>(at.at("c"))};
    const QuadratureValue found = kernel_value(network_.of_readout ? MetricOf::nngp : *kernel, network, covariance, budget);
    const Digits wanted = pow(Digits(10), -digits) * found.scale;
    if (network.activations.size() == 1 || found.error <= wanted) return found;
    if (attempt == 2 || wanted == 0) {
      throw NotReached("the quadrature of " + to_string(quantity_) + " does not reach " + std::to_string(digits) + " digits: the errors of the first layers grow through the later ones; ask for fewer digits, or layers");
    }
    working += 2 + static_cast<long>(ceil(log10(Digits(found.error / wanted))).convert_to<double>());
  }
}

}  // namespace infwidth
