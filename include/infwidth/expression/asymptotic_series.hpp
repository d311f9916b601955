// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "infwidth/expression/exact_constant.hpp"

namespace infwidth {

/// Sum of c t^p + O(t^order), t -> 0+; no order: no remainder.
struct PowerSeries {
  std::map<Rational, ExactConstant> terms;
  std::optional<Rational> order;

  bool is_exact_zero() const { return terms.empty() && !order; }
};

/// exp(sum c t^p), p < 0, times a bounded function that goes on oscillating (cos(4/t), else 1).
struct Scale {
  std::map<Rational, ExactConstant> exponent;
  Expression wave = 1;

  /// -1, 0, 1: exponentially smaller than, as large as, larger than another; waves are not looked at.
  int compare(const Scale& other) const;
  int growth() const { return compare({}); }
  bool operator==(const Scale& other) const { return compare(other) == 0 && wave == other.wave; }
};

/// The behaviour of a function of t as t -> 0+: power series, each times an exponential scale, from the largest to the smallest. What is exponentially
/// smaller than a remainder is left out; so a function known to O(t^4) has one part.
struct AsymptoticSeries {
  struct Part {
    Scale scale;
    PowerSeries series;
  };
  std::vector<Part> parts;
};

/// Expands `e` (without kinked functions; all letters but the variable are constants) for `variable` = sign t^power, power 1 or -1, t -> 0+.
///   width    how many powers of t are kept beyond the leading one of each function inside
///   Errors   NotReached, naming the term: no such expansion (log(q), sin(q + log q), exp(exp(q))), or the sign of a constant is open
AsymptoticSeries asymptotic_series(const Expression& e, std::string_view variable, int sign, int power, int width);

}  // namespace infwidth
