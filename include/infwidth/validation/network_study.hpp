// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "infwidth/network/architecture.hpp"
#include "infwidth/real/rational.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"
#include "infwidth/validation/comparison.hpp"
#include "infwidth/validation/power_law.hpp"

namespace infwidth {

/// What is held against simulation. Curvature, and kernels of more than one hidden layer, have no theory at finite width.
struct StudyQuantities {
  bool metric = true, volume = true, log_volume = true, curvature = false, kernel = false, ntk = false;
};

/// How.
///   draws        networks drawn, of each width
///   extrapolate  draw networks of widths n, 2n and 4n: what has no theory at finite width is extrapolated to infinite width, with its error, and takes part in the verdict
///   alpha        the level of the verdict: how often a true theory is called false
///   inject       relative errors that are put into the theory to see them caught, by quantity: "metric" (as if chi of the last layer were off: the volume goes along, the
///                curvature goes the other way), "volume", "log-volume", "curvature", "kernel", "ntk"
struct StudyOptions {
  StudyQuantities of = {};
  std::uint64_t draws = 1000, seed = 1;
  bool extrapolate = false;
  double alpha = 1e-3;
  std::map<std::string, double> inject = {};
  int threads = 1;
  std::string checkpoint = {}, identity = {};
  bool resume = false;
  Budget budget = {};
  Progress* progress = nullptr;
};

/// One quantity: what theory says and what the networks say.
///   theory      at these widths where there is a theory for them, else the limit of infinite width
///   standing    "exact", "leading 1/n", "limit"
///   mean        over the draws; or, where `note` says so, freed of the next order of 1/n, or extrapolated
///   z           (mean - theory) / standard error, of a probability the score of its binomial test; none outside the verdict
///   note        how the row came about, and why it stands outside the verdict
///   in_verdict  whether the row takes part
struct StudyRow {
  std::string quantity;
  double theory = 0, limit = 0;
  std::string standing;
  double mean = 0, standard_error = 0;
  std::optional<double> z;
  std::uint64_t draws = 0;
  std::string note;
  bool in_verdict = false;
};

/// What came out.
///   test       of the means of the verdict's rows, together; `used` by the rows' numbers
///   counts     of its probabilities, each by its own law
///   refuted    a quantity in which no two networks differ is another than theory says
///   power      the probability that the injected errors are caught; none without any
///   complete   false: stopped before the last draw
struct StudyResult {
  std::vector<StudyRow> rows;
  Omnibus test;
  std::vector<Count> counts;
  bool refuted = false;
  std::optional<double> power;
  double alpha = 0;
  std::uint64_t draws = 0;
  bool complete = false;

  /// How many rows take part in the verdict; the probability, under the theory, of what disagrees as much.
  std::size_t tested() const;
  double p_value() const { return refuted ? 0 : combined_p_value(test, counts); }
  /// Why there is no verdict; "" where there is one.
  std::string no_verdict() const;
  bool agrees() const { return p_value() >= alpha; }
};

/// How many draws `validate` will make, for a progress bar.
std::uint64_t study_draws(const StudyOptions& options);

/// Holds the theory of random networks of given widths against networks drawn.
///   points   rows of exact coordinates, all of one dimension
///   Errors   UsageError: no points, nothing asked for, fewer than 20 draws, alpha outside (0, 1), metric or curvature in more than `most_entries` dimensions; NoSuchQuantity
///            where theory has no metric; NotReached
///   Derivation D-071
StudyResult validate(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points, const StudyOptions& options);

/// One quantity at one width.
///   factor              the width, in units of the first
///   theory              the mean at this width: exact, to first order in 1/n, or its limit
///   mean, standard_error   over the draws (of curvature the median)
///   spread, spread_error   the standard deviation of one draw (of curvature the distance of its quartiles, as that of a normal), and its error from 20 parts of the draws
///   theory_spread       where theory has it
struct ConvergencePoint {
  std::uint64_t factor = 1;
  double theory = 0, mean = 0, standard_error = 0, spread = 0, spread_error = 0;
  std::optional<double> theory_spread;
};

/// How one quantity goes to its limit.
///   deviation   of mean - limit: slope -1 to be expected; none where no deviation is seen (the mean of one hidden layer's metric has none)
///   spread      of the standard deviation: slope -1/2
struct ConvergenceRow {
  std::string quantity;
  double limit = 0;
  std::string standing;
  std::vector<ConvergencePoint> at;
  std::optional<PowerLaw> deviation, spread;
};

struct ConvergenceResult {
  std::vector<ConvergenceRow> rows;
  std::uint64_t draws = 0;
  bool complete = false;
};

/// Networks of the widths times each factor, and the power laws in between.
///   factors   2 or more, increasing
///   Errors    as `validate`; UsageError: other factors, an injected error, fewer than 400 draws
///   Derivation D-074
ConvergenceResult convergence(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points,
                              const std::vector<std::uint64_t>& factors, const StudyOptions& options);

}  // namespace infwidth
