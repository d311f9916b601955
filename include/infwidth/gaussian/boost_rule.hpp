// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/activation/activation.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/estimate.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

// The second route: Boost.Math's double-exponential quadrature in `Digits`, on the same pieces but with none of the first route's formulas,
// bounds or nodes. Not proven: the errors are Boost's own estimates.

/// Q, chi and their derivatives at q > 0, by Hermite weights, at the precision of `Digits`.
VarianceJet<Digits> boost_variance_jet(const Activation& activation, const Digits& q, const Budget& budget = {});

/// Q alone, where chi is infinite or not wanted; chi alone, six times as fast as all of them.
Digits boost_expectation_of_square(const Activation& activation, const Digits& q, const Budget& budget = {});
Digits boost_expectation_of_slope_square(const Activation& activation, const Digits& q, const Budget& budget = {});

/// E[f(sqrt(q) z)], q > 0.
Estimate<Digits> boost_expectation(const std::vector<Piece>& pieces, const Digits& q, const Budget& budget = {});

}  // namespace infwidth
