// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// A function a formula may call beside the built-in ones: the catalogue's `gelu(u)`, `leaky_relu(u, a)`.
struct NamedFunction {
  std::string name;
  std::size_t arity;
  std::function<Expression(const std::vector<Expression>&)> expand;
};

/// What the parser may meet in a formula.
struct Language {
  std::vector<std::string> variables = {"x"};
  std::vector<NamedFunction> functions;
  /// Are gamma, owens_t, erf_re, erf_im and hyp2f1 known too? They appear in closed forms and in claims about them, not in activations.
  bool special_functions = false;
  /// Where this is set, every other name stands for a real parameter, unless this gives a reason why it cannot ("": it can).
  std::function<std::string(std::string_view)> no_parameter = nullptr;
};

/// Reads a formula: numbers (exact: `0.1` is 1/10), `pi`, the variables, `+ - * / ^` (also `**`), parentheses, and the functions
/// exp log sqrt sin cos tan sinh cosh tanh asin atan asinh erf erfc Phi sigmoid softplus relu step sign abs min max; where the language has
/// the special functions also gamma(u), owens_t(h, a), erf_re(x, y), erf_im(x, y), hyp2f1(a, b, c, z). NumPy's names are read too:
/// arcsin arccos arctan arcsinh arctanh absolute fabs maximum minimum fmax fmin clip power square reciprocal negative, heaviside(u, value at 0); so are
/// acos, atanh and pow.
/// `^` binds right to left and closer than a sign: -x^2 is -(x^2).
///   Bounds    10000 characters, 100 levels of nesting, 2000 nodes, integer exponents up to 1000 in magnitude, numbers up to 10^1000
///   Errors    UsageError that shows the formula with a caret under the column, and names the nearest function for a typo
Expression parse(std::string_view text, const Language& language = {});

/// The word of `words` nearest to `word`, or "" if none is near: at most half the letters of a word of up to 3, two edits of a longer
/// one, a third of its letters from 9 on. A swap of neighbours is one edit; of equally near words the one of the same length wins.
std::string nearest_word(std::string_view word, const std::vector<std::string>& words);

}  // namespace infwidth
