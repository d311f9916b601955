// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "infwidth/expression/exact_constant.hpp"

namespace infwidth {

/// Polynomials in w = b x and tanh(w), b > 0, and what is left of their integrals over the line when the tails are taken away.
///   Derivation D-032
class TanhPolynomial {
 public:
  /// None if `f` (in x) is no such polynomial. tanh(k b x) and sigmoid(2 b x) with one b are known, k = +-1.
  static std::optional<TanhPolynomial> from(const Expression& f);
  TanhPolynomial square() const;
  /// Integral of x^n (f - tails), the tails of f being polynomials on each half line.
  ExactConstant moment(int n) const;

 private:
  ExactConstant scale_ = 1;                                    // b
  std::map<std::pair<int, int>, ExactConstant> coefficients_;  // of w^i tanh(w)^j
};

}  // namespace infwidth
