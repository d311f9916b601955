// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "infwidth/finite/jet_chain.hpp"
#include "infwidth/geometry/metric.hpp"
#include "infwidth/network/architecture.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// What stands behind a number about networks of finite width.
enum class Standing {
  exact,    // at these widths
  leading,  // to first order in 1/n: of a mean, infinite width and its first correction; of a variance, its first term. O(n^-2) is left out
  limit,    // that of infinite width: there is no expansion in 1/n here
};
/// "exact", "leading 1/n", "limit"
std::string to_string(Standing standing);

/// A mean, a variance or a probability over the draws of a network.
template <class Real>
struct Moment {
  Value<Real> value;
  Standing standing = Standing::exact;

  bool exists() const { return value.exists(); }
};

/// One quantity of a random network of finite width: at infinite width, and mean and variance of ONE draw (the mean of N draws has variance / N).
template <class Real>
struct FiniteLaw {
  Value<Real> limit;
  Moment<Real> mean, variance;
};

/// What theory says of the metric g = J^T J / n of the features phi(h^L) of a random network of given widths, J their Jacobian, at one point.
///   radial, tangential   g(e, e) for the unit vector e = x/|x|, and for any one orthogonal to it (in d = 1: none)
///   determinant, volume, log_volume   det g, sqrt(det g), log sqrt(det g). Of log_volume: over the draws whose metric is not singular
///   singular             the probability of det g = 0
///   log_volume.mean at leading order wants n well above d: the first term left out is about (d/n)^2.
template <class Real>
struct FiniteTheory {
  InputPoint x;
  std::vector<std::uint64_t> widths;
  FiniteLaw<Real> radial, tangential, determinant, volume, log_volume;
  Moment<Real> singular;
  bool proven = false;

  /// g_ij at the coordinates of x, i and j from 0.  Errors  UsageError where only |x|^2 is known
  FiniteLaw<Real> entry(std::size_t i, std::size_t j) const;
  /// Cov(g_ij, g_kl) over the draws.
  Moment<Real> covariance(std::size_t i, std::size_t j, std::size_t k, std::size_t l) const;

  /// The same in a frame of x/|x| (1) and two directions orthogonal to it (2, 3).
  JetLaw<Real> jets;
  /// Of means and covariances of g; where a covariance does not exist, why.
  Standing mean_standing = Standing::exact, covariance_standing = Standing::exact;
  std::string no_covariance;
  bool isotropic = false;  // the mean of g is a multiple of the identity, by structure
};

struct FiniteOptions {
  long digits = 15;
  Budget budget = {};
};

/// The theory of networks of given widths, at any point. Which law applies is found out here:
///   - one hidden layer: mean and covariance of g are exact (D-060), so is E det g
///   - further layers of homogeneous units (relu, leaky relu, abs, identity; any biases) keep that so. If all layers are of them, Var det g is exact, and all of volume and
///     log_volume where phi' takes one value or that and 0: Wishart matrices (D-061)
///   - else first order in 1/n (D-062, D-063), for any phi, with kinks or without
/// What does not exist says why: E log where a width is below the dimension, a variance where E[phi'^4] is infinite.
/// Safe for concurrent reads (balls).
class FiniteWidth {
 public:
  /// `widths`: of the hidden layers, one for all or one a layer (the network's own `widths` are not looked at).
  ///   Errors   UsageError: no widths, a width 0, another number of them than layers, residual connections
  FiniteWidth(const Architecture& network, std::vector<std::uint64_t> widths);
  ~FiniteWidth();
  FiniteWidth(FiniteWidth&&) noexcept;
  FiniteWidth& operator=(FiniteWidth&&) noexcept;

  /// Balls, each value to `digits` (as NetworkMetric::at).
  ///   Errors  NoSuchQuantity where there is no metric, at infinite width or (no_finite_metric) at a finite one; NotReached; UsageError for digits < 1; Stopped
  FiniteTheory<Ball> at(const InputPoint& x, const FiniteOptions& options = {}) const;
  /// The second route, in `Digits`: two precisions that agree, not proven. One call at a time in a process.
  FiniteTheory<Digits> at_by_digits(const InputPoint& x, const FiniteOptions& options = {}) const;

  const Architecture& architecture() const;
  const std::vector<std::uint64_t>& widths() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

/// One point.
FiniteTheory<Ball> finite_theory(const Architecture& network, std::vector<std::uint64_t> widths, const InputPoint& x, const FiniteOptions& options = {});

}  // namespace infwidth
