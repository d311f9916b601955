// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/activation/formula_piece.hpp"
#include "infwidth/expression/expression.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

/// An activation in which letters other than x stand for real parameters: erf(a*x), leaky_relu:a.
///   parameters   the letters, in the order of their first use; none: `Activation` does the rest
///   given        what the catalogue asks of them: g > 0 in rbf:g
struct ParametricActivation {
  std::string name;
  Expression formula;
  std::vector<std::string> parameters;
  Assumptions given = {};

  /// A catalogue name, with a formula in letters for its parameter if it has one, or a formula in x and letters.
  ///   Errors   UsageError: not in the language; letters but no x; a letter that formulas use for something else (pi, e, q, s, d, c, sigma_w2, q_2 ..)
  static ParametricActivation from_text(std::string_view text);
  /// The same with numbers for letters.
  Expression at(const std::map<std::string, Rational>& values) const;
};

/// An activation between its kinks, which are formulas in the parameters, in increasing order.
///   jump   a point where phi itself jumps, for all but special values of the parameters
struct ParametricPieces {
  std::vector<FormulaPiece> pieces;
  std::optional<Expression> jump;
};

/// The sign of a constant with letters is needed and open. `factor` is a part of it whose sign is; the message says how to give it.
struct OpenSign : UsageError {
  OpenSign(const Expression& constant, const Assumptions& given);
  Expression factor;
};

/// Cuts a formula where the arguments of its kinked functions (relu, abs, step, sign, min, max) change sign: linear ones, or such without letters.
///   Errors   OpenSign where a sign is needed that is not given;
///            NotReached for other arguments, and where it is open whether phi jumps
ParametricPieces parametric_pieces(const ParametricActivation& activation, const Assumptions& given);


}  // namespace infwidth
