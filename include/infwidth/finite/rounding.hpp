// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/finite/geometry.hpp"

namespace infwidth {

/// How far rounding has moved a network's geometry, at each point:
///   metric       of g_ij, relative to sqrt(g_ii g_jj)
///   log_volume   of 1/2 log det g; infinite where g may as well be singular
///   ricci        of the Ricci scalar
struct GeometryRounding {
  std::vector<double> metric, log_volume, ricci;
};

/// Estimates for `found`, the geometry of `network` at these points: from networks and points whose numbers are all moved at random by a few units in their last place, as the rounding of
/// sums and of activations moves them. Not proven; costs four times the geometry itself.
///   Errors       as `finite_geometry`
///   Derivation   D-075
GeometryRounding geometry_rounding(const FiniteNetwork& network, MatrixView points, const FiniteRequest& request, const FiniteGeometry& found, int threads = 1, const Budget& budget = {});

}  // namespace infwidth
