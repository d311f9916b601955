// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace infwidth {

/// Estimates of many quantities beside what a theory says of them, and how sure the estimates are.
///   quantity    a name for each
///   theory, mean     the theory's value, the estimate
///   covariance  of the estimates (not of single draws), row after row
///   draws       how many independent draws the covariance was estimated from: the fewer, the longer the tails that the test allows for. 0: it is known.
struct Comparison {
  std::vector<std::string> quantity;
  std::vector<double> theory, mean, covariance;
  std::uint64_t draws = 0;

  std::size_t size() const { return quantity.size(); }
  double standard_error(std::size_t i) const;
  /// (mean - theory) / standard error; 0 where both are 0, infinite where the estimate is certain and differs.
  double z(std::size_t i) const;
};

/// One test of all quantities together: T = d^T C^-1 d, d = mean - theory, over the quantities that are not (nearly) linear functions of others.
///   used        by their numbers: the others have a part beyond the used ones of less than 1e-7 of their variance, and are left out
///   p_value     the probability of so large a T under the theory: Hotelling's T^2 for an estimated covariance, chi^2 for a known one
struct Omnibus {
  double statistic = 0, p_value = 1;
  std::vector<std::size_t> used;
};
Omnibus omnibus(const Comparison& c);

/// The probability that `omnibus` raises an alarm at level alpha if the true means differ from the theory by `shift`.
double power(const Comparison& c, std::span<const double> shift, double alpha);

/// Derivation D-070.

}  // namespace infwidth
