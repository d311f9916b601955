// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace infwidth {

/// The time integrals of exponentials that gradient flow leaves behind (D-080), for decay rates a, b >= 0 and times t >= 0, infinity included where the integral is finite
/// (a > 0): to a few units in the last place, for small rates too.

/// int_0^t e^(-a s) ds
double decayed_time(double a, double t);
/// int_0^t e^(-a s) int_0^s e^(-b r) dr ds
double nested_decayed_time(double a, double b, double t);

}  // namespace infwidth
