// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/exact_rational.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace infwidth {

Rational exact_rational(double x) {
  if (!std::isfinite(x)) throw std::domain_error("exact_rational: " + std::string(std::isnan(x) ? "NaN" : x > 0 ? "infinity" : "-infinity") + " is no fraction; check that the number is finite");
  return Rational(x);
}

}  // namespace infwidth
