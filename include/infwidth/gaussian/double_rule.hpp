// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/estimate.hpp"

namespace infwidth {

/// Gaussian expectations of piecewise analytic functions in double precision.
/// The nodes depend on q only through the bin [4^k, 4^(k+1)) it lies in: each bin's table of nodes, weights and function values is made at its
/// first use, resolved to 1e-15, and then an expectation is one exp and a few products a node, eight nodes at a time.
///   Accuracy   about 1e-14 of E|g| for the values; derivatives in q as their weights allow, see derivations D-025
///   Overflow   gives infinities or NaN, which the caller refuses
/// Safe for concurrent use.
class DoubleRule {
 public:
  enum class Purpose {
    variance_maps,  // `at`
    values,         // `at` without derivatives but dQ: tables for q < 1 are made several times as fast
    mean,           // `mean`
  };
  DoubleRule(const Activation& activation, Purpose purpose);
  ~DoubleRule();
  DoubleRule(DoubleRule&&) noexcept;
  DoubleRule& operator=(DoubleRule&&) noexcept;

  /// Q, chi and derivatives at q > 0.
  VarianceJet<double> at(double q) const;
  /// E[phi] and E|phi| themselves.
  struct Mean {
    double value, magnitude;
    std::size_t evaluations;
  };
  Mean mean(double q) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace infwidth
