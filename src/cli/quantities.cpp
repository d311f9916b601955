// SPDX-License-Identifier: GPL-3.0-or-later
#include "quantities.hpp"

#include <cmath>

#include <fmt/core.h>

#include "infwidth/real/errors.hpp"

namespace infwidth::cli {

namespace {

Quantity with(const NumberText& text, bool proven, const std::string& method) { return {text.value, text.error, proven, method}; }

bool for_programs(const AnswerFlags& flags) { return flags.format == "json" || flags.format == "csv"; }

}  // namespace

Printing printing(const AnswerFlags& flags) {
  constexpr long double_digits = 12, most_double_digits = 17;
  Printing r{flags.parsed_digits(), flags.parsed_engine(), false};
  if (r.engine != Engine::number) return r;
  if (flags.digits.empty()) {
    r.digits = double_digits;
    r.shortest = for_programs(flags);
  } else if (r.digits > most_double_digits) {
    throw UsageError("--digits: double precision has 12 right digits, not " + flags.digits + "; take --engine ball");
  }
  return r;
}

Quantity quantity(const Ball& value, bool proven, const std::string& method, const Printing& printing) {
  return with(to_text(value, printing.digits), proven, method);
}

Quantity quantity(const Digits& value, const Digits& error, const std::string& method, const Printing& printing) {
  return with(to_text(value, error, printing.digits), false, method);
}

Quantity quantity(double value, double error, const std::string& method, const Printing& printing) {
  if (!std::isfinite(value) || !std::isfinite(error)) throw NotReached("a value has left the range of double precision; take --engine ball");
  return with(printing.shortest ? to_text(value, error) : to_text(Ball(value).widened(Ball(error)), printing.digits), false, method);
}

std::string three_digits(double x) { return fmt::format("{:.3g}", x); }

Quantity given(const Rational& value, const AnswerFlags& flags) {
  if (flags.format == "json") return {exact_text(value), "0", true, "exact"};
  const NumberText text = to_text(value, printing(flags).digits);
  return {text.value, text.error, true, ""};
}

}  // namespace infwidth::cli
