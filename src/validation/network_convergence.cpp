// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>
#include <span>

#include "infwidth/real/errors.hpp"
#include "infwidth/validation/network_study.hpp"
#include "study_simulation.hpp"

namespace infwidth {

namespace {

constexpr std::size_t parts = 20;  // of the draws, for the error of a standard deviation

/// How far one draw is from another: the standard deviation (of log-volume, of the draws that have one); of curvatures the distance of the quartiles.
double spread_of(StudyKind kind, std::span<const double> draws, std::span<const double> singular) {
  if (kind == StudyKind::curvature) {
    std::vector<double> sorted(draws.begin(), draws.end());
    std::sort(sorted.begin(), sorted.end());
    return (sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4]) / 1.3489795;
  }
  Moments m(1);
  for (std::size_t i = 0; i < draws.size(); ++i) {
    if (kind != StudyKind::log_volume || singular[i] == 0) m.add({&draws[i], 1});
  }
  return m.count() > 1 ? std::sqrt(m.covariance(0, 0)) : 0;
}

ConvergenceRow row_of(std::size_t k, const StudyEntries& entries, const StudySimulation& simulation, const std::map<int, Estimates>& all) {
  const StudyEntry& e = entries[k];
  ConvergenceRow row{e.name, e.limit, to_string(e.standing), {}, {}, {}};
  std::vector<double> n, deviation, deviation_error, spread, spread_error;
  for (const auto& [factor, ensemble] : simulation.ensembles()) {
    const Estimates& x = all.at(factor);
    ConvergencePoint p{static_cast<std::uint64_t>(factor), e.theory.at(factor), x.mean[k], std::sqrt(x.covariance[k * entries.size() + k]), 0, 0, {}};
    if (e.variance.contains(factor)) p.theory_spread = std::sqrt(e.variance.at(factor));
    const std::vector<double>&draws = ensemble.kept[k], &singular = ensemble.kept[e.kind == StudyKind::log_volume ? k - 1 : k];
    const std::size_t part = draws.size() / parts;
    const auto spread_of_part = [&](std::size_t from, std::size_t count) { return spread_of(e.kind, {draws.data() + from, count}, {singular.data() + from, count}); };
    p.spread = spread_of_part(0, draws.size());
    Moments logs(1);
    for (std::size_t g = 0; g < parts; ++g) {
      const double log = std::log(spread_of_part(g * part, part));
      logs.add({&log, 1});
    }
    p.spread_error = p.spread * logs.standard_error(0);
    if (!std::isfinite(p.spread_error)) p.spread_error = p.spread;  // a part without spread: nothing is known of it
    n.push_back(static_cast<double>(entries.widths_times(factor)[0]));
    deviation.push_back(p.mean - e.limit);
    deviation_error.push_back(p.standard_error);
    spread.push_back(p.spread);
    spread_error.push_back(p.spread_error);
    row.at.push_back(p);
  }
  const auto certain = [](double error) { return error > 0 && std::isfinite(error); };
  if (n.size() > 1 && std::all_of(deviation_error.begin(), deviation_error.end(), certain)) row.deviation = fit_power_law(n, deviation, deviation_error);
  if (n.size() > 1 && std::all_of(spread_error.begin(), spread_error.end(), certain)) row.spread = fit_power_law(n, spread, spread_error);
  return row;
}

}  // namespace

ConvergenceResult convergence(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points,
                              const std::vector<std::uint64_t>& factors, const StudyOptions& options) {
  std::vector<int> whole;
  for (const std::uint64_t f : factors) {
    if (f < 1 || f > 1'000'000 || (!whole.empty() && static_cast<int>(f) <= whole.back())) throw UsageError("the factors of the widths are increasing whole numbers, like 1,2,4,8");
    whole.push_back(static_cast<int>(f));
  }
  if (whole.size() < 2) throw UsageError("convergence is seen at two widths or more; give factors like 1,2,4,8");
  if (options.draws < parts * 20) throw UsageError(std::to_string(options.draws) + " draws; a standard deviation and its error take " + std::to_string(parts * 20) + " or more");
  if (!options.inject.empty()) throw UsageError("an injected error is seen by the verdict, and convergence has none; leave one of them out");
  StudyEntries entries(network, widths, points, options);
  StudySimulation simulation(network, options, entries);
  for (const int factor : whole) simulation.require_room(factor, true);
  for (const int factor : whole) entries.add_theory(factor);
  simulation.run(whole, true, parts * 20);
  ConvergenceResult result;
  result.complete = simulation.complete();
  result.draws = simulation.fewest_draws();
  std::map<int, Estimates> all;
  for (const auto& [factor, ensemble] : simulation.ensembles()) all.emplace(factor, simulation.estimates(factor));
  for (std::size_t k = 0; k < entries.size(); ++k) {
    if (entries[k].kind != StudyKind::singular) result.rows.push_back(row_of(k, entries, simulation, all));
  }
  return result;
}

}  // namespace infwidth
