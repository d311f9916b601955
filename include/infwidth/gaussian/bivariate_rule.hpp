// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/activation/activation.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/estimate.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// What is multiplied at the two points.
enum class BivariateOf {
  value,       // E[phi(u) phi(v)], the feature kernel of one layer
  derivative,  // E[phi'(u) phi'(v)]; where phi jumps, phi' holds a point mass
};

/// The expectation for (u, v) normal with mean 0 and covariance [[q1, c], [c, q2]], by a two-dimensional quadrature that knows no closed form.
///   Domain     q1, q2 > 0, c^2 < q1 q2: UsageError otherwise. The cost grows like 1/(1 - rho^2), rho = c/sqrt(q1 q2): not for rho near +-1.
///   Accuracy   the precision of `Digits` less 12 digits of the value, not proven: `error` is the difference of the last two of a sequence of rules.
///              A value that cancels keeps as many digits of E|phi(u)| E|phi(v)|.
///   Errors     NotReached if the rules do not agree
///   Derivation D-026
Estimate<Digits> bivariate_expectation(const Activation& phi, BivariateOf of, const Digits& q1, const Digits& q2, const Digits& c, const Budget& budget = {});
/// The same of E[f(u) g(v)].
Estimate<Digits> bivariate_expectation(const std::vector<Piece>& f, const std::vector<Piece>& g, const Digits& q1, const Digits& q2, const Digits& c, const Budget& budget = {});

}  // namespace infwidth
