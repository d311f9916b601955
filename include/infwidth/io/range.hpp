// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "infwidth/real/rational.hpp"

namespace infwidth {

/// The numbers first, first + step, .. as far as last, which is one of them if a step hits it exactly. All exact.
struct Range {
  Rational first = 0, step = 1;
  std::uint64_t count = 1;

  Rational operator[](std::uint64_t i) const { return first + step * Rational(Integer(i)); }
};
inline constexpr std::uint64_t longest_range = 10'000'000;

/// `0:4:0.1` (from 0 to 4 in steps of 1/10, 41 numbers), `4:0:-1`, or one number.
///   Errors   UsageError naming the text: no number, no step, a step of 0 or away from the end, more than `longest_range` numbers
Range parse_range(std::string_view text);

/// `1,3/2,0.1`.  Errors  UsageError, naming text and entry
std::vector<Rational> parse_list(std::string_view text);

/// The nearest double.
///   Errors   UsageError: a size beyond the largest double, or below the smallest that has all its digits (2.2e-308) and not 0
double nearest_double(const Rational& value);
/// One number, and a list, as doubles.  Errors  UsageError naming the text: no number; as `nearest_double`
double parse_double(std::string_view text);
std::vector<double> parse_doubles(std::string_view text);

}  // namespace infwidth
