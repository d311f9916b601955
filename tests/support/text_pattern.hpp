// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Small patterns for tests of printed text; <regex> alone takes 20 s to compile. In a pattern `*` is any text without a quotation mark, `?` one of
/// true and false, `#` a number of digits; all else is itself.
struct TextMatch {
  std::size_t begin, end;
  std::vector<std::string> parts;  // what `*`, `?` and `#` stand for
};

/// The pattern at this very place.
inline std::optional<TextMatch> match_at(std::string_view text, std::size_t at, std::string_view pattern) {
  TextMatch m{at, at, {}};
  for (const char c : pattern) {
    const std::size_t from = m.end;
    if (c == '*') {
      while (m.end < text.size() && text[m.end] != '"') ++m.end;
    } else if (c == '#') {
      while (m.end < text.size() && std::isdigit(static_cast<unsigned char>(text[m.end])) != 0) ++m.end;
      if (m.end == from) return std::nullopt;
    } else if (c == '?') {
      for (const std::string_view word : {"true", "false"}) {
        if (text.substr(from, word.size()) == word) m.end += word.size();
      }
      if (m.end == from) return std::nullopt;
    } else {
      if (from == text.size() || text[from] != c) return std::nullopt;
      ++m.end;
      continue;
    }
    m.parts.emplace_back(text.substr(from, m.end - from));
  }
  return m;
}

/// All of them that do not overlap, from left to right.
inline std::vector<TextMatch> matches(std::string_view text, std::string_view pattern) {
  std::vector<TextMatch> r;
  for (std::size_t at = 0; at < text.size();) {
    auto m = match_at(text, at, pattern);
    at = m && m->end > at ? m->end : at + 1;
    if (m) r.push_back(std::move(*m));
  }
  return r;
}

inline std::string replaced(std::string_view text, std::string_view pattern, std::string_view by) {
  std::string r;
  std::size_t at = 0;
  for (const TextMatch& m : matches(text, pattern)) {
    r.append(text.substr(at, m.begin - at)).append(by);
    at = m.end;
  }
  return r.append(text.substr(at));
}
