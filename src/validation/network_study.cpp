// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/network_study.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <span>

#include "infwidth/finite/ensemble.hpp"
#include "infwidth/finite/geometry.hpp"
#include "infwidth/finite/theory.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

constexpr std::size_t parts = 20;         // of the draws, for the error of a standard deviation
constexpr std::size_t most_entries = 4;  // in more dimensions, the metric's trace and radial component stand for its entries

enum class Kind { metric, volume, log_volume, singular, curvature, kernel, ntk };

/// One number of a draw, and what theory says of it at widths `factor` n.
struct Entry {
  Kind kind;
  std::string name;
  std::size_t point = 0, other = 0;  // which points
  std::size_t i = 0, j = 0;          // of the metric
  double limit = 0;
  std::map<int, double> theory, variance;  // by factor; of one draw
  Standing standing = Standing::limit;
};

double to_double(const Ball& x) { return x.to_double(); }

class Study {
 public:
  Study(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points, const StudyOptions& options, std::vector<int> factors)
      : network_(network), widths_(widths), points_(points), options_(options), dimension_(points.empty() ? 0 : points[0].size()), factors_(std::move(factors)) {
    check();
    if (widths_.size() == 1) widths_.assign(network_.activations.size(), widths_[0]);
    const Precision precision(128);
    for (const std::vector<Rational>& x : points_) {
      for (const Rational& c : x) coordinates_.push_back(constant<double>(c));
    }
    list_entries();
  }

  StudyResult run() {
    simulate_all(false, 20);
    return conclude();
  }

  ConvergenceResult converge() {
    simulate_all(true, parts * 20);
    ConvergenceResult result;
    result.complete = complete();
    result.draws = fewest_draws();
    std::map<int, Estimates> all;
    for (const auto& [factor, ensemble] : ensembles_) all.emplace(factor, estimates(factor));
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      if (entries_[k].kind != Kind::singular) result.rows.push_back(convergence_row(k, all));
    }
    return result;
  }

 private:
  const Architecture& network_;
  std::vector<std::uint64_t> widths_;
  const std::vector<std::vector<Rational>>& points_;
  const StudyOptions& options_;
  std::size_t dimension_;
  std::vector<int> factors_;
  std::vector<double> coordinates_;
  std::vector<Entry> entries_;
  std::map<int, EnsembleResult> ensembles_;

  void simulate_all(bool keep_draws, std::uint64_t fewest) {
    for (const int factor : factors_) add_theory(factor);
    for (const int factor : factors_) {
      EnsembleResult result = simulate(factor, keep_draws);
      if (result.moments.count() < fewest) {
        throw NotReached("stopped after " + std::to_string(result.moments.count()) + " draws; " + std::to_string(fewest) + " are the fewest that say anything");
      }
      const bool complete = result.complete;
      ensembles_.emplace(factor, std::move(result));
      if (!complete) break;
    }
  }

  bool complete() const {
    return ensembles_.size() == factors_.size() && std::all_of(ensembles_.begin(), ensembles_.end(), [](const auto& e) { return e.second.complete; });
  }
  std::uint64_t fewest_draws() const {
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (const auto& [factor, ensemble] : ensembles_) least = std::min(least, ensemble.moments.count());
    return least;
  }
  bool asked(Kind kind) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.kind == kind; });
  }

  void check() const {
    if (points_.empty()) throw UsageError("no points to compare at; give one or more");
    for (const auto& x : points_) {
      if (x.size() != dimension_ || x.empty()) throw UsageError("points of different dimensions, or of none; they live in one space");
    }
    if (options_.draws < 20) throw UsageError("" + std::to_string(options_.draws) + " draws; 20 are the fewest that say anything");
    if (!(options_.alpha > 0 && options_.alpha < 1)) throw UsageError("alpha = " + short_text(options_.alpha) + "; a false-alarm rate lies between 0 and 1");
    for (const auto& [name, error] : options_.inject) {
      const bool known = name == "metric" || name == "volume" || name == "log-volume" || name == "curvature" || name == "kernel" || name == "ntk";
      if (!known) throw UsageError("no error can be injected into '" + name + "'; it is one of metric, volume, log-volume, curvature, kernel, ntk");
      if (!(error > -1) || !std::isfinite(error)) throw UsageError("an injected error of " + short_text(error) + "; it is a relative one, above -1");
    }
  }

  std::string of_points(std::size_t p) const { return points_.size() == 1 ? "" : "(x" + std::to_string(p + 1) + ")"; }
  std::string of_points(std::size_t p, std::size_t q) const {
    return points_.size() == 1 ? "" : "(x" + std::to_string(p + 1) + ", x" + std::to_string(q + 1) + ")";
  }

  void list_entries() {
    const StudyQuantities& of = options_.of;
    const auto add = [&](Kind kind, const std::string& name, std::size_t p, std::size_t q = 0, std::size_t i = 0, std::size_t j = 0) {
      Entry e{kind, name, p, q, i, j, 0, {}, {}, Standing::limit};
      entries_.push_back(std::move(e));
    };
    for (std::size_t p = 0; p < points_.size(); ++p) {
      if (of.metric && dimension_ <= most_entries) {
        for (std::size_t i = 0; i < dimension_; ++i) {
          for (std::size_t j = i; j < dimension_; ++j) add(Kind::metric, "g_" + std::to_string(i + 1) + std::to_string(j + 1) + of_points(p), p, 0, i, j);
        }
      } else if (of.metric) {
        // The trace, and x^T g x / |x|^2.
        add(Kind::metric, "trace g" + of_points(p), p, 0, dimension_, 0);
        if (norm2_of(p) > 0) add(Kind::metric, "radial g" + of_points(p), p, 0, dimension_, 1);
      }
      if (of.volume) add(Kind::volume, "volume" + of_points(p), p);
      if (of.log_volume) {
        add(Kind::singular, "singular" + of_points(p), p);
        add(Kind::log_volume, "log-volume" + of_points(p), p);
      }
      if (of.curvature) add(Kind::curvature, "curvature" + of_points(p), p);
    }
    for (std::size_t p = 0; p < points_.size(); ++p) {
      for (std::size_t q = p; q < points_.size(); ++q) {
        if (of.kernel) add(Kind::kernel, "kernel" + of_points(p, q), p, q);
      }
    }
    for (std::size_t p = 0; p < points_.size(); ++p) {
      for (std::size_t q = p; q < points_.size(); ++q) {
        if (of.ntk) add(Kind::ntk, "ntk" + of_points(p, q), p, q);
      }
    }
    if (entries_.empty()) throw UsageError("nothing is asked for; give metric, volume, log-volume, curvature, kernel or ntk");
    if ((of.volume || of.log_volume) && least_width() < dimension_) {
      throw UsageError("the metric of a network of width " + std::to_string(least_width()) + " is singular in " + std::to_string(dimension_) +
                       " dimensions, so its volume is 0; leave volume and log-volume out");
    }
  }

  std::uint64_t least_width() const { return *std::min_element(widths_.begin(), widths_.end()); }
  double norm2_of(std::size_t p) const {
    double s = 0;
    for (std::size_t k = 0; k < dimension_; ++k) s += coordinates_[p * dimension_ + k] * coordinates_[p * dimension_ + k];
    return s;
  }

  std::vector<std::uint64_t> widths_times(int factor) const {
    std::vector<std::uint64_t> w = widths_;
    for (std::uint64_t& n : w) n *= static_cast<std::uint64_t>(factor);
    return w;
  }

  template <class Law>
  static void take(Entry& e, int factor, const Law& law) {
    if (!law.limit.exists()) throw NoSuchQuantity("" + e.name + ": " + law.limit.reason);
    e.limit = to_double(law.limit.value);
    e.standing = law.mean.exists() ? law.mean.standing : Standing::limit;
    e.theory[factor] = law.mean.exists() ? to_double(law.mean.value.value) : e.limit;
    if (law.variance.exists()) e.variance[factor] = to_double(law.variance.value.value);
  }

  void add_theory(int factor) {
    const bool by_width = asked(Kind::metric) || asked(Kind::volume) || asked(Kind::log_volume);
    std::optional<FiniteWidth> finite;
    if (by_width && !network_.residual) finite.emplace(network_, widths_times(factor));
    const NetworkMetric infinite(network_);
    for (std::size_t p = 0; p < points_.size(); ++p) {
      const InputPoint x = InputPoint::at(points_[p]);
      const Precision precision(128);
      std::optional<FiniteTheory<Ball>> law;
      if (finite) law = finite->at(x, {.digits = 15, .budget = options_.budget});
      const LayerMetric<Ball> limit = infinite.at(x, {.digits = 15, .budget = options_.budget}).back();
      if (limit.outcome == Outcome::no_metric) throw NoSuchQuantity("" + limit.message);
      if (limit.outcome != Outcome::answered) throw NotReached("" + limit.message);
      const RadialMetric<Ball>& m = limit.metric;
      for (Entry& e : entries_) {
        if (e.point != p || e.kind == Kind::kernel || e.kind == Kind::ntk) continue;
        const auto of_limit = [&](const Value<Ball>& value) {
          if (!value.exists()) throw NoSuchQuantity("" + e.name + ": " + value.reason);
          e.limit = e.theory[factor] = to_double(value.value);
        };
        switch (e.kind) {
          case Kind::metric: metric_theory(e, factor, law, m, limit); break;
          case Kind::volume: law ? take(e, factor, law->volume) : of_limit(m.volume); break;
          case Kind::log_volume: law ? take(e, factor, law->log_volume) : of_limit(m.log_volume); break;
          case Kind::singular:
            if (law && law->singular.exists()) {
              e.theory[factor] = to_double(law->singular.value.value);
              e.standing = law->singular.standing;
            }
            break;
          default: of_limit(m.ricci_scalar);
        }
      }
    }
    add_kernels(factor);
  }

  void metric_theory(Entry& e, int factor, const std::optional<FiniteTheory<Ball>>& law, const RadialMetric<Ball>& m, const LayerMetric<Ball>& limit) const {
    if (e.i < dimension_) {
      if (law) return take(e, factor, law->entry(e.i, e.j));
      e.limit = e.theory[factor] = to_double(limit.matrix[e.i * dimension_ + e.j].value);
      return;
    }
    const double d = static_cast<double>(dimension_);
    const auto combined = [&](double radial, double tangential) { return e.j == 1 ? radial : radial + (d - 1) * tangential; };
    e.limit = combined(to_double(m.radial.value), to_double(m.tangential.value));
    e.theory[factor] = e.limit;
    if (!law) return;
    e.theory[factor] = combined(to_double(law->radial.mean.value.value), to_double(law->tangential.mean.value.value));
    e.standing = law->mean_standing;
  }

  void add_kernels(int factor) {
    if (!asked(Kind::kernel) && !asked(Kind::ntk)) return;
    Architecture network = network_;
    if (network.parameterization == Parameterization::standard) network.widths = widths_times(factor);
    const NetworkKernel kernel(network);
    for (Entry& e : entries_) {
      if (e.kind != Kind::kernel && e.kind != Kind::ntk) continue;
      const LayerKernel<Ball> k = kernel.at(InputPair::of(points_[e.point], points_[e.other]), {.digits = 15, .budget = options_.budget}).back();
      const KernelValue<Ball>& value = e.kind == Kind::kernel ? k.feature : k.ntk;
      if (!value.absence.reason.empty()) throw NoSuchQuantity("" + e.name + ": " + value.absence.reason);
      e.limit = e.theory[factor] = to_double(value.value);
      // Of one hidden layer, both are means over independent units, exactly.
      if (network_.activations.size() == 1) e.standing = Standing::exact;
    }
  }

  EnsembleResult simulate(int factor, bool keep_draws) {
    EnsembleOptions options;
    options.draws = options_.draws;
    options.threads = options_.threads;
    options.block = block_for(factor);
    options.budget = options_.budget;
    options.progress = options_.progress;
    options.resume = options_.resume;
    options.identity = options_.identity + ", widths times " + std::to_string(factor);
    if (!options_.checkpoint.empty()) options.checkpoint = options_.checkpoint + (factor == 1 ? "" : "." + std::to_string(factor));
    if (keep_draws || asked(Kind::curvature)) {
      for (std::size_t k = 0; k < entries_.size(); ++k) options.keep.push_back(k);
    }
    // Networks of different widths are different draws: their seeds differ.
    const NetworkEnsemble ensemble(network_, widths_times(factor), dimension_, options_.seed + std::uint64_t{0x9E3779B97F4A7C15} * static_cast<std::uint64_t>(factor - 1), asked(Kind::ntk) ? 1 : 0);
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
  std::uint64_t block_for(int factor) const {
    const double d = static_cast<double>(dimension_), columns = static_cast<double>(points_.size()) * (1 + d + (asked(Kind::curvature) ? d * (d + 1) / 2 : 0));
    double work = 0, before = d;
    for (const std::uint64_t width : widths_times(factor)) {
      work += before * static_cast<double>(width) * (columns + 10);
      before = static_cast<double>(width);
    }
    return work > 1e8 ? 1 : work > 1e6 ? 8 : 64;
  }

  void measure(FiniteMap::Worker& worker, const FiniteNetwork& network, FiniteGeometry& g, double* vector) const {
    const MatrixView points{coordinates_.data(), points_.size(), dimension_};
    const FiniteRequest request{.metric = asked(Kind::metric), .volume = asked(Kind::volume) || asked(Kind::log_volume), .curvature = asked(Kind::curvature), .features = asked(Kind::kernel)};
    if (request.metric || request.volume || request.curvature || request.features) worker.at(network, points, request, g);
    std::vector<double> theta;
    if (asked(Kind::ntk)) theta = worker.tangent_kernel(network, network_, points);
    const std::size_t d = dimension_;
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      const Entry& e = entries_[k];
      const bool regular = !request.volume || g.rank[e.point] == static_cast<int>(d);
      double value = 0;
      switch (e.kind) {
        case Kind::metric: value = metric_entry(e, g.metric.data() + e.point * d * d); break;
        case Kind::volume: value = regular ? std::exp(g.log_volume[e.point]) : 0; break;
        case Kind::singular: value = regular ? 0 : 1; break;
        case Kind::log_volume: value = regular ? g.log_volume[e.point] : 0; break;  // with `singular`, a mean over the others
        case Kind::curvature: value = g.ricci[e.point]; break;
        case Kind::kernel:
          for (std::size_t u = 0; u < g.width; ++u) value += g.features[e.point * g.width + u] * g.features[e.other * g.width + u];
          value /= static_cast<double>(g.width);
          break;
        case Kind::ntk: value = theta[e.point * points_.size() + e.other]; break;
      }
      if (!std::isfinite(value)) {
        throw NotReached("" + e.name + " of a network drawn is no finite number" + (e.kind == Kind::curvature ? " (its metric is singular); leave curvature out, or take wider networks" : ""));
      }
      vector[k] = value;
    }
  }

  double metric_entry(const Entry& e, const double* g) const {
    const std::size_t d = dimension_;
    if (e.i < d) return g[e.i * d + e.j];
    double sum = 0;
    if (e.j == 0) {
      for (std::size_t i = 0; i < d; ++i) sum += g[i * d + i];
      return sum;
    }
    const double* const x = coordinates_.data() + e.point * d;
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) sum += x[i] * g[i * d + j] * x[j];
    }
    return sum / norm2_of(e.point);
  }

  /// What the ensemble of one width says of all entries: means, and the covariance of these means.
  struct Estimates {
    std::vector<double> mean, covariance;
  };

  Estimates estimates(int factor) const {
    const EnsembleResult& ensemble = ensembles_.at(factor);
    const std::size_t n = entries_.size();
    Moments moments = ensemble.moments;
    std::vector<double> medians(n);
    if (!ensemble.kept.empty()) moments = with_medians(ensemble, medians);
    Estimates e{moments.mean(), std::vector<double>(n * n)};
    const double draws = static_cast<double>(moments.count());
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) e.covariance[i * n + j] = moments.covariance(i, j) / draws;
    }
    // log-volume over the draws that have one: the quotient of two means, linearised.
    for (std::size_t k = 0; k < n; ++k) {
      if (entries_[k].kind != Kind::log_volume) continue;
      const std::size_t singular = k - 1;  // listed just before
      const double share = 1 - e.mean[singular];
      if (share <= 0) throw NotReached("" + entries_[k].name + ": the metric of every network drawn is singular");
      const double ratio = e.mean[k] / share;
      // (L - ratio (1 - S)) / share = L / share + S ratio / share + constant
      for (std::size_t j = 0; j < n; ++j) e.covariance[k * n + j] = (e.covariance[k * n + j] + ratio * e.covariance[singular * n + j]) / share;
      for (std::size_t j = 0; j < n; ++j) e.covariance[j * n + k] = (e.covariance[j * n + k] + ratio * e.covariance[j * n + singular]) / share;
      e.mean[k] = ratio;
    }
    return e;
  }

  /// Curvatures have heavy tails (at small widths no variance): their medians, by the influence function sign(R - median) / (2 density at the median).
  Moments with_medians(const EnsembleResult& ensemble, std::vector<double>& medians) const {
    std::vector<double> half_density(entries_.size(), 0);
    const std::size_t draws = ensemble.kept[0].size();
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      if (entries_[k].kind != Kind::curvature) continue;
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
        vector[k] = entries_[k].kind != Kind::curvature ? value : medians[k] + (value > medians[k] ? half_density[k] : value < medians[k] ? -half_density[k] : 0);
      }
      moments.add(vector);
    }
    return moments;
  }

  /// How far one draw is from another: the standard deviation (of log-volume, of the draws that have one); of curvatures the distance of the quartiles.
  static double spread_of(Kind kind, std::span<const double> draws, std::span<const double> singular) {
    if (kind == Kind::curvature) {
      std::vector<double> sorted(draws.begin(), draws.end());
      std::sort(sorted.begin(), sorted.end());
      return (sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4]) / 1.3489795;
    }
    Moments m(1);
    for (std::size_t i = 0; i < draws.size(); ++i) {
      if (kind != Kind::log_volume || singular[i] == 0) m.add({&draws[i], 1});
    }
    return m.count() > 1 ? std::sqrt(m.covariance(0, 0)) : 0;
  }

  ConvergenceRow convergence_row(std::size_t k, const std::map<int, Estimates>& all) const {
    const Entry& e = entries_[k];
    ConvergenceRow row{e.name, e.limit, to_string(e.standing), {}, {}, {}};
    std::vector<double> n, deviation, deviation_error, spread, spread_error;
    for (const auto& [factor, ensemble] : ensembles_) {
      const Estimates& x = all.at(factor);
      ConvergencePoint p{static_cast<std::uint64_t>(factor), e.theory.at(factor), x.mean[k], std::sqrt(x.covariance[k * entries_.size() + k]), 0, 0, {}};
      if (e.variance.contains(factor)) p.theory_spread = std::sqrt(e.variance.at(factor));
      const std::vector<double>&draws = ensemble.kept[k], &singular = ensemble.kept[e.kind == Kind::log_volume ? k - 1 : k];
      const std::size_t part = draws.size() / parts;
      const auto spread_of_part = [&](std::size_t from, std::size_t count) { return spread_of(e.kind, {draws.data() + from, count}, {singular.data() + from, count}); };
      p.spread = spread_of_part(0, draws.size());
      Moments logs(1);
      for (std::size_t g = 0; g < parts; ++g) {
        const double log = std::log(spread_of_part(g * part, part));
        logs.add({&log, 1});
      }
      p.spread_error = p.spread * logs.standard_error(0);
      n.push_back(static_cast<double>(factor) * static_cast<double>(widths_[0]));
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

  /// How a row is made of the ensembles.
  struct Weights {
    std::map<int, double> of;
    bool theory_by_factor = false;  // differences to the theory of each width are combined, not the means
  };

  /// The next order of 1/n is about the known one times the relative variance of a draw: where the standard error sees that, widths n and 2n cancel it.
  bool remainder_shows(const Entry& e) const {
    if (e.standing != Standing::leading || !e.variance.contains(1) || e.limit == 0) return false;
    const double spread = e.kind == Kind::log_volume ? 4 * e.variance.at(1) : e.variance.at(1) / (e.limit * e.limit);
    const double remainder = std::abs(e.theory.at(1) - e.limit) * spread, standard_error = std::sqrt(e.variance.at(1) / static_cast<double>(options_.draws));
    return remainder > 0.3 * standard_error;
  }

  double injected(const Entry& e, double theory) const {
    const auto error = [&](const char* name) {
      const auto found = options_.inject.find(name);
      return found == options_.inject.end() ? 0.0 : found->second;
    };
    const double d = static_cast<double>(dimension_), of_metric = 1 + error("metric");
    switch (e.kind) {
      case Kind::metric: return theory * of_metric;
      case Kind::volume: return theory * std::pow(of_metric, d / 2) * (1 + error("volume"));
      case Kind::log_volume: return (theory + d / 2 * std::log(of_metric)) * (1 + error("log-volume"));
      case Kind::singular: return theory;
      case Kind::curvature: return theory / of_metric * (1 + error("curvature"));
      case Kind::kernel: return theory * (1 + error("kernel"));
      case Kind::ntk: return theory * (1 + error("ntk"));
    }
    return theory;
  }

  StudyResult conclude() const {
    const std::size_t n = entries_.size();
    std::map<int, Estimates> all;
    StudyResult result;
    result.alpha = options_.alpha;
    result.complete = complete();
    result.draws = fewest_draws();
    for (const auto& [factor, ensemble] : ensembles_) all.emplace(factor, estimates(factor));
    const bool extrapolated = all.size() == 3;

    std::vector<Weights> weights(n);
    std::vector<double> theory(n), mean(n);
    for (std::size_t k = 0; k < n; ++k) {
      const Entry& e = entries_[k];
      StudyRow row;
      row.quantity = e.name;
      row.limit = e.limit;
      row.standing = to_string(e.standing);
      row.draws = result.draws;
      row.in_verdict = true;
      Weights& w = weights[k];
      w.of = {{1, 1.0}};
      if (e.standing == Standing::limit && extrapolated) {
        // Without 1/n and 1/n^2.
        w.of = {{1, 1.0 / 3}, {2, -2.0}, {4, 8.0 / 3}};
        row.note = "extrapolated from widths n, 2n, 4n";
      } else if (e.standing == Standing::limit) {
        row.in_verdict = false;
        row.note = "no theory at this width: outside the verdict; --extrapolate compares the limit";
      } else if (e.standing == Standing::leading && remainder_shows(e)) {
        if (extrapolated) {
          w = {{{1, -1.0 / 3}, {2, 4.0 / 3}}, true};
          row.note = "freed of 1/n^2 by widths n and 2n";
        } else {
          row.in_verdict = false;
          row.note = "so many draws see the order 1/n^2 that theory leaves out: outside the verdict; --extrapolate cancels it";
        }
      }
      if (e.kind == Kind::curvature) row.note = "median; " + row.note;
      double sum = 0, variance = 0;
      for (const auto& [factor, weight] : w.of) {
        const Estimates& x = all.at(factor);
        sum += weight * (x.mean[k] - (w.theory_by_factor ? e.theory.at(factor) : 0));
        variance += weight * weight * x.covariance[k * n + k];
      }
      const double base = w.theory_by_factor ? e.theory.at(1) : 0;
      mean[k] = row.mean = base + sum;
      theory[k] = row.theory = injected(e, e.theory.at(1));
      // Theory's own standard error where it is exact.
      const bool known = e.standing == Standing::exact && e.variance.contains(1) && e.kind != Kind::log_volume;
      row.standard_error = known ? std::sqrt(e.variance.at(1) / static_cast<double>(result.draws)) : std::sqrt(variance);
      if (row.in_verdict) row.z = row.mean == row.theory ? 0 : (row.mean - row.theory) / row.standard_error;
      result.rows.push_back(std::move(row));
    }
    compare(all, weights, theory, mean, result);
    // A probability of 0 that was 0 says nothing.
    for (std::size_t k = n; k-- > 0;) {
      if (entries_[k].kind != Kind::singular || theory[k] != 0 || mean[k] != 0) continue;
      result.rows.erase(result.rows.begin() + static_cast<std::ptrdiff_t>(k));
      for (std::size_t& used : result.test.used) used -= used > k ? 1 : 0;
    }
    return result;
  }

  void compare(const std::map<int, Estimates>& all, const std::vector<Weights>& weights, const std::vector<double>& theory, const std::vector<double>& mean, StudyResult& result) const {
    const std::size_t n = entries_.size();
    std::vector<std::size_t> taking_part;
    for (std::size_t k = 0; k < n; ++k) {
      if (result.rows[k].in_verdict) taking_part.push_back(k);
    }
    Comparison c;
    c.draws = result.draws;
    std::vector<double> shift;
    for (const std::size_t k : taking_part) {
      c.quantity.push_back(entries_[k].name);
      c.theory.push_back(theory[k]);
      c.mean.push_back(mean[k]);
      shift.push_back(theory[k] - entries_[k].theory.at(1));
      for (const std::size_t m : taking_part) {
        double covariance = 0;
        for (const auto& [factor, weight] : weights[k].of) {
          const auto other = weights[m].of.find(factor);
          if (other != weights[m].of.end()) covariance += weight * other->second * all.at(factor).covariance[k * n + m];
        }
        c.covariance.push_back(covariance);
      }
    }
    result.test = omnibus(c);
    if (!options_.inject.empty()) result.power = power(c, shift, options_.alpha);
    // By the rows' numbers.
    for (std::size_t& used : result.test.used) used = taking_part[used];
  }
};

}  // namespace

std::uint64_t study_draws(const StudyOptions& options) { return options.draws * (options.extrapolate ? 3 : 1); }

StudyResult validate(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points, const StudyOptions& options) {
  return Study(network, widths, points, options, options.extrapolate ? std::vector<int>{1, 2, 4} : std::vector<int>{1}).run();
}

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
  return Study(network, widths, points, options, whole).converge();
}

}  // namespace infwidth
