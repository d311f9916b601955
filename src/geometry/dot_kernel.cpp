// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/geometry/dot_kernel.hpp"

#include <stdexcept>

#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

const Expression t = Expression::variable("t");

[[noreturn]] void refuse(std::string_view text, const std::string& why) { throw UsageError("kernel: '" + std::string(text) + "' " + why); }

Rational number(std::string_view text, std::string_view part) {
  try {
    return parse_rational(part);
  } catch (const UsageError&) {
    refuse(text, "has '" + std::string(part) + "' where a number is expected");
  }
}

}  // namespace

DotKernel::DotKernel(std::string name, Expression formula, const Expression& in_metric, bool radial)
    : name_(std::move(name)),
      formula_(std::move(formula)),
      radial_(radial),
      slopes_({simplify(differentiate(in_metric, "t")), simplify(differentiate(differentiate(in_metric, "t"), "t"))}, "t") {}

DotKernel DotKernel::from_text(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon), rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (word != "rbf" && word != "polynomial" && word != "dot") refuse(text, "is unknown; it is arc-cosine:n, rbf:l2, polynomial:p,c or dot:F with a formula F in t = x.y");
  if (rest.empty()) refuse(text, "lacks its parameter; write rbf:l2, polynomial:p,c or dot:F, like rbf:1/2, polynomial:3,1, dot:exp(t)");
  if (word == "rbf") {
    const Rational l2 = number(text, rest);
    if (l2 <= 0) refuse(text, "has the squared length " + to_string(l2) + "; give a positive one");
    return {std::string(text), exp(-Expression::variable("r2") / Expression(2 * l2)), t / Expression(l2), true};
  }
  if (word == "polynomial") {
    const std::size_t comma = rest.find(',');
    const Rational p = number(text, rest.substr(0, comma)), c = comma == std::string_view::npos ? Rational(1) : number(text, rest.substr(comma + 1));
    if (denominator(p) != 1 || p < 1 || p > 1000) refuse(text, "has the power " + to_string(p) + "; give a whole number from 1 to 1000");
    if (c < 0) refuse(text, "has the constant " + to_string(c) + "; (x.y + c)^p is a kernel for c >= 0");
    const Expression f = pow(t + Expression(c), Expression(p));
    return {std::string(text), f, f, false};
  }
  Language language;
  language.variables = {"t"};
  const Expression f = parse(rest, language);
  try {
    return {std::string(text), f, f, false};
  } catch (const std::logic_error&) {
    refuse(text, "is no smooth function of t; its metric needs two derivatives");
  }
}

}  // namespace infwidth
