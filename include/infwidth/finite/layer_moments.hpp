// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "infwidth/activation/activation.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// The Gaussian averages of one activation at the variance q that the fluctuations of a layer of finite width are made of, with their derivatives in q
/// (element k: the k-th):
///   Q, chi                  E[phi^2], E[phi'^2]
///   fourth, mixed           E[phi^4], E[phi^2 phi'^2]
///   slope_cubed             E[(phi phi'^3)'], the prime a derivative in x
///   slope_fourth            E[phi'^4], which theory calls eta
template <class Real>
struct LayerMoments {
  std::array<Real, 4> Q = {}, chi = {};
  std::array<Real, 2> fourth = {}, mixed = {}, slope_cubed = {};
  std::array<Real, 3> slope_fourth = {};
};

/// phi(x) = left x for x < 0, right x for x > 0, as relu, leaky relu, abs and the identity, seen from the pieces.
///   mean_square, mean_fourth   of the slope phi'(z) at a symmetric z: (left^2 + right^2)/2, (left^4 + right^4)/2
///   kind   constant: |left| = |right|, phi'^2 is a constant;  half: one of them is 0;  mixed: neither
struct Slopes {
  enum class Kind { constant, half, mixed };
  Expression left = 0, right = 0;
  Kind kind = Kind::mixed;

  template <class Real>
  Real mean_square() const;
  template <class Real>
  Real mean_fourth() const;
};
/// None where phi is not of that form, or is 0.
std::optional<Slopes> slopes_of(const Activation& phi);

/// Computes them. Only values of phi and phi' are used, with Hermite weights for the derivatives in q: so a kink or a jump of phi' is treated rightly at every q > 0.
/// Safe for concurrent reads (balls).
///   Derivation D-062
class LayerAverages {
 public:
  explicit LayerAverages(const Activation& phi);
  ~LayerAverages();
  LayerAverages(LayerAverages&&) noexcept;
  LayerAverages& operator=(LayerAverages&&) noexcept;

  const std::optional<Slopes>& slopes() const;

  enum class Wanted {
    slope_fourth,  // that alone
    metric,        // chi and slope_fourth: what the metric of the layer's features needs
    all,
  };
  /// Balls at the working precision: proven. At q = 0 exactly, phi must be analytic there, or homogeneous.
  ///   Errors   NoSuchQuantity: an average diverges, or (at q = 0) its derivatives do not exist; NotReached if a bound cannot be had
  LayerMoments<Ball> at(const Ball& q, Wanted wanted, const Budget& budget = {}) const;
  /// The second route, by Boost.Math's quadrature at the precision of `Digits`: not proven.
  LayerMoments<Digits> at(const Digits& q, Wanted wanted, const Budget& budget = {}) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace infwidth
