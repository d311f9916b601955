// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "infwidth/kernel/regression.hpp"

/// The erf network of one hidden layer, sigma_w2 = 3/2, sigma_b2 = 1/10, by its closed form (D-030, D-033): enough of a network for regression.
namespace erf_network {

using Point = std::vector<double>;

struct Kernels {
  double nngp, ntk;
};

inline double input_kernel(const Point& x, const Point& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return 0.1 + 1.5 * sum;
}

inline Kernels at(const Point& x, const Point& y) {
  const double q1 = input_kernel(x, x), q2 = input_kernel(y, y), c = input_kernel(x, y), product = (1 + 2 * q1) * (1 + 2 * q2);
  const double nngp = 0.1 + 1.5 * (2 / std::numbers::pi) * std::asin(2 * c / std::sqrt(product));
  return {nngp, nngp + 1.5 * (4 / std::numbers::pi) / std::sqrt(product - 4 * c * c) * c};
}

/// The kernels between all points of x and all of y, row after row.
struct Matrices {
  std::vector<double> nngp, ntk;

  Matrices(const std::vector<Point>& x, const std::vector<Point>& y) {
    for (const Point& a : x)
      for (const Point& b : y) {
        const Kernels k = at(a, b);
        nngp.push_back(k.nngp);
        ntk.push_back(k.ntk);
      }
  }
};

/// What a regression wants to know of test points.
struct Test {
  Matrices cross;
  std::vector<double> nngp_self, ntk_self;

  Test(const std::vector<Point>& test, const std::vector<Point>& train) : cross(test, train) {
    for (const Point& x : test) {
      nngp_self.push_back(at(x, x).nngp);
      ntk_self.push_back(at(x, x).ntk);
    }
  }
  infwidth::TestKernels kernels() const { return {cross.nngp, nngp_self, cross.ntk, ntk_self}; }
};

/// Points in a square or cube, spread by multiples of the golden section.
inline std::vector<Point> points(std::size_t count, std::size_t dimension, double shift = 0) {
  std::vector<Point> r(count, Point(dimension));
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < dimension; ++j)
      r[i][j] = 3 * std::fmod(shift + static_cast<double>(i + 1) * std::pow(0.6180339887498949, static_cast<double>(j + 1)), 1.0) - 1.5;
  return r;
}

/// Two targets a point.
inline infwidth::DataMatrix targets(const std::vector<Point>& x) {
  infwidth::DataMatrix y{{}, x.size(), 2};
  for (const Point& p : x) {
    y.values.push_back(std::sin(2 * p[0]) + p[1]);
    y.values.push_back(p[0] > p[1] ? 1 : -1);
  }
  return y;
}

}  // namespace erf_network
