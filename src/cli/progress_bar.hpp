// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace infwidth::cli {

/// A line on standard error that says how far long work is. It appears after two seconds, and only if there is somebody to look at it.
class ProgressBar {
 public:
  explicit ProgressBar(bool watched) : watched_(watched) {}
  /// total = 0: unknown.
  void show(std::uint64_t done, std::uint64_t total, const std::string& note = {});
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool watched_, drawn_ = false;
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

}  // namespace infwidth::cli
