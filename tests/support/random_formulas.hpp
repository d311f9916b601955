// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <iterator>
#include <random>
#include <string>

/// Random formulas by the grammar of the language, and damaged ones.
class Formulas {
 public:
  explicit Formulas(unsigned long seed) : bits_(seed) {}

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits_() % n); }

  std::string number() {
    static const char* const some[] = {"0", "1", "2", "3", "10", "1/2", "0.1", ".5", "7.", "1e3", "2.5e-3", "1e1000", "pi", "12345678901234567890"};
    return some[below(std::size(some))];
  }

  /// A formula of at most `depth` levels.
  std::string grammar(int depth, bool kinked = true) {
    static const char* const one[] = {"exp",  "log", "sqrt", "sin",  "cos", "tan",     "sinh",     "cosh", "tanh", "asin",
                                      "atan", "erf", "erfc", "Phi", "sigmoid", "softplus", "relu", "step", "sign", "abs"};
    if (depth == 0) return below(3) == 0 ? number() : "x";
    const auto inner = [&] { return grammar(depth - 1 - static_cast<int>(below(2) * (depth > 1 ? 1 : 0)), kinked); };
    switch (below(14)) {
      case 0: case 1: return inner() + " + " + inner();
      case 2: return inner() + "-" + inner();
      case 3: case 4: return inner() + "*" + inner();
      case 5: return inner() + "/" + inner();
      case 6: return "-" + inner();
      case 7: return "(" + inner() + ")^" + (below(3) == 0 ? "(" + inner() + ")" : std::to_string(below(5)));
      case 8: return "(" + inner() + ")";
      case 9: return kinked ? std::string(below(2) == 0 ? "min(" : "max(") + inner() + ", " + inner() + ")" : inner();
      case 10: return "(" + inner() + ")*(" + inner() + ")";
      default: return one[below(std::size(one) - (kinked ? 0 : 4))] + ("(" + inner() + ")");
    }
  }

  void mutate(std::string& text) {
    static const char* const pieces[] = {"(", ")", "^", "**", "-", "x", "2", ",", "1e", ".", "tanh", "max(", "9^", " ", "\xcf\x80", "\xff", "1e999999999", "/0"};
    for (std::size_t i = 0, n = 1 + below(4); i < n && !text.empty(); ++i) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0: text[at] = static_cast<char>(below(256)); break;
        case 1: text.erase(at, 1 + below(4)); break;
        case 2: text.insert(at, pieces[below(std::size(pieces))]); break;
        case 3: text.insert(at, text.substr(below(text.size()), below(30))); break;
        default: std::swap(text[at], text[below(text.size())]);
      }
    }
  }

 private:
  std::mt19937_64 bits_;
};
