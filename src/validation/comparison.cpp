// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/comparison.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_chi_squared.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numeric>

namespace infwidth {

namespace {

constexpr double redundant = 1e-7;

/// Cholesky's factor of the covariance of standardised quantities, the one with the largest part of its own next; whitens differences.
class Whitening {
 public:
  explicit Whitening(const Comparison& c) : scale_(c.size()) {
    const std::size_t n = c.size();
    std::vector<double> rest(n * n);
    for (std::size_t i = 0; i < n; ++i) scale_[i] = c.is_testable(i) ? c.standard_error(i) : 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) rest[i * n + j] = scale_[i] > 0 && scale_[j] > 0 ? c.covariance[i * n + j] / scale_[i] / scale_[j] : 0;
    }
    std::vector<bool> taken(n, false);
    for (;;) {
      std::size_t best = n;
      for (std::size_t i = 0; i < n; ++i) {
        if (!taken[i] && rest[i * n + i] > redundant && (best == n || rest[i * n + i] > rest[best * n + best])) best = i;
      }
      if (best == n) return;
      taken[best] = true;
      const double root = std::sqrt(rest[best * n + best]);
      std::vector<double> column(n);
      for (std::size_t i = 0; i < n; ++i) column[i] = rest[i * n + best] / root;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) rest[i * n + j] -= column[i] * column[j];
      }
      used_.push_back(best);
      columns_.push_back(std::move(column));
    }
  }

  const std::vector<std::size_t>& used() const { return used_; }

  /// d^T C^-1 d over the used quantities.
  double squared(std::span<const double> difference) const {
    std::vector<double> d(difference.size());
    for (std::size_t i = 0; i < d.size(); ++i) d[i] = scale_[i] > 0 ? difference[i] / scale_[i] : 0;
    double sum = 0;
    for (std::size_t k = 0; k < used_.size(); ++k) {
      const double y = d[used_[k]] / columns_[k][used_[k]];
      for (std::size_t i = 0; i < d.size(); ++i) d[i] -= y * columns_[k][i];
      sum += y * y;
    }
    return sum;
  }

 private:
  std::vector<double> scale_;
  std::vector<std::size_t> used_;
  std::vector<std::vector<double>> columns_;
};

std::vector<double> differences(const Comparison& c) {
  std::vector<double> d(c.size());
  for (std::size_t i = 0; i < d.size(); ++i) d[i] = c.mean[i] - c.theory[i];
  return d;
}

}  // namespace

double Comparison::standard_error(std::size_t i) const { return std::sqrt(std::max(covariance[i * size() + i], 0.0)); }

double Comparison::z(std::size_t i) const {
  const double difference = mean[i] - theory[i];
  return difference == 0 ? 0 : difference / standard_error(i);
}

bool Comparison::is_testable(std::size_t i) const {
  const double variance = covariance[i * size() + i];
  return variance > 0 && std::isfinite(variance) && std::isfinite(mean[i] - theory[i]);
}

Omnibus omnibus(const Comparison& c) {
  const Whitening whitening(c);
  Omnibus result;
  result.used = whitening.used();
  const std::vector<double> d = differences(c);
  result.statistic = whitening.squared(d);
  // A quantity that is known to have no spread is right or it is wrong.
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (c.draws == 0 && c.standard_error(i) == 0 && std::abs(d[i]) > 1e-12 * std::abs(c.theory[i])) {
      result.statistic = std::numeric_limits<double>::infinity();
      result.p_value = 0;
      return result;
    }
  }
  const double r = static_cast<double>(result.used.size()), n = static_cast<double>(c.draws);
  if (r == 0) {
    result.reason = "no row takes part in it";
  } else if (c.draws > 0 && n <= r) {
    result.reason = std::to_string(c.draws) + " draws have no covariance of " + std::to_string(result.used.size()) + " quantities; take more draws";
  } else if (!std::isfinite(result.statistic)) {
    result.p_value = 0;
  } else if (c.draws == 0) {
    result.p_value = boost::math::gamma_q(r / 2, result.statistic / 2);
  } else {
    // F_(r, n-r) > T (n - r) / (r (n - 1)), by the beta function that takes any T.
    result.p_value = boost::math::ibeta((n - r) / 2, r / 2, 1 / (1 + result.statistic / (n - 1)));
  }
  return result;
}

namespace {

/// P(K <= k) and P(K >= k) for K ~ Bin(n, p).
double at_most(double k, double n, double p) {
  if (k < 0) return 0;
  return k >= n || p <= 0 ? 1 : p >= 1 ? 0 : boost::math::ibeta(n - k, k + 1, 1 - p);
}
double at_least(double k, double n, double p) {
  if (k > n) return 0;
  return k <= 0 || p >= 1 ? 1 : p <= 0 ? 0 : boost::math::ibeta(k, n - k + 1, p);
}

}  // namespace

double Count::p_value() const {
  const double k = static_cast<double>(seen), n = static_cast<double>(draws);
  return std::min(1.0, 2 * std::min(at_most(k, n, probability), at_least(k, n, probability)));
}

double Count::reach(double level) const {
  if (level >= 1) return 1;
  const double n = static_cast<double>(draws);
  // How many are few enough, or many enough: by halves, since both tails are monotone.
  const auto first_where = [n](const auto& holds) {
    double below = -1, at = n + 1;
    while (at - below > 1) {
      const double middle = std::floor((below + at) / 2);
      (holds(middle) ? at : below) = middle;
    }
    return at;
  };
  const double many = first_where([&](double k) { return 2 * at_least(k, n, probability) <= level; });
  const double few = first_where([&](double k) { return 2 * at_most(k, n, probability) > level; }) - 1;
  return std::min(1.0, at_most(few, n, probability) + at_least(many, n, probability));
}

double Count::score() const {
  const double n = static_cast<double>(draws), excess = static_cast<double>(seen) - n * probability, p = p_value();
  if (p >= 1 || excess == 0) return 0;
  if (p < 1e-300) return excess / std::sqrt(n * probability * (1 - probability));
  return std::copysign(std::sqrt(2.0) * boost::math::erfc_inv(p), excess);
}

double combined_p_value(const Omnibus& test, std::span<const Count> counts) {
  double least = test.reason.empty() ? test.p_value : 1;
  for (const Count& c : counts) least = std::min(least, c.p_value());
  double none = test.reason.empty() ? 1 - least : 1;  // the probability that nothing is so improbable
  double some = test.reason.empty() ? least : 0;      // 1 - none, without its rounding
  for (const Count& c : counts) {
    const double reach = c.reach(least);
    some += none * reach;
    none *= 1 - reach;
  }
  return counts.empty() && !test.reason.empty() ? 1 : std::min(1.0, some);
}

double power(const Comparison& c, std::span<const double> shift, double alpha) {
  const Whitening whitening(c);
  const double r = static_cast<double>(whitening.used().size()), lambda = whitening.squared(shift), n = static_cast<double>(c.draws);
  if (r == 0) return 0;
  if (c.draws > 0 && n <= r) return 0;
  double limit = quantile(complement(boost::math::chi_squared(r), alpha));
  if (c.draws > 0) limit = quantile(complement(boost::math::fisher_f(r, n - r), alpha)) * r * (n - 1) / (n - r);
  if (!(lambda <= 1e4 + 10 * limit)) return 1;  // where the series of the non-central distribution would not end
  return lambda == 0 ? alpha : cdf(complement(boost::math::non_central_chi_squared(r, lambda), limit));
}

}  // namespace infwidth
