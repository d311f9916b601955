// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "infwidth/io/points.hpp"

/// A reader of text in memory, handed over `step` bytes at a time.
inline infwidth::PointReader read_text(std::string text, std::size_t step = 1 << 20) {
  struct State {
    std::string text;
    std::size_t at = 0;
  };
  const auto state = std::make_shared<State>(State{std::move(text)});
  return {[state, step](char* buffer, std::size_t size) {
            const std::size_t count = std::min({size, step, state->text.size() - state->at});
            std::copy_n(state->text.data() + state->at, count, buffer);
            state->at += count;
            return count;
          },
          "points.csv"};
}
