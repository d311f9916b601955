// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/real/ball.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/rational.hpp"

namespace infwidth {

/// A number as it is printed.
///   value   plain (`-0.00125`) for decimal exponents -5 to 20, else scientific (`1.25e-434294`)
///   error   an upper bound of |value - truth|, three digits rounded up; "0" if value is exact
struct NumberText {
  std::string value;
  std::string error;
};

/// The midpoint, correctly rounded to `digits` >= 1 significant digits, or to as many as the radius leaves: |value - truth| is at most one
/// unit of the last digit, unless not even the first stands. An exact ball with a shorter decimal prints that (`0.5`, `3`); a ball that
/// holds 0 without being it prints `0` and its bound.
///   Errors   NotReached for a ball without a finite bound, or with a decimal exponent beyond 10^15
NumberText to_text(const Ball& x, long digits);
/// The same; `error` is the caller's bound or estimate of |x - truth|.
NumberText to_text(const Digits& x, const Digits& error, long digits);
/// The shortest text that reads back as x, at most 17 digits; x and error finite.
NumberText to_text(double x, double error);
/// `digits` significant digits, or the exact decimal where that is not longer.
NumberText to_text(const Rational& x, long digits);

/// to_text(x, digits).value
std::string to_decimal(const Ball& x, long digits);

/// The exact value: a decimal where it ends (`0.1`, `1e-30`), else a fraction (`2/3`). `parse_rational` reads it back.
std::string exact_text(const Rational& x);

/// Writes the shortest text that reads back as the finite x to `out`, which has room for `longest_double_text` characters; returns its end.
char* write_double(char* out, double x);
inline constexpr int longest_double_text = 32;  // "-0.0000" and 17 digits, or 17 digits, a point and "e-308"

/// The double in at most six digits, for messages: 0, 1.7, 1e+08.
std::string short_text(double x);

}  // namespace infwidth
