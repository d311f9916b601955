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
  /// Does quantity i say something: are all its numbers finite, and its variance positive? One that is estimated as 0 is not known: draws that all agree have not seen it.
  bool is_testable(std::size_t i) const;
};

/// One test of all quantities together: T = d^T C^-1 d, d = mean - theory, over the testable quantities that are not (nearly) linear functions of others.
///   used        by their numbers: the others are not testable, or have a part beyond the used ones of less than 1e-7 of their variance, and are left out
///   p_value     the probability of so large a T under the theory: Hotelling's T^2 for an estimated covariance, chi^2 for a known one. 0 where a variance is known to be 0
///               and the quantity differs by more than rounding
///   reason      why there is no test (p_value is 1 then); "" where there is one
struct Omnibus {
  double statistic = 0, p_value = 1;
  std::vector<std::size_t> used;
  std::string reason;
};
Omnibus omnibus(const Comparison& c);

/// How often an event was seen whose probability a theory knows.
struct Count {
  std::string quantity;
  double probability = 0;
  std::uint64_t seen = 0, draws = 0;

  /// The exact binomial test: twice the smaller of P(K <= seen) and P(K >= seen), at most 1.
  double p_value() const;
  /// P(p_value() <= level) under the theory: at most `level`, and 0 where no number of events is so improbable.
  double reach(double level) const;
  /// The deviation of a standard normal that is as improbable as what was seen, with its sign.
  double score() const;
};

/// The probability under the theory that the smallest of these p-values is as small as it is, were the tests independent:
///     1 - (1 - m) prod (1 - reach_k(m)), m the smallest; without the first factor where `test` has none
double combined_p_value(const Omnibus& test, std::span<const Count> counts);

/// The probability that `omnibus` raises an alarm at level alpha if the true means differ from the theory by `shift`.
double power(const Comparison& c, std::span<const double> shift, double alpha);

/// Derivation D-070.

}  // namespace infwidth
