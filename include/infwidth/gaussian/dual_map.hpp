// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "infwidth/activation/activation.hpp"
#include "infwidth/gaussian/dual_form.hpp"
#include "infwidth/gaussian/pair_rule.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/digits.hpp"

namespace infwidth {

/// The dual F = E[phi(u) phi(v)] and E[phi'(u) phi'(v)] = dF/dc of one activation at one covariance.
///   no_derivative   why E[phi' phi'] is not there, "" if it is; `derivative_is_infinite` tells a quantity that does not exist from one that no rule reaches
///   method          "closed form", "trapezoidal products", "Gauss-Legendre products" ..
template <class Real>
struct DualValue {
  Real value = Real(0), derivative = Real(0);
  std::string no_derivative = {};
  bool derivative_is_infinite = false;
  std::string method = {};
  std::uint64_t evaluations = 0;
};

/// The k of phi(ratio x) = k phi(x) for all x, where there is one: by parity, and for pieces that are straight through 0.
std::optional<Rational> factor_along(const Activation& phi, const Rational& ratio);

/// The dual of one activation, by the best route there is: the closed form, else proven products of trapezoidal or Gauss-Legendre rules (`PairQuadrature`); where the covariance is singular by structure (coincident, opposite and proportional
/// points, a variance of 0) by one-dimensional expectations. At a variance of exactly 0 a jump or kink at 0 counts as the mean of its two sides. Safe for concurrent reads.
///   Derivations D-033, D-040
class DualMap {
 public:
  explicit DualMap(const Activation& activation);
  ~DualMap();
  DualMap(DualMap&&) noexcept;
  DualMap& operator=(DualMap&&) noexcept;

  const Activation& activation() const;
  /// Q and chi: the dual at coincident points.
  const VarianceMap& variance_map() const;
  const DualForm& closed_form() const;

  /// Balls at the working precision: proven, and no wider than the dual and its slopes make them: carried through layers they do not grow of themselves.
  /// Indeterminate balls where that precision tells nothing of a variance or of the correlation.
  ///   Errors   NoSuchQuantity if E[phi(u) phi(v)] is not known to be finite; NotReached; Undecided where more bits may help
  ///   Derivation D-043
  DualValue<Ball> at(const PairVariance<Ball>& pair, const Budget& budget = {}) const;
  /// The same where the variance maps' values at q1 and at q2 are at hand.
  DualValue<Ball> at(const PairVariance<Ball>& pair, const VarianceJet<Ball>& of_u, const VarianceJet<Ball>& of_v, const Budget& budget = {}) const;
  /// The second route, quadrature in two variables at the precision of `Digits`: never a closed form, not proven; not for correlations near +-1.
  DualValue<Digits> at(const PairVariance<Digits>& pair, const Budget& budget = {}) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace infwidth
