// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/activation/activation.hpp"
#include "infwidth/gaussian/variance_map.hpp"

namespace infwidth {

/// Q, chi and their derivatives at q = 0, from the one-sided derivatives of phi at x = 0:
///   E h(sqrt(q) z) ~ sum_k q^(k/2) E|z|^k (h_+^(k) + (-1)^k h_-^(k)) / (2 k!)
/// A term of odd k that does not cancel makes the derivative of order (k+1)/2 infinite, which is said in the orders and the reason.
///   Derivation D-024
VarianceJet<Ball> variance_jet_at_zero(const Activation& activation);

/// -1, 0, 1: where a point lies beside 0.
///   Errors   NotReached for one too near 0 to be told from it
int side_of_zero(const RealPoint& point);

/// E[f(0 z)]: the mean of the one-sided limits of f at 0.
Ball expectation_at_zero(const std::vector<Piece>& pieces);

}  // namespace infwidth
