// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/geometry/metric_by_differences.hpp"

namespace infwidth {

std::vector<Ball> metric_by_differences(const PointKernel& kernel, const std::vector<Rational>& x, const Rational& h) {
  const auto moved = [&](std::size_t i, const Rational& by) {
    std::vector<Rational> p = x;
    p[i] += by;
    return p;
  };
  // [k(+,+) - k(+,-) - k(-,+) + k(-,-)] / 4h^2 = d^2 k + O(h^2)
  const auto difference = [&](std::size_t i, std::size_t j, const Rational& step) {
    const std::vector<Rational> plus = moved(i, step), minus = moved(i, -step), plus_y = moved(j, step), minus_y = moved(j, -step);
    return (kernel(plus, plus_y) - kernel(plus, minus_y) - kernel(minus, plus_y) + kernel(minus, minus_y)) / Ball(4 * step * step);
  };
  const std::size_t d = x.size();
  std::vector<Ball> g(d * d);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = i; j < d; ++j) {
      const Ball coarse = difference(i, j, h), fine = difference(i, j, h / 2);
      g[i * d + j] = g[j * d + i] = fine + (fine - coarse) / Ball(3);
    }
  }
  return g;
}

}  // namespace infwidth
