// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace infwidth {

/// How far long work has come. The work calls `advance`; who watches decides what to do with it. A default-constructed one tells nobody.
///     Progress progress(points.size(), [](std::uint64_t done, std::optional<std::uint64_t> total) { ... });
class Progress {
 public:
  /// `total` is none where nobody knows it (a pipe).
  using Report = std::function<void(std::uint64_t done, std::optional<std::uint64_t> total)>;

  Progress() = default;
  Progress(std::optional<std::uint64_t> total, Report report) : total_(total), report_(std::move(report)) {}

  void advance(std::uint64_t by = 1) {
    done_ += by;
    if (report_) report_(done_, total_);
  }
  std::uint64_t done() const { return done_; }
  std::optional<std::uint64_t> total() const { return total_; }

 private:
  std::uint64_t done_ = 0;
  std::optional<std::uint64_t> total_;
  Report report_;
};

}  // namespace infwidth
