// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/rational.hpp"

#include <cctype>
#include <stdexcept>

#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr std::size_t longest_text = 10000;
constexpr long largest_exponent = 100000;

Integer power_of_ten(long e) { return boost::multiprecision::pow(Integer(10), static_cast<unsigned>(e)); }

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  const std::string shown = text.size() <= 60 ? std::string(text) : std::string(text.substr(0, 57)) + "...";
  throw UsageError("'" + shown + "' is not a number" + why + "; write it like 3/2, 0.1 or 1e-6");
}

/// One decimal number: sign, digits with at most one point, exponent.
Rational parse_decimal(std::string_view part, std::string_view whole) {
  std::size_t i = 0;
  const bool negative = i < part.size() && part[i] == '-';
  if (i < part.size() && (part[i] == '-' || part[i] == '+')) ++i;
  std::string digits;
  long after_point = 0;
  bool point = false;
  for (; i < part.size() && (std::isdigit(static_cast<unsigned char>(part[i])) || (part[i] == '.' && !point)); ++i) {
    if (part[i] == '.') {
      point = true;
      continue;
    }
    digits += part[i];
    if (point) ++after_point;
  }
  if (digits.empty()) refuse(whole, "");
  long exponent = 0;
  if (i < part.size() && (part[i] == 'e' || part[i] == 'E')) {
    ++i;
    const bool down = i < part.size() && part[i] == '-';
    if (i < part.size() && (part[i] == '-' || part[i] == '+')) ++i;
    if (i == part.size()) refuse(whole, "");
    for (; i < part.size() && std::isdigit(static_cast<unsigned char>(part[i])); ++i) {
      exponent = exponent * 10 + (part[i] - '0');
      if (exponent > largest_exponent) refuse(whole, " this program takes: its exponent is beyond 100000");
    }
    if (down) exponent = -exponent;
  }
  if (i != part.size()) refuse(whole, "");
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return 0;
  Integer numerator(digits.substr(first));  // a leading 0 would be read as octal
  if (negative) numerator = -numerator;
  exponent -= after_point;
  return exponent >= 0 ? Rational(Integer(numerator * power_of_ten(exponent))) : Rational(numerator, power_of_ten(-exponent));
}

}  // namespace

Rational parse_rational(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  if (text.size() > longest_text) refuse(text, " this program takes: it has more than 10000 characters");
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return parse_decimal(text, text);
  const Rational denominator = parse_decimal(text.substr(slash + 1), text);
  if (denominator == 0) refuse(text, ": it divides by 0");
  return parse_decimal(text.substr(0, slash), text) / denominator;
}

std::string to_string(const Rational& value) { return value.str(); }

std::optional<Rational> exact_sqrt(const Rational& value) {
  if (value < 0) return std::nullopt;
  const Integer n = numerator(value), d = denominator(value);
  const Integer root_n = sqrt(n), root_d = sqrt(d);
  if (root_n * root_n != n || root_d * root_d != d) return std::nullopt;
  return Rational(root_n, root_d);
}

}  // namespace infwidth
