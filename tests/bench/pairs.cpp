// SPDX-License-Identifier: GPL-3.0-or-later
//
// E[phi(u) phi(v)] and E[phi'(u) phi'(v)] in balls: trapezoidal rules on lattices (D-037, D-038) against products of Gauss-Legendre rules
// (D-040).
#include <cstdio>

#include "infwidth/gaussian/pair_trapezoid.hpp"
#include "timing.hpp"

using namespace infwidth;

int main() {
  std::printf("%20s %6s %10s %8s %10s %10s %12s %8s\n", "activation", "digits", "variance", "1 - rho", "evaluations", "lattices", "panels",
              "ratio");
  const struct {
    const char* activation;
    int digits, q;
    double t;
  } cases[] = {{"tanh", 15, 1, 1},   {"tanh", 15, 1, 1e-6}, {"tanh", 50, 1, 0.5},      {"tanh", 15, 100, 0.5},
               {"silu", 15, 2, 0.5}, {"x*tanh(softplus(x))", 15, 2, 0.5},  {"tanh", 15, 1000000, 0.5}};
  for (const auto& c : cases) {
    const Activation phi = Activation::from_text(c.activation);
    const long bits = Precision::bits_for(c.digits) + 10;
    const Precision p(bits + 40);
    const Ball q(c.q), t(c.t);
    const PairVariance<Ball> pair{q, q, q * (Ball(1) - t), q * q * t * (Ball(2) - t)};
    const PairTrapezoid lattices(phi.pieces(), phi.pieces(), PairRule::Of::values_and_slopes);
    std::uint64_t evaluations = 0;
    const double ours = bench::seconds_of([&] { evaluations = lattices.integrate(pair, bits).value().evaluations; }, 0.02, 3);
    std::printf("%20s %6d %10d %8.0e %10llu %7.2f ms", c.activation, c.digits, c.q, c.t, static_cast<unsigned long long>(evaluations),
                ours * 1e3);
    if (c.q > 1000) {
      std::printf(" %12s\n", "too many");  // more cells than the products take
      continue;
    }
    const PairRule panels(phi.pieces(), phi.pieces(), PairRule::Of::values_and_slopes);
    const double before = bench::cpu_seconds();
    panels.integrate(pair, bits);
    const double theirs = bench::cpu_seconds() - before;
    std::printf(" %9.1f ms %8.0f\n", theirs * 1e3, theirs / ours);
  }
}
