// SPDX-License-Identifier: GPL-3.0-or-later
#include "latex_cells.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "infwidth/expression/latex_width.hpp"
#include "writers.hpp"

namespace infwidth::detail {

namespace {

constexpr std::pair<std::string_view, std::string_view> symbols[] = {
    {"²", "$^2$"},       {"³", "$^3$"},      {"√", "$\\surd$"},  {"∞", "$\\infty$"}, {"≤", "$\\le$"},      {"≥", "$\\ge$"},
    {"×", "$\\times$"},  {"·", "$\\cdot$"},  {"±", "$\\pm$"},    {"−", "$-$"},       {"–", "--"},          {"—", "---"},
    {"α", "$\\alpha$"},  {"β", "$\\beta$"},  {"γ", "$\\gamma$"}, {"δ", "$\\delta$"}, {"ε", "$\\epsilon$"}, {"κ", "$\\kappa$"},
    {"λ", "$\\lambda$"}, {"μ", "$\\mu$"},    {"π", "$\\pi$"},    {"ρ", "$\\rho$"},   {"σ", "$\\sigma$"},   {"φ", "$\\phi$"},
    {"χ", "$\\chi$"},    {"Δ", "$\\Delta$"}, {"Σ", "$\\Sigma$"}, {"Θ", "$\\Theta$"}};

constexpr std::pair<char, std::string_view> signs[] = {{'\\', "\\textbackslash{}"},
                                                       {'^', "\\^{}"},
                                                       {'~', "\\~{}"},
                                                       {'<', "$<$"},
                                                       {'>', "$>$"},
                                                       {'|', "$|$"},
                                                       {'"', "''"},
                                                       {'\n', " "},
                                                       {'\r', " "},
                                                       {'\t', " "}};

std::string of_sign(char c) {
  const auto* const found = std::find_if(std::begin(signs), std::end(signs), [&](const auto& s) { return s.first == c; });
  if (found != std::end(signs)) return std::string(found->second);
  return (std::string_view("&%$#_{}").find(c) != std::string_view::npos ? "\\" : "") + std::string(1, c);
}

/// The bytes of the character at `at`.
std::size_t length_at(std::string_view text, std::size_t at) {
  std::size_t length = 1;
  while (at + length < text.size() && (static_cast<unsigned char>(text[at + length]) & 0xC0U) == 0x80U) ++length;
  return length;
}

/// Calls take(source, first byte) for every character.
template <class Take>
void each_character(const std::string& text, Take take) {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x80) {
      take(first < 0x20 && text[at] != '\n' && text[at] != '\r' && text[at] != '\t' ? "?" : of_sign(text[at]), text[at]);
      ++at;
      continue;
    }
    const std::string_view character = std::string_view(text).substr(at, length_at(text, at));
    const auto* const known = std::find_if(std::begin(symbols), std::end(symbols), [&](const auto& s) { return s.first == character; });
    // Latin letters with accents, U+00C0 to U+017F, are in the fonts of every installation.
    const bool latin = character.size() == 2 && first >= 0xC3 && first <= 0xC5 && character != "×" && character != "÷";
    take(known != std::end(symbols) ? std::string(known->second) : latin ? std::string(character) : "?", 'a');
    at += character.size();
  }
}

/// 1.25e-7 becomes 1.25 \times 10^{-7}.
std::string latex_number(const std::string& value) {
  const std::size_t e = value.find('e');
  if (e == std::string::npos) return value;
  const std::string power = "10^{" + value.substr(e + 1) + '}';
  if (value.substr(0, e) == "1") return power;
  return value.substr(0, e) + " \\times " + power;
}

/// A hyphen in front of a number is a sign.
std::string with_signs(const std::string& text) {
  std::string r;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins = at == 0 || text[at - 1] == ' ' || text[at - 1] == '[' || text[at - 1] == '(' || text[at - 1] == ',';
    const bool number = at + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[at + 1])) != 0;
    r += text[at] == '-' && begins && number ? "−" : std::string(1, text[at]);
  }
  return r;
}

struct Source {
  std::string operator()(const std::string& text) const { return latex_text(with_signs(text)); }
  std::string operator()(long count) const { return '$' + std::to_string(count) + '$'; }
  std::string operator()(const Quantity& q) const {
    const std::string bound = q.value == "0" && q.error != "0" ? "\\ (<" + latex_number(q.error) + ")" : is_drowned(q) ? "\\pm " + latex_number(q.error) : "";
    return '$' + latex_number(q.value) + bound + '$';
  }
  std::string operator()(const Missing&) const { return "---"; }
  std::string operator()(const Matrix&) const { return ""; }
};

}  // namespace

std::string latex_text(const std::string& text) {
  std::string r;
  each_character(text, [&](const std::string& source, char) { r += source; });
  return r;
}

std::string breakable_latex_text(const std::string& text) {
  constexpr int longest = 10;  // characters without a place to break at
  std::string r;
  int since = 0;
  bool place = false;  // in front of the next character, unless that is a blank
  each_character(text, [&](const std::string& source, char c) {
    const bool blank = c == ' ' || c == '\n';
    if (place && !blank) r += "\\allowbreak{}";
    if (place || blank) since = 0;
    r += source;
    since += blank ? 0 : 1;
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    place = (!blank && !letter && since > longest / 2) || since >= 2 * longest;
  });
  return r;
}

std::string latex_title(const Column& column) {
  constexpr std::string_view text = "\\text{";
  const std::string& symbol = column.latex;
  if (symbol.empty()) return latex_text(column.title);
  for (const std::string_view words : {text, std::string_view("\\mathrm{")})
    if (symbol.starts_with(words) && symbol.find('}') == symbol.size() - 1)
      return latex_text(symbol.substr(words.size(), symbol.size() - words.size() - 1));
  std::string r = symbol;
  for (std::size_t at = 0; (at = r.find(text, at)) != std::string::npos;) {
    // A command's argument may stand without braces only where the command is no macro with one of its own.
    const bool bare = at > 0 && (r[at - 1] == '_' || r[at - 1] == '^');
    const std::size_t end = std::min(r.find('}', at), r.size() - 1);
    std::string words = r.substr(at + text.size(), end - at - text.size());
    for (std::size_t blank = 0; (blank = words.find(' ', blank)) != std::string::npos; blank += 2) words.replace(blank, 1, "\\ ");
    const std::string upright = "\\mathrm{" + words + '}', set = bare ? '{' + upright + '}' : upright;
    r.replace(at, end + 1 - at, set);
    at += set.size();
  }
  return '$' + r + '$';
}

LatexCell latex_cell(const Cell& cell, double most) {
  LatexCell r;
  r.source = std::visit(Source{}, cell);
  r.width = text_width(r.source);
  const auto* const text = std::get_if<std::string>(&cell);
  if (text == nullptr || r.width <= most) return r;
  r.lines = static_cast<int>(std::ceil(r.width / (0.85 * most)));
  r.source = fmt::format("\\parbox[t]{{{:.0f}pt}}{{\\raggedright {}\\strut}}", std::floor(most), breakable_latex_text(with_signs(*text)));
  r.width = most;
  return r;
}

std::vector<std::string> latex_number_lines(const Quantity& quantity, double most) {
  const std::string whole = Source{}(quantity);
  if (text_width(whole) <= most) return {whole};
  const std::size_t e = std::min(quantity.value.find('e'), quantity.value.size());
  const std::string digits = quantity.value.substr(0, e),
                    power = e < quantity.value.size() ? " \\times 10^{" + quantity.value.substr(e + 1) + '}' : "";
  const auto a_line = static_cast<std::size_t>(std::max(5.0, (most - text_width('$' + power + '$')) / 5.0 - 2));
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < digits.size(); at += a_line)
    lines.push_back('$' + digits.substr(at, a_line) + (at + a_line >= digits.size() ? power : "") + '$');
  return lines;
}

}  // namespace infwidth::detail
