// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/range.hpp"

#include <cmath>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;; ++at) {
    const std::size_t end = text.find(separator, at);
    parts.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return parts;
    at = end;
  }
}

std::string quoted(std::string_view text) { return '\'' + shown(text) + '\''; }

}  // namespace

Range parse_range(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, ':');
  if (parts.size() == 1) return {parse_rational(text), 1, 1};
  if (parts.size() != 3) throw UsageError(quoted(text) + " is not a range; write first:last:step, like 0:4:0.1");
  const Rational first = parse_rational(parts[0]), last = parse_rational(parts[1]), step = parse_rational(parts[2]);
  if (step == 0) throw UsageError("the step of the range " + quoted(text) + " is 0; write first:last:step, like 0:4:0.1");
  const Rational steps = (last - first) / step;
  if (steps < 0) throw UsageError("the range " + quoted(text) + " steps away from its end; change the sign of its step");
  const Integer count = Integer(numerator(steps) / denominator(steps)) + 1;
  if (count > longest_range)
    throw UsageError("the range " + quoted(text) + " has more than " + std::to_string(longest_range) + " numbers; take a larger step");
  return {first, step, count.convert_to<std::uint64_t>()};
}

std::vector<Rational> parse_list(std::string_view text) {
  std::vector<Rational> numbers;
  for (const std::string_view part : split(text, ',')) {
    try {
      numbers.push_back(parse_rational(part));
    } catch (const UsageError& error) {
      if (text.size() == part.size()) throw;
      throw UsageError("entry " + std::to_string(numbers.size() + 1) + " of " + quoted(text) + ": " + error.what());
    }
  }
  return numbers;
}

double nearest_double(const Rational& value) {
  const double x = constant<double>(value);
  const bool tiny = value != 0 && !std::isnormal(x) && !std::isinf(x);
  if (std::isinf(x)) throw UsageError("the number is beyond double precision, which ends at 1.8e308; give a smaller one");
  if (tiny) throw UsageError("the number is too near to 0 for double precision, which begins at 2.2e-308; give 0 or a larger one");
  return x;
}

double parse_double(std::string_view text) {
  const Rational value = parse_rational(text);
  try {
    return nearest_double(value);
  } catch (const UsageError& error) {
    throw UsageError(quoted(text) + ": " + error.what());
  }
}

std::vector<double> parse_doubles(std::string_view text) {
  std::vector<double> numbers;
  for (const std::string_view part : split(text, ',')) numbers.push_back(parse_double(part));
  return numbers;
}

}  // namespace infwidth
