// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/gaussian/chart.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// E[g(x) (x^2/q)^k], x ~ N(0, q), k = 0, 1, 2, proven; or d^k/dq^k E[g(x)] (`PanelRule::derivatives`).
///   scale   a rough E|g| (no bound): what a cancelling value is measured by
struct GaussianMoments {
  std::array<Ball, 3> moment;
  double log2_scale = 0;
};

/// Rigorous Gaussian integration of piecewise analytic functions: adaptive Gauss-Legendre panels whose error is bounded by the magnitude
/// of the integrand on an ellipse in the complex plane, between proven tails. One pass over the nodes serves all integrands and moments.
/// Safe for concurrent use.
class PanelRule {
 public:
  /// `parity` is that of the function given by the pieces.
  PanelRule(const std::vector<Piece>& pieces, Integrands integrands, Parity parity);
  ~PanelRule();
  PanelRule(PanelRule&&) noexcept;
  PanelRule& operator=(PanelRule&&) noexcept;

  struct Result {
    std::vector<GaussianMoments> integrals;  // in the order of `Integrands`
    std::uint64_t evaluations = 0;
  };
  /// Exact zeros for an odd function (`Integrands::value`) whose integral is proven to exist.
  /// The radius is about 2^-goal_bits of E|g| where balls allow it. `highest` is the largest k wanted (0 or 2); those above are 0.
  ///   Errors   NoSuchQuantity if an integral is proven to diverge; NotReached if no tail bound is known, or the formula cannot be resolved
  ///   Derivation D-022
  Result integrate(const Ball& q, long goal_bits, int highest, const Budget& budget = {}) const;

  /// The first two derivatives in q in place of moments, by parts: from derivatives of g on each piece and its jumps at their ends, so that nothing cancels
  /// for small q. (For branch points at x != 0; one at 0 has no derivatives to take.) Not for `Integrands::value`. The radius is about 2^-goal_bits of the
  /// size of each derivative's terms.
  ///   Errors   as `integrate`
  ///   Derivation D-027
  Result derivatives(const Ball& q, long goal_bits, const Budget& budget = {}) const;
  /// Does `derivatives` serve the function: is there no branch point at x = 0?
  bool has_derivatives() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace infwidth
