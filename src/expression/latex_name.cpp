// SPDX-License-Identifier: GPL-3.0-or-later
#include "latex_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <vector>

namespace infwidth {

namespace {

constexpr std::array<std::string_view, 34> greek = {
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau",
    "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "varepsilon"};

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string letter(const std::string& head) {
  if (std::find(greek.begin(), greek.end(), head) != greek.end()) return '\\' + head;
  if (head.size() == 1) return head;
  if (head.size() == 2 && head[0] == 'd') return "\\dot " + head.substr(1);
  return "\\mathrm{" + head + '}';
}

}  // namespace

LatexName latex_name(const std::string& name) {
  std::vector<std::string> parts = {""};
  for (const char c : name) {
    if (c == '_') {
      if (!parts.back().empty()) parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  LatexName result;
  std::string head = parts[0];
  // A variance, sigma_w2: the square of a standard deviation.
  if (head == "sigma" && parts.size() > 1 && parts[1].size() > 1 && parts[1].back() == '2' && !is_digit(parts[1][0])) {
    result.is_square = true;
    parts[1].pop_back();
  }
  std::string digits;
  while (head.size() > 1 && is_digit(head.back())) {
    digits.insert(digits.begin(), head.back());
    head.pop_back();
  }
  if (!digits.empty()) parts.insert(parts.begin() + 1, digits);
  std::string subscript;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    const bool is_word = parts[i].size() > 1 && !is_digit(parts[i][0]);
    subscript += (subscript.empty() ? "" : ",") + (is_word ? letter(parts[i]) : parts[i]);
  }
  result.text = letter(head);
  if (!subscript.empty()) result.text += subscript.size() == 1 ? '_' + subscript : "_{" + subscript + '}';
  return result;
}

}  // namespace infwidth
