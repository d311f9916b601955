// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// A formula as a person would lay it out: terms with one exponential stand in parentheses behind it, and what occurs several times has a name.
///   formula  in the letters of the given one and in the names
///   parts    what the names stand for, each in those before it
struct PartedFormula {
  Expression formula;
  std::vector<std::pair<std::string, Expression>> parts;
};

/// Of a covariance [[q1, c], [c, q2]] (or q1_2, q2_2, c_2, ..) the determinant is Delta, the correlation rho, and t = (1 + rho)/2; E_1, E_2, .. are exponentials, r_1, ..
/// roots, T_1, .. of Owen's function, F_1, .. hypergeometric, u_1, ..
/// anything else, and S_1, .. are sums in parentheses that are longer than a line.
///   taken  names that have another meaning; the new ones are added
PartedFormula named_parts(const Expression& formula, std::set<std::string>& taken);

}  // namespace infwidth
