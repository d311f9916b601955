// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "infwidth/geometry/formula.hpp"

namespace infwidth::cli {

/// An answer of `infwidth formula`, before it has a form.
///   quantity    as it was asked for; with underscores the name of the Python function
///   subject     what the formulas belong to, in words
///   arguments   the free symbols with their meanings, in the order of the Python function's arguments
struct FormulaAnswer {
  std::string quantity, activation, subject, command;
  int depth = 1;
  NamedFormulas formulas;
  std::vector<std::pair<std::string, std::string>> arguments;

  /// Q and chi: results are functions of q alone.
  bool is_map() const { return quantity == "Q" || quantity == "chi"; }
  /// How a subject ends: " of a random network at infinite width, 2 hidden layers, phi = erf"
  std::string network() const {
    return " of a random network at infinite width, " + std::to_string(depth) + (depth == 1 ? " hidden layer" : " hidden layers") + ", phi = " + activation;
  }
};

std::string formula_as_text(const FormulaAnswer& answer);
std::string formula_as_latex(const FormulaAnswer& answer);
std::string formula_as_json(const FormulaAnswer& answer);
std::string formula_as_python(const FormulaAnswer& answer);
std::string formula_as_mathematica(const FormulaAnswer& answer);

}  // namespace infwidth::cli
