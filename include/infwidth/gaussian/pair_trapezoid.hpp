// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "infwidth/gaussian/pair_rule.hpp"

namespace infwidth {

/// Proven E[f(u) g(v)], and E[f'(u) g'(v)] in the same pass, for f and g analytic in a strip around the whole real line: trapezoidal rules
/// in v and in u given v, whose nodes lie on two lattices, so that a node in two variables costs a few products. Where f = g tends to
/// straight lines (tanh, silu, mish ..) and the variances are large, smoothed lines are taken off and integrated in closed form, and the
/// cost does not grow with the variances. Safe for concurrent use; bounds of f and g found for one covariance serve the others.
///   Derivations D-037, D-038
class PairTrapezoid {
 public:
  PairTrapezoid(const std::vector<Piece>& f, const std::vector<Piece>& g, PairRule::Of of);
  ~PairTrapezoid();
  PairTrapezoid(PairTrapezoid&&) noexcept;
  PairTrapezoid& operator=(PairTrapezoid&&) noexcept;

  /// As `PairRule::integrate`; none where the rule does not apply (pieces, no strip, no bound of the tails) or is too dear.
  std::optional<PairRule::Result> integrate(const PairVariance<Ball>& pair, long goal_bits, const Budget& budget = {}) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace infwidth
