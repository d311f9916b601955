// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "infwidth/geometry/metric_by_differences.hpp"
#include "infwidth/real/rational.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"

namespace infwidth {

/// A random rotation or reflection of R^d, uniform (Haar) among them: the Q of a Gaussian matrix whose R has a positive diagonal, to 40 digits.
///   Returns   d x d, row after row; orthogonal to 1e-40
std::vector<Rational> haar_orthogonal(std::size_t d, std::uint64_t seed, std::uint64_t draw);

/// How far a kernel's metric at x is from being invariant under rotations, from the kernel's values alone (differences of step h). Each is relative to the largest entry of g.
///   rotation   the largest entry of g(Ox) - O g(x) O^T over `rotations` Haar-random O
///   killing    the largest entry of the Lie derivative of g along x -> Omega x, over the generators Omega of so(d)
///   form       the largest entry of g - (A I + B x x^T), with the A and B that fit best
///   resolution what the differences resolve: deviations of this size are theirs, if their steps are short enough
///   noise      what the kernel's own radii amount to in these
///   scale      the largest entry of g at x
struct SymmetryDeviation {
  double rotation = 0, killing = 0, form = 0, resolution = 0, noise = 0, scale = 0;

  double largest() const;
  bool holds() const { return noise < resolution && largest() < resolution; }
};

/// kinked   the network has kinks: k(x, y) then has a term |x - y|^3, and differences want steps of 2^-60 and a kernel known to 50 digits
/// refined  so many times: a step of the metric shorter by 2^5 each (with kinks 2^20), one along rotations by 2^3
struct SymmetryOptions {
  int rotations = 3;
  std::uint64_t seed = 1;
  bool kinked = false;
  int refined = 0;
  Budget budget = {};
  Progress* progress = nullptr;  // advances by metrics: `symmetry_steps`
};
std::uint64_t symmetry_steps(std::size_t dimension, const SymmetryOptions& options);

/// How many digits of `kernel` are needed.
long symmetry_digits(const SymmetryOptions& options);

/// `kernel` is known to `symmetry_digits`, and smooth at x but for kinks of the units: five derivatives.
///   Errors   UsageError: no coordinates; Stopped
///   Derivation D-072
SymmetryDeviation symmetry_deviation(const PointKernel& kernel, const std::vector<Rational>& x, const SymmetryOptions& options = {});

/// A deviation that is no error of the differences.
///   holds    all three are below what is resolved
///   broken   one is beyond it, and shorter steps neither change it nor the metric
///   open     neither can be said
enum class SymmetryVerdict { holds, broken, open };
struct SettledSymmetry {
  SymmetryDeviation deviation;
  SymmetryVerdict verdict = SymmetryVerdict::open;
};

/// Steps are shortened, up to three times, while the metric is not found to be invariant: errors of differences fall with them, by 2^12 or more where the steps
/// are short beside the lengths over which the metric changes, and by 8 at kinks; a broken symmetry stays.
///   kernel   to as many digits as it is told
///   Errors   as `symmetry_deviation`
SettledSymmetry settled_symmetry(const std::function<PointKernel(long digits)>& kernel, const std::vector<Rational>& x, SymmetryOptions options = {});

}  // namespace infwidth
