// SPDX-License-Identifier: GPL-3.0-or-later
#include "study_simulation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "infwidth/real/errors.hpp"
#include "infwidth/run/memory.hpp"

namespace infwidth {

void StudySimulation::run(const std::vector<int>& factors, bool keep_draws, std::uint64_t fewest) {
  for (const int factor : factors) {
    EnsembleResult result = simulate(factor, keep_draws);
    if (result.moments.count() < fewest) {
      throw NotReached("stopped after " + std::to_string(result.moments.count()) + " draws; " + std::to_string(fewest) + " are the fewest that say anything");
    }
    complete_ = result.complete;
    ensembles_.emplace(factor, std::move(result));
    if (!complete_) return;
  }
}

std::uint64_t StudySimulation::fewest_draws() const {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const auto& [factor, ensemble] : ensembles_) least = std::min(least, ensemble.moments.count());
  return least;
}

// Networks of different widths are different draws: their seeds differ.
NetworkEnsemble StudySimulation::ensemble_of(int factor) const {
  const std::uint64_t seed = options_.seed + std::uint64_t{0x9E3779B97F4A7C15} * static_cast<std::uint64_t>(factor - 1);
  return NetworkEnsemble(network_, entries_.widths_times(factor), entries_.dimension(), seed, asked(StudyKind::ntk) ? 1 : 0);
}

/// Numbers that go through a layer: a column for the values at each point, one for each of their derivatives.
std::uint64_t StudySimulation::columns() const {
  const std::uint64_t d = entries_.dimension();
  return entries_.points() * (1 + d + (asked(StudyKind::curvature) ? d * (d + 1) / 2 : 0));
}

void StudySimulation::require_room(int factor, bool keep_draws) const {
  const std::vector<std::uint64_t> widths = entries_.widths_times(factor);
  const std::uint64_t layers = size_product(sizeof(double) * 4, size_product(*std::max_element(widths.begin(), widths.end()), columns()));
  const std::uint64_t networks = size_product(static_cast<std::uint64_t>(std::max(1, options_.threads)), size_sum(ensemble_of(factor).bytes(), layers));
  const std::uint64_t kept = keeps_draws(keep_draws) ? size_product(sizeof(double) * entries_.size(), options_.draws) : 0;
  require_memory(size_sum(networks, kept), "this simulation", kept > networks ? "take fewer draws" : "take smaller widths, or fewer threads");
}

EnsembleResult StudySimulation::simulate(int factor, bool keep_draws) const {
  EnsembleOptions options;
  options.draws = options_.draws;
  options.threads = options_.threads;
  options.block = block_for(factor);
  options.budget = options_.budget;
  options.progress = options_.progress;
  options.resume = options_.resume;
  options.identity = options_.identity + ", widths times " + std::to_string(factor);
  if (!options_.checkpoint.empty()) options.checkpoint = options_.checkpoint + (factor == 1 ? "" : "." + std::to_string(factor));
  if (keeps_draws(keep_draws)) {
    for (std::size_t k = 0; k < entries_.size(); ++k) options.keep.push_back(k);
  }
  const NetworkEnsemble ensemble = ensemble_of(factor);
  const FiniteMap map(network_.activations);
  return run_ensemble(entries_.size(), [&]() -> Draws {
    auto worker = std::make_shared<FiniteMap::Worker>(map);
    return [this, &ensemble, worker, network = FiniteNetwork(), g = FiniteGeometry()](std::uint64_t first, std::uint64_t count, double* vectors) mutable {
      for (std::uint64_t k = 0; k < count; ++k) {
        ensemble.network(first + k, network);
        measure(*worker, network, g, vectors + k * entries_.size());
      }
    };
  }, options);
}

/// About a tenth of a second, whatever the machine.
std::uint64_t StudySimulation::block_for(int factor) const {
  double work = 0, before = static_cast<double>(entries_.dimension());
  for (const std::uint64_t width : entries_.widths_times(factor)) {
    work += before * static_cast<double>(width) * (static_cast<double>(columns()) + 10);
    before = static_cast<double>(width);
  }
  return work > 1e8 ? 1 : work > 1e6 ? 8 : 64;
}

void StudySimulation::measure(FiniteMap::Worker& worker, const FiniteNetwork& network, FiniteGeometry& g, double* vector) const {
  const MatrixView points{entries_.coordinates().data(), entries_.points(), entries_.dimension()};
  const FiniteRequest request{.metric = asked(StudyKind::metric), .volume = asked(StudyKind::volume) || asked(StudyKind::log_volume), .curvature = asked(StudyKind::curvature), .features = asked(StudyKind::kernel)};
  if (request.metric || request.volume || request.curvature || request.features) worker.at(network, points, request, g);
  std::vector<double> theta;
  if (asked(StudyKind::ntk)) theta = worker.tangent_kernel(network, network_, points);
  const std::size_t d = entries_.dimension();
  for (std::size_t k = 0; k < entries_.size(); ++k) {
    const StudyEntry& e = entries_[k];
    const bool regular = !request.volume || g.rank[e.point] == static_cast<int>(d);
    double value = 0;
    switch (e.kind) {
      case StudyKind::metric: value = metric_entry(e, g.metric.data() + e.point * d * d); break;
      case StudyKind::volume: value = regular ? std::exp(g.log_volume[e.point]) : 0; break;
      case StudyKind::singular: value = regular ? 0 : 1; break;
      case StudyKind::log_volume: value = regular ? g.log_volume[e.point] - e.limit : 0; break;  // with `singular`, a mean over the others
      case StudyKind::curvature: value = g.ricci[e.point]; break;
      case StudyKind::kernel:
        for (std::size_t u = 0; u < g.width; ++u) value += g.features[e.point * g.width + u] * g.features[e.other * g.width + u];
        value /= static_cast<double>(g.width);
        break;
      case StudyKind::ntk: value = theta[e.point * entries_.points() + e.other]; break;
    }
    if (!std::isfinite(value)) {
      throw NotReached("" + e.name + " of a network drawn is no finite number" + (e.kind == StudyKind::curvature ? " (its metric is singular); leave curvature out, or take wider networks" : ""));
    }
    vector[k] = value;
  }
}

double StudySimulation::metric_entry(const StudyEntry& e, const double* g) const {
  const std::size_t d = entries_.dimension();
  if (e.i < d) return g[e.i * d + e.j];
  double sum = 0;
  if (e.j == 0) {
    for (std::size_t i = 0; i < d; ++i) sum += g[i * d + i];
    return sum;
  }
  const double* const x = entries_.coordinates().data() + e.point * d;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) sum += x[i] * g[i * d + j] * x[j];
  }
  return sum / entries_.norm2_of(e.point);
}

Estimates StudySimulation::estimates(int factor) const {
  const EnsembleResult& ensemble = ensembles_.at(factor);
  const std::size_t n = entries_.size();
  Moments moments = ensemble.moments;
  std::vector<double> medians(n);
  if (!ensemble.kept.empty()) moments = with_medians(ensemble, medians);
  Estimates e{moments.mean(), std::vector<double>(n * n), std::vector<double>(n), moments.count()};
  for (std::size_t k = 0; k < n; ++k) e.skewness[k] = moments.skewness(k);
  const double draws = static_cast<double>(moments.count());
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) e.covariance[i * n + j] = moments.covariance(i, j) / draws;
  }
  // log-volume over the draws that have one: the quotient of two means, linearised.
  for (std::size_t k = 0; k < n; ++k) {
    if (entries_[k].kind != StudyKind::log_volume) continue;
    const std::size_t singular = k - 1;  // listed just before
    const double share = 1 - e.mean[singular];
    if (share <= 0) throw NotReached("" + entries_[k].name + ": the metric of every network drawn is singular");
    const double ratio = e.mean[k] / share;  // from the limit, as the draws are
    // (L - ratio (1 - S)) / share = L / share + S ratio / share + constant
    for (std::size_t j = 0; j < n; ++j) e.covariance[k * n + j] = (e.covariance[k * n + j] + ratio * e.covariance[singular * n + j]) / share;
    for (std::size_t j = 0; j < n; ++j) e.covariance[j * n + k] = (e.covariance[j * n + k] + ratio * e.covariance[j * n + singular]) / share;
    e.mean[k] = entries_[k].limit + ratio;
  }
  return e;
}

/// Curvatures have heavy tails (at small widths no variance): their medians, by the influence function sign(R - median) / (2 density at the median).
Moments StudySimulation::with_medians(const EnsembleResult& ensemble, std::vector<double>& medians) const {
  std::vector<double> half_density(entries_.size(), 0);
  const std::size_t draws = ensemble.kept[0].size();
  for (std::size_t k = 0; k < entries_.size(); ++k) {
    if (entries_[k].kind != StudyKind::curvature) continue;
    std::vector<double> sorted = ensemble.kept[k];
    std::sort(sorted.begin(), sorted.end());
    const auto quantile = [&](double at) { return sorted[static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(draws - 1)))]; };
    const double middle = static_cast<double>(draws) / 2;
    medians[k] = draws % 2 == 1 ? sorted[draws / 2] : (sorted[draws / 2 - 1] + sorted[draws / 2]) / 2;
    // The density from the quantiles a width of about draws^(4/5) around the middle (Siddiqui; Bofinger's width for a normal).
    const double reach = std::max(2.0, 0.8 * std::pow(static_cast<double>(draws), 0.8) / 2);
    const double span = quantile(middle + reach) - quantile(middle - reach);
    half_density[k] = span > 0 ? span * static_cast<double>(draws) / (2 * reach) / 2 : 0;
  }
  Moments moments(entries_.size());
  std::vector<double> vector(entries_.size());
  for (std::size_t i = 0; i < draws; ++i) {
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      const double value = ensemble.kept[k][i];
      vector[k] = entries_[k].kind != StudyKind::curvature ? value : medians[k] + (value > medians[k] ? half_density[k] : value < medians[k] ? -half_density[k] : 0);
    }
    moments.add(vector);
  }
  return moments;
}

}  // namespace infwidth
