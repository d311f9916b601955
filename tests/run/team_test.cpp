// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/team.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <numeric>
#include <set>
#include <stdexcept>

#include "catch.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/run/parallel.hpp"
#include "support/sanitized.hpp"

using namespace infwidth;

namespace {

/// What `answer` returns in a process of its own whose address space has room for about two stacks of threads; -1 if that process dies.
template <class Answer>
int with_room_for_few_threads(Answer answer) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit stack{}, space{};
    ::getrlimit(RLIMIT_STACK, &stack);
    const std::uint64_t stack_size = stack.rlim_cur == RLIM_INFINITY ? std::uint64_t{8} << 20 : stack.rlim_cur;
    space.rlim_cur = space.rlim_max = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) + 2 * stack_size + (stack_size / 2);
    ::setrlimit(RLIMIT_AS, &space);
    int code = 100;
    try {
      code = answer();
    } catch (...) {
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("each task is done once, whatever the number of threads", "[parallel]") {
  for (const int threads : {-1, 0, 1, 2, 7}) {
    for (const std::size_t tasks : {0U, 1U, 5U, 1000U}) {
      std::vector<int> done(tasks, 0);
      std::atomic<int> workers{0};
      parallel_for(tasks, threads, [&] {
        ++workers;
        return [&](std::size_t k) { ++done[k]; };
      });
      CAPTURE(threads, tasks, workers.load());
      CHECK(done == std::vector<int>(tasks, 1));
      CHECK(workers <= std::max(threads, 1));
    }
  }
}

TEST_CASE("the first failure of a worker ends the work and is thrown, from whatever thread", "[parallel]") {
  for (const int threads : {1, 4}) {
    std::atomic<std::size_t> begun{0};
    const auto run = [&] {
      parallel_for(1'000'000, threads, [&] {
        return [&](std::size_t k) {
          ++begun;
          if (k == 10) throw std::runtime_error("task 10");
        };
      });
    };
    CHECK_THROWS_WITH(run(), "task 10");
    CHECK(begun < 1'000'000);
    CHECK_THROWS_WITH(parallel_for(3, threads, [&]() -> std::function<void(std::size_t)> { throw std::runtime_error("no worker"); }), "no worker");
  }
}

TEST_CASE("threads that cannot be made are done without", "[parallel]") {
  if (sanitized) return;
  // Of 64 threads two or so are there: before, the program ended by std::terminate.
  CHECK(with_room_for_few_threads([] {
          std::vector<int> done(10000, 0);
          std::atomic<int> workers{0};
          parallel_for(done.size(), 64, [&] {
            ++workers;
            return [&](std::size_t k) { ++done[k]; };
          });
          return done == std::vector<int>(done.size(), 1) && workers < 64 ? 0 : 1;
        }) == 0);
  CHECK(with_room_for_few_threads([] {
          Team team(64);
          std::vector<int> done(10000, 0);
          team.run(done.size(), [&](std::size_t k, std::size_t) { ++done[k]; });
          return done == std::vector<int>(done.size(), 1) && team.size() < 64 ? 0 : 1;
        }) == 0);
}

TEST_CASE("numbers outlive the thread that made them", "[parallel]") {
  // Its caches are freed at its end, and large integers come from them.
  std::vector<Ball> made(64);
  parallel_for(made.size(), 4, [&] {
    return [&](std::size_t k) {
      Precision p(2000);
      made[k] = exp(Ball(static_cast<int>(k)) / Ball(7));
    };
  });
  Precision p(2000);
  for (std::size_t k = 0; k < made.size(); ++k) CHECK((log(made[k]) * Ball(7) - Ball(static_cast<int>(k))).contains_zero());
}

TEST_CASE("a team does call after call, by all its members or alone", "[team]") {
  for (const int threads : {0, 1, 2, 5}) {
    Team team(threads);
    CHECK(team.size() == static_cast<std::size_t>(std::max(threads, 1)));
    for (std::size_t call = 0; call < 200; ++call) {
      const std::size_t tasks = call % 7;
      std::vector<int> done(tasks, 0);
      std::atomic<bool> known{true};
      team.run(tasks, [&](std::size_t k, std::size_t member) {
        ++done[k];
        if (member >= team.size()) known = false;
      });
      CHECK(done == std::vector<int>(tasks, 1));
      CHECK(known);
    }
  }
}

TEST_CASE("a member is one thread for the length of a call", "[team]") {
  Team team(3);
  std::vector<std::thread::id> who(300);
  std::vector<std::size_t> member_of(300);
  team.run(300, [&](std::size_t k, std::size_t member) {
    who[k] = std::this_thread::get_id();
    member_of[k] = member;
    std::this_thread::yield();
  });
  for (std::size_t member = 0; member < 3; ++member) {
    std::set<std::thread::id> ids;
    for (std::size_t k = 0; k < 300; ++k) {
      if (member_of[k] == member) ids.insert(who[k]);
    }
    CHECK(ids.size() <= 1);
  }
}

TEST_CASE("a team throws the first failure, and works on after it", "[team]") {
  for (const int threads : {1, 4}) {
    Team team(threads);
    CHECK_THROWS_WITH(team.run(100, [](std::size_t k, std::size_t) { if (k == 7) throw std::runtime_error("seven"); }), "seven");
    std::atomic<std::size_t> sum{0};
    team.run(100, [&](std::size_t k, std::size_t) { sum += k; });
    CHECK(sum == 4950);
  }
}

TEST_CASE("a team that sleeps wakes up", "[team]") {
  Team team(3);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // far beyond the microseconds that its members spin
  std::atomic<int> done{0};
  team.run(10, [&](std::size_t, std::size_t) { ++done; });
  CHECK(done == 10);
}
