// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "infwidth/activation/activation.hpp"
#include "infwidth/gaussian/pair_quadrature.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/estimate.hpp"

namespace infwidth {

/// E[f(u) g(v)] of two functions given by their pieces, for every covariance: by one-dimensional rules where it is singular, else by `PairQuadrature`.
/// Safe for concurrent reads.
class PairExpectation {
 public:
  PairExpectation(std::vector<Piece> f, std::vector<Piece> g);

  /// Balls at the working precision, proven; `scale` is sqrt(E f^2 E g^2), roughly.
  /// A variance of exactly 0 puts its function at 0, where a jump counts as the mean of the two sides.
  /// An indeterminate ball where the precision does not tell the correlation from +-1, or a variance from 0.
  ///   Errors   NotReached, NoSuchQuantity as `PairRule::integrate` and `expectation`
  struct Value {
    Ball value, scale;
    std::uint64_t evaluations = 0;
    std::string method;
  };
  Value at(const PairVariance<Ball>& pair, const Budget& budget = {}) const;
  /// The second route, quadrature at the precision of `Digits`: not proven; not for correlations near +-1.
  Estimate<Digits> at(const PairVariance<Digits>& pair, const Budget& budget = {}) const;

 private:
  std::vector<Piece> f_, g_;
  Parity parity_of_f_, parity_of_g_;
  struct Lazy {
    std::mutex mutex;
    std::unique_ptr<const PairQuadrature> rule;
  };
  std::shared_ptr<Lazy> lazy_;

  Value along_line(const Rational& ratio, const Ball& q, const Budget& budget) const;
};

/// The pieces of x -> f(x) g(ratio x), ratio != 0.
std::vector<Piece> product_along_line(const std::vector<Piece>& f, const std::vector<Piece>& g, const Rational& ratio);

}  // namespace infwidth
