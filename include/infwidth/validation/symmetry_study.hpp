// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "infwidth/finite/network.hpp"
#include "infwidth/finite/theory.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"
#include "infwidth/validation/comparison.hpp"

namespace infwidth {

/// The symmetry-breaking index of one network: |g - Pg|^2 / |g_infinite|^2, P the projection onto the span of I and x x^T, averaged over points.
///   index      that average
///   expected   its mean over random networks of this architecture and these widths; none where no theory has it
///   standing   of `expected`: "exact", "leading 1/n"
///   tangential_spread, radial_spread   standard deviation, over directions at the first point's norm, of A and of A + |x|^2 B (their best fits), relative to their means:
///              0 for a symmetric metric
struct NetworkSymmetry {
  double index = 0;
  std::optional<double> expected;
  std::string standing;
  double tangential_spread = 0, radial_spread = 0;
};

/// `limit`: the architecture whose infinite-width metric is the measure, and whose random networks `expected` is about.
///   directions   how many, Haar-random by `seed`
///   Errors   UsageError: no points, another dimension; NoSuchQuantity where the limit has no metric, or the network none for a kink
NetworkSymmetry network_symmetry(const FiniteNetwork& network, const Architecture& limit, const std::vector<std::vector<Rational>>& points, int directions = 100, std::uint64_t seed = 1,
                                 const Budget& budget = {});

/// Are random networks as symmetric as they should be?
///   draws, rotations   networks drawn, Haar-random O that each is looked at from
struct SymmetryStudyOptions {
  std::uint64_t draws = 1000, seed = 1;
  int rotations = 2, threads = 1;
  Budget budget = {};
  Progress* progress = nullptr;
};

/// Of an ensemble:
///   test             of the mean of O^T g(Ox) O - g(x), 0 for an invariant law: all components, points and rotations together; without a verdict where draws do not see their spread
///   components       how many there are
///   index, standard_error   the mean of the networks' indices, and its error
///   expected, standing      as above
struct EnsembleSymmetry {
  Omnibus test;
  std::size_t components = 0;
  double index = 0, standard_error = 0;
  std::optional<double> expected;
  std::string standing;
  std::uint64_t draws = 0;
  bool complete = false;
};

/// Errors   UsageError: no points, d < 2, more components than draws can tell; NoSuchQuantity; NotReached
/// Derivation D-073
EnsembleSymmetry ensemble_symmetry(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points,
                                   const SymmetryStudyOptions& options);

}  // namespace infwidth
