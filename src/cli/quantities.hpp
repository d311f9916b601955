// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "infwidth/real/text.hpp"
#include "infwidth/report/table.hpp"
#include "options.hpp"

namespace infwidth::cli {

/// How many digits are printed, and of what.
struct Printing {
  long digits = 15;
  Engine engine = Engine::ball;
  bool shortest = false;  // doubles as the shortest text that reads back: for programs, unless digits were asked for
};
Printing printing(const AnswerFlags& flags);

Quantity quantity(const Ball& value, bool proven, const std::string& method, const Printing& printing);
Quantity quantity(const Digits& value, const Digits& error, const std::string& method, const Printing& printing);
/// Errors  NotReached where the value has left the range of a double
Quantity quantity(double value, double error, const std::string& method, const Printing& printing);
/// What the user typed.
Quantity given(const Rational& value, const AnswerFlags& flags);
/// A statistic, as a program reads it too: 0.0255, 1.2e-07.
std::string three_digits(double x);

}  // namespace infwidth::cli
