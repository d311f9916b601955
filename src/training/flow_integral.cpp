// SPDX-License-Identifier: GPL-3.0-or-later
#include "flow_integral.hpp"

#include <algorithm>
#include <cmath>

namespace infwidth {

namespace {

/// int_0^1 s^m/m! e^(-z s) ds = sum_j e^-z z^j / (m + 1 + j)!, z >= 0.
double exponential_moment(int m, double z) {
  if (z < 4 * m + 30) {
    double term = std::exp(-z), sum = 0;
    for (int k = 1; k <= m + 1; ++k) term /= k;
    for (int j = 0; term > 1e-18 * sum; ++j) {
      sum += term;
      term *= z / (m + 2 + j);
    }
    return sum;
  }
  double term = std::exp(-z), rest = 0;  // the part of the Poisson law below m + 1, which is small
  for (int j = 0; j <= m; ++j) {
    rest += term;
    term *= z / (j + 1);
  }
  return (1 - rest) * std::pow(z, -(m + 1));
}

}  // namespace

double decayed_time(double a, double t) {
  if (std::isinf(t)) return 1 / a;
  return a * t < 1e-300 ? t : -std::expm1(-a * t) / a;
}

double nested_decayed_time(double a, double b, double t) {
  if (std::isinf(t)) return 1 / (a * (a + b));
  const double z = a * t, y = b * t;
  if (y >= 0.5 * std::max(1.0, z)) return (decayed_time(a, t) - decayed_time(a + b, t)) / b;
  // (1 - e^(-b s))/b = sum_k (-b)^k s^(k+1)/(k+1)!
  double sum = 0, power = 1;
  for (int k = 0; k < 60; ++k, power *= -y) {
    const double term = power * exponential_moment(k + 1, z);
    sum += term;
    if (std::abs(term) < 1e-18 * std::abs(sum)) break;
  }
  return t * t * sum;
}

}  // namespace infwidth
