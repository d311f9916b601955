// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <optional>
#include <string>

#include "infwidth/activation/activation.hpp"

namespace infwidth {

/// An open interval of the real line; no end means infinity.
struct Interval {
  std::optional<RealPoint> left, right;
};

/// The order of two points, proven.
///   Errors   NotReached if 1000 bits cannot tell them apart and no algebra proves them equal
std::strong_ordering compare(const RealPoint& a, const RealPoint& b);

/// A fraction inside the interval, and a short one where there is room.
Rational interior_point(const Interval& where);

/// Proven fractions below and above everything in a finite ball.
Rational lower_fraction(const Ball& x);
Rational upper_fraction(const Ball& x);

/// `x = 3/2`, `x = 1.4142136 (a zero of x^2 - 2)`: for messages.
std::string describe(const RealPoint& t);
/// `x < 0`, `1 < x < 2`: for messages.
std::string describe(const Interval& where);

}  // namespace infwidth
