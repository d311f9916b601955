// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "infwidth/gaussian/growth.hpp"

/// Arithmetic of growth bounds, in doubles that are pushed outward: a few roundings of 1e-16 each are far below this relative slack.
/// What is pushed is a bound already, so that only the rounding of its own last operation has to be covered, cancellation or not.
namespace infwidth::growth_bounds {

constexpr double slack = 1e-12;
inline double up(double v) { return v + std::abs(v) * slack + 1e-300; }
inline double down(double v) { return v - std::abs(v) * slack - 1e-300; }
inline const double log2_up = up(std::log(2.0));

inline LogBound outward(LogBound b, double direction) {
  const auto push = [&](double v) { return direction > 0 ? (v == 0 ? 0 : up(v)) : (v == 0 ? 0 : down(v)); };
  return {push(b.constant), push(b.log_x), push(b.linear), push(b.square)};
}
inline LogBound operator+(const LogBound& a, const LogBound& b) {
  return {a.constant + b.constant, a.log_x + b.log_x, a.linear + b.linear, a.square + b.square};
}
inline LogBound operator-(const LogBound& a, const LogBound& b) {
  return {a.constant - b.constant, a.log_x - b.log_x, a.linear - b.linear, a.square - b.square};
}
inline LogBound operator*(double k, const LogBound& b) { return {k * b.constant, k * b.log_x, k * b.linear, k * b.square}; }
/// Above both for x >= 1, where log x, x and x^2 are not negative.
inline LogBound larger(const LogBound& a, const LogBound& b) {
  return {std::max(a.constant, b.constant), std::max(a.log_x, b.log_x), std::max(a.linear, b.linear), std::max(a.square, b.square)};
}
/// Above the bound at x >= 1, the cancellation of its terms included.
inline double most(const LogBound& b, double x) {
  const double l = std::log(x);
  const double terms = std::abs(b.constant) + std::abs(b.log_x) * l + std::abs(b.linear) * x + std::abs(b.square) * x * x;
  return b.constant + b.log_x * l + b.linear * x + b.square * x * x + slack * (terms + 1);
}
/// Not increasing for x >= from: the derivative log_x/x + linear + 2 square x is at most its value with the worst x in each term.
inline bool decreases(const LogBound& b, double from) {
  const double rising = std::max(b.log_x, 0.0) / from, falling = 2 * b.square * from;
  return b.square <= 0 && rising + b.linear + falling + slack * (rising + std::abs(b.linear) - falling) <= 0;
}
inline bool grows_faster(const LogBound& a, const LogBound& b) {
  if (a.square != b.square) return a.square > b.square;
  if (a.linear != b.linear) return a.linear > b.linear;
  if (a.log_x != b.log_x) return a.log_x > b.log_x;
  return a.constant > b.constant;
}

/// c0 + c1 x + c2 x^2, a bound of the value itself.
struct Quadratic {
  double c0 = 0, c1 = 0, c2 = 0;
  /// Below the value at x >= 1, the cancellation of its terms included.
  double least(double x) const {
    const double value = c0 + c1 * x + c2 * x * x;
    return c0 >= 0 && c1 >= 0 && c2 >= 0 ? down(value) : value - slack * (std::abs(c0) + std::abs(c1) * x + std::abs(c2) * x * x);
  }
  bool is_constant() const { return c1 == 0 && c2 == 0; }
  /// Never below 0 for x >= from.
  bool non_negative(double from) const {
    return (c0 >= 0 && c1 >= 0 && c2 >= 0) || (least(from) >= 0 && c2 >= 0 && c1 + 2 * c2 * from * (1 - slack) >= 0);
  }
  bool non_positive(double from) const { return Quadratic{-c0, -c1, -c2}.non_negative(from); }
  /// Greater than some positive constant for x >= from.
  bool positive(double from) const { return least(from) > 0 && non_negative(from); }
};
inline Quadratic operator+(const Quadratic& a, const Quadratic& b) { return {a.c0 + b.c0, a.c1 + b.c1, a.c2 + b.c2}; }
inline Quadratic operator-(const Quadratic& a) { return {-a.c0, -a.c1, -a.c2}; }
inline double log_up(double v) { return up(std::log(v)) + slack; }
inline double log_down(double v) { return down(std::log(v)) - slack; }
inline Quadratic pushed(Quadratic a, double direction) {
  const auto push = [&](double v) { return v == 0 ? 0 : (direction > 0 ? up(v) : down(v)); };
  return {push(a.c0), push(a.c1), push(a.c2)};
}
/// [low_a, high_a] [low_b, high_b], coefficient by coefficient: where low <= f <= high and the coefficients are ordered, f is at each x a
/// polynomial with coefficients between theirs. None if they are not ordered or the degree exceeds 2.
inline std::optional<std::pair<Quadratic, Quadratic>> interval_product(const Quadratic& low_a, const Quadratic& high_a, const Quadratic& low_b,
                                                                       const Quadratic& high_b) {
  const std::array<double, 3> la = {low_a.c0, low_a.c1, low_a.c2}, ha = {high_a.c0, high_a.c1, high_a.c2}, lb = {low_b.c0, low_b.c1, low_b.c2},
                              hb = {high_b.c0, high_b.c1, high_b.c2};
  std::array<double, 3> low{}, high{};
  for (std::size_t i = 0; i < 3; ++i) {
    if (la[i] > ha[i] || lb[i] > hb[i]) return std::nullopt;
    for (std::size_t j = 0; j < 3; ++j) {
      const double products[] = {la[i] * lb[j], la[i] * hb[j], ha[i] * lb[j], ha[i] * hb[j]};
      const auto [least, most] = std::minmax_element(std::begin(products), std::end(products));
      if (*least == 0 && *most == 0) continue;
      if (i + j > 2) return std::nullopt;
      low[i + j] = low[i + j] + *least - slack * std::abs(*least);
      high[i + j] = high[i + j] + *most + slack * std::abs(*most);
    }
  }
  return std::pair{Quadratic{low[0], low[1], low[2]}, Quadratic{high[0], high[1], high[2]}};
}
inline LogBound as_log(const Quadratic& a) { return {a.c0, 0, a.c1, a.c2}; }

}  // namespace infwidth::growth_bounds
