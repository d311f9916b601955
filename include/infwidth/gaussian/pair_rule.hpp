// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// The covariance [[q1, c], [c, q2]] of a normal pair (u, v) of mean 0.
///   beside   q1 q2 - c^2 >= 0. It is given beside c because c alone cannot say how near +-1 the correlation is.
///   ratio    where v = ratio u by structure: q2 = ratio^2 q1, c = ratio q1, beside = 0
template <class Real>
struct PairVariance {
  Real q1, q2, c, beside;
  std::optional<Rational> ratio = {};

  static PairVariance of(const Real& q1, const Real& q2, const Real& c) { return {q1, q2, c, q1 * q2 - c * c}; }
};

/// Proven E[f(u) g(v)], and E[f'(u) g'(v)] in the same pass, for piecewise analytic f and g: adaptive products of Gauss-Legendre rules over the
/// parallelograms that the breaks of f and g cut out of the plane, in independent coordinates a, b,
///     u = sqrt(q1) (alpha a + beta b),  v = sqrt(q2) (alpha a - beta b),  alpha^2, beta^2 = (1 +- rho)/2,
/// in which nothing degenerates as rho -> +-1. Safe for concurrent use.
///   Derivation D-040
class PairRule {
 public:
  enum class Of { values, values_and_slopes };

  /// Errors  NotReached for an end of a piece that is a branch point, like that of sqrt(abs(x))
  PairRule(const std::vector<Piece>& f, const std::vector<Piece>& g, Of of);
  ~PairRule();
  PairRule(PairRule&&) noexcept;
  PairRule& operator=(PairRule&&) noexcept;

  /// values[0] = E[f g], values[1] = E[f' g'];  scales: sqrt(E f^2 E g^2) and of the slopes, roughly.
  struct Result {
    std::vector<Ball> values, scales;
    std::uint64_t evaluations = 0;
  };
  /// The radius is about 2^-goal_bits of the scale where balls allow it.
  ///   Domain   q1, q2 > 0 and beside > 0, certainly
  ///   Errors   NotReached: outside that domain, no tail bound is known, E f^2 or E g^2 is infinite, or a formula cannot be resolved
  Result integrate(const PairVariance<Ball>& pair, long goal_bits, const Budget& budget = {}) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace infwidth
