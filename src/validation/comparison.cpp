// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/comparison.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_chi_squared.hpp>
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
    for (std::size_t i = 0; i < n; ++i) scale_[i] = c.standard_error(i);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) rest[i * n + j] = scale_[i] > 0 && scale_[j] > 0 ? c.covariance[i * n + j] / (scale_[i] * scale_[j]) : 0;
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

Omnibus omnibus(const Comparison& c) {
  const Whitening whitening(c);
  Omnibus result;
  result.used = whitening.used();
  const std::vector<double> d = differences(c);
  result.statistic = whitening.squared(d);
  // A quantity without any spread is right or it is wrong.
  for (std::size_t i = 0; i < c.size(); ++i) {
    if (c.standard_error(i) == 0 && std::abs(d[i]) > 1e-12 * std::abs(c.theory[i])) {
      result.statistic = std::numeric_limits<double>::infinity();
      result.p_value = 0;
      return result;
    }
  }
  const double r = static_cast<double>(result.used.size());
  if (r == 0) return result;
  if (c.draws == 0) {
    result.p_value = cdf(complement(boost::math::chi_squared(r), result.statistic));
    return result;
  }
  const double n = static_cast<double>(c.draws);
  if (n <= r) return result;  // no covariance to test with: nothing is said against the theory
  result.p_value = cdf(complement(boost::math::fisher_f(r, n - r), result.statistic * (n - r) / (r * (n - 1))));
  return result;
}

double power(const Comparison& c, std::span<const double> shift, double alpha) {
  const Whitening whitening(c);
  const double r = static_cast<double>(whitening.used().size()), lambda = whitening.squared(shift), n = static_cast<double>(c.draws);
  if (r == 0) return 0;
  double limit = quantile(complement(boost::math::chi_squared(r), alpha));
  if (c.draws > 0 && n > r) limit = quantile(complement(boost::math::fisher_f(r, n - r), alpha)) * r * (n - 1) / (n - r);
  if (lambda > 1e4 + 10 * limit) return 1;  // where the series of the non-central distribution would not end
  return lambda == 0 ? alpha : cdf(complement(boost::math::non_central_chi_squared(r, lambda), limit));
}

}  // namespace infwidth
