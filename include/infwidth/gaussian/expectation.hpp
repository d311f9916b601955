// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/activation/activation.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/estimate.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// E[f(sqrt(q) z)], z ~ N(0,1), of a function given by its pieces, at the working precision.
///   log2_scale   log2 of E|f|, roughly: the measure of a value that cancels to 0
///   Errors   NoSuchQuantity if the integral diverges; NotReached if no bound can be had.
struct Expectation {
  Estimate<Ball> estimate;
  double log2_scale = 0;
};
Expectation expectation(const Activation& f, const Ball& q, const Budget& budget = {});
/// The same in `Digits`, by Boost.Math: not proven.
Estimate<Digits> expectation(const Activation& f, const Digits& q, const Budget& budget = {});
/// The same in double precision.
Estimate<double> expectation(const Activation& f, double q, const Budget& budget = {});

}  // namespace infwidth
