// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exponential_sum.hpp"
#include "gaussian_integral.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/gaussian/closed_form.hpp"

namespace infwidth {

/// Constants that take more than a few nodes get a letter while formulas are made.
class Abbreviations {
 public:
  explicit Abbreviations(const Assumptions& given) : given_(given) {}
  Expression abbreviated(const Expression& e);
  std::vector<FormulaPiece> abbreviated(const std::vector<FormulaPiece>& pieces);
  const LetteredConstants& letters() const { return letters_; }
  /// The letters of positive constants.
  const std::set<std::string>& positive() const { return positive_; }
  /// A text with the letters replaced by what they stand for.
  std::string explained(std::string text) const;
  Expression whole(const Expression& e) const { return with_constants(e, letters_); }

 private:
  Assumptions given_;
  LetteredConstants letters_;
  std::set<std::string> positive_;

  Expression letter_for(const Expression& e);
};

/// A piecewise function in the class: `everywhere` on the whole line, and on each interval something more.
struct PiecewiseSum {
  ExponentialSum everywhere;
  std::vector<std::pair<FormulaInterval, ExponentialSum>> parts;
};

/// sum_p (right x_+^p + left x_-^p), x_- = max(-x, 0), by p.
struct SidedPower {
  Expression right = 0, left = 0;
};
using SidedPowers = std::map<Rational, SidedPower>;

/// The pieces of an activation with long constants abbreviated, and what is known about the letters.
struct IntegrationProblem {
  Abbreviations constants;
  std::vector<FormulaPiece> pieces;
  Assumptions given;

  /// `variables`, besides those of `known`, are positive.
  IntegrationProblem(const std::vector<FormulaPiece>& whole, const Assumptions& known, const std::set<std::string>& variables);

  Expression shortened(const Expression& e) const { return shorten(e, given); }
  /// A formula made by `integral`, or, where that leaves the class, what `form` is to say of it.
  std::optional<Expression> attempt(ExpectationFormulas& form, const std::function<Expression()>& integral) const;
  /// The constants that stand in these formulas.
  LetteredConstants used_in(const std::vector<std::optional<Expression>>& formulas) const;
  /// The activation or its derivative.
  ///   Errors  OutsideClass
  PiecewiseSum read(const Expression FormulaPiece::* member) const;
  /// The same as powers on both sides of 0, where it is no more than that.
  std::optional<SidedPowers> read_powers(const Expression FormulaPiece::* member) const;
};

/// The pieces with their ends as formulas.
///   Errors  OutsideClass for an end that is the zero of more than a quadratic equation
std::vector<FormulaPiece> formula_pieces(const Activation& phi);

/// The normal form of an activation on the whole line, where it has one in the class.
std::optional<std::vector<FormulaPiece>> normal_form(const Activation& phi);

/// The formulas of an activation by its pieces; where they leave the class, by its normal form.
///   of  makes formulas of pieces, knowing whether the function jumps
template <class Form>
Form by_pieces_or_normal_form(const Activation& phi, Form (*of)(const std::vector<FormulaPiece>&, bool, const Assumptions&)) {
  Form form;
  try {
    form = of(formula_pieces(phi), phi.jump().has_value(), {});
    if (form.outside.empty()) return form;
  } catch (const OutsideClass& e) {
    form.outside = e.term;
  }
  if (const auto pieces = normal_form(phi)) return of(*pieces, false, {});
  return form;
}

}  // namespace infwidth
