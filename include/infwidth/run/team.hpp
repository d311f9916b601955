// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace infwidth {

/// Threads that stay at hand for work of microseconds: between two calls of `run` they spin for a short while before they sleep.
class Team {
 public:
  /// `threads`: the caller's among them. Where the system gives fewer, the team is smaller.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  std::size_t size() const { return workers_.size() + 1; }
  /// task(k, member) for k = 0 .. tasks - 1, in any order, each by one member of the team (0 .. size() - 1), the caller among them; returns when all are done.
  ///   Errors   the first that a task throws
  void run(std::size_t tasks, const std::function<void(std::size_t, std::size_t)>& task);

 private:
  std::vector<std::thread> workers_;
  std::atomic<std::uint32_t> call_{0};  // how many there have been
  std::atomic<std::size_t> next_{0}, busy_{0};
  std::size_t tasks_ = 0;
  const std::function<void(std::size_t, std::size_t)>* task_ = nullptr;
  std::atomic<bool> ends_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;

  void work(std::size_t member);
};

}  // namespace infwidth
