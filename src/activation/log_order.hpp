// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "infwidth/activation/local_series.hpp"

namespace infwidth {

/// How a function behaves on one side of a point t, y = |x - t| -> 0: it is at most of the order y^exponent, powers of log y aside.
///   exact   the exponent is the true one: terms did not cancel
///   limit   the value at t from that side, where it is finite and known
struct LocalOrder {
  Rational exponent = 0;
  bool exact = true;
  std::optional<Coefficient> limit = {};
};

/// For formulas with logarithms and real powers of what vanishes at t, beside series in roots of y: log(x), x^2*log(x), sin(x)*x^(-0.83), tanh(log(x)).
/// `side`, `vanishing` as in `expand_at`. None where the order is not seen (a logarithm in a divisor, exp of a logarithm).
std::optional<LocalOrder> order_at(const Expression& f, const RealPoint& t, int side, const std::vector<Expression>& vanishing);

}  // namespace infwidth
