// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "infwidth/real/digits.hpp"

namespace infwidth {

/// A number known to `digits` digits, as a person would write it: `3`, `-1/4`, `2/pi`, `sqrt(2)`, `3*sqrt(pi)/4`. The decimal, to 20 digits at most,
/// where fewer than 8 are known, and where it is no fraction, its numerator and denominator at most 10^(digits/4) and 10^6, times one of
/// pi^(+-1/2), pi^(+-1), pi^(+-2), sqrt(2), sqrt(3), sqrt(2 pi)^(+-1), sqrt(2/pi)^(+-1), e^(+-1/2), e^(+-1). A chance hit among these has a
/// probability of about 20 10^(-digits/2).
std::string constant_text(const Digits& value, long digits);

}  // namespace infwidth
