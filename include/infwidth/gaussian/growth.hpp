// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "infwidth/expression/expression.hpp"
#include "infwidth/real/ball.hpp"

namespace infwidth {

/// constant + log_x log x + linear x + square x^2: how the logarithm of a magnitude is bounded for x >= X >= 1.
struct LogBound {
  double constant = 0, log_x = 0, linear = 0, square = 0;
};

enum class Tail { left, right };  // x -> -infinity (the bounds are in |x|), x -> +infinity

/// exp(lower) <= |f| <= exp(upper) for all |x| >= from on one side; `lower` where one is known.
struct Growth {
  LogBound upper;
  std::optional<LogBound> lower;
};

/// Bounds the growth of a formula in x without kinked functions, for |x| >= from >= 1, by walking its tree with outward slack.
///   Errors   NotReached, naming the term, if no bound of the form exp(a + b log x + c x + d x^2) is found
///   Derivation D-023
Growth growth(const Expression& f, Tail tail, double from);

/// A proven bound of the Gaussian tail of |f|^power beyond |x| = cut >= from, with any weight up to z^weight_power, z = |x|/sqrt q,
/// for every variance q in [q_lower, q_upper]:  integral_cut^inf |f|^power max(1, z^weight_power) p_q(x) dx.
/// None while the bound still grows at `cut`.
std::optional<Ball> gaussian_tail(const Growth& f, int power, int weight_power, double q_lower, double q_upper, double cut);

/// A proven bound of the integral of |f| over x > cut >= from, without a Gaussian. None while the bound does not fall at `cut`.
std::optional<Ball> exponential_tail(const Growth& f, double cut);

/// True if the bounds prove that E|f|^power diverges; false if they prove that it converges; none if they cannot tell.
std::optional<bool> diverges(const Growth& f, int power, double q_lower, double q_upper);

}  // namespace infwidth
