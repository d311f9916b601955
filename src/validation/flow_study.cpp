// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/flow_study.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>

#include "../real/decompositions.hpp"
#include "infwidth/finite/activation_values.hpp"
#include "infwidth/finite/ensemble.hpp"
#include "infwidth/finite/geometry.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/kernel/regression.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/exact_rational.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"
#include "infwidth/training/drift.hpp"
#include "infwidth/training/flow.hpp"

namespace infwidth {

namespace {

constexpr std::size_t most_entries = 4;
constexpr int wider = 4;

enum class Kind { rate, drift, mean, variance, acceleration, posterior };

struct Entry {
  Kind kind;
  std::string name;
  std::size_t time = 0, i = 0, j = 0;
  double theory = 0;
  bool exact = false;
};

class FlowStudy {
 public:
  FlowStudy(const Architecture& network, std::uint64_t width, const TrainingData& data, const std::vector<double>& x, const FlowStudyOptions& options)
      : network_(network), width_(width), data_(data), x_(x), options_(options) {
    check();
    list_entries();
    add_theory();
  }

  StudyResult run() {
    for (const int factor : {1, wider}) {
      ensembles_.emplace(factor, simulate(factor));
      const EnsembleResult& last = ensembles_.at(factor);
      if (last.moments.count() < 20) throw NotReached("stopped after " + std::to_string(last.moments.count()) + " draws; 20 are the fewest that say anything");
      if (!last.complete) break;
    }
    return conclude();
  }

 private:
  const Architecture& network_;
  std::uint64_t width_;
  const TrainingData& data_;
  const std::vector<double>& x_;
  const FlowStudyOptions& options_;
  std::vector<Entry> entries_;
  std::map<int, EnsembleResult> ensembles_;
  std::size_t weight_ = 0;         // where a draw has its posterior weight: behind the entries
  double largest_weight_log_ = 0;  // an offset that keeps the weights in range
  std::vector<double> metric_;     // of infinite width

  void check() const {
    if (network_.activations.size() != 1 || network_.residual) throw UsageError("the theory of training is that of one hidden layer; ask for depth 1");
    if (network_.sigma_b2[1] != 0) throw UsageError("the theory of training has no bias of the readout; give sigma_b2 of the hidden layer and 0 for the readout, like --sigma-b2 0.1,0");
    if (data_.points == 0 || data_.outputs != 1 || data_.targets.size() != data_.points) throw UsageError("the theory of training wants points with one target each; two-points is such a task");
    if (x_.size() != data_.dimension) {
      throw UsageError("the point has " + std::to_string(x_.size()) + " coordinates and the training points " + std::to_string(data_.dimension) + "; they live in one space");
    }
    if (x_.size() > most_entries) throw UsageError("the metric is compared entry by entry in up to " + std::to_string(most_entries) + " dimensions, not " + std::to_string(x_.size()));
    if (options_.draws < 20) throw UsageError(std::to_string(options_.draws) + " draws; 20 are the fewest that say anything");
    if (!(options_.alpha > 0 && options_.alpha < 1)) throw UsageError("alpha = " + short_text(options_.alpha) + "; a false-alarm rate lies between 0 and 1");
    if (options_.of.posterior && !(options_.noise > 0)) throw UsageError("noise = " + short_text(options_.noise) + "; the posterior's noise is a variance above 0");
    for (std::size_t k = 0; k < options_.times.size(); ++k) {
      if (!(options_.times[k] > (k > 0 ? options_.times[k - 1] : 0)) || !std::isfinite(options_.times[k])) throw UsageError("times are increasing and positive, like 1/4,1,4");
    }
  }

  template <class F>
  void each_pair(F f) const {
    for (std::size_t i = 0; i < x_.size(); ++i) {
      for (std::size_t j = i; j < x_.size(); ++j) f(i, j, std::to_string(i + 1) + std::to_string(j + 1));
    }
  }

  void list_entries() {
    if (options_.of.drift) {
      each_pair([&](std::size_t i, std::size_t j, const std::string& ij) { entries_.push_back({Kind::rate, "n dg_" + ij + "/dt, t = 0", 0, i, j, 0, true}); });
      for (std::size_t t = 0; t < options_.times.size(); ++t) {
        each_pair([&](std::size_t i, std::size_t j, const std::string& ij) { entries_.push_back({Kind::drift, "n change of g_" + ij + ", t = " + short_text(options_.times[t]), t, i, j}); });
      }
    }
    for (std::size_t t = 0; t < options_.times.size() && options_.of.prediction; ++t) {
      entries_.push_back({Kind::mean, "f mean, t = " + short_text(options_.times[t]), t});
      entries_.push_back({Kind::variance, "f variance, t = " + short_text(options_.times[t]), t});
    }
    if (options_.of.mean_field) each_pair([&](std::size_t i, std::size_t j, const std::string& ij) { entries_.push_back({Kind::acceleration, "mean field d2g_" + ij + "/dt2, t = 0", 0, i, j}); });
    if (options_.of.posterior) each_pair([&](std::size_t i, std::size_t j, const std::string& ij) { entries_.push_back({Kind::posterior, "posterior, n shift of g_" + ij, 0, i, j}); });
    if (entries_.empty()) throw UsageError("nothing is asked for, or no times are given");
    weight_ = entries_.size();
  }

  bool asked(Kind kind) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.kind == kind; });
  }

  std::vector<Rational> exact_point(const double* x) const {
    std::vector<Rational> p;
    for (std::size_t k = 0; k < data_.dimension; ++k) p.push_back(exact_rational(x[k]));
    return p;
  }

  void add_theory() {
    const double w = constant<double>(network_.sigma_w2[0]), v = constant<double>(network_.sigma_w2[1]), b = constant<double>(network_.sigma_b2[0]);
    const double scaled = network_.input_scaling == InputScaling::fan_in ? w / static_cast<double>(data_.dimension) : w;
    const MetricDrift drift({network_.activations[0], scaled, v, scaled, v, b, b}, {data_.inputs.data(), data_.points, data_.dimension}, {data_.targets.data(), data_.points, 1}, x_, {.budget = options_.budget});
    metric_ = drift.metric().value;
    // One matrix for the entries that follow each other.
    const auto fill = [&](Kind kind, std::size_t time, const auto& matrix_of) {
      std::optional<EstimatedMatrix> matrix;
      for (Entry& e : entries_) {
        if (e.kind != kind || e.time != time) continue;
        if (!matrix) matrix = matrix_of();
        e.theory = (*matrix)(e.i, e.j);
      }
    };
    fill(Kind::rate, 0, [&] { return drift.initial_rate(); });
    for (std::size_t t = 0; t < options_.times.size(); ++t) fill(Kind::drift, t, [&] { return drift.at(options_.times[t]); });
    fill(Kind::acceleration, 0, [&] { return drift.mean_field_acceleration(); });
    fill(Kind::posterior, 0, [&] { return drift.posterior_shift(options_.noise); });
    if (asked(Kind::mean)) add_predictions();
    for (Entry& e : entries_) e.theory *= 1 + options_.inject;
    if (asked(Kind::posterior)) {
      // At infinite width all weights are this one.
      std::vector<double> gram(data_.points * data_.points);
      for (std::size_t p = 0; p < gram.size(); ++p) gram[p] = drift.nngp().value[p];
      largest_weight_log_ = weight_log(gram);
    }
  }

  void add_predictions() {
    const NetworkKernel kernel(network_);
    const std::size_t n = data_.points;
    std::vector<double> nngp(n * n), ntk(n * n), cross(n), ntk_cross(n), self(1), ntk_self(1);
    const auto both = [&](const double* a, const double* c, double& k, double& theta) {
      const LayerKernel<Ball> l = kernel.at(InputPair::of(exact_point(a), exact_point(c)), {.digits = 17, .budget = options_.budget}).back();
      k = l.nngp.value.to_double();
      theta = l.ntk.value.to_double();
    };
    const auto row = [&](std::size_t p) { return data_.inputs.data() + p * data_.dimension; };
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = 0; q < n; ++q) both(row(p), row(q), nngp[p * n + q], ntk[p * n + q]);
      both(x_.data(), row(p), cross[p], ntk_cross[p]);
    }
    both(x_.data(), x_.data(), self[0], ntk_self[0]);
    for (std::size_t t = 0; t < options_.times.size(); ++t) {
      const NtkFlow flow(nngp, ntk, DataMatrix{data_.targets, n, 1}, options_.times[t], 0);
      const Predictions at = flow.at({cross, self, ntk_cross, ntk_self});
      for (Entry& e : entries_) {
        if (e.time != t) continue;
        if (e.kind == Kind::mean) e.theory = at.mean[0];
        if (e.kind == Kind::variance) e.theory = at.variance[0];
      }
    }
  }

  double theory_mean(std::size_t time) const {
    for (const Entry& e : entries_) {
      if (e.kind == Kind::mean && e.time == time) return e.theory;
    }
    return 0;
  }

  /// log N(Y; 0, gram + noise I), up to a constant.
  double weight_log(std::vector<double> gram) const {
    const std::size_t n = data_.points;
    for (std::size_t k = 0; k < n; ++k) gram[k * n + k] += options_.noise;
    std::vector<double> solved(data_.targets.begin(), data_.targets.begin() + static_cast<std::ptrdiff_t>(n));
    if (!solve_positive(gram.data(), n, solved.data(), 1)) throw NotReached("posterior of a network: its kernel plus noise is not positive definite in double precision; allow for more noise");
    double log_root = 0;
    for (std::size_t k = 0; k < n; ++k) log_root += std::log(gram[k * n + k]);
    return -log_root - std::inner_product(solved.begin(), solved.end(), data_.targets.begin(), 0.0) / 2;
  }

  /// What one thread needs.
  struct Bench {
    FiniteNetwork network;
    std::unique_ptr<GradientFlow> flow;
    std::unique_ptr<Backpropagation> lazy, rich;
    std::unique_ptr<FiniteMap::Worker> map;
    std::unique_ptr<ActivationValues::Reader> reader;
    std::vector<double> mobility;
    FiniteGeometry g;
  };

  EnsembleResult simulate(int factor) const {
    const std::uint64_t n = width_ * static_cast<std::uint64_t>(factor);
    EnsembleOptions options;
    options.draws = options_.draws;
    options.threads = options_.threads;
    options.block = n > 1000 ? 1 : 8;
    options.budget = options_.budget;
    options.progress = options_.progress;
    options.resume = options_.resume;
    options.identity = options_.identity + ", width times " + std::to_string(factor);
    if (!options_.checkpoint.empty()) options.checkpoint = options_.checkpoint + (factor == 1 ? "" : "." + std::to_string(factor));
    const NetworkEnsemble ensemble(network_, {n}, data_.dimension, options_.seed + std::uint64_t{0x9E3779B97F4A7C15} * static_cast<std::uint64_t>(factor - 1), 1);
    const FiniteMap map(network_.activations);
    const ActivationValues values(network_.activations[0]);
    const std::size_t size = entries_.size() + (asked(Kind::posterior) ? 1 : 0);
    return run_ensemble(size, [&]() -> Draws {
      auto bench = std::make_shared<Bench>();
      bench->network = ensemble.network(0);
      bench->flow = std::make_unique<GradientFlow>(bench->network, network_, data_, Loss::squared, Reduction::sum, TrainedParameters{Parameterization::ntk, 1}, options_.tolerance);
      bench->lazy = std::make_unique<Backpropagation>(bench->network, Loss::squared, Reduction::sum, 1, data_);
      bench->rich = std::make_unique<Backpropagation>(bench->network, Loss::squared, Reduction::sum, std::sqrt(static_cast<double>(n)), data_);
      bench->map = std::make_unique<FiniteMap::Worker>(map);
      bench->reader = std::make_unique<ActivationValues::Reader>(values);
      bench->mobility = parameter_scales(bench->network, network_, Parameterization::ntk);
      for (double& m : bench->mobility) m *= m;
      return [this, bench, n, &ensemble, size](std::uint64_t first, std::uint64_t count, double* vectors) {
        for (std::uint64_t k = 0; k < count; ++k) {
          ensemble.network(first + k, bench->network);
          std::vector<double> start = parameters_of(bench->network);
          double* const vector = vectors + k * size;
          std::fill_n(vector, size, 0.0);
          if (asked(Kind::posterior)) weigh(*bench, n, vector);
          for (const double sign : {1.0, -1.0}) {
            const std::size_t readout = start.size() - 1 - n;
            if (sign < 0) {
              for (std::size_t u = 0; u < n; ++u) start[readout + u] = -start[readout + u];
            }
            measure(*bench, n, start, vector);
          }
        }
      };
    }, options);
  }

  std::vector<double> metric_at(Bench& bench, const std::vector<double>& parameters) const {
    put_parameters(bench.network, parameters);
    bench.map->at(bench.network, {x_.data(), 1, x_.size()}, {}, bench.g);
    return bench.g.metric;
  }

  /// dW/dt of the flow.
  static std::vector<double> velocity(Backpropagation& gradient, const std::vector<double>& mobility, double factor, const std::vector<double>& at) {
    std::vector<double> v(at.size());
    gradient.at(at, v.data());
    for (std::size_t k = 0; k < v.size(); ++k) v[k] *= -mobility[k] * factor;
    return v;
  }

  static std::vector<double> moved(const std::vector<double>& from, double step, const std::vector<double>& along, double half_square = 0, const std::vector<double>& bend = {}) {
    std::vector<double> r = from;
    for (std::size_t k = 0; k < r.size(); ++k) r[k] += step * along[k] + (bend.empty() ? 0 : half_square * bend[k]);
    return r;
  }

  /// Adds half of what a network of a pair says.
  void measure(Bench& bench, std::uint64_t n, const std::vector<double>& start, double* vector) const {
    const std::size_t d = x_.size();
    const double width = static_cast<double>(n);
    const std::vector<double> at_start = metric_at(bench, start);
    std::vector<double> rate(d * d), acceleration(d * d);
    if (asked(Kind::rate)) {
      constexpr double h = 1e-4;  // differences of order 2
      const std::vector<double> v = velocity(*bench.lazy, bench.mobility, 1, start), ahead = metric_at(bench, moved(start, h, v)), behind = metric_at(bench, moved(start, -h, v));
      for (std::size_t e = 0; e < rate.size(); ++e) rate[e] = width * (ahead[e] - behind[e]) / (2 * h);
    }
    if (asked(Kind::acceleration)) {
      constexpr double h = 1e-3;
      const std::vector<double> v = velocity(*bench.rich, bench.mobility, width, start);
      const std::vector<double> after = velocity(*bench.rich, bench.mobility, width, moved(start, h, v)), before = velocity(*bench.rich, bench.mobility, width, moved(start, -h, v));
      std::vector<double> bend(v.size());
      for (std::size_t k = 0; k < v.size(); ++k) bend[k] = (after[k] - before[k]) / (2 * h);
      const std::vector<double> ahead = metric_at(bench, moved(start, h, v, h * h / 2, bend)), behind = metric_at(bench, moved(start, -h, v, h * h / 2, bend));
      for (std::size_t e = 0; e < rate.size(); ++e) acceleration[e] = (ahead[e] - 2 * at_start[e] + behind[e]) / (h * h);
    }
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      const Entry& e = entries_[k];
      if (e.kind == Kind::rate) vector[k] += rate[e.i * d + e.j] / 2;
      if (e.kind == Kind::acceleration) vector[k] += acceleration[e.i * d + e.j] / 2;
    }
    if (!asked(Kind::drift) && !asked(Kind::mean)) return;
    bench.flow->follow(start, options_.times, [&](std::size_t t, const std::vector<double>& parameters) {
      const std::vector<double> g = metric_at(bench, parameters);
      const double f = asked(Kind::mean) ? output(bench, n) : 0, expected = theory_mean(t);
      for (std::size_t k = 0; k < entries_.size(); ++k) {
        const Entry& e = entries_[k];
        if (e.time != t) continue;
        if (e.kind == Kind::drift) vector[k] += width * (g[e.i * d + e.j] - at_start[e.i * d + e.j]) / 2;
        if (e.kind == Kind::mean) vector[k] += f / 2;
        if (e.kind == Kind::variance) vector[k] += (f - expected) * (f - expected) / 2;
      }
    }, options_.budget);
  }

  /// Of the network that `metric_at` has just put together.
  double output(Bench& bench, std::uint64_t n) const {
    bench.map->at(bench.network, {x_.data(), 1, x_.size()}, {.metric = false, .features = true}, bench.g);
    const DenseLayer& readout = bench.network.layers.back();
    double f = readout.biases[0];
    for (std::size_t u = 0; u < n; ++u) f += readout.weights[u] * bench.g.features[u];
    return f;
  }

  /// The likelihood of the targets with the readout integrated out, and n (g - g_infinite) times that.
  void weigh(Bench& bench, std::uint64_t n, double* vector) const {
    const std::size_t points = data_.points, d = x_.size();
    bench.map->at(bench.network, {data_.inputs.data(), points, d}, {.metric = false, .features = true}, bench.g);
    const double scale = constant<double>(network_.sigma_w2[1]) / static_cast<double>(n);
    std::vector<double> gram(points * points, 0);
    for (std::size_t p = 0; p < points; ++p) {
      for (std::size_t q = 0; q < points; ++q) {
        for (std::size_t u = 0; u < n; ++u) gram[p * points + q] += scale * bench.g.features[p * n + u] * bench.g.features[q * n + u];
      }
    }
    const double weight = std::exp(weight_log(gram) - largest_weight_log_);
    bench.map->at(bench.network, {x_.data(), 1, d}, {}, bench.g);
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      const Entry& e = entries_[k];
      // E g = g_infinite, and weights are about 1: without the 1, a tenth of the error.
      if (e.kind == Kind::posterior) vector[k] = (weight - 1) * static_cast<double>(n) * (bench.g.metric[e.i * d + e.j] - metric_[e.i * d + e.j]);
    }
    vector[weight_] = weight;
  }

  struct Estimates {
    std::vector<double> mean, covariance;
  };

  Estimates estimates(int factor) const {
    const Moments& moments = ensembles_.at(factor).moments;
    const std::size_t n = moments.size();
    Estimates e{moments.mean(), std::vector<double>(n * n)};
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) e.covariance[i * n + j] = moments.covariance(i, j) / static_cast<double>(moments.count());
    }
    // Quotients of means, linearised: (S - ratio W) / mean W.
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      if (entries_[k].kind != Kind::posterior) continue;
      const double share = moments.mean()[weight_], ratio = e.mean[k] / share;
      for (std::size_t j = 0; j < n; ++j) e.covariance[k * n + j] = (e.covariance[k * n + j] - ratio * e.covariance[weight_ * n + j]) / share;
      for (std::size_t j = 0; j < n; ++j) e.covariance[j * n + k] = (e.covariance[j * n + k] - ratio * e.covariance[j * n + weight_]) / share;
      e.mean[k] = ratio;
    }
    control(e);
    return e;
  }

  /// The change of the metric goes along with its rate at the start, whose mean is known exactly: what the rates' means miss of it, times the regression's slopes, is taken off.
  void control(Estimates& e) const {
    std::vector<std::size_t> rates;
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      if (entries_[k].kind == Kind::rate && e.covariance[k * e.mean.size() + k] > 0) rates.push_back(k);
    }
    std::vector<std::size_t> drifts;
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      if (entries_[k].kind == Kind::drift) drifts.push_back(k);
    }
    const std::size_t n = e.mean.size(), count = rates.size();
    std::vector<double> of_rates, with;  // with: a column a drift
    for (const std::size_t r : rates) {
      for (const std::size_t other : rates) of_rates.push_back(e.covariance[r * n + other]);
    }
    for (const std::size_t k : drifts) {
      for (const std::size_t r : rates) with.push_back(e.covariance[k * n + r]);
    }
    if (!solve_positive(of_rates.data(), count, with.data(), drifts.size())) return;
    std::map<std::size_t, std::vector<double>> slopes;
    for (std::size_t column = 0; column < drifts.size(); ++column) {
      const std::size_t k = drifts[column];
      slopes[k].assign(with.begin() + static_cast<std::ptrdiff_t>(column * count), with.begin() + static_cast<std::ptrdiff_t>((column + 1) * count));
      for (std::size_t a = 0; a < count; ++a) e.mean[k] -= slopes[k][a] * (e.mean[rates[a]] - entries_[rates[a]].theory);
    }
    const auto taken_off = [&](std::size_t row_step, std::size_t column_step) {
      for (const auto& [k, c] : slopes) {
        for (std::size_t j = 0; j < n; ++j) {
          for (std::size_t a = 0; a < count; ++a) e.covariance[k * row_step + j * column_step] -= c[a] * e.covariance[rates[a] * row_step + j * column_step];
        }
      }
    };
    taken_off(n, 1);
    taken_off(1, n);
  }

  StudyResult conclude() const {
    StudyResult result;
    result.alpha = options_.alpha;
    const bool both = ensembles_.size() == 2;
    result.complete = both && ensembles_.at(1).complete && ensembles_.at(wider).complete;
    result.draws = std::numeric_limits<std::uint64_t>::max();
    std::map<int, Estimates> all;
    for (const auto& [factor, ensemble] : ensembles_) {
      all.emplace(factor, estimates(factor));
      result.draws = std::min(result.draws, ensemble.moments.count());
    }
    const std::size_t n = ensembles_.at(1).moments.size();
    const auto weights = [&](const Entry& e) { return e.exact || !both ? std::map<int, double>{{1, 1.0}} : std::map<int, double>{{1, -1.0 / 3}, {wider, 4.0 / 3}}; };
    Comparison c;
    c.draws = result.draws;
    for (std::size_t k = 0; k < entries_.size(); ++k) {
      const Entry& e = entries_[k];
      StudyRow row;
      row.quantity = e.name;
      row.theory = row.limit = e.theory;
      row.standing = e.exact ? "exact" : "limit";
      row.draws = result.draws;
      row.in_verdict = e.exact || both;
      row.note = e.exact ? "" : both ? "extrapolated from widths n, 4n" : "the wider networks are missing: outside the verdict";
      double variance = 0;
      for (const auto& [factor, weight] : weights(e)) {
        row.mean += weight * all.at(factor).mean[k];
        variance += weight * weight * all.at(factor).covariance[k * n + k];
      }
      row.standard_error = std::sqrt(std::max(variance, 0.0));
      if (row.standard_error == 0) row.note += std::string(row.note.empty() ? "" : "; ") + "all networks agree";
      if (row.in_verdict) {
        row.z = row.mean == row.theory ? 0 : (row.mean - row.theory) / row.standard_error;
        c.quantity.push_back(e.name);
        c.theory.push_back(row.theory);
        c.mean.push_back(row.mean);
        for (const Entry& other : entries_) {
          if (!(other.exact || both)) continue;
          const std::size_t m = static_cast<std::size_t>(&other - entries_.data());
          double covariance = 0;
          const std::map<int, double> mine = weights(e), its = weights(other);
          for (const auto& [factor, weight] : mine) {
            if (its.contains(factor)) covariance += weight * its.at(factor) * all.at(factor).covariance[k * n + m];
          }
          c.covariance.push_back(covariance);
        }
      }
      result.rows.push_back(std::move(row));
    }
    result.test = omnibus(c);
    return result;
  }
};

}  // namespace

StudyResult validate_flow(const Architecture& network, std::uint64_t width, const TrainingData& data, const std::vector<double>& x, const FlowStudyOptions& options) {
  return FlowStudy(network, width, data, x, options).run();
}

}  // namespace infwidth
