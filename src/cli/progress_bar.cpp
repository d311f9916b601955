// SPDX-License-Identifier: GPL-3.0-or-later
#include "progress_bar.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include <fmt/core.h>

namespace infwidth::cli {

void ProgressBar::show(std::uint64_t done, std::uint64_t total, const std::string& note) {
  using namespace std::chrono_literals;
  const Clock::time_point now = Clock::now();
  if (!watched_ || done == 0 || now - start_ < 2s || now - last_ < 100ms) return;
  last_ = now;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  if (total == 0) {
    fmt::print(stderr, "\r{:.0f} s, {} done\x1b[K", seconds, done);
  } else {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    constexpr std::size_t width = 40;
    const auto filled = static_cast<std::size_t>(part * width);
    fmt::print(stderr, "\r[{}{}] {:3.0f} %, {:.0f} s left{}{}\x1b[K", std::string(filled, '='), std::string(width - filled, ' '), 100 * part, seconds * (1 - part) / part,
               note.empty() ? "" : ", ", note);
  }
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace infwidth::cli
