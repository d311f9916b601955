// SPDX-License-Identifier: GPL-3.0-or-later
// D-045 by other roads than its proof: conditioning a Gaussian one observation at a time, and the flow of parameters step by step, in 40 and 120 digits.
#include <vector>

#include "catch.hpp"
#include "infwidth/kernel/regression.hpp"
#include "infwidth/real/digits.hpp"
#include "support/erf_network.hpp"

using namespace infwidth;

namespace {

using Table = std::vector<std::vector<Digits>>;

/// A Gaussian vector is observed in one entry, with noise: the mean and the covariance of the others change by one rank.
void observe(std::vector<Digits>& mean, Table& covariance, std::size_t entry, const Digits& value, const Digits& noise) {
  const std::vector<Digits> column = covariance[entry];
  const Digits variance = column[entry] + noise, surprise = value - mean[entry];
  for (std::size_t i = 0; i < mean.size(); ++i) {
    mean[i] += column[i] * surprise / variance;
    for (std::size_t j = 0; j < mean.size(); ++j) covariance[i][j] -= column[i] * column[j] / variance;
  }
}

/// A linear model f(x) = f_0(x) + J(x) (theta - theta_0): the rows of J are those of a fixed table.
struct LinearModel {
  std::size_t train, test, parameters;
  Table jacobian;

  LinearModel(std::size_t n, std::size_t m, std::size_t p) : train(n), test(m), parameters(p), jacobian(n + m, std::vector<Digits>(p)) {
    for (std::size_t i = 0; i < n + m; ++i)
      for (std::size_t j = 0; j < p; ++j) jacobian[i][j] = Digits(static_cast<long>((i * 7 + j * 13 + i * j * 5) % 17) - 8) / 8;
  }
  Digits kernel(std::size_t i, std::size_t j) const {
    Digits sum = 0;
    for (std::size_t k = 0; k < parameters; ++k) sum += jacobian[i][k] * jacobian[j][k];
    return sum;
  }
  std::vector<Digits> change(const std::vector<Digits>& delta) const {
    std::vector<Digits> f(train + test, Digits(0));
    for (std::size_t i = 0; i < f.size(); ++i)
      for (std::size_t k = 0; k < parameters; ++k) f[i] += jacobian[i][k] * delta[k];
    return f;
  }
  /// The model's function at all points after the time t, from f_0, by Runge and Kutta's fourth-order steps in the parameters.
  std::vector<Digits> flow(const std::vector<Digits>& f0, const std::vector<Digits>& y, const Digits& time, const Digits& ridge, int steps) const {
    const auto slope = [&](const std::vector<Digits>& delta) {
      const std::vector<Digits> f = change(delta);
      std::vector<Digits> r(parameters);
      for (std::size_t k = 0; k < parameters; ++k) {
        r[k] = -ridge * delta[k];
        for (std::size_t i = 0; i < train; ++i) r[k] -= jacobian[i][k] * (f0[i] + f[i] - y[i]);
      }
      return r;
    };
    const auto moved = [](std::vector<Digits> a, const Digits& by, const std::vector<Digits>& b) {
      for (std::size_t k = 0; k < a.size(); ++k) a[k] += by * b[k];
      return a;
    };
    const Digits h = time / steps;
    std::vector<Digits> delta(parameters, Digits(0));
    for (int step = 0; step < steps; ++step) {
      const auto k1 = slope(delta), k2 = slope(moved(delta, h / 2, k1)), k3 = slope(moved(delta, h / 2, k2)), k4 = slope(moved(delta, h, k3));
      for (const auto& [weight, k] : {std::pair(h / 6, k1), std::pair(h / 3, k2), std::pair(h / 3, k3), std::pair(h / 6, k4)}) delta = moved(delta, weight, k);
    }
    std::vector<Digits> f = change(delta);
    for (std::size_t i = 0; i < f.size(); ++i) f[i] += f0[i];
    return f;
  }
};

/// A covariance for f_0 that has nothing to do with the model's tangent kernel.
Digits start_kernel(std::size_t i, std::size_t j) {
  const Digits distance = Digits(static_cast<long>(i) - static_cast<long>(j)) / 2;
  return exp(-distance * distance / 2) + (i == j ? Digits(1) / 4 : Digits(0));
}

}  // namespace

TEST_CASE("D-045: the posterior is what observing the targets one after the other leaves", "[derivation][regression]") {
  const DigitsPrecision scope(120);
  const std::size_t n = 40, m = 12;
  auto all = erf_network::points(n + m, 2);
  const std::vector<erf_network::Point> x(all.begin(), all.begin() + static_cast<long>(n)), z(all.begin() + static_cast<long>(n), all.end());
  const erf_network::Matrices train(x, x);
  const erf_network::Test test(z, x);
  const erf_network::Matrices among(z, z);
  const DataMatrix y = erf_network::targets(x);
  const double noise = GENERATE(1e-1, 1e-4, 1e-7);
  const NngpPosterior posterior(train.nngp, y, noise);
  const Predictions got = posterior.at(test.kernels());
  double worst = 0;
  for (std::size_t target = 0; target < 2; ++target) {
    std::vector<Digits> mean(n + m, Digits(0));
    Table covariance(n + m, std::vector<Digits>(n + m));
    for (std::size_t i = 0; i < n + m; ++i)
      for (std::size_t j = 0; j < n + m; ++j) {
        const std::size_t test_row = std::max(i, j) - n, other = std::min(i, j);
        covariance[i][j] = i < n && j < n ? train.nngp[i * n + j] : other < n ? test.cross.nngp[test_row * n + other] : among.nngp[test_row * m + (other - n)];
      }
    for (std::size_t i = 0; i < n; ++i) observe(mean, covariance, i, Digits(y.values[2 * i + target]), Digits(noise));
    for (std::size_t i = 0; i < m; ++i) {
      const double mean_off = static_cast<double>(abs(mean[n + i] - got.mean[2 * i + target])), variance_off = static_cast<double>(abs(covariance[n + i][n + i] - got.variance[i]));
      CHECK(mean_off <= got.mean_error[2 * i + target]);
      CHECK(variance_off <= got.variance_error[i]);
      CHECK(got.variance_error[i] < 1e-13 * posterior.extremes().condition());
      worst = std::max(worst, variance_off);
    }
  }
  CHECK(worst > 0);
}

TEST_CASE("D-045: gradient flow of a linear model's parameters has the mean and the variance of the formula", "[derivation][regression]") {
  const DigitsPrecision scope(40);
  const LinearModel model(4, 2, 7);
  const std::size_t n = model.train, m = model.test, all = n + m;
  const double ridge = GENERATE(0.0, 0.5), time = GENERATE(0.25, 1.0);
  std::vector<double> nngp, ntk, nngp_cross, ntk_cross, nngp_self, ntk_self;
  for (std::size_t i = 0; i < all; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      (i < n ? nngp : nngp_cross).push_back(static_cast<double>(start_kernel(i, j)));
      (i < n ? ntk : ntk_cross).push_back(static_cast<double>(model.kernel(i, j)));
    }
    if (i < n) continue;
    nngp_self.push_back(static_cast<double>(start_kernel(i, i)));
    ntk_self.push_back(static_cast<double>(model.kernel(i, i)));
  }
  const DataMatrix y{{1, -0.5, 0.25, 2}, n, 1};
  const Predictions got = NtkFlow(nngp, ntk, y, time, ridge).at({nngp_cross, nngp_self, ntk_cross, ntk_self});

  // The flow is affine in f_0: from 0 it gives the mean, from unit vectors (with Y = 0) the response, of which the variance is a quadratic form.
  const int steps = static_cast<int>(2000 * time);
  const std::vector<Digits> zero(all, Digits(0)), no_targets(n, Digits(0));
  const std::vector<Digits> mean = model.flow(zero, {y.values.begin(), y.values.end()}, Digits(time), Digits(ridge), steps);
  Table response;
  for (std::size_t i = 0; i < all; ++i) {
    std::vector<Digits> start = zero;
    start[i] = 1;
    response.push_back(model.flow(start, no_targets, Digits(time), Digits(ridge), steps));
  }
  for (std::size_t t = 0; t < m; ++t) {
    Digits variance = 0;
    for (std::size_t i = 0; i < all; ++i)
      for (std::size_t j = 0; j < all; ++j) variance += response[i][n + t] * start_kernel(i, j) * response[j][n + t];
    CHECK(abs(mean[n + t] - got.mean[t]) < 1e-10);
    CHECK(abs(variance - got.variance[t]) < 1e-10);
    CHECK(got.mean_error[t] < 1e-12);
    CHECK(got.variance_error[t] < 1e-11);
  }
}
