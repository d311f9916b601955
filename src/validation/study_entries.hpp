// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "infwidth/finite/theory.hpp"
#include "infwidth/validation/network_study.hpp"

namespace infwidth {

enum class StudyKind { metric, volume, log_volume, singular, curvature, kernel, ntk };

/// One number of a draw, and what theory says of it at widths `factor` n.
///   theory, variance   by factor; of one draw. Of `singular` its probability; no entry where no theory has it
///   certain            no two networks differ in it
struct StudyEntry {
  StudyKind kind;
  std::string name;
  std::size_t point = 0, other = 0;  // which points
  std::size_t i = 0, j = 0;          // of the metric: i = dimension for its trace (j = 0) and radial component (j = 1)
  double limit = 0;
  std::map<int, double> theory, variance;
  Standing standing = Standing::limit;
  bool certain = false;
};

/// What is held against simulation at given points, with its theory.
class StudyEntries {
 public:
  /// Errors   as `validate`
  StudyEntries(const Architecture& network, std::vector<std::uint64_t> widths, const std::vector<std::vector<Rational>>& points, const StudyOptions& options);

  const std::vector<StudyEntry>& all() const { return entries_; }
  const StudyEntry& operator[](std::size_t k) const { return entries_[k]; }
  std::size_t size() const { return entries_.size(); }
  bool asked(StudyKind kind) const;

  std::size_t points() const { return points_.size(); }
  std::size_t dimension() const { return dimension_; }
  /// In doubles, point after point.
  const std::vector<double>& coordinates() const { return coordinates_; }
  double norm2_of(std::size_t p) const;
  std::vector<std::uint64_t> widths_times(int factor) const;

  /// Fills in the theory at widths times `factor`.
  ///   Errors   NoSuchQuantity where there is no metric, at infinite or at finite width; NotReached
  void add_theory(int factor);
  /// The covariance of entries k and m of one draw at the widths themselves, where it is known exactly.
  std::optional<double> known_covariance(std::size_t k, std::size_t m) const;

 private:
  const Architecture& network_;
  std::vector<std::uint64_t> widths_;
  const std::vector<std::vector<Rational>>& points_;
  const StudyOptions& options_;
  std::size_t dimension_;
  std::vector<double> coordinates_;
  std::vector<StudyEntry> entries_;
  std::map<std::pair<std::size_t, std::size_t>, double> covariance_;

  void check() const;
  void list();
  std::uint64_t least_width() const;
  std::string of_points(std::size_t p) const;
  std::string of_points(std::size_t p, std::size_t q) const;
  void metric_theory(StudyEntry& e, int factor, const std::optional<FiniteTheory<Ball>>& law, const RadialMetric<Ball>& m, const LayerMetric<Ball>& limit) const;
  void add_covariances(std::size_t p, const FiniteTheory<Ball>& law);
  void add_kernels(int factor);
};

}  // namespace infwidth
