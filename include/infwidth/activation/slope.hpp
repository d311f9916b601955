// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/activation/coefficient.hpp"

namespace infwidth {

/// The fractions at which phi has no derivative: a jump of phi or phi', or an infinite slope. In increasing order. Ends between pieces that are no fractions, and those of which it is
/// open, are not among them.
std::vector<Rational> points_without_slope(const Activation& phi);

/// phi and phi' at a fraction, exact where that is seen; at an end between pieces from the right.
///   Errors   NotReached: a local expansion that is not known
struct ValueAndSlope {
  Coefficient value, slope;
};
ValueAndSlope value_and_slope(const Activation& phi, const Rational& t);

}  // namespace infwidth
