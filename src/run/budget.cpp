// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/budget.hpp"

#include <fmt/core.h>

#include "infwidth/real/errors.hpp"

namespace infwidth {

Budget::Budget(std::optional<std::chrono::duration<double>> limit, const std::atomic<bool>* stop) : limit_(limit), stop_(stop) {
  if (!limit_) return;
  using Clock = std::chrono::steady_clock;
  if (!(limit_->count() > 0)) throw UsageError("timeout: the limit must be a positive number of seconds, not " + fmt::format("{:g}", limit_->count()));
  // A limit beyond a century would overflow the clock's integer.
  constexpr std::chrono::duration<double> century{3.2e9};
  deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(*limit_ < century ? *limit_ : century);
}

bool Budget::is_late() const { return limit_ && std::chrono::steady_clock::now() >= deadline_; }

bool Budget::is_over() const { return is_stopped() || is_late(); }

void Budget::check() const {
  if (is_stopped()) throw Stopped("stopped before the end");
  if (!is_late()) return;
  throw NotReached(fmt::format("timeout: not finished within {:g} s; allow more time, or ask for less", limit_->count()));
}

}  // namespace infwidth
