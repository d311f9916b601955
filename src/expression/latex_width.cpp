// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/latex_width.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace infwidth {

namespace {

// Of cmr10, from the space on: widths of its font metrics, in points.
constexpr std::array<double, 95> roman = {3.34, 2.78, 5.00, 8.34, 5.00, 8.34, 7.78, 2.78,  3.89, 3.89, 5.00, 7.78, 2.78, 3.34, 2.78, 5.00,
                                          5.00, 5.00, 5.00, 5.00, 5.00, 5.00, 5.00, 5.00,  5.00, 5.00, 2.78, 2.78, 7.78, 7.78, 7.78, 4.73,
                                          7.78, 7.50, 7.09, 7.23, 7.64, 6.81, 6.53, 7.85,  7.50, 3.62, 5.14, 7.78, 6.25, 9.17, 7.50, 7.78,
                                          6.81, 7.78, 7.37, 5.56, 7.23, 7.50, 7.50, 10.28, 7.50, 7.50, 6.12, 2.78, 5.00, 2.78, 5.00, 5.00,
                                          2.78, 5.00, 5.56, 4.45, 5.56, 4.45, 3.06, 5.00,  5.56, 2.78, 3.06, 5.28, 2.78, 8.34, 5.56, 5.00,
                                          5.56, 5.28, 3.92, 3.95, 3.89, 5.56, 5.28, 7.23,  5.28, 5.28, 4.45, 5.00, 2.78, 5.00, 5.00};
// Of cmmi10, with its italic corrections: A to Z, a to z.
constexpr std::array<double, 26> italic_capitals = {7.50, 8.10, 7.87, 8.56, 7.96, 7.83, 7.87, 9.13, 5.20, 6.51,  9.21, 6.81, 10.80,
                                                    9.13, 7.91, 7.82, 7.91, 7.67, 6.71, 7.24, 7.92, 8.06, 10.84, 9.07, 8.03, 7.55};
constexpr std::array<double, 26> italic = {5.29, 4.30, 4.33, 5.21, 4.66, 5.98, 5.13, 5.77, 3.45, 4.70, 5.53, 3.18, 8.79,
                                           6.01, 4.85, 5.04, 4.82, 4.79, 4.69, 3.62, 5.73, 5.21, 7.43, 5.72, 5.27, 5.10};

double of_roman(char c) { return c >= ' ' && c <= '~' ? roman[static_cast<std::size_t>(c - ' ')] : 5.6; }

double of_word(std::string_view word) {
  double sum = 0;
  for (const char c : word) sum += of_roman(c);
  return sum;
}

constexpr double script = 0.8;  // the letters of a script, in those of its base
constexpr double thin = 1.67, binary = 2 * 2.23, relation = 2 * 2.78;

class Math {
 public:
  explicit Math(std::string_view text) : text_(text) {}

  /// Up to `end`, or to the end of the text. `level` 0 is display style, 1 text style, 2 and more scripts.
  double sequence(char end, int level) {
    double sum = 0, scripts = 0;
    bool begins = true;  // a sign here belongs to its number
    for (; at_ < text_.size() && text_[at_] != end;) {
      const char c = text_[at_];
      if (c == '^' || c == '_') {
        ++at_;
        scripts = std::max(scripts, script * argument(std::max(level + 1, 2)) + 0.5);
        continue;
      }
      sum += std::exchange(scripts, 0);
      sum += one(level, begins);
      begins = c == '(' || c == '[' || c == '=' || c == '&';
    }
    if (at_ < text_.size()) ++at_;
    return sum + scripts;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;

  static bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

  double argument(int level) {
    if (at_ >= text_.size()) return 0;
    if (text_[at_] != '{') return one(level, true);
    ++at_;
    return sequence('}', level);
  }
  /// What stands in braces, as it is.
  std::string_view words() {
    if (at_ >= text_.size() || text_[at_] != '{') return {};
    const std::size_t end = std::min(text_.find('}', at_), text_.size()), from = at_ + 1;
    at_ = std::min(end + 1, text_.size());
    return text_.substr(from, end - from);
  }

  double one(int level, bool begins) {
    const char c = text_[at_++];
    if (c == '\\') return command(level);
    if (c == '{') return sequence('}', level);
    if (c == '&' || c == ' ' || c == '}') return 0;
    if (is_letter(c))
      return std::isupper(static_cast<unsigned char>(c)) != 0 ? italic_capitals[static_cast<std::size_t>(c - 'A')]
                                                              : italic[static_cast<std::size_t>(c - 'a')];
    const bool spaced = level < 2;
    switch (c) {
      case '+':
      case '-':
        return 7.78 + (spaced && !begins ? binary : 0);
      case '=':
      case '<':
      case '>':
        return 7.78 + (spaced ? relation : 0);
      case ',':
      case ';':
        return 2.78 + (spaced ? thin : 0);
      default:
        return of_roman(c);
    }
  }

  double command(int level) {
    if (at_ < text_.size() && !is_letter(text_[at_])) {
      switch (text_[at_++]) {
        case '!':
          return -thin;
        case ',':
          return thin;
        case ';':
          return 2.78;
        case ' ':
          return 3.34;
        case '\\':
          return 0;
        default:
          return 5.6;
      }
    }
    const std::size_t from = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    const std::string_view name = text_.substr(from, at_ - from);
    if (name == "frac") {
      const int inner = level + 1;
      const double scale = inner == 2 ? script : 1, above = argument(inner), below = argument(inner);
      return 2.4 + scale * std::max(above, below);
    }
    if (name == "tfrac") {
      const double above = argument(2), below = argument(2);
      return 2.4 + script * std::max(above, below);
    }
    if (name == "sqrt") {
      if (at_ < text_.size() && text_[at_] == '[') at_ = std::min(text_.find(']', at_), text_.size() - 1) + 1;
      return 10.5 + argument(level);
    }
    if (name == "left" || name == "right" || name == "Bigl" || name == "Bigr" || name == "bigl" || name == "bigr") {
      if (at_ < text_.size()) ++at_;
      return 7.4 + (name == "left" || name == "right" ? thin / 2 : 0);
    }
    if (name == "operatorname") return of_word(words()) + thin;
    if (name == "mathrm" || name == "text" || name == "mbox") return of_word(words());
    if (name == "quad") return 10;
    if (name == "qquad") return 20;
    const bool spaced = level < 2;
    if (name == "cdot") return 2.78 + (spaced ? binary : 0);
    if (name == "times") return 7.78 + (spaced ? binary : 0);
    if (name == "to" || name == "approx") return 10 + (spaced ? relation : 0);
    if (name == "perp" || name == "parallel") return 7.78 + (spaced ? relation : 0);
    if (name == "dot" || name == "ddot") return argument(level);
    for (const std::string_view function :
         {"arcsin", "arctan", "sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "exp", "min", "max", "det"})
      if (name == function) return of_word(name) + 2 * thin;
    if (std::isupper(static_cast<unsigned char>(name.empty() ? 'a' : name[0])) != 0) return 8.34;
    return name == "infty" ? 10 : 6.6;
  }
};

}  // namespace

double math_width(std::string_view latex) { return Math(latex).sequence('\0', 0); }

double text_width(std::string_view latex) {
  double sum = 0;
  for (std::size_t at = 0; at < latex.size();) {
    const char c = latex[at];
    if (c == '$') {
      const std::size_t end = std::min(latex.find('$', at + 1), latex.size());
      sum += Math(latex.substr(at + 1, end - at - 1)).sequence('\0', 1);
      at = std::min(end + 1, latex.size());
    } else if (c == '\\') {
      ++at;
      if (at < latex.size() && std::isalpha(static_cast<unsigned char>(latex[at])) != 0) {
        const std::size_t from = at;
        while (at < latex.size() && std::isalpha(static_cast<unsigned char>(latex[at])) != 0) ++at;
        if (latex.substr(from, at - from) != "allowbreak") sum += 7.78;
      } else if (at < latex.size()) {
        sum += latex[at] == '_' ? 5 : of_roman(latex[at]);
        ++at;
      }
    } else {
      // Of a letter of several bytes the first counts.
      if (c != '{' && c != '}' && (static_cast<unsigned char>(c) & 0xC0U) != 0x80U) sum += of_roman(c);
      ++at;
    }
  }
  return sum;
}

}  // namespace infwidth
