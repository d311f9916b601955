// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/budget.hpp"

#include <cstdio>

#include "infwidth/real/errors.hpp"

namespace infwidth {

Budget::Budget(std::optional<std::chrono::duration<double>> limit, const std::atomic<bool>* stop) : limit_(limit), stop_(stop) {
  if (!limit_) return;
  using Clock = std::chrono::steady_clock;
  if (!(limit_->count() > 0)) throw UsageError("timeout: the limit must be a positive number of seconds, not " + std::to_string(limit_->count()));
  // A limit beyond a century would overflow the clock's integer.
  constexpr std::chrono::duration<double> century{3.2e9};
  deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(*limit_ < century ? *limit_ : century);
}

void Budget::check() const {
  if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) throw Stopped("stopped before the end");
  if (!limit_ || std::chrono::steady_clock::now() < deadline_) return;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%g", limit_->count());
  throw NotReached("timeout: not finished within " + std::string(seconds) + " s; allow more time or ask for fewer digits");
}

}  // namespace infwidth
