// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/budget.hpp"

#include <thread>
#include <vector>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/run/progress.hpp"

using namespace infwidth;
using Seconds = std::chrono::duration<double>;

TEST_CASE("a budget without limits never ends the work", "[budget]") {
  CHECK_NOTHROW(Budget().check());
  CHECK_NOTHROW(Budget(std::nullopt).check());
  CHECK_NOTHROW(Budget(Seconds(1e300)).check());
  CHECK_FALSE(Budget().is_over());
  CHECK_FALSE(Budget(Seconds(1e300)).is_over());
}

TEST_CASE("past its deadline the work is not reached", "[budget]") {
  const Budget budget(Seconds(1e-9));
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK_THROWS_AS(budget.check(), NotReached);
  CHECK(budget.is_over());
  CHECK_THROWS_WITH(budget.check(), Catch::Matchers::ContainsSubstring("timeout: not finished within 1e-09 s"));
  CHECK_THROWS_AS(Budget(Seconds(0)), UsageError);
  CHECK_THROWS_AS(Budget(Seconds(-1)), UsageError);
}

TEST_CASE("the stop flag stops the work, before any deadline", "[budget]") {
  std::atomic<bool> stop{false};
  const Budget budget(std::nullopt, &stop), late(Seconds(1e-9), &stop);
  CHECK_NOTHROW(budget.check());
  stop = true;
  CHECK_THROWS_AS(budget.check(), Stopped);
  CHECK_THROWS_AS(late.check(), Stopped);
  CHECK(budget.is_over());
}

TEST_CASE("progress tells how far the work is", "[progress]") {
  std::vector<std::uint64_t> seen;
  Progress progress(10, [&](std::uint64_t done, std::optional<std::uint64_t> total) {
    seen.push_back(done);
    CHECK(total == 10U);
  });
  progress.advance();
  progress.advance(4);
  CHECK(seen == std::vector<std::uint64_t>{1, 5});
  CHECK(progress.done() == 5);
  Progress silent;
  CHECK_NOTHROW(silent.advance());
}
