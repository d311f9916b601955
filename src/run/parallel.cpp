// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/parallel.hpp"

#include <mpfr.h>

#include <exception>
#include <mutex>
#include <new>
#include <system_error>

#include "infwidth/real/arb.hpp"

namespace infwidth {

namespace {

/// Constants and free lists that the libraries keep for each thread: nobody frees them once it is gone.
void free_caches_of_thread() {
  flint_cleanup();
  mpfr_free_cache2(MPFR_FREE_LOCAL_CACHE);
}

}  // namespace

std::vector<std::thread> make_threads(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::vector<std::thread> threads;
  threads.reserve(count);
  try {
    for (std::size_t k = 0; k < count; ++k) {
      threads.emplace_back([work, k] {
        work(k);
        free_caches_of_thread();
      });
    }
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  return threads;
}

void on_threads(int threads, const std::function<void()>& work) {
  std::mutex mutex;
  std::exception_ptr failure;
  const std::function<void(std::size_t)> guarded = [&](std::size_t) {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> others = make_threads(static_cast<std::size_t>(std::max(threads, 1)) - 1, guarded);
  guarded(0);
  for (std::thread& t : others) t.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace infwidth
