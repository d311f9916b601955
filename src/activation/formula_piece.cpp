// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/formula_piece.hpp"

#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth {

std::optional<Expression> formula_of(const RealPoint& t) {
  if (t.exact()) return Expression(*t.exact());
  const auto c = polynomial_coefficients(*t.equation(), "x");
  if (!c || c->size() < 2 || c->size() > 3) return std::nullopt;
  if (c->size() == 2) return simplify(-(*c)[0] / (*c)[1]);
  const Expression middle = -(*c)[1] / (Expression(2) * (*c)[2]), width = sqrt((*c)[1] * (*c)[1] - Expression(4) * (*c)[0] * (*c)[2]) / (Expression(2) * (*c)[2]);
  for (const Expression& root : {simplify(middle + width), simplify(middle - width)}) {
    const Program program({root}, "x");
    const Precision precision(256);
    Evaluator<Ball> value(program);
    if (value.value(Ball(0)).overlaps(t.ball())) return root;
  }
  return std::nullopt;
}

}  // namespace infwidth
