// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <type_traits>

#include "infwidth/gaussian/dual_map.hpp"
#include "infwidth/network/architecture.hpp"
#include "infwidth/real/functions.hpp"

/// The kernel recursion between two points, written once for every number (derivations/kernel/recursion.md, D-041).

namespace infwidth {

/// Two inputs as the theory sees them: their products, exactly, and how many coordinates they have.
struct InputPair {
  Rational xx, yy, xy;
  int dim = 0;

  /// Errors  UsageError for points of different length or without coordinates
  static InputPair of(const std::vector<Rational>& x, const std::vector<Rational>& y);
};

/// Where an infinite quantity began, and whether it is known to be infinite or only out of reach.
struct Absence {
  std::string reason;
  bool infinite = false;

  explicit operator bool() const { return !reason.empty(); }
};

/// The preactivations of one layer at two points: their covariance Sigma, and the tangent kernel Theta between the points.
template <class Real>
struct KernelPair {
  PairVariance<Real> sigma;
  Real ntk = Real(0);
  Absence no_ntk;
};

/// What a hidden layer makes of them: K = E[phi phi], E[phi' phi'] at (x, y), and K at (x, x) and (y, y).
template <class Real>
struct FeaturePair {
  DualValue<Real> dual;
  Real xx = Real(0), yy = Real(0);
};

template <class Real>
KernelPair<Real> first_layer(const Architecture& network, const InputPair& input) {
  const Rational w = network.input_scaling == InputScaling::fan_in ? Rational(network.sigma_w2[0] / input.dim) : network.sigma_w2[0], b = network.sigma_b2[0];
  const Rational q1 = b + w * input.xx, q2 = b + w * input.yy, c = b + w * input.xy, beside = q1 * q2 - c * c;
  KernelPair<Real> h;
  h.sigma = {constant<Real>(q1), constant<Real>(q2), constant<Real>(c), constant<Real>(beside)};
  if (q1 == 0 && q2 == 0) h.sigma.ratio = 1;
  if (beside == 0 && q1 != 0 && q2 != 0) h.sigma.ratio = c / q1;
  const bool standard = network.parameterization == Parameterization::standard;
  h.ntk = standard ? constant<Real>(input.xy + network.ntk_of_biases()) : h.sigma.c;
  return h;
}

/// E[phi(u)^2] and E[phi(v)^2] are those of the two points alone.
template <class Real>
FeaturePair<Real> features(const DualMap& phi, const PairVariance<Real>& sigma, const Budget& budget) {
  FeaturePair<Real> k;
  const bool coincident = sigma.ratio && *sigma.ratio == 1;
  if constexpr (std::is_same_v<Real, Ball>) {
    const VarianceJet<Ball> of_u = phi.variance_map().at(sigma.q1, budget);
    const bool same = coincident || arb_equal(sigma.q1.get(), sigma.q2.get());
    const VarianceJet<Ball> of_v = same ? of_u : phi.variance_map().at(sigma.q2, budget);
    k.dual = phi.at(sigma, of_u, of_v, budget);
    k.xx = of_u.Q;
    k.yy = of_v.Q;
  } else {
    k.dual = phi.at(sigma, budget);
    k.xx = coincident ? k.dual.value : phi.variance_map().at(sigma.q1, budget).Q;
    k.yy = coincident ? k.dual.value : phi.variance_map().at(sigma.q2, budget).Q;
  }
  return k;
}

/// What stays of v = ratio u: sigma_b2 = 0 and phi(ratio u) = factor phi(u).
std::optional<Rational> ratio_of_features(const Activation& phi, const std::optional<Rational>& ratio, bool has_bias);

/// The next preactivations, those of layer l + 1 from those of layer l = 1..L (L + 1 is the readout, which has no residual connection).
template <class Real>
KernelPair<Real> next_layer(const Architecture& network, int layer, const Activation& phi, const KernelPair<Real>& h, const FeaturePair<Real>& k) {
  const auto l = static_cast<std::size_t>(layer);
  const Real w = constant<Real>(network.sigma_w2[l]), b = constant<Real>(network.sigma_b2[l]);
  const bool standard = network.parameterization == Parameterization::standard, skips = network.residual && layer < network.depth();
  KernelPair<Real> next;
  next.sigma.q1 = b + w * k.xx;
  next.sigma.q2 = b + w * k.yy;
  next.sigma.c = b + w * k.dual.value;
  const std::vector<Piece>& pieces = phi.pieces();
  // The bias alone, or the bias and one number: the same for both points.
  const bool is_bias_alone = network.sigma_w2[l] == 0 || (pieces.size() == 1 && !pieces[0].value.depends_on("x"));
  if (!skips) next.sigma.ratio = is_bias_alone ? std::optional<Rational>(1) : ratio_of_features(phi, h.sigma.ratio, network.sigma_b2[l] != 0);
  next.no_ntk = h.no_ntk;
  if (!next.no_ntk && !k.dual.no_derivative.empty() && network.sigma_w2[l] != 0) next.no_ntk = {k.dual.no_derivative, k.dual.derivative_is_infinite};
  // Trained: the layer's own weights and biases, and all that lies before them.
  const Real own = standard ? Real(constant<Real>(Rational(network.widths[l - 1])) * k.dual.value + Real(network.ntk_of_biases())) : next.sigma.c;
  next.ntk = own + w * k.dual.derivative * h.ntk;
  if (skips) {
    const Real alpha2 = constant<Real>(*network.residual * *network.residual);
    next.sigma.q1 = h.sigma.q1 + alpha2 * next.sigma.q1;
    next.sigma.q2 = h.sigma.q2 + alpha2 * next.sigma.q2;
    next.sigma.c = h.sigma.c + alpha2 * next.sigma.c;
    next.ntk = h.ntk + alpha2 * next.ntk;
    if (h.sigma.ratio && (*h.sigma.ratio == 1)) next.sigma.ratio = h.sigma.ratio;
  }
  next.sigma.beside = next.sigma.ratio ? Real(0) : Real(next.sigma.q1 * next.sigma.q2 - next.sigma.c * next.sigma.c);
  return next;
}

}  // namespace infwidth
