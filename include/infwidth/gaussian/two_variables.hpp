// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/gaussian/pair_expectation.hpp"

namespace infwidth {

/// f(of_u u + of_v v), f a formula in x; (of_u, of_v) is (1, r) or (0, 1).
struct FactorOfTwo {
  Rational of_u, of_v;
  Expression f;
};
/// A product of at most two such factors, of different combinations; none: the constant 1.
using ProductOfTwo = std::vector<FactorOfTwo>;

/// A formula in u and v as a sum of products f(s) g(t), s and t linear combinations of u and v with rational coefficients, up to a factor of both:
/// tanh(u)*relu(v), (u^2 - v)*exp(u+v), abs(u-v), max(u,v)*tanh(u). Sums are taken apart, products and powers multiplied out; max(a,b) is
/// (a + b)/2 + |a - b|/2, min(a,b) likewise. Of three combinations in one product a polynomial or exponential one is written in the other two.
///   Errors   UsageError: not in the language of activations with u and v in place of x; a term that is none of these, like tanh(u*v), named
std::vector<ProductOfTwo> products_of_two(std::string_view formula);

/// The covariance [[q1, c], [c, q2]] of u and v, exactly.
struct ExactCovariance {
  Rational q1, q2, c;

  /// That of a u + b v and a' u + b' v.
  ExactCovariance of_combinations(const Rational& a, const Rational& b, const Rational& a2, const Rational& b2) const;

  template <class Real>
  PairVariance<Real> as() const {
    const Rational beside = q1 * q2 - c * c;
    PairVariance<Real> pair{constant<Real>(q1), constant<Real>(q2), constant<Real>(c), constant<Real>(beside)};
    if (beside == 0 && q1 != 0 && q2 != 0) pair.ratio = c / q1;
    return pair;
  }
};

/// E of such a sum at the working precision, proven. `scale` sums those of the products.
///   Errors   as `PairExpectation::at` and `expectation`
class TwoVariableExpectation {
 public:
  explicit TwoVariableExpectation(const std::vector<ProductOfTwo>& sum);
  PairExpectation::Value at(const ExactCovariance& covariance, const Budget& budget = {}) const;
  /// By the second route, in `Digits`: not proven, and not for correlations near +-1.
  Estimate<Digits> by_digits(const ExactCovariance& covariance, const Budget& budget = {}) const;

 private:
  struct Term {
    ProductOfTwo product;
    std::shared_ptr<const Activation> alone;      // of one combination
    std::shared_ptr<const PairExpectation> pair;  // of two
  };
  std::vector<Term> terms_;
};

}  // namespace infwidth
