// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace infwidth {

/// The part of a metric that a random network's law allows at x, and the rest: g = A I + B x x^T + rest, rest orthogonal to I and x x^T (Frobenius).
///   tangential, radial   A, and A + |x|^2 B (at x = 0, or in d = 1, both the trace over d)
///   broken               |rest|^2, the sum of its squared entries
struct SymmetricPart {
  double tangential = 0, radial = 0, broken = 0;
};

/// g: d x d, row after row, symmetric; d = x.size().
SymmetricPart symmetric_part(const double* g, std::span<const double> x);

/// What `broken` is on average over the draws of a network whose metric has these covariances, in a frame of x/|x| (r) and directions orthogonal to it (t, u):
///   at x != 0   2 (d-1) Var g_rt + (d-2) [(d-1) Var g_tu + Var g_tt - Cov(g_tt, g_uu)]
///   at x = 0    (d-1) [d Var g_tu + Var g_tt - Cov(g_tt, g_uu)]
/// Derivation D-073
double expected_broken(std::size_t d, bool at_origin, double var_rt, double var_tu, double var_tt, double cov_tt_uu);

/// O^T g(O x) O - g(x) of one network, the upper triangle: of mean 0 over draws if the law is invariant.
///   turned   g(O x), plain g(x), rotation O: all d x d, row after row;  into: d (d + 1) / 2
void equivariance_defect(const double* turned, const double* plain, const double* rotation, std::size_t d, double* into);

}  // namespace infwidth
