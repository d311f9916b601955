// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/kernel/recursion.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

struct KernelOptions {
  long digits = 15;         // significant digits that must stand
  bool all_layers = false;  // every depth from 1 to L, not L alone
  Budget budget = {};
};

/// One kernel between two points. `absence` where it does not exist, or is not reached.
///   scale   sqrt(K(x,x) K(y,y)), by which a cancelling value is measured
template <class Real>
struct KernelValue {
  Real value = Real(0), error = Real(0), scale = Real(0);
  Absence absence;
};

/// The four kernels of the first `layer` hidden layers: feature K = E[phi(u) phi(v)], derivative E[phi'(u) phi'(v)], nngp Sigma^(layer+1), ntk Theta^(layer+1).
template <class Real>
struct LayerKernel {
  int layer = 0;
  KernelValue<Real> feature, derivative, nngp, ntk;
  bool proven = false;
  std::string method;
  std::uint64_t evaluations = 0;
};

/// The kernels of an infinitely wide random network between two points. The duals are built once, one for each different activation. Safe for concurrent reads (balls).
///     NetworkKernel k(make_architecture(3, {Activation::from_text("tanh")}, {Rational(3, 2)}, {Rational(1, 10)}));
///     Ball theta = k.at(InputPair::of({1, 0}, {Rational(3, 5), Rational(4, 5)}), {.digits = 40}).back().ntk.value;
class NetworkKernel {
 public:
  explicit NetworkKernel(const Architecture& network);

  const Architecture& architecture() const { return network_; }

  /// Balls: the precision rises until every value stands to `digits`: radius <= 10^-digits |value|, or, where its ball still holds 0, radius <= 10^(-2 digits) scale.
  ///   Errors   NoSuchQuantity if a kernel E[phi phi] diverges; NotReached; Stopped. A derivative or tangent kernel that is not there is `absence`.
  std::vector<LayerKernel<Ball>> at(const InputPair& input, const KernelOptions& options = {}) const;
  /// The second route: two precisions of `Digits` that agree to `digits`. Not proven, and not for correlations near +-1. One call at a time in a process.
  std::vector<LayerKernel<Digits>> at_by_digits(const InputPair& input, const KernelOptions& options = {}) const;

 private:
  Architecture network_;
  std::vector<DualMap> maps_;
  std::vector<std::size_t> map_of_layer_;

  template <class Real>
  std::vector<LayerKernel<Real>> layers(const InputPair& input, bool all, const Budget& budget) const;
};

}  // namespace infwidth
