// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/real/rational.hpp"

namespace infwidth {

/// The number itself as a fraction. Where a double may be no finite one, it goes through here: Rational(x) would divide by 0.
///   Errors   std::domain_error: infinity or NaN
Rational exact_rational(double x);

}  // namespace infwidth
