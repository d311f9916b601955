// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/network_study.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "seen_spread.hpp"
#include "study_simulation.hpp"

namespace infwidth {

namespace {

class Study {
 public:
  Study(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points, const StudyOptions& options)
      : options_(options), entries_(network, widths, points, options), simulation_(network, options, entries_) {}

  StudyResult run() {
    const std::vector<int> factors = options_.extrapolate ? std::vector<int>{1, 2, 4} : std::vector<int>{1};
    for (const int factor : factors) simulation_.require_room(factor, false);
    for (const int factor : factors) entries_.add_theory(factor);
    simulation_.run(factors, false, 20);
    return conclude();
  }

 private:
  const StudyOptions& options_;
  StudyEntries entries_;
  StudySimulation simulation_;

  /// How a row is made of the ensembles.
  struct Weights {
    std::map<int, double> of;
    bool theory_by_factor = false;  // differences to the theory of each width are combined, not the means
  };

  /// The next order of 1/n is about the known one times the relative variance of a draw: in standard errors. From `visible` on, widths n and 2n cancel it.
  static constexpr double visible = 0.3;
  double remainder(const StudyEntry& e) const {
    if (e.standing != Standing::leading || !e.variance.contains(1) || e.limit == 0) return 0;
    const double spread = e.kind == StudyKind::log_volume ? 4 * e.variance.at(1) : e.variance.at(1) / (e.limit * e.limit);
    return std::abs(e.theory.at(1) - e.limit) * spread / std::sqrt(e.variance.at(1) / static_cast<double>(options_.draws));
  }

  double injected(const StudyEntry& e, double theory) const {
    const auto error = [&](const char* name) {
      const auto found = options_.inject.find(name);
      return found == options_.inject.end() ? 0.0 : found->second;
    };
    const double d = static_cast<double>(entries_.dimension()), of_metric = 1 + error("metric");
    switch (e.kind) {
      case StudyKind::metric: return theory * of_metric;
      case StudyKind::volume: return theory * std::pow(of_metric, d / 2) * (1 + error("volume"));
      case StudyKind::log_volume: return (theory + d / 2 * std::log(of_metric)) * (1 + error("log-volume"));
      case StudyKind::singular: return theory;
      case StudyKind::curvature: return theory / of_metric * (1 + error("curvature"));
      case StudyKind::kernel: return theory * (1 + error("kernel"));
      case StudyKind::ntk: return theory * (1 + error("ntk"));
    }
    return theory;
  }

  /// The rows, and which of them are tested together.
  struct Table {
    std::map<int, Estimates> all;
    std::vector<Weights> weights;
    std::vector<double> theory, mean;
    std::vector<std::size_t> together;  // the entries of the omnibus test
  };

  StudyResult conclude() const {
    StudyResult result;
    result.alpha = options_.alpha;
    result.complete = simulation_.complete();
    result.draws = simulation_.fewest_draws();
    Table t;
    for (const auto& [factor, ensemble] : simulation_.ensembles()) t.all.emplace(factor, simulation_.estimates(factor));
    std::vector<std::size_t> row_of(entries_.size());
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      row_of[k] = result.rows.size();
      t.weights.emplace_back();
      t.theory.push_back(entries_[k].theory.contains(1) ? injected(entries_[k], entries_[k].theory.at(1)) : 0);
      t.mean.push_back(t.all.at(1).mean[k]);
      if (entries_[k].kind == StudyKind::singular) add_count(k, t, result);
      else add_row(k, t, result);
    }
    compare(t, result);
    // By the rows' numbers.
    for (std::size_t& used : result.test.used) used = row_of[t.together[used]];
    return result;
  }

  StudyRow row_of_entry(std::size_t k, std::uint64_t draws) const {
    const StudyEntry& e = entries_[k];
    StudyRow row;
    row.quantity = e.name;
    row.limit = e.limit;
    row.standing = to_string(e.standing);
    row.draws = draws;
    return row;
  }

  /// A probability is held against what was counted. One of 0 that was seen 0 times says nothing.
  void add_count(std::size_t k, const Table& t, StudyResult& result) const {
    const StudyEntry& e = entries_[k];
    const Estimates& x = t.all.at(1);
    const Count count{e.name, t.theory[k], static_cast<std::uint64_t>(std::llround(t.mean[k] * static_cast<double>(x.draws))), x.draws};
    if (count.seen == 0 && count.probability == 0) return;
    StudyRow row = row_of_entry(k, x.draws);
    row.theory = count.probability;
    row.mean = t.mean[k];
    if (e.standing == Standing::limit) {
      row.standard_error = std::sqrt(x.covariance[k * entries_.size() + k]);
      row.note = "no law is known at this width: outside the verdict";
    } else {
      row.standard_error = std::sqrt(count.probability * (1 - count.probability) / static_cast<double>(x.draws));
      row.note = std::to_string(count.seen) + " of " + std::to_string(x.draws) + " draws, " + fmt::format("{:.3g}", count.probability * static_cast<double>(x.draws)) + " expected: by its binomial law";
      row.z = count.score();
      row.in_verdict = true;
      result.counts.push_back(count);
    }
    result.rows.push_back(std::move(row));
  }

  void add_row(std::size_t k, Table& t, StudyResult& result) const {
    const StudyEntry& e = entries_[k];
    const std::size_t n = entries_.size();
    StudyRow row = row_of_entry(k, result.draws);
    Weights& w = t.weights[k];
    std::string outside = how(e, t.all.size() == 3, w, row.note);
    double sum = 0, variance = 0;
    for (const auto& [factor, weight] : w.of) {
      const Estimates& x = t.all.at(factor);
      sum += weight * (x.mean[k] - (w.theory_by_factor ? e.theory.at(factor) : 0));
      variance += weight * weight * x.covariance[k * n + k];
    }
    t.mean[k] = row.mean = (w.theory_by_factor ? e.theory.at(1) : 0) + sum;
    row.theory = t.theory[k];
    // Theory's own standard error where it is exact.
    const std::optional<double> known = known_variance(k, t.all.at(1));
    row.standard_error = std::sqrt(known ? *known : variance);
    const bool certain = e.certain || known == 0.0;
    for (const auto& [factor, weight] : w.of) {
      const Estimates& x = t.all.at(factor);
      const double draws = static_cast<double>(x.draws);
      const std::optional<double> of_draw = known ? std::optional(*known * draws) : std::nullopt;
      if (outside.empty() && !certain) outside = unseen_spread({x.covariance[k * n + k] * draws, x.skewness[k], x.draws, of_draw});
    }
    if (outside.empty() && !(std::isfinite(row.theory) && std::isfinite(row.mean))) outside = "theory's value, or the mean, is beyond double precision";
    if (!outside.empty()) {
      row.note += (row.note.empty() ? "" : "; ") + outside + ": outside the verdict";
      if (e.standing == Standing::limit && t.all.size() == 1) row.note += "; --extrapolate compares the limit";
    } else if (certain) {
      row.in_verdict = true;
      row.note = "no two networks differ in it";
      const bool same = std::abs(row.mean - row.theory) <= 1e-12 * std::abs(row.theory);
      if (same) row.z = 0;
      else result.refuted = true;
    } else {
      row.in_verdict = true;
      row.z = row.mean == row.theory ? 0 : (row.mean - row.theory) / row.standard_error;
      t.together.push_back(k);
    }
    result.rows.push_back(std::move(row));
  }

  /// The variance of the mean of this many draws at the widths themselves, where theory has it exactly. Of log-volume over those that have one.
  std::optional<double> known_variance(std::size_t k, const Estimates& x) const {
    const StudyEntry& e = entries_[k];
    if (e.certain) return 0;
    if (e.standing != Standing::exact || !e.variance.contains(1)) return std::nullopt;
    const double share = e.kind == StudyKind::log_volume ? 1 - x.mean[k - 1] : 1;
    return e.variance.at(1) / (share * static_cast<double>(x.draws));
  }

  /// How the row is made of the ensembles, which goes to `w` and `note`. Why it stands outside the verdict; "" where it does not for want of theory.
  std::string how(const StudyEntry& e, bool extrapolated, Weights& w, std::string& note) const {
    w.of = {{1, 1.0}};
    if (e.kind == StudyKind::curvature) note = "median";
    const auto say = [&](const std::string& text) { note += (note.empty() ? "" : "; ") + text; };
    if (e.standing == Standing::limit && extrapolated) {
      // Without 1/n and 1/n^2.
      w.of = {{1, 1.0 / 3}, {2, -2.0}, {4, 8.0 / 3}};
      say("extrapolated from widths n, 2n, 4n");
    } else if (e.standing == Standing::limit) {
      return "no theory at this width";
    } else if (const double order = remainder(e); order > visible) {
      if (!extrapolated) return "theory's next order, 1/n^2, may be as large as " + fmt::format("{:.2g}", order) + " standard errors";
      w = {{{1, -1.0 / 3}, {2, 4.0 / 3}}, true};
      say("freed of 1/n^2 by widths n and 2n");
    }
    return "";
  }

  void compare(const Table& t, StudyResult& result) const {
    const std::size_t n = entries_.size();
    // One known covariance of all, or an estimated one.
    const double draws = static_cast<double>(t.all.at(1).draws);
    const auto known = [&](std::size_t k, std::size_t m) { return entries_.known_covariance(k, m); };
    const bool all_known = std::all_of(t.together.begin(), t.together.end(), [&](std::size_t k) {
      return std::all_of(t.together.begin(), t.together.end(), [&](std::size_t m) { return known(k, m).has_value(); });
    });
    Comparison c;
    c.draws = all_known ? 0 : result.draws;
    std::vector<double> shift;
    for (const std::size_t k : t.together) {
      c.quantity.push_back(entries_[k].name);
      c.theory.push_back(t.theory[k]);
      c.mean.push_back(t.mean[k]);
      shift.push_back(t.theory[k] - entries_[k].theory.at(1));
      for (const std::size_t m : t.together) {
        double covariance = all_known ? *known(k, m) / draws : 0;
        for (const auto& [factor, weight] : t.weights[k].of) {
          const auto other = t.weights[m].of.find(factor);
          if (!all_known && other != t.weights[m].of.end()) covariance += weight * other->second * t.all.at(factor).covariance[k * n + m];
        }
        c.covariance.push_back(covariance);
      }
    }
    result.test = omnibus(c);
    if (!options_.inject.empty()) result.power = power(c, shift, options_.alpha);
  }
};

}  // namespace

std::size_t StudyResult::tested() const {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const StudyRow& r) { return r.in_verdict; }));
}

std::string StudyResult::no_verdict() const { return refuted || !counts.empty() ? "" : test.reason; }

std::uint64_t study_draws(const StudyOptions& options) { return options.draws * (options.extrapolate ? 3 : 1); }

StudyResult validate(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points, const StudyOptions& options) {
  return Study(network, widths, points, options).run();
}

}  // namespace infwidth
