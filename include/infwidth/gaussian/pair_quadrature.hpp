// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "infwidth/gaussian/pair_rule.hpp"

namespace infwidth {

/// Proven E[f(u) g(v)], and E[f'(u) g'(v)], by the cheapest rule there is: `PairTrapezoid` where it applies, else `PairRule`. Safe for
/// concurrent use.
class PairQuadrature {
 public:
  PairQuadrature(std::vector<Piece> f, std::vector<Piece> g, PairRule::Of of);
  ~PairQuadrature();
  PairQuadrature(PairQuadrature&&) noexcept;
  PairQuadrature& operator=(PairQuadrature&&) noexcept;

  struct Result : PairRule::Result {
    std::string method;
  };
  ///   Domain, accuracy and errors   as `PairRule::integrate`
  Result integrate(const PairVariance<Ball>& pair, long goal_bits, const Budget& budget = {}) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace infwidth
