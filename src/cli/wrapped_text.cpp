// SPDX-License-Identifier: GPL-3.0-or-later
#include "wrapped_text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace infwidth::cli {

namespace {

constexpr std::size_t usual_width = 80, least_width = 40;

std::size_t columns_of(std::string_view text) {  // of UTF-8: bytes that do not continue a letter
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Where what does not fit goes on.
std::size_t hanging(const std::string& line, std::size_t width) {
  const std::size_t first = line.find_first_not_of(' ');
  if (first == 0 || first == std::string::npos) return 0;
  const std::size_t gap = line.find("  ", first), second = gap == std::string::npos ? gap : line.find_first_not_of(' ', gap);
  return second == std::string::npos || second > width / 2 ? first : second;
}

void append(std::string& out, const std::string& line, std::size_t width) {
  const std::size_t indent = hanging(line, width);
  std::size_t at = line.find_first_not_of(' '), column = 0;
  if (at == std::string::npos || columns_of(line) <= width || line.starts_with("  infwidth")) {
    out += line + '\n';
    return;
  }
  bool fresh = true;
  out.append(at, ' ');
  column = at;
  while (at < line.size()) {
    const std::size_t end = std::min(line.find(' ', at), line.size()), next = std::min(line.find_first_not_of(' ', end), line.size());
    const std::string_view word = std::string_view(line).substr(at, end - at);
    const std::size_t length = columns_of(word);
    if (!fresh && column + length > width) {
      while (out.back() == ' ') out.pop_back();
      out += '\n' + std::string(indent, ' ');
      column = indent;
    }
    out += word;
    out.append(next - end, ' ');
    column += length + next - end;
    fresh = false;
    at = next;
  }
  while (out.back() == ' ') out.pop_back();
  out += '\n';
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t width) {
  std::string out, paragraph;
  const auto finish = [&] {
    if (!paragraph.empty()) append(out, paragraph, width);
    paragraph.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && line[0] != ' ') {
      if (line.starts_with("Usage:")) finish();
      paragraph += (paragraph.empty() ? "" : " ") + line;
      continue;
    }
    finish();
    append(out, line, width);
  }
  finish();
  return out;
}

std::size_t terminal_width() {
  if (const char* const columns = std::getenv("COLUMNS")) {
    const std::string_view text = columns;
    std::size_t width = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
    if (error == std::errc() && end == text.data() + text.size() && width > 0) return std::max(width, least_width);
  }
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return std::max<std::size_t>(size.ws_col, least_width);
  return usual_width;
}

}  // namespace infwidth::cli
