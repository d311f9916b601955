// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/history.hpp"

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <filesystem>

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
  const MagnificationHistory m = magnification_history(h, *options.probe);
  CHECK(h.entries[1].result.accuracy > 0.97);
  CHECK(m.at[1].contrast > m.at[0].contrast + 0.5);
  CHECK(m.at[1].partial < -0.3);
  CHECK(*m.change[1] < -0.2);
  CHECK_FALSE(m.change[0]);
  CHECK(h.entries[1].symmetry->index > 10 * h.entries[0].symmetry->index);
}
