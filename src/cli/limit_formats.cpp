// SPDX-License-Identifier: GPL-3.0-or-later
#include "limit_formats.hpp"

#include <algorithm>
#include <cmath>

#include "infwidth/expression/typeset.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth::cli {

namespace {

constexpr int most_digits = 20;  // of a numeric constant

Expression sum_of(const Asymptotics& found) {
  Expression sum = 0;
  for (const Expression& term : found.terms) sum = sum + term;
  return sum;
}

/// The digits that the estimate of the error leaves, and that estimate.
struct NumericText {
  std::string value, error;
};
NumericText shown_numeric(const Estimate<Ball>& e) {
  const double relative = std::max(e.error.to_double() / std::abs(e.value.to_double()), 1e-300);
  const int digits = std::clamp(static_cast<int>(-std::log10(relative)) - 1, 1, most_digits);
  const double error = std::max(e.error.to_double(), std::abs(e.value.to_double()) * std::pow(10.0, -digits));
  return {to_decimal(e.value, digits), "1e" + std::to_string(static_cast<int>(std::ceil(std::log10(error))))};
}

std::string origin(const Asymptotics& found) {
  if (found.fitted) return "exponents and constants fitted";
  return found.numeric.empty() ? "exact" : "exponents exact, constants numeric";
}

std::string remainder_text(const Asymptotics& found) {
  if (found.remainder) return " + O(" + to_string(*found.remainder) + ")";
  return found.beyond_powers ? " + o(q^n) for every n" : "";
}

}  // namespace

std::string limit_as_text(const LimitAnswer& answer) {
  const Asymptotics& found = answer.found;
  std::string text;
  for (const auto& [name, value] : found.constants) text += name + " = " + to_string(value) + '\n';
  text += answer.quantity + "(q) = " + to_string(sum_of(found)) + remainder_text(found) + ",  q -> " + (answer.limit == Limit::infinity ? "oo" : "0");
  if (found.fitted) text += "  (fitted, not proven)";
  text += '\n';
  for (const Asymptotics::Numeric& c : found.numeric) {
    const NumericText n = shown_numeric(c.value);
    text += c.name + " = " + n.value + "  (numeric, error about " + n.error + ", not proven)\n";
  }
  return text;
}

std::string limit_as_latex(const LimitAnswer& answer) {
  const Asymptotics& found = answer.found;
  const auto equation = [](const std::string& left, const std::string& right) { return "\\[\n  " + left + " = " + right + "\n\\]\n"; };
  std::string text = "% " + answer.command + "\n% needs \\usepackage{amsmath}; " + origin(found) + '\n';
  for (const auto& [name, value] : found.constants) text += equation(to_latex(Expression::variable(name)), to_latex(value));
  std::string right = to_latex(sum_of(found));
  if (found.remainder) right += " + O\\!\\left(" + to_latex(*found.remainder) + "\\right)";
  if (found.beyond_powers) right += " + o(q^n) \\text{ for every } n";
  right += std::string(", \\qquad q \\to ") + (answer.limit == Limit::infinity ? "\\infty" : "0");
  text += equation(answer.quantity == "Q" ? "Q(q)" : "\\chi(q)", right);
  for (const Asymptotics::Numeric& c : found.numeric) {
    text += "\\[\n  " + to_latex(Expression::variable(c.name)) + " \\approx " + shown_numeric(c.value).value + "\n\\]\n";
  }
  return text;
}

std::string limit_as_json(const LimitAnswer& answer) {
  const Asymptotics& found = answer.found;
  const auto formula = [](const Expression& e) { return "{\"formula\":" + json_string(to_string(e)) + ",\"latex\":" + json_string(to_latex(e)) + '}'; };
  std::string terms, constants;
  for (const Expression& term : found.terms) terms += (terms.empty() ? "" : ",") + formula(term);
  for (const auto& [name, value] : found.constants) {
    constants += (constants.empty() ? "" : ",") + std::string("{\"name\":") + json_string(name) + ",\"formula\":" + json_string(to_string(value)) + ",\"latex\":" + json_string(to_latex(value)) + '}';
  }
  for (const Asymptotics::Numeric& c : found.numeric) {
    const NumericText n = shown_numeric(c.value);
    constants += (constants.empty() ? "" : ",") + std::string("{\"name\":") + json_string(c.name) + ",\"value\":" + json_string(n.value) + ",\"error\":" + json_string(n.error) +
                 ",\"proven\":false,\"method\":" + json_string(c.value.method) + '}';
  }
  return "{\"quantity\":" + json_string(answer.quantity) + ",\"activation\":" + json_string(answer.activation) + ",\"limit\":" +
         json_string(answer.limit == Limit::infinity ? "q->oo" : "q->0") + ",\"terms\":[" + terms + "],\"remainder\":" + (found.remainder ? formula(*found.remainder) : "null") +
         ",\"beyond_powers\":" + (found.beyond_powers ? "true" : "false") + ",\"constants\":[" + constants + "],\"exact\":" + (origin(found) == "exact" ? "true" : "false") +
         ",\"fitted\":" + (found.fitted ? "true" : "false") + ",\"method\":" + json_string(found.method) + "}\n";
}

}  // namespace infwidth::cli
