// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace infwidth {

/// Threads that are asked for, as many as the system gives: one that cannot be made (a limit on processes or memory) ends the list, and nothing else.
///   count   how many
///   work    what thread 0, 1, .. does; it throws nothing
/// What FLINT and MPFR keep for a thread is freed at its end.
std::vector<std::thread> make_threads(std::size_t count, const std::function<void(std::size_t)>& work);

/// Runs `work` on up to `threads` threads at once, the caller's among them, and waits for all of them; the caller's alone where the system gives no more.
///   Errors   the first that `work` throws
void on_threads(int threads, const std::function<void()>& work);

/// Tasks 0 .. tasks - 1, each once, taken in this order by up to `threads` threads, the caller's among them.
///   make_worker   called once by each thread: what it returns, called with a task's number, belongs to that thread
///   Errors        the first that a worker throws; no further task begins then
template <class MakeWorker>
void parallel_for(std::size_t tasks, int threads, const MakeWorker& make_worker) {
  std::atomic<std::size_t> next{0};
  on_threads(static_cast<int>(std::min<std::size_t>(tasks, static_cast<std::size_t>(std::max(1, threads)))), [&] {
    try {
      auto worker = make_worker();
      for (std::size_t k = next++; k < tasks; k = next++) worker(k);
    } catch (...) {
      next = tasks;
      throw;
    }
  });
}

}  // namespace infwidth
