// SPDX-License-Identifier: GPL-3.0-or-later
//
// chi of tanh at q = 1.7, in balls: the residue trapezoid against the node limit (1 division and 6 multiplications a node, timed bare; 0.74 nodes
// a digit less a few; the poles below Y = 2 q pi / h at 2 exp, 4 div, 25 mul each) and against acb_calc_integrate. Time and proven error side by side.
#include <cmath>
#include <cstdio>

#if __has_include(<flint/acb_calc.h>)
#include <flint/acb_calc.h>
#else
#include <acb_calc.h>
#endif

#include "infwidth/gaussian/tanh_residue.hpp"
#include "timing.hpp"

using namespace infwidth;

namespace {

/// sech(x)^4 e^(-x^2/2q), for acb_calc_integrate.
int integrand(acb_ptr out, const acb_t x, void* param, slong, slong prec) {
  acb_t t;
  acb_init(t);
  acb_sech(t, x, prec);
  acb_pow_ui(t, t, 4, prec);
  acb_mul(out, x, x, prec);
  acb_div_arb(out, out, static_cast<arb_ptr>(param), prec);
  acb_mul_2exp_si(out, out, -1);
  acb_neg(out, out);
  acb_exp(out, out, prec);
  acb_mul(out, out, t, prec);
  acb_clear(t);
  return 0;
}

double integrate_seconds(const Ball& q, long bits, double reach) {
  acb_t a, b, r;
  acb_init(a);
  acb_init(b);
  acb_init(r);
  acb_set_d(b, reach);
  mag_t tolerance;
  mag_init(tolerance);
  mag_set_ui_2exp_si(tolerance, 1, -bits);
  Ball variance = q;
  const double t = bench::seconds_of([&] { acb_calc_integrate(r, integrand, variance.get(), a, b, bits, tolerance, nullptr, bits + 20); });
  mag_clear(tolerance);
  acb_clear(a);
  acb_clear(b);
  acb_clear(r);
  return t;
}

/// One operation, timed bare on numbers of full length.
template <class F>
double operation_seconds(F f) {
  return bench::seconds_of([&] {
           for (int i = 0; i < 200; ++i) f();
         }) / 200;
}

}  // namespace

int main() {
  std::printf("%6s %12s %10s %12s %8s %12s %8s\n", "digits", "chi", "error", "node limit", "ratio", "acb_calc", "ratio");
  const struct { int digits, nodes, poles; } limits[] = {{50, 30, 6}, {100, 62, 9}, {500, 334, 20}, {1000, 684, 28}};
  for (const auto& limit : limits) {
    const long bits = Precision::bits_for(limit.digits);
    const Precision p(bits);
    const Ball q = Ball(17) / Ball(10);
    Ball chi;
    const double ours = bench::seconds_of([&] { chi = tanh_chi(q); });
    const Precision working(bits + 20);
    const Ball x = sqrt(Ball(2)), y = sqrt(Ball(3)), e = exp(-x);
    Ball z;
    const double mul = operation_seconds([&] { arb_mul(z.get(), x.get(), y.get(), bits + 20); });
    const double div = operation_seconds([&] { arb_div(z.get(), x.get(), y.get(), bits + 20); });
    const double exponential = operation_seconds([&] { arb_exp(z.get(), e.get(), bits + 20); });
    const double bound = limit.nodes * (div + 6 * mul) + limit.poles * (2 * exponential + 4 * div + 25 * mul);
    const double reach = std::sqrt(2 * 1.7 * static_cast<double>(bits) * std::log(2.0)) + 1;
    const double calc = integrate_seconds(q, bits, reach);
    std::printf("%6d %9.1f us %10.1e %9.1f us %8.2f %9.1f us %8.1f\n", limit.digits, ours * 1e6, chi.radius().to_double(), bound * 1e6, ours / bound, calc * 1e6,
                calc / ours);
  }
}
