// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/gaussian/pair_expectation.hpp"

namespace infwidth {

/// One product f(u) g(v), both as functions of x.
struct ProductOfTwo {
  Activation f, g;
};

/// A formula in u and v as a sum of products f(u) g(v): tanh(u)*relu(v), (u^2 - v)*exp(u+v). Sums are taken apart, products and powers multiplied out;
/// what is left must depend on one of the two alone.
///   Errors   UsageError: not in the language of activations with u and v in place of x; a term that mixes the two, like tanh(u + v), named
std::vector<ProductOfTwo> products_of_two(std::string_view formula);

/// E of such a sum at the working precision, proven. `scale` sums those of the products.
///   Errors   as `PairExpectation::at`
class TwoVariableExpectation {
 public:
  explicit TwoVariableExpectation(const std::vector<ProductOfTwo>& sum);
  PairExpectation::Value at(const PairVariance<Ball>& pair, const Budget& budget = {}) const;
  /// By the second route, in `Digits`: not proven, and not for correlations near +-1.
  Estimate<Digits> at(const PairVariance<Digits>& pair, const Budget& budget = {}) const;

 private:
  std::vector<ProductOfTwo> sum_;
  std::vector<PairExpectation> of_product_;
};

}  // namespace infwidth
