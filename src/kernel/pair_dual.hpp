// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "infwidth/gaussian/variance_map.hpp"

namespace infwidth {

/// What one hidden layer needs of each point.
///   q, Q, chi   preactivation variance, E[phi^2], E[phi'^2] (0 where it is not wanted)
///   root_q, root_Q   their square roots
struct LayerPoints {
  std::vector<double> q, Q, chi, root_q, root_Q;

  std::size_t size() const { return q.size(); }
};

/// The correlation rho of two preactivations is carried as tau: its sign is that of rho, and |tau| = 1 - |rho|, right relative to itself (tau = -0 is rho = -1).
inline double correlation(double tau) { return std::copysign(1 - std::abs(tau), tau); }

/// Is |tau| < limit for any of the pairs?
inline bool any_below(const double* tau, std::size_t count, double limit) {
  std::uint64_t any = 0;  // as wide as a double, or this is no SIMD code
  for (std::size_t j = 0; j < count; ++j) any |= std::abs(tau[j]) < limit ? 1U : 0U;
  return any != 0;
}

/// One point against `count` others that follow each other.
///   tau     of the pairs
///   value   E[phi(u) phi(v)];   gap   sqrt(Q1 Q2) - |value|, to a relative rounding or to one of sqrt(gap sqrt(Q1 Q2)), see D-050
///   slope   E[phi'(u) phi'(v)]; null where it is not wanted
struct PairRow {
  std::size_t first = 0, second = 0, count = 0;
  const double* tau = nullptr;
  double *value = nullptr, *gap = nullptr, *slope = nullptr;
};

/// The dual of one activation at one layer, on many pairs. Safe for concurrent use.
class PairDual {
 public:
  virtual ~PairDual() = default;
  virtual void row(const PairRow& pairs) const = 0;
};

/// How good the gap must be.
enum class GapUse {
  smooth,  // to a rounding of sqrt(Q1 Q2): what follows depends smoothly on it
  sharp,   // a later activation has a kink, and its dual's slope an infinite derivative at rho = +-1
};

/// The route for an activation: the closed dual, else the Hermite series. `points` must outlive it.
std::unique_ptr<PairDual> make_pair_dual(const Activation& phi, const LayerPoints& points, bool slope, GapUse gap, const Budget& budget);

/// The closed duals that are good in double precision; null if phi has none.
std::unique_ptr<PairDual> make_closed_pair_dual(const Activation& phi, const LayerPoints& points, GapUse gap);
/// For every activation without one.
std::unique_ptr<PairDual> make_series_pair_dual(const Activation& phi, const LayerPoints& points, bool slope, GapUse gap, const Budget& budget);

/// Is phi' continuous?
bool is_smooth(const Activation& phi);

}  // namespace infwidth
