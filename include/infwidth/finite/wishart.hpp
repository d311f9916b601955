// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "infwidth/finite/layer_moments.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// What one hidden layer of n homogeneous units does to the determinant of the metric on R^d: det g_(l+1) = det g_l times (its infinite-width factor) times X, X independent of
/// all other layers. n >= d.
///   mean, mean_square      E X, E X^2
///   Where phi'^2 takes one value, or that and 0, X is the determinant of a Wishart matrix of m units, m = n, or m ~ Bin(n, 1/2):
///   nonsingular            P(X > 0) = P(m >= d)
///   log_mean, log_variance of log X given X > 0
///   mean_root              E sqrt(X)
///   Derivation D-061
template <class Real>
struct DeterminantFactor {
  Real mean, mean_square;
  bool wishart = false;
  Real nonsingular = Real(1), log_mean = Real(0), log_variance = Real(0), mean_root = Real(0);
};

/// Of a Wishart mixture: the sum over m in balls goes as far as the precision needs, about sqrt(n) terms, with a bound of what is left out; in `Digits` over all n.
///   Errors   NotReached for a Wishart law of more than 10^12 units (in `Digits`, 10^8); Stopped
template <class Real>
DeterminantFactor<Real> determinant_factor(const Slopes& phi, std::uint64_t units, int dim, const Budget& budget = {});

/// n (n-1) .. (n-d+1) / n^d, the factor by which E det g of any layer of n units is below that of infinite width. 0 for n < d.
template <class Real>
Real falling_share(std::uint64_t units, int dim);

/// P(m < d) for m ~ Bin(n, p).
template <class Real>
Real probability_below(int dim, std::uint64_t units, const Real& p);

}  // namespace infwidth
