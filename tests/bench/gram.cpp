// SPDX-License-Identifier: GPL-3.0-or-later
//
// Gram matrices, NNGP and NTK together. Printed beside each time: the bound, which is half a matrix product of the inputs (the fastest of some, in the same
// run) and the throughput of the dual's elementary functions on a cached vector, all in processor time divided by the threads.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>
#include <vector>

#include "infwidth/kernel/gram.hpp"
#include "infwidth/real/matrix_product.hpp"

using namespace infwidth;

namespace {

/// Processor seconds of all threads: what other processes do does not count.
double now() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// The least time of `rounds` calls, after one to warm up.
template <class F>
double least_time(F&& f, int rounds) {
  f();
  double least = 1e300;
  for (int r = 0; r < rounds; ++r) {
    const double before = now();
    f();
    least = std::min(least, now() - before);
  }
  return least;
}

std::vector<double> normal_points(std::size_t n, std::size_t d, double spread) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> x(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    const double size = std::exp(spread * normal(random)) / std::sqrt(static_cast<double>(d));
    for (std::size_t k = 0; k < d; ++k) x[i * d + k] = size * normal(random);
    if (spread > 0 && i % 10 == 9) std::copy_n(x.begin() + static_cast<std::ptrdiff_t>((i - 5) * d), d, x.begin() + static_cast<std::ptrdiff_t>(i * d));  // equal points
  }
  return x;
}

/// Seconds of one core for half of X X^T, a square tile of it at a time.
double half_product(std::size_t n, std::size_t d) {
  const std::size_t tile = std::min<std::size_t>(n, 1024);
  const std::vector<double> a(tile * d, 0.3), b(tile * d, 0.2);
  std::vector<double> c(tile * tile);
  const double one = least_time([&] { multiply_by_transpose({a.data(), tile, d}, {b.data(), tile, d}, c.data()); }, 10);
  const double tiles = static_cast<double>(n) * static_cast<double>(n) / 2 / static_cast<double>(tile * tile);
  return one * tiles;
}

/// Seconds of one core for an entry and layer of the square roots, quotients and products that a dual needs at least.
template <int Roots, int Quotients, int Products>
double elementary() {
  constexpr std::size_t n = 2048;
  std::vector<double> x(n, 0.3), y(n, 0.2);
  const double once = least_time(
      [&] {
        for (int repeat = 0; repeat < 100; ++repeat) {
          double *const __restrict a = x.data(), *const __restrict b = y.data();
          for (std::size_t j = 0; j < n; ++j) {
            double s = a[j];
            if constexpr (Roots > 0) s = std::sqrt(s);
            if constexpr (Quotients > 0) s = 0.7 / s;
            double p = s;
#pragma GCC unroll 64
            for (int k = 0; k < Products; ++k) p = p * s + 0.01;
            b[j] = p;
          }
        }
      },
      20);
  return once / (100.0 * n);
}

void run(const char* activation, std::size_t n, std::size_t d, int depth, int threads, double spread, double entry) {
  const Architecture network = make_architecture(depth, {Activation::from_text(activation)}, {Rational(3, 2)}, {Rational(1, 10)});
  const std::vector<double> x = normal_points(n, d, spread);
  GramMatrices result;
  GramOptions options;
  options.threads = threads;
  const auto started = std::chrono::steady_clock::now();
  gram(network, {x.data(), n, d}, {.nngp = true, .ntk = true}, options, result);
  const double first = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const double seconds = least_time([&] { gram(network, {x.data(), n, d}, {.nngp = true, .ntk = true}, options, result); }, 5) / threads;
  std::printf("%-8s %5zu x %-4zu depth %d, %d threads: %8.4f s, %.3f microseconds an entry (first call, on the clock: %.4f s)", activation, n, d, depth, threads, seconds,
              1e6 * seconds / static_cast<double>(n * n), first);
  if (entry > 0) {
    const double product = half_product(n, d) / threads, functions = entry * depth * static_cast<double>(n) * static_cast<double>(n) / 2 / threads;
    std::printf("   bound %.4f s (product %.4f, functions %.4f), ratio %.2f", product + functions, product, functions, seconds / (product + functions));
  }
  std::printf("\n");
}

}  // namespace

int main(int count, char** words) {
  const std::size_t n = count > 1 ? static_cast<std::size_t>(std::atol(words[1])) : 4096;
  run("relu", n, 784, 5, 2, 0, elementary<2, 0, 20>());
  run("erf", n, 784, 5, 2, 0, elementary<1, 1, 18>());
  run("tanh", 1000, 64, 3, 1, 0.5, 0);
  run("silu", 1000, 64, 3, 1, 0.5, 0);
  run("elu:1", 1000, 64, 3, 1, 0.5, 0);
  run("hardtanh", 1000, 64, 3, 1, 0.5, 0);
}
