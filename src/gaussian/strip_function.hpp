// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <climits>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "infwidth/expression/program.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/real/complex_ball.hpp"

namespace infwidth {

/// A function f, with its slope where that is wanted, analytic on the whole real line, and what a trapezoidal rule asks of it:
/// bounds on rectangles around the real line, which also prove it analytic there, its decay, its growth. Real on the real line.
/// Bounds are kept, so that the layers of a network share them. Safe for concurrent use.
class StripFunction {
 public:
  /// `slope` absent: f alone.
  StripFunction(const Expression& f, const std::optional<Expression>& slope);

  /// 1, or 2 with the slope.
  std::size_t outputs() const { return program_.outputs(); }
  const Program& program() const { return program_; }

  /// Heights of rectangles come in steps: 2^(level/8).
  static double height(int level);
  /// The highest level whose height is at most y.
  static int level_below(double y);

  /// Upper bounds of |f|, |f'| where |Re x| <= reach and |Im x| <= height(level); none if they are not proven analytic there.
  std::optional<std::vector<Ball>> magnitudes(int level, double reach) const;
  /// The highest level up to `most` that has magnitudes within `reach`; none if no height down to 2^-60 reach has.
  std::optional<int> highest_level(int most, double reach) const;
  /// Upper bounds where Re x = +-at, |Im x| <= y.
  std::vector<Ball> on_sides(double at, double y) const;
  /// The larger of |f|, of |f'|, at the points +-at + i y.
  std::vector<Ball> at_corners(double at, double y) const;
  /// Upper bounds of |f|, |f'| for real |x| <= reach; none if f is not proven analytic around them.
  std::optional<std::vector<Ball>> on_line(double reach) const;
  /// Upper bounds of E[f^2; |x| > from] and E[f'^2; |x| > from], x ~ N(0, q); none if none are known. From the growth of the formula alone:
  /// from >= 1.
  std::optional<std::vector<Ball>> growth_tails(const Ball& q, double from) const;
  /// The same for every from > 0, from bounds on the line too.
  std::optional<std::vector<Ball>> tails(const Ball& q, double from) const;
  /// log sqrt(E f^2), log sqrt(E f'^2), roughly: no bounds.
  std::vector<double> log_rms(double q) const;

 private:
  std::vector<Expression> formulas_;
  Program program_;
  mutable std::mutex mutex_;
  mutable std::map<std::pair<int, int>, std::vector<Ball>> known_;  // by level and by reach in steps of 2^(1/2)
  mutable std::map<int, int> failed_;  // by reach: the lowest level that failed; so does whatever is wider or higher

  /// The lowest level known to fail; `mutex_` is held.
  int lowest_failed(int reach_step) const;

  std::optional<std::vector<Ball>> bound_rectangle(double reach, double y) const;
};

/// An upper bound of the natural logarithm of |x|: -1e18 for 0.
double log_magnitude(const Ball& x);

}  // namespace infwidth
