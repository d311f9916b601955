// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace infwidth {

/// A value with its error, as every numerical route returns it.
///   error    |value - truth| <= error if `proven`; else the route's own estimate of it
///   method   the route in a few words: "closed form", "residue trapezoid, 30 nodes"
template <class Real>
struct Estimate {
  Real value;
  Real error;
  bool proven = false;
  std::uint64_t evaluations = 0;
  std::string method;
};

}  // namespace infwidth
