// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "infwidth/gaussian/chart.hpp"
#include "infwidth/real/jet.hpp"
#include "infwidth/real/pack.hpp"

namespace infwidth {

// The nodes of a double-precision rule for one bin of variances, D-025.

// What is summed at each node against the Gaussian, h = phi^2 and g = phi'^2. The last four serve small q.
enum DoubleColumn : std::size_t { phi_value, h_value, h_slope_x, h_slope_x3, g_value, g_x2, g_x4, h_second, h_fourth, g_second, g_fourth, columns };
using Row = std::array<double, columns>;

constexpr long row_bits = 192;  // rows come from balls: formulas that cancel or overflow in doubles lose nothing
using Jet5 = Jet<double, 5>;
using BallJet5 = Jet<Ball, 5>;

template <class Series>
Jet5 to_doubles(const Series& f) {
  Jet5 r;
  for (int k = 0; k <= 5; ++k) r[k] = f[k].to_double();
  return r;
}
inline Jet5 slope_of(const Jet5& phi) {
  Jet5 slope;
  for (int k = 0; k < 5; ++k) slope[k] = (k + 1) * phi[k + 1];
  return slope;
}

struct DoubleTable {
  double q_high = 1;                              // the upper end of the bin
  std::vector<Pack> x2, weight;                   // x^2, and the quadrature weight
  std::array<std::vector<Pack>, columns> column;  // with e^(-x^2 / 2 q_high) in it: neither factor need be in the range of a double
  std::size_t size = 0;
  Row magnitudes{};              // integrals of the columns' sizes, against the Gaussian of q_high
  bool finite = true;            // false: the integrand does not fall within the range of a double
  bool small_q_columns = false;  // whether h_second .. g_fourth are the better way to derivatives in this bin
};

/// The table for variances in [q_low, q_high), in which the columns from `first` to before `last` are resolved.
///   Errors   NotReached if they oscillate too fast
DoubleTable make_double_table(const std::vector<Chart>& charts, DoubleColumn first, DoubleColumn last, double q_low, double q_high);

}  // namespace infwidth
