// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/pieces.hpp"
#include "infwidth/activation/rewrite.hpp"
#include "infwidth/activation/zeros.hpp"
#include "kink_cells.hpp"

namespace infwidth {

namespace {

constexpr std::size_t most_stretches = 400;

/// Splits a cell where the kinked function changes its branch.
void split_cell(Op op, const Cell<Interval>& cell, std::vector<Stretch>& result) {
  const Expression u = cell.argument_of_sign();
  if (vanishes_identically(u, cell.where)) {
    result.push_back({cell.where, branch(op, cell.arguments, 0), cell.joined});
    return;
  }
  const SignClass sign_everywhere = sign_class(u);
  if (sign_everywhere != SignClass::unknown) {  // 0 at single points at most, without a change of sign
    const bool upward = sign_everywhere == SignClass::positive || sign_everywhere == SignClass::not_negative;
    result.push_back({cell.where, branch(op, cell.arguments, upward ? 1 : -1), cell.joined});
    return;
  }
  Interval between = cell.where;
  bool joined = cell.joined;  // at the left end of `between`
  const auto cut_at_zeros = [&](const std::optional<RealPoint>& until, bool joined_after) {
    between.right = until;
    std::vector<RealPoint> zeros = zeros_in(u, between);
    Interval part = between;
    int sign_before = 0;
    for (std::size_t i = 0; i <= zeros.size(); ++i) {
      part.right = i < zeros.size() ? std::optional<RealPoint>(zeros[i]) : until;
      const int sign = sign_inside(u, part);
      if (i > 0 && sign == sign_before) {
        result.back().where.right = part.right;  // touched 0 without crossing it: no kink
      } else {
        result.push_back({part, branch(op, cell.arguments, sign), i == 0 ? joined : op != Op::step && op != Op::sign});
      }
      if (result.size() > most_stretches) throw NotReached("activation: more than " + std::to_string(most_stretches) + " kinks; use a simpler formula");
      sign_before = sign;
      part.left = part.right;
    }
    between.left = until;
    joined = joined_after;
  };
  for (const SingularPoint& p : singular_points(u, cell.where)) {
    const bool at_left = cell.where.left && compare(p.at, *cell.where.left) == 0;
    const bool at_right = cell.where.right && compare(p.at, *cell.where.right) == 0;
    if (!at_left && !at_right) cut_at_zeros(p.at, false);
  }
  cut_at_zeros(cell.where.right, false);
}

}  // namespace

std::vector<Stretch> resolve_kinks(const Expression& formula, const Interval& where) {
  if (!formula.has_kinked_function()) return {{where, formula, false}};
  std::vector<std::vector<Stretch>> arguments;
  for (const Expression& argument : formula.arguments()) arguments.push_back(resolve_kinks(argument, where));
  std::vector<Stretch> result;
  for (const Cell<Interval>& cell : common_cells<Interval>(arguments, compare)) {
    if (formula.op() >= Op::relu) {
      split_cell(formula.op(), cell, result);
    } else {
      result.push_back({cell.where, rebuild(formula.op(), cell.arguments), cell.joined});
    }
  }
  return result;
}

}  // namespace infwidth
