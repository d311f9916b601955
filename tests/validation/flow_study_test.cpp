// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/flow_study.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/training/task.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

const Architecture network = make_architecture(1, {Activation::from_text("tanh")}, {Rational(3, 2), Rational(6, 5)}, {0});
const std::vector<double> x = {0.6, 0.8};

}  // namespace

TEST_CASE("trained networks do what the theory of training says", "[flow]") {
  FlowStudyOptions options;
  options.draws = 300;
  options.times = {0.5};
  options.threads = 2;
  const StudyResult r = validate_flow(network, 32, make_task("two-points", 0).data, x, options);
  CHECK(r.agrees());
  CHECK(r.complete);
  REQUIRE(r.rows.size() == 3 + 3 + 2 + 3 + 3);
  for (const StudyRow& row : r.rows) {
    CAPTURE(row.quantity, row.mean, row.theory, row.standard_error);
    CHECK(std::abs(row.z.value()) < 4.5);
  }
  CHECK(r.rows[0].standing == "exact");
  options.threads = 1;
  const StudyResult again = validate_flow(network, 32, make_task("two-points", 0).data, x, options);
  for (std::size_t k = 0; k < r.rows.size(); ++k) CHECK(again.rows[k].mean == r.rows[k].mean);
}

TEST_CASE("the table of the drift, by networks of 64 and 256 units", "[flow][slow]") {
  FlowStudyOptions options;
  options.draws = 8000;
  options.threads = 2;
  const StudyResult r = validate_flow(network, 64, make_task("two-points", 0).data, x, options);
  CHECK(r.agrees());
  // What it must resolve: 2 % of the first entry, for each time.
  for (const std::size_t k : {3U, 6U, 9U}) {
    CAPTURE(r.rows[k].quantity, r.rows[k].standard_error, r.rows[k].theory);
    CHECK(r.rows[k].standard_error < 0.02 * std::abs(r.rows[k].theory));
    CHECK(std::abs(r.rows[k].z.value()) < 3.5);
  }
}

TEST_CASE("a false theory of training is caught", "[flow]") {
  // The same networks beside the theory and beside one whose values are twice as large.
  FlowStudyOptions options;
  options.draws = 300;
  options.times = {1};
  options.of = {.drift = false, .prediction = true, .mean_field = false, .posterior = false};
  options.threads = 2;
  const StudyResult truth = validate_flow(network, 32, make_task("two-points", 0).data, x, options);
  CHECK(truth.agrees());
  options.inject = 1;
  const StudyResult shifted = validate_flow(network, 32, make_task("two-points", 0).data, x, options);
  CHECK_FALSE(shifted.agrees());
  CHECK(shifted.test.p_value < 1e-6);
  REQUIRE(truth.rows.size() == 2);
  CHECK(shifted.rows[0].mean == truth.rows[0].mean);
  for (std::size_t k = 0; k < 2; ++k) CHECK(shifted.rows[k].theory == 2 * truth.rows[k].theory);
  CHECK(std::abs(shifted.rows[1].z.value()) > 5);
}

TEST_CASE("where all networks agree there is no 0/0", "[flow]") {
  // tanh without bias at the origin: every output is exactly 0, before training and after it.
  FlowStudyOptions options;
  options.draws = 40;
  options.times = {1};
  options.threads = 2;
  const StudyResult r = validate_flow(network, 16, make_task("two-points", 0).data, {0, 0}, options);
  CHECK(r.agrees());
  int certain = 0;
  for (const StudyRow& row : r.rows) {
    CAPTURE(row.quantity, row.mean, row.theory, row.standard_error);
    CHECK(std::isfinite(row.z.value()));
    CHECK(row.standard_error >= 0);
    if (row.standard_error > 0) continue;
    ++certain;
    CHECK(row.mean == row.theory);
    CHECK_THAT(row.note, ContainsSubstring("all networks agree"));
  }
  CHECK(certain == 2);  // mean and variance of the output
}

TEST_CASE("what no theory of training covers is refused", "[flow]") {
  const TrainingData data = make_task("two-points", 0).data;
  const auto refused = [&](const Architecture& n, const std::vector<double>& at, const FlowStudyOptions& options, const char* why) {
    CHECK_THROWS_WITH(validate_flow(n, 16, data, at, options), ContainsSubstring(why));
  };
  FlowStudyOptions options;
  refused(make_architecture(2, {Activation::from_text("tanh")}, {1}, {0}), x, options, "one hidden layer");
  refused(make_architecture(1, {Activation::from_text("tanh")}, {1}, {1}), x, options, "bias of the readout");
  refused(network, {1, 2, 3}, options, "3 coordinates");
  options.draws = 5;
  refused(network, x, options, "5 draws");
  options.draws = 100;
  options.times = {1, 1};
  refused(network, x, options, "increasing");
  CHECK_THROWS_AS(validate_flow(network, 16, make_task("xor", 0).data, x, {}), UsageError);
  CHECK_THROWS_AS(validate_flow(make_architecture(1, {Activation::from_text("relu")}, {1}, {0}), 16, data, x, {}), NoSuchQuantity);
}
