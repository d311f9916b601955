// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/claim.hpp"

#include <algorithm>
#include <array>

#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/refine.hpp"

namespace infwidth {

namespace {

const std::array<std::string, 15> names = {"Q",        "chi",      "P",             "dQ",     "dchi",      "kernel",           "derivative-kernel",   "ntk",
                                           "metric-A", "metric-B", "metric-radial", "volume", "curvature", "curvature-radial", "curvature-tangential"};

bool is_kernel(ClaimQuantity q) { return kernel_of(q).has_value(); }

/// Where the dimension enters even at unit input scaling.
bool depends_on_dimension(ClaimQuantity q) { return q == ClaimQuantity::volume || q == ClaimQuantity::curvature; }

std::vector<std::string> letters_of(ClaimQuantity q) {
  if (is_variance_map(q)) return {"q"};
  if (is_kernel(q)) return {"q1", "q2", "c"};
  return {"s", "d"};
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string_view::npos ? "" : std::string(text.substr(first, last - first + 1));
}

/// The definitions and the formula, in order. Blank ones are dropped: a last semicolon, an empty line.
std::vector<std::string> statements(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(";\n"), text.size());
    if (std::string one = trimmed(text.substr(0, end)); !one.empty()) all.push_back(std::move(one));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

bool is_name(const std::string& text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// The formula with every definition put in its place.
Expression read(std::string_view text, std::vector<std::string> letters) {
  const std::vector<std::string> lines = statements(text);
  if (lines.empty()) throw UsageError("claim: it is empty; write a formula");
  std::vector<std::pair<std::string, Expression>> defined;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool last = i + 1 == lines.size();
    const std::size_t equals = lines[i].find('=');
    const std::string name = equals == std::string::npos ? "" : trimmed(lines[i].substr(0, equals));
    if (equals == std::string::npos && !last)
      throw UsageError("claim: '" + shown(lines[i]) + "' defines nothing; write NAME = ... before a semicolon, and the claim itself last");
    if (!last && (!is_name(name) || std::find(letters.begin(), letters.end(), name) != letters.end()))
      throw UsageError("claim: '" + shown(name) + "' cannot be defined; take a new name");
    const std::string formula = equals == std::string::npos ? lines[i] : trimmed(lines[i].substr(equals + 1));
    Language language;
    language.variables = letters;
    language.special_functions = true;
    Expression e = [&] {
      try {
        return parse(formula, language);
      } catch (const UsageError& error) {
        throw UsageError((last ? "claim: " : "claim, definition of " + name + ": ") + error.what());
      }
    }();
    for (auto d = defined.rbegin(); d != defined.rend(); ++d) e = substitute(e, d->first, d->second);
    if (last) return e;
    defined.emplace_back(name, std::move(e));
    letters.push_back(name);
  }
  return 0;  // the last line has returned
}

/// `e`, a formula without letters, with each kinked function replaced by the branch it takes: at the working precision, undecided ones by neither.
std::optional<Expression> without_kinks(const Expression& e) {
  std::vector<Expression> arguments;
  for (const Expression& a : e.arguments()) {
    const auto one = without_kinks(a);
    if (!one) return std::nullopt;
    arguments.push_back(*one);
  }
  const bool two = e.op() == Op::min || e.op() == Op::max;
  if (!two && !(e.op() == Op::relu || e.op() == Op::step || e.op() == Op::sign || e.op() == Op::abs)) {
    return arguments.empty() ? e : Expression::make(e.op(), arguments);
  }
  const Program program({two ? arguments[0] - arguments[1] : arguments[0]}, "");
  const Ball x = Evaluator<Ball>(program).value(Ball(0));
  const bool positive = certainly_positive(x) == Truth::yes;
  if (!positive && certainly_negative(x) != Truth::yes && !x.is_exact_zero()) return std::nullopt;
  switch (e.op()) {
    case Op::min: return arguments[positive ? 1 : 0];
    case Op::max: return arguments[positive ? 0 : 1];
    case Op::relu: return positive ? arguments[0] : Expression(0);
    case Op::step: return Expression(positive ? 1 : 0);
    case Op::sign: return Expression(positive ? 1 : x.is_exact_zero() ? 0 : -1);
    default: return positive || x.is_exact_zero() ? arguments[0] : -arguments[0];
  }
}

}  // namespace

bool is_variance_map(ClaimQuantity quantity) {
  switch (quantity) {
    case ClaimQuantity::Q:
    case ClaimQuantity::chi:
    case ClaimQuantity::P:
    case ClaimQuantity::dQ:
    case ClaimQuantity::dchi: return true;
    default: return false;
  }
}

std::optional<MetricOf> kernel_of(ClaimQuantity quantity) {
  switch (quantity) {
    case ClaimQuantity::kernel: return MetricOf::feature;
    case ClaimQuantity::derivative_kernel: return MetricOf::derivative;
    case ClaimQuantity::ntk: return MetricOf::ntk;
    default: return std::nullopt;
  }
}

const std::string& to_string(ClaimQuantity quantity) { return names[static_cast<std::size_t>(quantity)]; }

ClaimQuantity claim_quantity(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<ClaimQuantity>(found - names.begin());
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i) list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  const std::string nearest = nearest_word(name, {names.begin(), names.end()});
  throw UsageError("'" + shown(name) + "' is no quantity" + (nearest.empty() ? "" : "; did you mean " + nearest + "?") + "; it is " + list);
}

Claim::Claim(ClaimQuantity quantity, ClaimedNetwork network, std::string_view text) : quantity_(quantity), network_(std::move(network)) {
  const std::string& name = to_string(quantity_);
  if (is_variance_map(quantity_) && network_.depth != 1) throw UsageError("depth: " + name + " belongs to one layer; leave the depth at 1");
  const bool has_readout = !is_variance_map(quantity_) && quantity_ != ClaimQuantity::derivative_kernel && quantity_ != ClaimQuantity::ntk;
  if (network_.of_readout && !has_readout) throw UsageError("of: " + name + " has no readout to choose; leave it at feature");
  std::vector<std::string> letters = letters_of(quantity_);
  drawn_ = letters;
  if (!is_variance_map(quantity_)) letters.insert(letters.end(), {"sigma_w2", "sigma_b2"});
  letters.insert(letters.end(), network_.letters.begin(), network_.letters.end());
  formula_ = read(text, letters);

  const bool geometry = !is_variance_map(quantity_) && !is_kernel(quantity_);
  if (geometry) {
    const bool free = formula_.depends_on("d") && !network_.dim;
    if (!free) drawn_.pop_back();
    if (!network_.dim && !free && (depends_on_dimension(quantity_) || network_.input_scaling == InputScaling::fan_in))
      throw UsageError("dim: " + name + " depends on the dimension; give it, or write the claim with d");
  }
  const auto draw_variance = [&](const std::string& letter, std::vector<Rational>& given, int usual) {
    if (!formula_.depends_on(letter)) {
      if (given.empty()) given = {usual};
      return;
    }
    if (given.empty()) drawn_.push_back(letter);
    if (given.size() > 1) throw UsageError("claim: " + letter + " has several values here, one a layer; write the numbers");
  };
  draw_variance("sigma_w2", network_.sigma_w2, 1);
  draw_variance("sigma_b2", network_.sigma_b2, 0);
  drawn_.insert(drawn_.end(), network_.letters.begin(), network_.letters.end());
}

Ball Claim::claimed_value(const Assignment& at, long digits) const {
  Expression e = formula_;
  const auto put = [&](const std::string& letter, const Rational& value) { e = substitute(e, letter, value); };
  for (const auto& [letter, value] : at) put(letter, value);
  if (network_.dim) put("d", *network_.dim);
  if (network_.sigma_w2.size() == 1) put("sigma_w2", network_.sigma_w2[0]);
  if (network_.sigma_b2.size() == 1) put("sigma_b2", network_.sigma_b2[0]);
  Ball value;
  arb_indeterminate(value.get());
  try {
    refine(digits, "claim", [&] {
      const std::optional<Expression> smooth = without_kinks(e);
      if (!smooth) return false;
      const Program program({*smooth}, "");
      value = Evaluator<Ball>(program).value(Ball(0));
      return stands(value, digits, Ball(1));
    });
  } catch (const NotReached&) {
    if (value.is_finite()) throw;
    // else a value that no precision makes finite: log(-1), 1/0
  }
  return value;
}

}  // namespace infwidth
