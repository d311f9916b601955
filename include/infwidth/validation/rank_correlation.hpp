// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace infwidth {

/// Ranks from 1; equal numbers share the mean of theirs. Infinite ones are first or last.
///   Errors   std::invalid_argument: a NaN, which has no rank
std::vector<double> ranks(std::span<const double> x);

/// Spearman's rank correlation; NaN where one side is constant.
///   x, y     of one length, two or more
///   Errors   as `ranks`
double rank_correlation(std::span<const double> x, std::span<const double> y);

/// The partial rank correlation of x and y given z: (r_xy - r_xz r_yz) / sqrt((1 - r_xz^2)(1 - r_yz^2)); NaN where z decides one of them.
double partial_rank_correlation(std::span<const double> x, std::span<const double> y, std::span<const double> z);

/// Mean of a sample with the interval that resampling gives: the 2.5 % and 97.5 % points of the means of 10^4 samples drawn from it with replacement (by a Stream of `seed`).
/// Of few numbers it is too narrow: of five, it holds the mean in about 83 % of cases.
struct Bootstrap {
  double mean = 0, low = 0, high = 0;
};
Bootstrap bootstrap_mean(std::span<const double> sample, std::uint64_t seed = 1);

}  // namespace infwidth
