// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <span>

namespace infwidth {

/// y = coefficient n^slope.
///   low, high   the interval of slopes that data of normal errors leave open at 95 %: those whose best coefficient fits within 3.84 of the least chi^2. It may be infinite
///   misfit      that least chi^2, of size() - 2 degrees of freedom
struct PowerLaw {
  double slope = 0, low = 0, high = 0, coefficient = 0, misfit = 0;
};

/// The power law that fits best through y_k +- error_k at n_k, of either sign; none where no y differs from 0 (y = 0 everywhere lies within 9 of the least chi^2): a slope would be noise.
///   n, y, errors   two or more of each, n > 0 and not all alike, errors > 0
///   Derivation D-074
std::optional<PowerLaw> fit_power_law(std::span<const double> n, std::span<const double> y, std::span<const double> errors);

}  // namespace infwidth
