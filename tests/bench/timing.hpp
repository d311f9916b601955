// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

namespace infwidth::bench {

/// Seconds of this thread's processor time: what other processes do does not count.
inline double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// The least processor time of one call among `rounds` rounds of about `target` seconds each, after one call to warm up.
template <class F>
double seconds_of(F&& f, double target = 0.02, int rounds = 7) {
  f();
  double once = cpu_seconds();
  f();
  once = std::max(cpu_seconds() - once, 1e-9);
  const int calls = std::max(1, static_cast<int>(target / once));
  std::vector<double> times;
  for (int r = 0; r < rounds; ++r) {
    const double before = cpu_seconds();
    for (int i = 0; i < calls; ++i) f();
    times.push_back((cpu_seconds() - before) / calls);
  }
  return *std::min_element(times.begin(), times.end());
}

}  // namespace infwidth::bench
