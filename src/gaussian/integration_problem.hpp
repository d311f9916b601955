// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
  const std::vector<std::pair<std::string, Expression>>& letters() const { return letters_; }
  /// The letters of positive constants.
  const std::set<std::string>& positive() const { return positive_; }
  /// A text with the letters replaced by what they stand for.
  std::string explained(std::string text) const;
  Expression whole(Expression e) const {
    for (const auto& [name, value] : letters_) e = substitute(e, name, value);
    return e;
  }

 private:
  Assumptions given_;
  std::vector<std::pair<std::string, Expression>> letters_;
  std::set<std::string> positive_;

  Expression letter_for(const Expression& e);
};

/// A piecewise function in the class: `everywhere` on the whole line, and on each interval something more.
struct PiecewiseSum {
  ExponentialSum everywhere;
  std::vector<std::pair<FormulaInterval, ExponentialSum>> parts;
};

/// The pieces of an activation with long constants abbreviated, and what is known about the letters.
struct IntegrationProblem {
  Abbreviations constants;
  std::vector<FormulaPiece> pieces;
  Assumptions given;

  /// `variables`, besides those of `known`, are positive.
  IntegrationProblem(const std::vector<FormulaPiece>& whole, const Assumptions& known, const std::set<std::string>& variables);

  Expression shortened(const Expression& e) const { return shorten(e, given); }
  /// The activation or its derivative.
  ///   Errors  OutsideClass
  PiecewiseSum read(const Expression FormulaPiece::* member) const;
};

/// The pieces with their ends as formulas.
///   Errors  OutsideClass for an end that is the zero of more than a quadratic equation
std::vector<FormulaPiece> formula_pieces(const Activation& phi);

/// The normal form of an activation on the whole line, where it has one in the class.
std::optional<std::vector<FormulaPiece>> normal_form(const Activation& phi);

}  // namespace infwidth
