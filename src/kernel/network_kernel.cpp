// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/kernel/network_kernel.hpp"

#include <algorithm>
#include <array>

#include "infwidth/activation/same_function.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/refine.hpp"

namespace infwidth {

namespace {

/// The four values of a layer in one order.
template <class Real>
std::array<KernelValue<Real>*, 4> values(LayerKernel<Real>& layer) {
  return {&layer.feature, &layer.derivative, &layer.nngp, &layer.ntk};
}

/// A refusal names the layer.
template <class Real>
FeaturePair<Real> features_of_layer(int layer, const DualMap& phi, const PairVariance<Real>& sigma, const Budget& budget) {
  const auto where = [&](const std::exception& e) { return "hidden layer " + std::to_string(layer) + ": " + e.what(); };
  try {
    return features(phi, sigma, budget);
  } catch (const Undecided& e) {
    throw Undecided(where(e));
  } catch (const NotReached& e) {
    throw NotReached(where(e));
  } catch (const NoSuchQuantity& e) {
    throw NoSuchQuantity(where(e));
  }
}

/// Right digits of a ball, 0 if none.
long digits_of(const Ball& x) {
  if (!x.is_finite() || x.contains_zero()) return 0;
  return std::max(0L, (log2_magnitude(x) - log2_magnitude(x.radius()) - 1) * 3 / 10);
}

void append(std::string& methods, const std::string& method) {
  if (!method.empty() && methods.find(method) == std::string::npos) methods += (methods.empty() ? "" : " + ") + method;
}

}  // namespace

InputPair InputPair::of(const std::vector<Rational>& x, const std::vector<Rational>& y) {
  if (x.empty() || y.empty()) throw UsageError("points: no coordinates; give at least one");
  if (x.size() != y.size()) {
    throw UsageError("points: the first has " + std::to_string(x.size()) + " coordinates, the second " + std::to_string(y.size()) + "; give as many for both");
  }
  InputPair pair;
  pair.dim = static_cast<int>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    pair.xx += x[i] * x[i];
    pair.yy += y[i] * y[i];
    pair.xy += x[i] * y[i];
  }
  return pair;
}

std::optional<Rational> ratio_of_features(const Activation& phi, const std::optional<Rational>& ratio, bool has_bias) {
  const std::optional<Rational> factor = ratio ? factor_along(phi, *ratio) : std::nullopt;
  return has_bias && factor != Rational(1) ? std::nullopt : factor;
}

NetworkKernel::NetworkKernel(const Architecture& network) : network_(network) {
  for (const Activation& activation : network_.activations) {
    const auto known = std::find_if(maps_.begin(), maps_.end(), [&](const DualMap& m) { return same_function(m.activation(), activation); });
    map_of_layer_.push_back(static_cast<std::size_t>(known - maps_.begin()));
    if (known == maps_.end()) maps_.emplace_back(activation);
  }
}

template <class Real>
std::vector<LayerKernel<Real>> NetworkKernel::layers(const InputPair& input, bool all, const Budget& budget) const {
  std::vector<LayerKernel<Real>> result;
  KernelPair<Real> h = first_layer<Real>(network_, input);
  Real xx_ntk = h.sigma.q1, yy_ntk = h.sigma.q2;  // the size of Theta(x, x): that of Sigma, summed over the layers
  std::string methods;
  std::uint64_t evaluations = 0;
  Architecture readout = network_;
  readout.residual.reset();
  for (int l = 1; l <= network_.depth(); ++l) {
    const DualMap& phi = maps_[map_of_layer_[static_cast<std::size_t>(l - 1)]];
    const FeaturePair<Real> k = features_of_layer(l, phi, h.sigma, budget);
    const KernelPair<Real> next = next_layer(network_, l, phi.activation(), h, k);
    append(methods, k.dual.method);
    evaluations += k.dual.evaluations;
    xx_ntk += next.sigma.q1;
    yy_ntk += next.sigma.q2;
    if (all || l == network_.depth()) {
      // The readout has no residual connection: depth l ends in it.
      const KernelPair<Real> out = network_.residual && l < network_.depth() ? next_layer(readout, l, phi.activation(), h, k) : next;
      LayerKernel<Real> layer;
      layer.layer = l;
      layer.feature = {k.dual.value, Real(0), sqrt(abs(k.xx * k.yy)), {}};
      layer.derivative = {k.dual.derivative, Real(0), Real(1), {k.dual.no_derivative, k.dual.derivative_is_infinite}};
      layer.nngp = {out.sigma.c, Real(0), sqrt(abs(out.sigma.q1 * out.sigma.q2)), {}};
      layer.ntk = {out.ntk, Real(0), sqrt(abs(xx_ntk * yy_ntk)), out.no_ntk};
      layer.method = methods;
      layer.evaluations = evaluations;
      result.push_back(std::move(layer));
    }
    h = next;
  }
  return result;
}

std::vector<LayerKernel<Ball>> NetworkKernel::at(const InputPair& input, const KernelOptions& options) const {
  if (options.digits < 1) throw UsageError("digits: " + std::to_string(options.digits) + "; give 1 or more");
  std::vector<LayerKernel<Ball>> result;
  const PrecisionRange range = PrecisionRange::of(options.digits, network_.depth());
  const LayerKernel<Ball>* worst = nullptr;
  long fewest = 0;
  const bool all_stand = raise_precision(range, [&] {
    options.budget.check();
    result = layers<Ball>(input, options.all_layers, options.budget);
    long missing = 0;
    worst = nullptr;
    for (LayerKernel<Ball>& layer : result) {
      layer.proven = true;
      for (KernelValue<Ball>* v : values(layer)) {
        if (v->absence) continue;
        v->error = v->value.radius();
        const long of_value = missing_bits(v->value, options.digits, v->scale);
        if (of_value == 0) continue;
        missing = std::max(missing, of_value);
        const long right = digits_of(v->value);
        if (worst == nullptr || right < fewest) {
          worst = &layer;
          fewest = right;
        }
      }
    }
    return missing;
  });
  if (all_stand) return result;
  const std::string where = "kernel: hidden layer " + std::to_string(worst->layer) + ": " + std::to_string(options.digits) +
                            " digits do not stand with " + std::to_string(range.last) + " bits of working precision; ";
  if (fewest > 0) throw NotReached(where + "ask for " + std::to_string(fewest) + ", or for fewer layers");
  throw NotReached(where +
                   "not one digit does, since the layers multiply every error: take fewer layers or smaller weight variances, or --engine double");
}

std::vector<LayerKernel<Digits>> NetworkKernel::at_by_digits(const InputPair& input, const KernelOptions& options) const {
  if (options.digits < 1) throw UsageError("digits: " + std::to_string(options.digits) + "; give 1 or more");
  std::vector<LayerKernel<Digits>> before;
  const long last = 4 * options.digits + 200;
  for (long working = options.digits + 25;; working = std::min(last, working * 8 / 5)) {
    const DigitsPrecision precision(static_cast<unsigned>(working));
    std::vector<LayerKernel<Digits>> now = layers<Digits>(input, options.all_layers, options.budget);
    const Digits relative = pow(Digits(10), -options.digits), absolute = relative * relative;
    bool agree = !before.empty();
    for (std::size_t i = 0; i < before.size(); ++i) {
      for (std::size_t j = 0; j < 4; ++j) {
        KernelValue<Digits>& v = *values(now[i])[j];
        v.error = abs(v.value - values(before[i])[j]->value);
        agree = agree && (v.absence || v.error <= relative * abs(v.value) || v.error <= absolute * v.scale);
      }
    }
    if (agree) return now;
    if (working >= last) throw NotReached("kernel: " + std::to_string(options.digits) + " digits do not stand with " + std::to_string(last) + " digits of working precision; take the balls");
    before = std::move(now);
  }
}

}  // namespace infwidth
