// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/json.hpp"

#include <cstdio>

namespace infwidth {

namespace {

/// The length of the UTF-8 character at the start of the text; 0 if there is none (overlong forms, surrogates and stray bytes included).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    const bool overlong = first == 0xE0 && byte(1) < 0xA0, surrogate = first == 0xED && byte(1) >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    const bool overlong = first == 0xF0 && byte(1) < 0x90, beyond = first == 0xF4 && byte(1) >= 0x90;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

std::string hexadecimal(const char* format, char c) {
  char text[16];
  std::snprintf(text, sizeof text, format, static_cast<unsigned>(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string r = "\"";
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = utf8_length(text);
    if (length == 0) {
      r += "\\ufffd";
      length = 1;
    } else if (c == '"' || c == '\\') {
      r += '\\';
      r += c;
    } else if (c == '\n') {
      r += "\\n";
    } else if (c == '\t') {
      r += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      r += hexadecimal("\\u%04x", c);
    } else {
      r += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return r + '"';
}

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string r;
  while (!text.empty()) {
    if (r.size() >= longest) return r + "...";
    const char c = text.front();
    const std::size_t length = utf8_length(text);
    if (length == 0 || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      r += hexadecimal("\\x%02x", c);
      text.remove_prefix(1);
    } else {
      r += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return r;
}

}  // namespace infwidth
