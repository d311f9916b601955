// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/history.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <tuple>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

HistoryOptions options_for(std::uint64_t epochs) {
  HistoryOptions options;
  options.network = make_architecture(1, {Activation::from_text("sigmoid")}, {1}, {1});
  options.widths = {20};
  options.training.optimiser = {Method::gradient_descent, 0.1, 0.9};
  options.training.epochs = epochs;
  options.training.batch = 50;
  options.record = {0, 3};
  options.probe = grid_probe(1, 15);
  options.identity = "a test";
  return options;
}

}  // namespace

TEST_CASE("geometry is recorded before the first step, when asked for, and at the end", "[history]") {
  const Task task = make_task("sinusoid", 1);
  HistoryOptions options = options_for(5);
  const History h = train(task, options);
  CHECK(h.complete);
  REQUIRE(h.entries.size() == 3);
  CHECK(h.entries[0].epoch == 0);
  CHECK(h.entries[1].epoch == 3);
  CHECK(h.entries[2].epoch == 5);
  CHECK(h.entries[0].parameters == parameters_of(NetworkEnsemble(options.network, {20}, 2, 1, 2).network(0)));
  CHECK(h.entries[2].parameters == parameters_of(h.network));
  for (const HistoryEntry& e : h.entries) {
    CHECK(e.geometry.count == 225);
    REQUIRE(e.symmetry);
    CHECK(e.symmetry->standing == "exact");
  }
  options.record = {3, 0};
  CHECK_THROWS_WITH(train(task, options), ContainsSubstring("increasing"));
  options.record = {0, 6};
  CHECK_THROWS_WITH(train(task, options), ContainsSubstring("epoch 6 cannot be recorded"));
}

TEST_CASE("a history that was interrupted goes on to the same bits", "[history]") {
  const Task task = make_task("sinusoid", 1);
  const History whole = train(task, options_for(8));
  const std::string file = (std::filesystem::temp_directory_path() / ("infwidth-history-" + std::to_string(::getpid()))).string();
  HistoryOptions options = options_for(8);
  options.checkpoint = file;
  std::atomic<bool> stop{false};
  options.budget = Budget(std::nullopt, &stop);
  options.see = [&](std::uint64_t epoch, const EpochResult&) { stop = epoch == 4; };
  const History part = train(task, options);
  CHECK_FALSE(part.complete);
  CHECK(part.epochs == 4);
  REQUIRE(part.entries.size() == 3);  // 0, 3, and where it stopped
  CHECK(part.entries[2].epoch == 4);
  stop = false;
  options.see = nullptr;
  options.resume = true;
  options.training.threads = 3;
  const History rest = train(task, options);
  CHECK(rest.complete);
  REQUIRE(rest.entries.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) CHECK(rest.entries[k].parameters == whole.entries[k].parameters);
  options.identity = "another";
  CHECK_THROWS_WITH(train(task, options), ContainsSubstring("another question"));
  options.identity = "a test";
  options.training.epochs = 5;
  CHECK_THROWS_WITH(train(task, options), ContainsSubstring("8 epochs old"));
  std::filesystem::remove(file);
}

TEST_CASE("the sinusoid's boundary is magnified once it is learned", "[history][slow]") {
  const Task task = make_task("sinusoid", 1);
  HistoryOptions options = options_for(4000);
  options.record = {0};
  options.probe = grid_probe(1, 40);
  const History h = train(task, options);
  const std::vector<Magnification> m = magnification_history(h, *options.probe);
  CHECK(h.entries[1].result.accuracy > 0.97);
  CHECK(m[1].contrast.value.value() > m[0].contrast.value.value() + 0.5);
  CHECK(m[1].partial.value.value() < -0.3);
  CHECK(m[1].change.value.value() < -0.2);
  CHECK_FALSE(m[0].change.value);
  CHECK(h.entries[1].symmetry->index > 10 * h.entries[0].symmetry->index);
}

TEST_CASE("dead units leave a history with numbers or reasons", "[history]") {
  // Its statistics once did not end: -inf minus -inf is NaN, which no sorting gets past.
  const std::tuple<const char*, std::uint64_t, Rational, std::uint64_t> cases[] = {{"relu", 3, 1, 3}, {"hardtanh", 10, 10, 1}, {"tanh", 16, 10000, 1}};
  for (const auto& [activation, width, variance, seed] : cases) {
    HistoryOptions options = options_for(20);
    options.network = make_architecture(1, {Activation::from_text(activation)}, {variance}, {0});
    options.widths = {width};
    options.training.batch = 0;
    options.training.seed = seed;
    options.probe = grid_probe(1.5, 30);
    const Task task = make_task("xor", 0);
    const History h = train(task, options);
    CAPTURE(activation);
    for (const Magnification& m : magnification_history(h, *options.probe)) {
      for (const Statistic* s : {&m.contrast, &m.plain, &m.partial, &m.entropy, &m.change}) {
        CHECK(s->value.has_value() == s->reason.empty());
        if (s->value) CHECK(std::isfinite(*s->value));
      }
      CHECK((m.singular > 0 || std::string_view(activation) == "tanh"));  // saturated units have a slope, however small
    }
  }
}

TEST_CASE("a budget that ends while the geometry is looked at leaves reasons, not a wait", "[history]") {
  const Task task = make_task("sinusoid", 1);
  HistoryOptions options = options_for(3);
  options.record = {0, 1, 2};
  options.probe = grid_probe(1, 400);
  options.widths = {3000};
  options.training.threads = 2;
  std::atomic<bool> stop{false};
  options.budget = Budget(std::nullopt, &stop);
  // Stopped in the last epoch: all that follows has `last_look`.
  options.see = [&](std::uint64_t epoch, const EpochResult&) { stop = epoch == 3; };
  const auto start = std::chrono::steady_clock::now();
  const History h = train(task, options);
  CHECK(std::chrono::steady_clock::now() - start < 20 * last_look);
  CHECK_FALSE(h.complete);
  REQUIRE(h.entries.size() == 4);
  for (const HistoryEntry& e : h.entries) {
    CHECK((e.geometry.count > 0) == e.no_geometry.empty());
    if (e.geometry.count == 0) CHECK_THAT(e.no_geometry, ContainsSubstring("stopped before"));
    CHECK(std::isfinite(e.result.loss));
  }
  for (const Magnification& m : magnification_history(h, *options.probe)) CHECK(m.contrast.value.has_value() == m.contrast.reason.empty());
}
