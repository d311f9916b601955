// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// LaTeX as a person writes it; compiles between dollar signs with amsmath. Products are collected over one fraction bar, powers and roots of the
/// same thing are joined, exponentials leave denominators; nothing else is rearranged.
///   Names   sigma_w2 is the square of \sigma_w (so its square is \sigma_w^4), sigma_w2_1 of \sigma_{w,1}; Greek names are Greek letters, q_2 and q2 are
///           q_2, dq_2 is \dot q_2, ddq_2 \ddot q_2, other names of one letter are italic and longer ones upright
///   Special T(h,a) is Owen's T function, i the imaginary unit
std::string to_latex(const Expression& e);
/// The same on several lines where it is wider than about `most` points and a sum, or a sum over or behind something: broken between terms, each
/// line but the first beginning with its sign.
std::vector<std::string> to_latex_lines(const Expression& e, double most);

/// A Python expression that needs `import mpmath as mp` alone and is right to any mp.dps: numbers are exact until mpmath rounds them.
/// Variables are to be mpf: a whole number of Python's divides to a float. Owen's T is an integral there (mp.quad). Python's reserved words
/// among the variables get an underscore (lambda_).
std::string to_python(const Expression& e);

/// Mathematica's InputForm. Names lose their underscores: sigma_w2 is sigmaW2, sigma_w2_1 is sigmaW2L1; those that are Mathematica's own (N, E) get
/// a `var` in front.
std::string to_mathematica(const Expression& e);

}  // namespace infwidth
