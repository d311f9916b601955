// SPDX-License-Identifier: GPL-3.0-or-later
//
// The metric with its curvature at one point (|x|^2 = 1, d = 3, sigma_w^2 = 3/2, sigma_b^2 = 1/10), depth 3, in process: time and the largest
// proven relative error. One line a case, for tests/bench/run.py.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "infwidth/geometry/metric.hpp"
#include "timing.hpp"

using namespace infwidth;

namespace {

void measure(const std::string& activation, long digits) {
  const NetworkMetric network(make_architecture(3, {Activation::from_text(activation)}, {Rational(3, 2)}, {Rational(1, 10)}));
  const InputPoint x = InputPoint::with_norm2(1, 3);
  std::vector<LayerMetric<Ball>> answer;
  const auto run = [&] { answer = network.at(x, {.digits = digits}); };
  const double first = [&] {
    const double before = bench::cpu_seconds();
    run();
    return bench::cpu_seconds() - before;
  }();
  const double warm = first > 0.2 ? first : bench::seconds_of(run);
  long digits_right = digits * 10;
  answer.back().metric.for_each([&](Value<Ball>& v) {
    if (v.value.contains_zero()) return;
    digits_right = std::min(digits_right, static_cast<long>(static_cast<double>(arb_rel_accuracy_bits(v.value.get())) * 0.30103));
  });
  std::printf("%s %ld %.6g %.6g 1e-%ld\n", activation.c_str(), digits, first, warm, digits_right);
}

}  // namespace

int main() {
  for (const long digits : {15L, 50L, 1000L}) {
    for (const char* activation : {"tanh", "silu", "softplus", "gelu", "x*tanh(softplus(x))"}) measure(activation, digits);
  }
}
