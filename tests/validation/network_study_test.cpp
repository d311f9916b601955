// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/network_study.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "support/kolmogorov_smirnov.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<std::vector<Rational>> here = {{Rational(3, 5), Rational(4, 5)}};

Architecture network(const char* activation, int depth, const Rational& sigma_w2 = 1, const Rational& sigma_b2 = 0) {
  return make_architecture(depth, {Activation::from_text(activation)}, {sigma_w2}, {sigma_b2});
}

StudyOptions with(StudyQuantities of, std::uint64_t draws, std::uint64_t seed = 1) {
  StudyOptions options;
  options.of = of;
  options.draws = draws;
  options.seed = seed;
  options.threads = 2;
  return options;
}

const StudyQuantities metric_only{.metric = true, .volume = false, .log_volume = false};

}  // namespace

TEST_CASE("a true theory stands, for every quantity of one hidden layer", "[study]") {
  const StudyResult r = validate(network("erf", 1), {100}, here, with({.kernel = true, .ntk = true}, 4000));
  CHECK(r.agrees());
  CHECK(r.complete);
  CHECK(r.draws == 4000);
  CHECK_FALSE(r.power);
  std::map<std::string, StudyRow> rows;
  for (const StudyRow& row : r.rows) rows[row.quantity] = row;
  REQUIRE(rows.size() == 7);  // no metric was singular, and none could be: no row for that
  for (const char* exact : {"g_11", "g_12", "g_22", "kernel", "ntk"}) CHECK(rows.at(exact).standing == "exact");
  CHECK(rows.at("volume").standing == "leading 1/n");
  for (const auto& [name, row] : rows) {
    CAPTURE(name);
    if (row.z) CHECK(std::abs(*row.z) < 4);
  }
  // The standard error of an exact theory is its own: sqrt(Var g_11 / draws), by the Monte Carlo of an independent program.
  CHECK(std::abs(rows.at("g_11").standard_error * std::sqrt(4000.0) - 0.0765) < 0.002);
}

TEST_CASE("an error of 1 % in chi is caught by 10^5 draws of width 100", "[study]") {
  StudyOptions options = with(metric_only, 100000);
  options.inject = {{"metric", 0.01}};
  const StudyResult r = validate(network("erf", 1), {100}, here, options);
  CHECK_FALSE(r.agrees());
  REQUIRE(r.power);
  CHECK(*r.power > 0.9999);
  options.inject = {{"metric", 1e-5}};
  const StudyResult small = validate(network("erf", 1), {100}, here, options);
  CHECK(small.agrees());
  CHECK(*small.power < 0.01);
}

TEST_CASE("the curvature with the coefficient -3/4 is caught by 400 draws of width 1000", "[study][slow]") {
  // d = 2, |x|^2 = 1, sigma_w2 = sigma_b2 = 1: R = -0.936642 (tests/reference/inline_answers.py), thrice that with -3/4 for -1/4.
  StudyOptions options = with({.metric = false, .volume = false, .log_volume = false, .curvature = true}, 400);
  options.extrapolate = true;
  const StudyResult truth = validate(network("erf(x/sqrt(2))", 1, 1, 1), {1000}, here, options);
  CHECK(truth.agrees());
  CHECK(std::abs(truth.rows.at(0).theory + 0.936641964138764) < 1e-12);
  options.inject = {{"curvature", 2}};
  CHECK_FALSE(validate(network("erf(x/sqrt(2))", 1, 1, 1), {1000}, here, options).agrees());
}

TEST_CASE("what has no theory at this width stands outside the verdict until it is extrapolated", "[study]") {
  StudyOptions options = with({.metric = false, .volume = false, .log_volume = false, .kernel = true}, 2000);
  const StudyResult alone = validate(network("gelu", 2), {50}, here, options);
  CHECK_FALSE(alone.rows.at(0).in_verdict);
  CHECK_FALSE(alone.rows.at(0).z);
  CHECK(alone.test.used.empty());
  options.extrapolate = true;
  const StudyResult limit = validate(network("gelu", 2), {50}, here, options);
  CHECK(limit.rows.at(0).in_verdict);
  CHECK(limit.test.used.size() == 1);
  CHECK(limit.agrees());
}

TEST_CASE("curvature of narrow networks is far from the limit, and extrapolates to it", "[study]") {
  StudyOptions options = with({.metric = false, .volume = false, .log_volume = false, .curvature = true}, 3000);
  const StudyRow narrow = validate(network("tanh", 2), {40}, here, options).rows.at(0);
  CHECK(std::abs(narrow.mean - narrow.limit) > 5 * narrow.standard_error);
  options.extrapolate = true;
  const StudyRow limit = validate(network("tanh", 2), {40}, here, options).rows.at(0);
  CAPTURE(narrow.mean, limit.mean, limit.limit, limit.standard_error);
  CHECK(std::abs(limit.z.value()) < 4);
  CHECK(limit.standard_error < std::abs(narrow.mean - narrow.limit) / 2);
}

TEST_CASE("the exact laws of ReLU networks hold, singular draws among them", "[study]") {
  const StudyResult r = validate(network("relu", 2, 2), {6, 6}, here, with({}, 30000));
  CHECK(r.agrees());
  for (const StudyRow& row : r.rows) {
    CAPTURE(row.quantity);
    CHECK(row.standing == "exact");
    CHECK(row.in_verdict);
    CHECK(std::abs(row.z.value()) < 4);
  }
  REQUIRE(r.rows.size() == 6);
  CHECK(r.rows[4].quantity == "singular");
  CHECK(r.rows[4].theory > 0.01);
}

TEST_CASE("an event too rare to be seen does not refute the theory", "[study]") {
  // ReLU at width 50: P(singular) = 4.5e-14, and no draw is.
  for (const auto& [depth, width] : {std::pair{1, std::uint64_t{15}}, {1, std::uint64_t{50}}, {2, std::uint64_t{30}}}) {
    for (const StudyQuantities& of : {StudyQuantities{}, StudyQuantities{.metric = false, .volume = false}}) {
      const StudyResult r = validate(network("relu", depth), {width}, here, with(of, 1000));
      CAPTURE(depth, width, r.p_value());
      CHECK(r.agrees());
      CHECK(r.tested() == r.rows.size());
      REQUIRE(r.counts.size() == 1);
      CHECK(r.counts[0].seen == 0);
      for (const StudyRow& row : r.rows) CHECK(std::abs(row.z.value()) < 4);
    }
  }
  // One that is seen too often does: P = 4.5e-14 beside networks of width 4, of which 5/16 are singular.
  const StudyResult narrow = validate(network("relu", 1), {4}, here, with({}, 300));
  CHECK(narrow.agrees());
  Count false_law = narrow.counts[0];
  false_law.probability = 4.5e-14;
  CHECK(combined_p_value(narrow.test, {&false_law, 1}) < 1e-300);
}

TEST_CASE("where a singular metric has no law, the other rows are answered", "[study]") {
  const StudyResult r = validate(network("hardtanh", 2), {50}, here, with({}, 200));
  CHECK(r.agrees());
  CHECK(r.rows.size() == 5);
  Architecture residual = network("tanh", 2);
  residual.residual = Rational(1, 2);
  CHECK(validate(residual, {20}, here, with({}, 100)).rows.size() == 5);
}

TEST_CASE("draws that do not see a tail give no verdict on it", "[study]") {
  // x^9: the mean of g is made by one draw in thousands.
  for (const std::uint64_t draws : {std::uint64_t{100}, std::uint64_t{20000}}) {
    const StudyResult r = validate(network("x^9", 1), {5}, here, with(metric_only, draws));
    CAPTURE(draws, r.p_value());
    CHECK(r.agrees());
    CHECK(r.tested() == 0);
    CHECK(r.no_verdict() == "no row takes part in it");
    for (const StudyRow& row : r.rows) {
      CHECK_FALSE(row.z);
      CHECK_THAT(row.note, ContainsSubstring("outside the verdict") && ContainsSubstring("draws"));
    }
  }
  // Beyond double precision: nothing infinite reaches a distribution.
  const StudyResult r = validate(network("exp", 1, 100), {5}, {{1, 0}}, with({.kernel = true, .ntk = true}, 100));
  CHECK(r.agrees());
}

TEST_CASE("a quantity in which no two networks differ is right or wrong", "[study]") {
  StudyOptions options = with({.metric = false, .volume = false, .log_volume = false, .kernel = true}, 30);
  const std::vector<std::vector<Rational>> origin = {{0, 0}};
  const StudyResult r = validate(network("cos", 1), {10}, origin, options);
  CHECK(r.rows.at(0).z == 0.0);
  CHECK(r.tested() == 1);
  CHECK(r.agrees());
  options.inject = {{"kernel", 0.1}};
  CHECK_FALSE(validate(network("cos", 1), {10}, origin, options).agrees());
}

TEST_CASE("at a kink that every preactivation has, there is no metric to hold against", "[study]") {
  const std::vector<std::vector<Rational>> origin = {{0, 0}};
  for (const char* kinked : {"relu", "abs", "leaky_relu:1/5", "selu"}) {
    CAPTURE(kinked);
    CHECK_THROWS_WITH(validate(network(kinked, 1), {30}, origin, with(metric_only, 100)), ContainsSubstring("hidden layer 1") && ContainsSubstring("no derivative"));
    CHECK_NOTHROW(validate(network(kinked, 1), {30}, origin, with({.metric = false, .volume = false, .log_volume = false, .kernel = true, .ntk = true}, 100)));
  }
  CHECK(validate(network("relu", 1, 1, 1), {30}, origin, with(metric_only, 1000)).agrees());
}

TEST_CASE("what no machine holds is refused before the work, by its widths or draws", "[study]") {
  CHECK_THROWS_WITH(validate(network("relu", 1), {1'000'000'000'000}, here, with(metric_only, 100)), ContainsSubstring("take smaller widths"));
  CHECK_THROWS_WITH(validate(network("tanh", 2), {10'000'000'000}, here, with(metric_only, 100)), ContainsSubstring("take smaller widths"));
  CHECK_THROWS_WITH(validate(network("erf", 1), {10}, here, with({.curvature = true}, 1'000'000'000'000)), ContainsSubstring("take fewer draws"));
}

TEST_CASE("a run goes on from its checkpoint to the same bits", "[study]") {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("infwidth-study-" + std::to_string(::getpid()));
  StudyOptions options = with(metric_only, 3000);
  const StudyResult whole = validate(network("tanh", 2), {20}, here, options);
  options.checkpoint = file.string();
  options.identity = "a test";
  options.draws = 1024;
  validate(network("tanh", 2), {20}, here, options);
  options.draws = 3000;
  options.resume = true;
  options.threads = 1;
  const StudyResult resumed = validate(network("tanh", 2), {20}, here, options);
  std::filesystem::remove(file);
  for (std::size_t k = 0; k < whole.rows.size(); ++k) CHECK(whole.rows[k].mean == resumed.rows[k].mean);
}

TEST_CASE("what cannot be validated is refused", "[study]") {
  const auto refused = [](const Architecture& n, const std::vector<std::uint64_t>& widths, const StudyOptions& options, const char* why) {
    CHECK_THROWS_WITH(validate(n, widths, here, options), ContainsSubstring(why));
  };
  refused(network("erf", 1), {100}, with(metric_only, 10), "10 draws");
  refused(network("erf", 1), {1}, with({}, 100), "width 1 is singular in 2 dimensions");
  refused(network("step", 1), {10}, with({}, 100), "jumps");
  refused(network("erf", 1), {10}, with({false, false, false, false, false, false}, 100), "nothing is asked for");
  StudyOptions options = with({}, 100);
  options.inject = {{"chi", 0.1}};
  refused(network("erf", 1), {10}, options, "into 'chi'");
  options.inject = {};
  options.alpha = 1;
  refused(network("erf", 1), {10}, options, "alpha = 1");
  CHECK_THROWS_AS(validate(network("erf", 1), {10}, {}, with({}, 100)), UsageError);
  CHECK_THROWS_AS(validate(network("erf", 1), {10}, {{1}, {1, 2}}, with({}, 100)), UsageError);
}

TEST_CASE("z-scores of true theories are standard normal", "[study][slow]") {
  // One hidden layer by its exact law, three by first order in 1/n; `bench_calibration 2000` does the same with ten times the seeds.
  for (const auto& [activation, depth, seeds] : {std::tuple{"erf", 1, 1000}, std::tuple{"tanh", 3, 200}}) {
    std::map<std::string, std::vector<double>> scores;
    int alarms = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
      StudyOptions options = with(metric_only, 1000, static_cast<std::uint64_t>(seed));
      options.alpha = 0.05;
      const StudyResult r = validate(network(activation, depth, Rational(3, 2), Rational(1, 10)), {100}, here, options);
      if (!r.agrees()) ++alarms;
      for (const StudyRow& row : r.rows) scores[row.quantity].push_back(row.z.value());
    }
    CAPTURE(activation, alarms);
    CHECK(std::abs(alarms - 0.05 * seeds) < 3 * std::sqrt(0.05 * 0.95 * seeds));
    for (const auto& [quantity, z] : scores) {
      double mean = 0, square = 0;
      for (const double s : z) mean += s / seeds;
      for (const double s : z) square += (s - mean) * (s - mean) / (seeds - 1);
      CAPTURE(quantity, mean, square);
      CHECK(std::abs(std::sqrt(square) - 1) < 3 / std::sqrt(2.0 * seeds));
      CHECK(normality(z) > 1e-3);
    }
  }
}
