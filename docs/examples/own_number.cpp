// SPDX-License-Identifier: GPL-3.0-or-later
//
// The theory is written once, over the number: the same layer recursion on balls (proven digits) and on eight doubles at a time (speed).
#include <iostream>

#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/geometry/recursion.hpp"
#include "infwidth/real/text.hpp"

/// The radial eigenvalue of the features' metric after `depth` hidden layers, sigma_w^2 = 3/2, sigma_b^2 = 1/10, at |x|^2 = s.
template <class Real>
Real radial_eigenvalue(const infwidth::VarianceMap& phi, const Real& s, int depth) {
  using namespace infwidth;
  const Real w = constant<Real>(3, 2), b = constant<Real>(1, 10);
  RadialKernel<Real> h = first_layer(s, w, b);
  for (int l = 1; l < depth; ++l) h = next_layer(h, phi.at(h.q[0]), w, b);
  return feature_kernel(h, phi.at(h.q[0])).radial[0];
}

int main() {
  using namespace infwidth;
  const VarianceMap erf_map(Activation::from_text("erf"));

  const Precision working(200);
  std::cout << "ball    " << to_decimal(radial_eigenvalue(erf_map, Ball(1), 3), 40) << '\n';

  Pack s;
  for (int i = 0; i < Pack::size; ++i) s[i] = i + 1;
  const Pack c = radial_eigenvalue(erf_map, s, 3);
  std::cout << "double ";
  for (int i = 0; i < Pack::size; ++i) std::cout << ' ' << c[i];
  std::cout << '\n';
  const double proven = radial_eigenvalue(erf_map, Ball(1), 3).to_double();
  return c[0] / proven - 1 < 1e-12 && proven / c[0] - 1 < 1e-12 ? 0 : 1;
}
