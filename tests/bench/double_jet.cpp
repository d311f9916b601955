// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q, chi and two derivatives of each in double precision, one variance at a time: time and the error against balls, in units of the accuracy
// that is promised (1e-12 of the larger of |value| and its scale, value / q^k for the k-th derivative).
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "infwidth/gaussian/variance_map.hpp"
#include "timing.hpp"

using namespace infwidth;

int main() {
  std::printf("%-10s %8s %12s %12s\n", "activation", "q", "time", "error");
  for (const char* name : {"tanh", "silu", "softplus", "erf", "gelu", "elu:1", "hardtanh"}) {
    const VarianceMap map(Activation::from_text(name));
    for (const double q : {1e-6, 0.1, 1.7, 25.0, 1e4, 1e8}) {
      Pack variance;
      for (int i = 0; i < Pack::size; ++i) variance[i] = q * (1 + 0.01 * i);
      VarianceJet<Pack> jet;
      const double seconds = bench::seconds_of([&] { jet = map.at(variance); }) / Pack::size;
      const Precision p(300);
      const VarianceJet<Ball> exact = map.at(Ball(q));
      double error = 0;
      const auto compare = [&](double value, const Ball& truth, double scale) {
        error = std::max(error, std::abs((Ball(value) - truth).to_double()) / (1e-12 * std::max(std::abs(truth.to_double()), scale)));
      };
      const double Q = exact.Q.to_double(), chi = exact.chi.to_double();
      compare(jet.Q[0], exact.Q, 0);
      compare(jet.dQ[0], exact.dQ, Q / q);
      compare(jet.d2Q[0], exact.d2Q, Q / q / q);
      compare(jet.chi[0], exact.chi, 0);
      compare(jet.dchi[0], exact.dchi, chi / q);
      compare(jet.d2chi[0], exact.d2chi, chi / q / q);
      std::printf("%-10s %8.1e %9.3f us %12.2e\n", name, q, seconds * 1e6, error);
    }
  }
}
