// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <boost/multiprecision/gmp.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace infwidth {

/// An exact fraction, always in lowest terms. Everything a user types as a number is one: `3/2`, `0.1` (1/10), `1e-6`.
using Rational = boost::multiprecision::number<boost::multiprecision::gmp_rational, boost::multiprecision::et_off>;
using Integer = boost::multiprecision::number<boost::multiprecision::gmp_int, boost::multiprecision::et_off>;

/// Reads `3/2`, `-0.1`, `1e-6`, `2.5e3/7` exactly.
///   Errors   std::invalid_argument, naming the text, if it is not a number, divides by 0, or has more than 10000 characters
///            or a decimal exponent beyond 100000.
Rational parse_rational(std::string_view text);

/// `3/2`, `-7`: the shortest text that `parse_rational` reads back.
std::string to_string(const Rational& value);

/// The exact root of a fraction, if it is a fraction: sqrt(9/4) = 3/2.
std::optional<Rational> exact_sqrt(const Rational& value);

}  // namespace infwidth
