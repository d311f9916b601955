// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <vector>

#include "infwidth/finite/ensemble.hpp"
#include "infwidth/finite/geometry.hpp"
#include "study_entries.hpp"

namespace infwidth {

/// What the ensemble of one width says of all entries: means, and the covariance of these means, row after row.
///   skewness   of the draws
struct Estimates {
  std::vector<double> mean, covariance, skewness;
  std::uint64_t draws = 0;
};

/// The networks of a study: ensembles of the widths times each factor.
class StudySimulation {
 public:
  StudySimulation(const Architecture& network, const StudyOptions& options, const StudyEntries& entries) : network_(network), options_(options), entries_(entries) {}

  /// Before hours of work: a network a thread, what goes through its layers, and the draws that are kept.
  ///   Errors   UsageError: more than the machine has
  void require_room(int factor, bool keep_draws) const;
  /// The entries have their theory.
  ///   Errors   NotReached: stopped before the fewest draws that say anything
  void run(const std::vector<int>& factors, bool keep_draws, std::uint64_t fewest);

  const std::map<int, EnsembleResult>& ensembles() const { return ensembles_; }
  bool complete() const { return complete_; }
  std::uint64_t fewest_draws() const;
  Estimates estimates(int factor) const;

 private:
  const Architecture& network_;
  const StudyOptions& options_;
  const StudyEntries& entries_;
  std::map<int, EnsembleResult> ensembles_;
  bool complete_ = false;

  bool asked(StudyKind kind) const { return entries_.asked(kind); }
  bool keeps_draws(bool wanted) const { return wanted || asked(StudyKind::curvature); }
  NetworkEnsemble ensemble_of(int factor) const;
  std::uint64_t columns() const;
  EnsembleResult simulate(int factor, bool keep_draws) const;
  std::uint64_t block_for(int factor) const;
  void measure(FiniteMap::Worker& worker, const FiniteNetwork& network, FiniteGeometry& g, double* vector) const;
  double metric_entry(const StudyEntry& e, const double* g) const;
  Moments with_medians(const EnsembleResult& ensemble, std::vector<double>& medians) const;
};

}  // namespace infwidth
