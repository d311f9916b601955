// SPDX-License-Identifier: GPL-3.0-or-later
#include "study_entries.hpp"

#include <algorithm>
#include <cmath>

#include "infwidth/activation/slope.hpp"
#include "infwidth/finite/certain_zero.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"
#include "infwidth/run/memory.hpp"

namespace infwidth {

namespace {

constexpr std::size_t most_entries = 4;  // in more dimensions, the metric's trace and radial component stand for its entries

double to_double(const Ball& x) { return x.to_double(); }

template <class Law>
void take(StudyEntry& e, int factor, const Law& law) {
  if (!law.limit.exists()) throw NoSuchQuantity("" + e.name + ": " + law.limit.reason);
  e.limit = to_double(law.limit.value);
  e.standing = law.mean.exists() ? law.mean.standing : Standing::limit;
  e.theory[factor] = law.mean.exists() ? to_double(law.mean.value.value) : e.limit;
  if (law.variance.exists()) e.variance[factor] = to_double(law.variance.value.value);
}

}  // namespace

StudyEntries::StudyEntries(const Architecture& network, std::vector<std::uint64_t> widths, const std::vector<std::vector<Rational>>& points, const StudyOptions& options)
    : network_(network), widths_(std::move(widths)), points_(points), options_(options), dimension_(points.empty() ? 0 : points[0].size()) {
  check();
  if (widths_.size() == 1) widths_.assign(network_.activations.size(), widths_[0]);
  const Precision precision(128);
  for (const std::vector<Rational>& x : points_) {
    for (const Rational& c : x) coordinates_.push_back(constant<double>(c));
  }
  list();
}

void StudyEntries::check() const {
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

std::string StudyEntries::of_points(std::size_t p) const { return points_.size() == 1 ? "" : "(x" + std::to_string(p + 1) + ")"; }
std::string StudyEntries::of_points(std::size_t p, std::size_t q) const {
  return points_.size() == 1 ? "" : "(x" + std::to_string(p + 1) + ", x" + std::to_string(q + 1) + ")";
}

void StudyEntries::list() {
  const StudyQuantities& of = options_.of;
  const auto add = [&](StudyKind kind, const std::string& name, std::size_t p, std::size_t q = 0, std::size_t i = 0, std::size_t j = 0) {
    StudyEntry e{kind, name, p, q, i, j, 0, {}, {}, Standing::limit};
    entries_.push_back(std::move(e));
  };
  for (std::size_t p = 0; p < points_.size(); ++p) {
    if (of.metric && dimension_ <= most_entries) {
      for (std::size_t i = 0; i < dimension_; ++i) {
        for (std::size_t j = i; j < dimension_; ++j) add(StudyKind::metric, "g_" + std::to_string(i + 1) + std::to_string(j + 1) + of_points(p), p, 0, i, j);
      }
    } else if (of.metric) {
      // The trace, and x^T g x / |x|^2.
      add(StudyKind::metric, "trace g" + of_points(p), p, 0, dimension_, 0);
      if (norm2_of(p) > 0) add(StudyKind::metric, "radial g" + of_points(p), p, 0, dimension_, 1);
    }
    if (of.volume) add(StudyKind::volume, "volume" + of_points(p), p);
    if (of.log_volume) {
      add(StudyKind::singular, "singular" + of_points(p), p);
      add(StudyKind::log_volume, "log-volume" + of_points(p), p);
    }
    if (of.curvature) add(StudyKind::curvature, "curvature" + of_points(p), p);
  }
  for (std::size_t p = 0; p < points_.size(); ++p) {
    for (std::size_t q = p; q < points_.size(); ++q) {
      if (of.kernel) add(StudyKind::kernel, "kernel" + of_points(p, q), p, q);
    }
  }
  for (std::size_t p = 0; p < points_.size(); ++p) {
    for (std::size_t q = p; q < points_.size(); ++q) {
      if (of.ntk) add(StudyKind::ntk, "ntk" + of_points(p, q), p, q);
    }
  }
  if (entries_.empty()) throw UsageError("nothing is asked for; give metric, volume, log-volume, curvature, kernel or ntk");
  if ((of.volume || of.log_volume) && least_width() < dimension_) {
    throw UsageError("the metric of a network of width " + std::to_string(least_width()) + " is singular in " + std::to_string(dimension_) +
                     " dimensions, so its volume is 0; leave volume and log-volume out");
  }
}

std::uint64_t StudyEntries::least_width() const { return *std::min_element(widths_.begin(), widths_.end()); }
double StudyEntries::norm2_of(std::size_t p) const {
  double s = 0;
  for (std::size_t k = 0; k < dimension_; ++k) s += coordinates_[p * dimension_ + k] * coordinates_[p * dimension_ + k];
  return s;
}

std::vector<std::uint64_t> StudyEntries::widths_times(int factor) const {
  std::vector<std::uint64_t> w = widths_;
  for (std::uint64_t& n : w) n *= static_cast<std::uint64_t>(factor);
  return w;
}

void StudyEntries::add_theory(int factor) {
  add_kernels(factor);
  const bool by_width = asked(StudyKind::metric) || asked(StudyKind::volume) || asked(StudyKind::log_volume);
  if (!by_width && !asked(StudyKind::curvature)) return;
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
    if (const std::string reason = no_finite_metric(network_, x); !reason.empty()) throw NoSuchQuantity(reason);
    const RadialMetric<Ball>& m = limit.metric;
    for (StudyEntry& e : entries_) {
      if (e.point != p || e.kind == StudyKind::kernel || e.kind == StudyKind::ntk) continue;
      const auto of_limit = [&](const Value<Ball>& value) {
        if (!value.exists()) throw NoSuchQuantity("" + e.name + ": " + value.reason);
        e.limit = e.theory[factor] = to_double(value.value);
      };
      switch (e.kind) {
        case StudyKind::metric: metric_theory(e, factor, law, m, limit); break;
        case StudyKind::volume: law ? take(e, factor, law->volume) : of_limit(m.volume); break;
        case StudyKind::log_volume: law ? take(e, factor, law->log_volume) : of_limit(m.log_volume); break;
        case StudyKind::singular:
          if (law && law->singular.exists()) {
            e.theory[factor] = to_double(law->singular.value.value);
            e.standing = law->singular.standing;
          }
          break;
        default: of_limit(m.ricci_scalar);
      }
    }
    if (law && factor == 1) add_covariances(p, *law);
  }
}

void StudyEntries::add_covariances(std::size_t p, const FiniteTheory<Ball>& law) {
  if (!law.no_covariance.empty() || law.covariance_standing != Standing::exact) return;
  const auto is_one = [&](const StudyEntry& e) { return e.kind == StudyKind::metric && e.point == p && e.i < dimension_; };
  for (std::size_t k = 0; k < entries_.size(); ++k) {
    for (std::size_t m = k; m < entries_.size(); ++m) {
      const StudyEntry &a = entries_[k], &b = entries_[m];
      if (is_one(a) && is_one(b)) covariance_[{k, m}] = to_double(law.covariance(a.i, a.j, b.i, b.j).value.value);
    }
  }
}

void StudyEntries::metric_theory(StudyEntry& e, int factor, const std::optional<FiniteTheory<Ball>>& law, const RadialMetric<Ball>& m, const LayerMetric<Ball>& limit) const {
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

void StudyEntries::add_kernels(int factor) {
  if (!asked(StudyKind::kernel) && !asked(StudyKind::ntk)) return;
  Architecture network = network_;
  if (network.parameterization == Parameterization::standard) network.widths = widths_times(factor);
  const NetworkKernel kernel(network);
  for (StudyEntry& e : entries_) {
    if (e.kind != StudyKind::kernel && e.kind != StudyKind::ntk) continue;
    const LayerKernel<Ball> k = kernel.at(InputPair::of(points_[e.point], points_[e.other]), {.digits = 15, .budget = options_.budget}).back();
    const KernelValue<Ball>& value = e.kind == StudyKind::kernel ? k.feature : k.ntk;
    if (!value.absence.reason.empty()) throw NoSuchQuantity("" + e.name + ": " + value.absence.reason);
    e.limit = e.theory[factor] = to_double(value.value);
    // Of one hidden layer, both are means over independent units, exactly.
    if (network_.activations.size() == 1) e.standing = Standing::exact;
    const InputPoint x = InputPoint::at(points_[e.point]), y = InputPoint::at(points_[e.other]);
    if (e.kind == StudyKind::kernel) {
      e.certain = features_are_zero(network_, x) || features_are_zero(network_, y) || (certain_zeros(network_, x).back() && certain_zeros(network_, y).back());
    } else if (const std::string reason = no_finite_metric(network_, x); !reason.empty() && network_.parameterization == Parameterization::standard) {
      throw NoSuchQuantity(e.name + ": " + reason);  // a bias of variance 0 is trained there, and its gradient is phi'
    }
  }
}

std::optional<double> StudyEntries::known_covariance(std::size_t k, std::size_t m) const {
  const auto found = covariance_.find({std::min(k, m), std::max(k, m)});
  return found == covariance_.end() ? std::nullopt : std::optional(found->second);
}

bool StudyEntries::asked(StudyKind kind) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const StudyEntry& e) { return e.kind == kind; });
}

}  // namespace infwidth
