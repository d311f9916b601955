// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/pair_quadrature.hpp"

#include <mutex>
#include <optional>

#include "infwidth/gaussian/pair_trapezoid.hpp"

namespace infwidth {

struct PairQuadrature::State {
  std::vector<Piece> f, g;
  PairRule::Of of;
  PairTrapezoid trapezoid;
  mutable std::mutex mutex = {};
  mutable std::unique_ptr<const PairRule> rule = {};

  State(std::vector<Piece> first, std::vector<Piece> second, PairRule::Of wanted)
      : f(std::move(first)), g(std::move(second)), of(wanted), trapezoid(f, g, of) {}

  const PairRule& panels() const {
    const std::lock_guard lock(mutex);
    if (!rule) rule = std::make_unique<const PairRule>(f, g, of);
    return *rule;
  }
};

PairQuadrature::PairQuadrature(std::vector<Piece> f, std::vector<Piece> g, PairRule::Of of)
    : state_(std::make_unique<const State>(std::move(f), std::move(g), of)) {}
PairQuadrature::~PairQuadrature() = default;
PairQuadrature::PairQuadrature(PairQuadrature&&) noexcept = default;
PairQuadrature& PairQuadrature::operator=(PairQuadrature&&) noexcept = default;

PairQuadrature::Result PairQuadrature::integrate(const PairVariance<Ball>& pair, long goal_bits, const Budget& budget) const {
  if (std::optional<PairRule::Result> result = state_->trapezoid.integrate(pair, goal_bits, budget))
    return {*std::move(result), "trapezoidal products"};
  return {state_->panels().integrate(pair, goal_bits, budget), "Gauss-Legendre products"};
}

}  // namespace infwidth
