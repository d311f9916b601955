// SPDX-License-Identifier: GPL-3.0-or-later
//
// The metric, volume element and curvature that a random tanh network of depth 3 induces on the plane, to 30 proven digits.
#include <iostream>

#include "infwidth/geometry/metric.hpp"
#include "infwidth/real/text.hpp"

int main() {
  using namespace infwidth;
  const Architecture network = make_architecture(3, {Activation::from_text("tanh")}, {Rational(3, 2)}, {Rational(1, 10)});
  const RadialMetric<Ball> g = metric_at(network, InputPoint::at({Rational(3, 5), Rational(4, 5)}), {.digits = 30});
  std::cout << "A             " << to_decimal(g.A.value, 30) << '\n'
            << "B             " << to_decimal(g.B.value, 30) << '\n'
            << "sqrt(det g)   " << to_decimal(g.volume.value, 30) << '\n'
            << "Ricci scalar  " << to_decimal(g.ricci_scalar.value, 30) << '\n';
}
