// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/run/stream.hpp"
#include "infwidth/validation/network_study.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a power law is found with its interval", "[convergence]") {
  const std::vector<double> n = {10, 20, 40, 80, 160};
  std::vector<double> y, errors;
  for (const double x : n) {
    y.push_back(-3 * std::pow(x, -0.75));
    errors.push_back(1e-6 * std::abs(y.back()));
  }
  const PowerLaw sharp = fit_power_law(n, y, errors).value();
  CHECK(std::abs(sharp.slope + 0.75) < 1e-6);
  CHECK(std::abs(sharp.coefficient + 3) < 1e-4);
  CHECK(sharp.misfit < 1e-3);
  // The interval holds the slope in 95 of 100 noisy samples, and is that of the linear regression of logarithms: +- 1.96 * 0.05 / sqrt(sum (log n - mean)^2).
  int held = 0;
  double width = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    std::vector<double> noise(n.size()), noisy = y, rough;
    Stream(seed, 0, 0).normals(noise);
    for (std::size_t k = 0; k < n.size(); ++k) {
      rough.push_back(0.05 * std::abs(y[k]));
      noisy[k] += noise[k] * rough[k];
    }
    const PowerLaw law = fit_power_law(n, noisy, rough).value();
    held += law.low < -0.75 && -0.75 < law.high ? 1 : 0;
    width += (law.high - law.low) / 2000;
  }
  CHECK(std::abs(held - 950) < 28);
  CHECK(std::abs(width - 1.96 * 0.05 / (std::log(2.0) * std::sqrt(10.0))) < 2e-3);
  // Nothing but noise has no slope.
  CHECK_FALSE(fit_power_law(n, std::vector<double>{1, -1, 0.5, 0, 1}, std::vector<double>(5, 1.0)));
}

TEST_CASE("deviations fall like 1/n and standard deviations like its root", "[convergence]") {
  StudyOptions options;
  options.of = {.metric = true, .volume = true, .log_volume = true};
  options.draws = 4000;
  options.threads = 2;
  const ConvergenceResult r = convergence(make_architecture(1, {Activation::from_text("erf")}, {1}, {0}), {20}, {{Rational(3, 5), Rational(4, 5)}}, {1, 2, 4, 8}, options);
  CHECK(r.complete);
  CHECK(r.draws == 4000);
  REQUIRE(r.rows.size() == 5);
  for (const ConvergenceRow& row : r.rows) {
    CAPTURE(row.quantity);
    REQUIRE(row.spread);
    CHECK(std::abs(row.spread->slope + 0.5) < 0.06);
    REQUIRE(row.at.size() == 4);
    for (const ConvergencePoint& p : row.at) {
      REQUIRE(p.theory_spread);
      if (row.standing == "exact") CHECK(std::abs(p.spread - *p.theory_spread) < 4 * p.spread_error);
    }
    if (row.quantity == "volume" || row.quantity == "log-volume") {
      REQUIRE(row.deviation);
      CHECK(row.deviation->low < -0.9);
      CHECK(row.deviation->high > -1.1);
    } else {
      CHECK_FALSE(row.deviation);  // E g is that of infinite width
    }
  }
}

TEST_CASE("what shows no convergence is refused", "[convergence]") {
  const Architecture network = make_architecture(1, {Activation::from_text("erf")}, {1}, {0});
  StudyOptions options;
  const auto refused = [&](const std::vector<std::uint64_t>& factors, const char* why) { CHECK_THROWS_WITH(convergence(network, {20}, {{1, 0}}, factors, options), ContainsSubstring(why)); };
  refused({1}, "two widths or more");
  refused({2, 1}, "increasing");
  options.draws = 100;
  refused({1, 2}, "100 draws");
  options.draws = 1000;
  options.inject = {{"metric", 0.1}};
  refused({1, 2}, "injected");
}
