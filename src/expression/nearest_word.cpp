// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cctype>
#include <utility>

#include "infwidth/expression/parse.hpp"

namespace infwidth {

namespace {

/// Letters inserted, dropped, replaced or swapped with a neighbour on the way from a to b; upper and lower case are the same letter.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [](char p, char q) { return std::tolower(static_cast<unsigned char>(p)) == std::tolower(static_cast<unsigned char>(q)); };
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& words) {
  const std::size_t allowed = word.size() <= 3 ? word.size() / 2 : std::max<std::size_t>(2, word.size() / 3);
  std::string best;
  std::pair<std::size_t, std::size_t> best_distance = {allowed + 1, 0};  // edits, then the difference in length
  for (const std::string& candidate : words) {
    const std::size_t difference = std::max(candidate.size(), word.size()) - std::min(candidate.size(), word.size());
    if (difference > best_distance.first) continue;
    const std::pair<std::size_t, std::size_t> distance = {edit_distance(word, candidate), difference};
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace infwidth
