// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/match.hpp"
#include "infwidth/activation/zeros.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth {

Expression quotient(const Expression& a, const Expression& b) {
  if (a == b) return 1;
  if (a.op() == Op::negate) return -quotient(a.argument(), b);
  if (a.op() == Op::multiply) {
    if (a.argument(0) == b) return a.argument(1);
    if (a.argument(1) == b) return a.argument(0);
  }
  if (a.op() == Op::divide && b.op() == Op::divide && a.argument(1) == b.argument(1)) return quotient(a.argument(0), b.argument(0));
  return a / b;
}

bool equal_constants(const Expression& a, const Expression& b) {
  if (a == b) return true;
  if (a.is_number() && b.is_number()) return false;
  return vanishes_identically(a - b, {});
}

Expression tidy(const Expression& constant) {
  if (constant.is_number()) return constant;
  const Expression shorter = simplify(constant);
  return shorter.size() < constant.size() ? shorter : constant;
}

}  // namespace infwidth
