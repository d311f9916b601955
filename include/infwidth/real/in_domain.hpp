// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/real/functions.hpp"

namespace infwidth {

/// A ball of a number that a formula is known to be real at: where the ball reaches out of the domain of sqrt or asin, only the part within it counts.
/// (sqrt(q1 q2 - c^2) of a covariance matrix, whose balls may hold a little less than 0.)
struct InDomain : Ball {
  using Ball::Ball;
  InDomain() = default;
  InDomain(Ball x) : Ball(std::move(x)) {}  // NOLINT(google-explicit-constructor)
};

inline InDomain sqrt(const InDomain& x) {
  InDomain r;
  arb_sqrtpos(r.get(), x.get(), Precision::bits());
  return r;
}
InDomain asin(const InDomain& x);
inline InDomain Phi(const InDomain& x) { return Phi(static_cast<const Ball&>(x)); }
inline InDomain sigmoid(const InDomain& x) { return sigmoid(static_cast<const Ball&>(x)); }
inline InDomain softplus(const InDomain& x) { return softplus(static_cast<const Ball&>(x)); }

}  // namespace infwidth
