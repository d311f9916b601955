// SPDX-License-Identifier: GPL-3.0-or-later
#include "formula_error.hpp"

#include <algorithm>
#include <vector>

#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr std::size_t window = 70;  // columns of a formula that a message shows

/// The length of the UTF-8 character at `at`, 0 if it is not valid. The C1 control characters (a terminal obeys them) count as not valid.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xC2 && first < 0xE0 ? 2 : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  if (first == 0xC2 && byte(at + 1) < 0xA0) return 0;
  return length;
}

/// The characters of the text as a terminal may show them: what is not printable becomes '?'.
struct Characters {
  std::vector<std::string> shown;
  std::vector<std::size_t> start;  // byte offset of each
};

Characters characters(std::string_view text) {
  Characters result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    const bool printable = length > 1 || (length == 1 && text[i] >= ' ' && text[i] != '\x7f');
    result.start.push_back(i);
    result.shown.push_back(printable ? std::string(text.substr(i, length)) : text[i] == '\t' || text[i] == '\n' ? " " : "?");
    i += std::max<std::size_t>(length, 1);
  }
  return result;
}

}  // namespace

void refuse_formula(std::string_view text, std::size_t at, const std::string& message) {
  const Characters all = characters(text);
  const auto after = std::upper_bound(all.start.begin(), all.start.end(), at);
  const std::size_t count = all.shown.size();
  std::size_t column = static_cast<std::size_t>(after - all.start.begin());  // 1-based; the character that holds `at`
  if (at >= text.size()) column = count + 1;
  const std::size_t from = column > window / 2 && count > window ? std::min(column - window / 2, count - window + 1) : 0;
  const std::size_t to = std::min(count, from + window);
  std::string line = from > 0 ? "..." : "";
  std::string caret(line.size() + (column - 1 - from), ' ');
  for (std::size_t i = from; i < to; ++i) line += all.shown[i];
  if (to < count) line += "...";
  throw UsageError("formula, column " + std::to_string(column) + ": " + message + "\n  " + line + "\n  " + caret + "^");
}

std::string shown_character(std::string_view text, std::size_t at) {
  const std::size_t length = utf8_length(text, at);
  if (length > 1 || (length == 1 && text[at] >= ' ' && text[at] != '\x7f')) return "'" + std::string(text.substr(at, length)) + "'";
  constexpr std::string_view hex = "0123456789abcdef";
  const unsigned byte = static_cast<unsigned char>(text[at]);
  return std::string("of code 0x") + hex[byte / 16] + hex[byte % 16];
}

}  // namespace infwidth
