// SPDX-License-Identifier: GPL-3.0-or-later
// What the cutting of a formula at its kinks does with points that are numbers and with points that are formulas.
#pragma once

#include <compare>
#include <optional>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// One function, or two, on an interval between two neighbouring cuts of either.
template <class Where>
struct Cell {
  Where where;
  std::vector<Expression> arguments;
  bool joined = false;

  /// Its sign decides which branch a kinked function takes.
  Expression argument_of_sign() const { return arguments.size() == 2 ? arguments[0] - arguments[1] : arguments[0]; }
};

/// The cells of one or two functions on the whole of an interval, each in stretches that follow each other. `order(a, b)` compares two points.
template <class Where, class Stretch, class Order>
std::vector<Cell<Where>> common_cells(const std::vector<std::vector<Stretch>>& arguments, const Order& order_of) {
  std::vector<Cell<Where>> cells;
  if (arguments.size() == 1) {
    for (const Stretch& s : arguments[0]) cells.push_back({s.where, {s.formula}, s.joined});
    return cells;
  }
  std::size_t i = 0, j = 0;
  auto left = arguments[0][0].where.left;
  bool joined = false;
  while (i < arguments[0].size() && j < arguments[1].size()) {
    const Stretch &a = arguments[0][i], &b = arguments[1][j];
    const auto &a_end = a.where.right, &b_end = b.where.right;
    const std::strong_ordering order = !a_end && !b_end ? std::strong_ordering::equal
                                       : !a_end         ? std::strong_ordering::greater
                                       : !b_end         ? std::strong_ordering::less
                                                        : order_of(*a_end, *b_end);
    const auto right = order <= 0 ? a_end : b_end;
    cells.push_back({{left, right}, {a.formula, b.formula}, joined});
    if (order <= 0) ++i;
    if (order >= 0) ++j;
    joined = (order > 0 || (i < arguments[0].size() && arguments[0][i].joined)) && (order < 0 || (j < arguments[1].size() && arguments[1][j].joined));
    left = right;
  }
  return cells;
}

/// The kinked function where its argument (for min and max: the first minus the second) has this sign.
inline Expression branch(Op op, const std::vector<Expression>& u, int sign) {
  switch (op) {
    case Op::relu: return sign > 0 ? u[0] : Expression(0);
    case Op::step: return sign > 0 ? 1 : 0;
    case Op::sign: return sign;
    case Op::abs: return sign > 0 ? u[0] : sign < 0 ? -u[0] : Expression(0);
    case Op::max: return sign > 0 ? u[0] : u[1];
    default: return sign < 0 ? u[0] : u[1];  // min
  }
}

}  // namespace infwidth
