// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

namespace infwidth {

/// How long work may take, and who may stop it. Long loops call `check()` at least every 100 ms; it throws `NotReached` past the
/// deadline and `Stopped` once `stop` is set. A default-constructed budget never ends the work.
class Budget {
 public:
  Budget() = default;
  /// `stop` must outlive the budget; it is set from a signal handler or another thread.
  explicit Budget(std::optional<std::chrono::duration<double>> limit, const std::atomic<bool>* stop = nullptr);

  /// Cheap: one atomic load, and a look at the clock.
  void check() const;
  /// Whether `check` would throw.
  bool is_over() const;
  std::optional<std::chrono::duration<double>> limit() const { return limit_; }

 private:
  std::optional<std::chrono::duration<double>> limit_;
  std::chrono::steady_clock::time_point deadline_{};
  const std::atomic<bool>* stop_ = nullptr;

  bool is_stopped() const { return stop_ != nullptr && stop_->load(std::memory_order_relaxed); }
  bool is_late() const;
};

}  // namespace infwidth
