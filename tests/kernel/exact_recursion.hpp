// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "infwidth/real/digits.hpp"
#include "infwidth/real/functions.hpp"

/// The kernel recursion between two points from the textbook's closed duals, in `Digits` at the working precision: another road than the program's, which knows nothing of cancellation and needs
/// as many digits as get lost.
namespace exact_recursion {

using infwidth::Digits;

struct Dual {
  Digits value, slope;
};

inline Dual dual(const std::string& name, const Digits& q1, const Digits& q2, const Digits& c) {
  const Digits pi = infwidth::pi<Digits>(), one(1);
  const auto slopes = [&](const Digits& a, const Digits& b) -> Dual {  // a x below 0, b x above
    const Digits root = sqrt(q1 * q2), jump2 = (b - a) * (b - a);
    if (root == 0) return {Digits(0), (a * a + b * b) / 2 * 0 + a * b + jump2 / 4};
    Digits rho = c / root;
    if (rho > 1) rho = 1;
    if (rho < -1) rho = -1;
    const Digits theta = acos(rho), J0 = pi - theta, J1 = sqrt(1 - rho * rho) + rho * J0;
    return {a * b * c + jump2 * root * J1 / (2 * pi), a * b + jump2 * J0 / (2 * pi)};
  };
  const auto erf = [&](const Digits& a, const Digits& b, const Digits& k) -> Dual {  // k + a erf(b x)
    const Digits b2 = b * b, B = (1 + 2 * b2 * q1) * (1 + 2 * b2 * q2), k2 = 2 * b2 * c;
    return {k * k + 2 * a * a / pi * asin(k2 / sqrt(B)), 4 * a * a * b2 / (pi * sqrt(B - k2 * k2))};
  };
  const Digits mean = (q1 + q2) / 2;
  if (name == "relu") return slopes(Digits(0), one);
  if (name == "leaky_relu:-1/3") return slopes(-one / 3, one);
  if (name == "abs") return slopes(-one, one);
  if (name == "identity") return {c, one};
  if (name == "erf") return erf(one, one, Digits(0));
  if (name == "normal_cdf") return erf(one / 2, 1 / sqrt(Digits(2)), one / 2);
  if (name == "sin") return {(exp(c - mean) - exp(-c - mean)) / 2, (exp(c - mean) + exp(-c - mean)) / 2};
  if (name == "cos") return {(exp(c - mean) + exp(-c - mean)) / 2, (exp(c - mean) - exp(-c - mean)) / 2};
  if (name == "sin(x)+cos(x)") return {exp(c - mean), exp(c - mean)};
  if (name == "2*sin(x)+cos(x)") return {(5 * exp(c - mean) - 3 * exp(-c - mean)) / 2, (5 * exp(c - mean) + 3 * exp(-c - mean)) / 2};
  if (name == "exp") return {exp(mean + c), exp(mean + c)};
  if (name == "gaussian") {
    const Digits D = (1 + 2 * q1) * (1 + 2 * q2) - 4 * c * c;
    return {1 / sqrt(D), 4 * c / (D * sqrt(D))};
  }
  if (name == "gelu") {
    const Digits P = (1 + q1) * (1 + q2), D = P - c * c, root = sqrt(D), A = atan(c / root);
    return {c / 4 + ((c * c + q1 * q2 * D) / (P * root) + c * A) / (2 * pi),
            one / 4 + (A + c * (1 / D + (1 - q1 * q2) / P + 1) / root) / (2 * pi)};
  }
  throw std::logic_error("no exact dual of " + name);
}

struct Kernels {
  Digits feature, derivative, nngp, ntk;
};

/// Of the network of all layers; sigma_b2 everywhere, input scaling `unit`.
inline Kernels kernels(const std::string& name, int depth, const Digits& w, const Digits& b, const Digits& xx, const Digits& yy,
                       const Digits& xy) {
  Digits q1 = b + w * xx, q2 = b + w * yy, c = b + w * xy, theta = c;
  Kernels k;
  for (int l = 1; l <= depth; ++l) {
    const Dual d = dual(name, q1, q2, c);
    const Digits Q1 = dual(name, q1, q1, q1).value, Q2 = dual(name, q2, q2, q2).value;
    q1 = b + w * Q1;
    q2 = b + w * Q2;
    c = b + w * d.value;
    theta = c + w * d.slope * theta;
    k = {d.value, d.slope, c, theta};
  }
  return k;
}

}  // namespace exact_recursion
