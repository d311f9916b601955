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

inline bool is_negative(double tau) { return std::copysign(1.0, tau) < 0; }

constexpr std::size_t longest_row = 512;

/// One point against `count` others that follow each other, at most `longest_row`.
///   tau     of the pairs
///   value   E[phi(u) phi(v)];   gap   sqrt(Q1 Q2) - |value|, see `PairRounding`
///   slope   E[phi'(u) phi'(v)]; null where it is not wanted
struct PairRow {
  std::size_t first = 0, second = 0, count = 0;
  const double* tau = nullptr;
  double *value = nullptr, *gap = nullptr, *slope = nullptr;
};

/// A gap below this part of sqrt(Q1 Q2) is not formed as the difference that it is; by forms that subtract squares of differences of norms, only where the norms are alike.
constexpr double near_gap = 1.0 / 64;
inline bool alike(double root_q1, double root_q2) { return (root_q1 - root_q2) * (root_q1 - root_q2) < root_q1 * root_q2; }

/// How well a dual is rounded, in units of 2^-53 and to first order (D-052): E[phi phi] to `value` of sqrt(Q1 Q2), E[phi' phi'] to `slope` of sqrt(chi1 chi2); a gap below
/// `near_gap` sqrt(Q1 Q2) to the sum of `gap` of itself, `root` of sqrt(gap sqrt(Q1 Q2)) and `distance` of sqrt(Q1 Q2) [2 t + (sqrt q1 - sqrt q2)^2/sqrt(q1 q2)]; any other, and where `distance` or `root`
/// is not 0 that of norms that are not alike, to `value` of sqrt(Q1 Q2).
struct PairRounding {
  double value = 0, gap = 0, root = 0, distance = 0, slope = 0;
};

/// The dual of one activation at one layer, on many pairs. Safe for concurrent use.
class PairDual {
 public:
  virtual ~PairDual() = default;
  virtual void row(const PairRow& pairs) const = 0;
  virtual PairRounding rounding() const = 0;
};

/// The route for an activation: the closed dual, else the Hermite series. `points` must outlive it.
std::unique_ptr<PairDual> make_pair_dual(const Activation& phi, const LayerPoints& points, bool slope, const Budget& budget);

/// The closed duals that are good in double precision; null if phi has none.
std::unique_ptr<PairDual> make_closed_pair_dual(const Activation& phi, const LayerPoints& points);
/// For every activation without one.
std::unique_ptr<PairDual> make_series_pair_dual(const Activation& phi, const LayerPoints& points, bool slope, const Budget& budget);

}  // namespace infwidth
