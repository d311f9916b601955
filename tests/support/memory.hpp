// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "infwidth/io/points.hpp"

/// Bytes in memory, handed over `step` at a time. `known` is what the source says of its size.
inline infwidth::Source source_of(std::string bytes, std::string name, std::size_t step = 1 << 20, std::optional<std::uint64_t> known = std::nullopt) {
  struct State {
    std::string bytes;
    std::size_t at = 0;
  };
  const auto state = std::make_shared<State>(State{std::move(bytes)});
  return {[state, step](char* buffer, std::size_t size) {
            const std::size_t count = std::min({size, step, state->bytes.size() - state->at});
            std::copy_n(state->bytes.data() + state->at, count, buffer);
            state->at += count;
            return count;
          },
          std::move(name), known};
}

/// A reader of text in memory.
inline infwidth::PointReader read_text(std::string text, std::size_t step = 1 << 20) {
  return infwidth::PointReader(source_of(std::move(text), "points.csv", step));
}
