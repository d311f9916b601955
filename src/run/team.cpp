// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/team.hpp"

#include "infwidth/run/parallel.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace infwidth {

namespace {

constexpr int spins = 2000;  // some 50 microseconds

void breathe() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

Team::Team(int threads) {
  workers_ = make_threads(static_cast<std::size_t>(std::max(threads, 1)) - 1, [this](std::size_t k) {
    for (std::uint32_t seen = 0;;) {
      for (int s = 0; s < spins && call_.load(std::memory_order_acquire) == seen; ++s) breathe();
      call_.wait(seen, std::memory_order_acquire);
      seen = call_.load(std::memory_order_acquire);
      if (ends_.load(std::memory_order_acquire)) return;
      work(k + 1);
      busy_.fetch_sub(1, std::memory_order_release);
    }
  });
}

Team::~Team() {
  ends_.store(true, std::memory_order_release);
  call_.fetch_add(1, std::memory_order_release);
  call_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Team::work(std::size_t member) {
  try {
    for (std::size_t k = next_.fetch_add(1, std::memory_order_relaxed); k < tasks_; k = next_.fetch_add(1, std::memory_order_relaxed)) (*task_)(k, member);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
    next_.store(tasks_, std::memory_order_relaxed);
  }
}

void Team::run(std::size_t tasks, const std::function<void(std::size_t, std::size_t)>& task) {
  tasks_ = tasks;
  task_ = &task;
  failure_ = nullptr;
  next_.store(0, std::memory_order_relaxed);
  const bool alone = workers_.empty() || tasks < 2;
  if (!alone) {
    busy_.store(workers_.size(), std::memory_order_relaxed);
    call_.fetch_add(1, std::memory_order_release);
    call_.notify_all();
  }
  work(0);
  for (int s = 0; !alone && busy_.load(std::memory_order_acquire) > 0; ++s) {
    if (s < spins) breathe();
    else std::this_thread::yield();
  }
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace infwidth
