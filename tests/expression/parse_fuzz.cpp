// SPDX-License-Identifier: GPL-3.0-or-later
// Formulas made by grammar and by mutation: each one is read, or refused by a UsageError; what is read prints and reads back the same,
// and its derivative and the algebra end. Nothing else may come out.
//     parse_fuzz COUNT SEED
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/errors.hpp"
#include "support/random_formulas.hpp"

namespace {

using namespace infwidth;

std::string repeated(const std::string& part, std::size_t n) {
  std::string r;
  for (std::size_t i = 0; i < n; ++i) r += part;
  return r;
}

std::vector<std::string> monsters() {
  return {repeated("(", 200000),
          repeated("(", 200000) + "x" + repeated(")", 200000),
          repeated("(", 4900) + "x" + repeated(")", 4900),
          repeated("-", 9999),
          repeated("-", 9000) + "x",
          repeated("x^", 4000) + "x",
          repeated("x+", 900) + "x",
          repeated("x+", 4999) + "x",
          repeated("sin(", 2000),
          repeated("sin(", 90) + "x" + repeated(")", 90),
          repeated("9^(", 100) + "9",
          "9^(9^9)", "9^9^9^9", "(9^999)^999", "1e1000^1000", "(x^1000)^1000", repeated("(", 90) + "x" + repeated("^1000)", 90), "1e999999999", "1e-999999999",
          repeated("9", 9999), "0." + repeated("1", 9000), repeated("1e1000*", 1000) + "x", "0^0", "0^(-1)", "1/(1-1)", "x/0", "0/0", std::string(100, '\0'),
          std::string("x\0+1", 4), "\x1b[31mx", "2^(1/1000)", "x^(1/1000)", "(1+x)^1000", "((1+x)^1000+sqrt(x))^1000", "exp(x/997)*exp(x/991)*exp(x/983)"};
}

/// True if it was read. Throws what must not come out.
bool read(const std::string& text, bool with_algebra) {
  const Language language{{"x"}, {{"twice", 1, [](const std::vector<Expression>& a) { return a[0] * a[0] + a[0]; }}}};
  std::optional<Expression> e;
  try {
    e = parse(text, language);
  } catch (const UsageError& error) {
    if (std::string(error.what()).size() > 1000) throw std::logic_error("a message of more than 1000 characters");
    return false;
  }
  const std::string printed = to_string(*e);
  // 0.1 prints as 1/10 and may need one more level: near the bounds the way back may be refused.
  if (printed.size() <= 9000 && e->size() <= 1900 && text.find(std::string(45, '(')) == std::string::npos && text.size() < 5000) {
    if (!(parse(printed, language) == *e)) throw std::logic_error("reads back differently: " + printed);
  }
  const Expression derivative = differentiate(*e, "x");
  if (with_algebra && !e->has_kinked_function()) {
    is_identically_zero(derivative);
    polynomial_coefficients(*e, "x");
    simplify(*e);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: parse_fuzz COUNT SEED\n"), 2;
  const unsigned long count = std::strtoul(argv[1], nullptr, 10), seed = std::strtoul(argv[2], nullptr, 10);
  Formulas formulas(seed);
  std::string text;
  unsigned long accepted = 0;
  const auto check = [&](bool with_algebra) {
    try {
      if (read(text, with_algebra)) ++accepted;
      return true;
    } catch (const std::exception& error) {
      std::printf("seed %lu: %s\n  came of: %s\n", seed, error.what(), text.substr(0, 2000).c_str());
      return false;
    }
  };
  for (const std::string& monster : monsters()) {
    text = monster;
    if (!check(true)) return 1;
  }
  for (unsigned long i = 0; i < count; ++i) {
    text = formulas.grammar(static_cast<int>(formulas.below(7)));
    if (formulas.below(3) == 0) formulas.mutate(text);
    if (formulas.below(500) == 0) text = repeated(text + "+", formulas.below(300)) + text;
    if (!check(i % 50 == 0)) return 1;
  }
  std::printf("%lu formulas, seed %lu: %lu read, the others refused\n", count, seed, accepted);
  return 0;
}
