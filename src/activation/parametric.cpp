// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/parametric.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>

#include "infwidth/activation/catalogue.hpp"
#include "infwidth/activation/rewrite.hpp"
#include "infwidth/activation/singular.hpp"
#include "infwidth/activation/zeros.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/expression/sign.hpp"
#include "kink_cells.hpp"

namespace infwidth {

namespace {

constexpr std::size_t most_stretches = 100;

struct FormulaInterval {
  std::optional<Expression> left, right;
};
struct FormulaStretch {
  FormulaInterval where;
  Expression formula;
  bool joined = false;  // continuous, by construction, with the stretch to the left
};

/// The points at which a function changes sign, in increasing order, and its signs before and after each.
struct SignChanges {
  std::vector<Expression> points;
  std::vector<int> signs;
};

class Cutter {
 public:
  explicit Cutter(const Assumptions& given) : given_(given) {}

  std::vector<FormulaStretch> cut(const Expression& formula) const {
    if (!formula.has_kinked_function()) return {{{}, formula}};
    std::vector<std::vector<FormulaStretch>> arguments;
    for (const Expression& argument : formula.arguments()) arguments.push_back(cut(argument));
    std::vector<FormulaStretch> result;
    for (const Cell<FormulaInterval>& cell : common_cells<FormulaInterval>(arguments, [&](const Expression& a, const Expression& b) { return order(a, b); })) {
      if (formula.op() >= Op::relu) {
        split(formula.op(), cell, result);
      } else {
        result.push_back({cell.where, rebuild(formula.op(), cell.arguments), cell.joined});
      }
      if (result.size() > most_stretches) throw NotReached("activation: more than " + std::to_string(most_stretches) + " kinks; use a simpler formula");
    }
    return result;
  }

 private:
  const Assumptions& given_;

  int sign(const Expression& constant) const {
    if (const auto known = proven_sign(constant, given_)) return *known;
    throw OpenSign(simplify(constant), given_);
  }

  std::strong_ordering order(const Expression& a, const Expression& b) const {
    const int difference = a == b ? 0 : sign(simplify(a - b));
    return difference <=> 0;
  }

  SignChanges sign_changes(const Expression& u, const Expression& term) const {
    if (!u.depends_on("x")) return {{}, {sign(u)}};
    const SignClass everywhere = sign_class(u);
    if (everywhere != SignClass::unknown) return {{}, {everywhere == SignClass::positive || everywhere == SignClass::not_negative ? 1 : -1}};
    const auto c = polynomial_coefficients(u, "x");
    if (c && c->size() <= 2) {
      if (c->size() == 1) return {{}, {sign((*c)[0])}};
      const int slope = sign((*c)[1]);
      if (slope == 0) return {{}, {sign((*c)[0])}};
      return {{simplify(-(*c)[0] / (*c)[1])}, {-slope, slope}};
    }
    const auto outside = [&] { return NotReached("no closed form in the class: the term " + to_string(term) + ", whose kinks are no formulas in the letters"); };
    if (letters_of(u).size() > 1 || !singular_points(u, {}).empty()) throw outside();
    SignChanges changes;
    Interval between;
    for (const RealPoint& zero : zeros_in(u, {})) {
      const auto formula = formula_of(zero);
      if (!formula) throw outside();
      between.right = zero;
      changes.points.push_back(*formula);
      changes.signs.push_back(sign_inside(u, between));
      between.left = zero;
    }
    between.right = std::nullopt;
    changes.signs.push_back(sign_inside(u, between));
    return changes;
  }

  /// Splits a cell where the kinked function changes its branch.
  void split(Op op, const Cell<FormulaInterval>& cell, std::vector<FormulaStretch>& result) const {
    const SignChanges changes = sign_changes(cell.argument_of_sign(), Expression::make(op, cell.arguments));
    FormulaStretch stretch{cell.where, branch(op, cell.arguments, changes.signs[0]), cell.joined};
    for (std::size_t i = 0; i < changes.points.size(); ++i) {
      const Expression& t = changes.points[i];
      if (cell.where.right && order(t, *cell.where.right) >= 0) break;
      const Expression after = branch(op, cell.arguments, changes.signs[i + 1]);
      if (cell.where.left && order(t, *cell.where.left) <= 0) {
        stretch.formula = after;
        continue;
      }
      stretch.where.right = t;
      result.push_back(stretch);
      stretch = {{t, cell.where.right}, after, op != Op::step && op != Op::sign};
    }
    stretch.where.right = cell.where.right;
    result.push_back(stretch);
  }
};

/// Values of the letters at which all that is given holds.
std::optional<std::map<std::string, Rational>> example(const std::vector<std::string>& letters, const Assumptions& given) {
  constexpr int tries = 2000;
  std::uint32_t state = 1;
  const auto next = [&](std::uint32_t n) { return (state = state * 1664525u + 1013904223u) / (0xffffffffu / n + 1); };
  for (int i = 0; i < tries; ++i) {
    std::map<std::string, Rational> at;
    for (const std::string& letter : letters) {
      const Rational value(static_cast<int>(next(61)) + 1, static_cast<int>(next(13)) + 7);
      at[letter] = given.positive.contains(letter) || next(2) == 0 ? value : Rational(-value);
    }
    if (hold(given, at)) return at;
  }
  return std::nullopt;
}

/// Does phi jump between two neighbouring stretches?
bool jumps(const FormulaStretch& left, const FormulaStretch& right, const Assumptions& given) {
  if (right.joined) return false;
  const Expression& t = *right.where.left;
  const auto at_end = [&](const Expression& e) { return substitute(e, "x", t); };
  try {
    Expression gap = simplify(at_end(left.formula) - at_end(right.formula), given);
    if (gap.is_number()) return !gap.is_number(0);
    if (is_identically_zero(gap)) return false;
    if (const auto values = example(letters_of(gap), given)) {
      for (const auto& [name, value] : *values) gap = substitute(gap, name, Expression(value));
      if (proven_sign(gap, {}).value_or(0) != 0) return true;
    }
  } catch (const UsageError&) {
    // a division by 0: no value there
  }
  throw NotReached("activation: it is open whether phi jumps at x = " + to_string(t) + ", from '" + to_string(left.formula) + "' to '" + to_string(right.formula) + "'");
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

}  // namespace

ParametricActivation ParametricActivation::from_text(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t\n"), text.size());
  const std::string_view word = text.substr(first, text.find_last_not_of(" \t\n") + 1 - first);
  ParametricActivation activation{std::string(word), 0, {}};
  if (const auto formula = catalogue_formula(word, activation.given)) {
    activation.formula = *formula;
  } else if (is_word(word.substr(0, word.find(':')))) {
    activation.formula = Activation::from_text(word).pieces()[0].value;  // x, a number, or what the catalogue says of a wrong name
  } else {
    activation.formula = parse(word, parametric_language(activation.given));
  }
  activation.parameters = letters_of(activation.formula);
  std::erase(activation.parameters, "x");
  if (!activation.parameters.empty() && !activation.formula.depends_on("x")) {
    throw UsageError("activation: '" + activation.name + "' does not hold x; write a formula in x, in which other letters are parameters, like erf(a*x)");
  }
  return activation;
}

Expression ParametricActivation::at(const std::map<std::string, Rational>& values) const {
  Expression e = formula;
  for (const auto& [letter, value] : values) e = substitute(e, letter, Expression(value));
  return e;
}

namespace {

/// The first factor whose sign is open.
Expression open_factor(const Expression& e, const Assumptions& given) {
  if (e.op() == Op::negate) return open_factor(e.argument(), given);
  if (e.op() != Op::multiply && e.op() != Op::divide) return e;
  return open_factor(e.argument(proven_sign(e.argument(0), given) ? 1 : 0), given);
}

std::string say_open(const std::string& text) {
  return "activation: the sign of " + text + " is open; assume one: --assume '" + text + " > 0' or '" + text + " < 0'";
}

}  // namespace

OpenSign::OpenSign(const Expression& constant, const Assumptions& given)
    : UsageError(say_open(to_string(open_factor(constant, given)))), factor(open_factor(constant, given)) {}

ParametricPieces parametric_pieces(const ParametricActivation& activation, const Assumptions& given) {
  const std::vector<FormulaStretch> stretches = Cutter(given).cut(activation.formula);
  ParametricPieces result;
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const FormulaStretch& s = stretches[i];
    if (i > 0 && s.formula == stretches[i - 1].formula) {
      result.pieces.back().right = s.where.right;
      continue;
    }
    if (i > 0 && !result.jump && jumps(stretches[i - 1], s, given)) result.jump = s.where.left;
    result.pieces.push_back({s.where.left, s.where.right, s.formula, differentiate(s.formula, "x")});
  }
  return result;
}

}  // namespace infwidth
