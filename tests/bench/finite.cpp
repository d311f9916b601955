// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finite networks, in processor time divided by the threads. The metric of a wide deep network at many points, beside the matrix products of the same shapes alone; the
// metric of very many small networks at one point; normals.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include "infwidth/finite/ensemble.hpp"
#include "infwidth/finite/geometry.hpp"
#include "infwidth/real/matrix_product.hpp"
#include "infwidth/run/stream.hpp"

using namespace infwidth;

namespace {

double now() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

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

Architecture tanh_network(int depth) { return make_architecture(depth, {Activation::from_text("tanh")}, {Rational(3, 2)}, {Rational(1, 10)}); }

void wide(int threads) {
  constexpr std::size_t n = 1000, d = 100, count = 100;
  const FiniteNetwork network = NetworkEnsemble(tanh_network(3), {n}, d, 1).network(0);
  std::vector<double> x(count * d);
  Stream(1, 0, 99).normals(x, 0.1);
  const double ours = least_time([&] { (void)finite_geometry(network, {x.data(), count, d}, {}, threads); }, 5) / threads;
  // Two layers of n x n times n x (1 + d) a point, and the symmetric d x d product of each point.
  const std::size_t columns = 10 * (1 + d);
  const std::vector<double> w(n * n, 0.3), a(n * columns, 0.2);
  std::vector<double> c(n * columns), g(d * d);
  const double product = least_time([&] { multiply({w.data(), n, n}, {a.data(), n, columns}, c.data()); }, 5) * 10 * 2;
  const double square = least_time([&] { upper_of_square({a.data(), d, n}, g.data()); }, 20) * count;
  const double alone = (product + square) / threads;
  std::printf("metric, tanh, width %zu, depth 3, %zu points in d = %zu: %.4f s, the products alone %.4f s: %.0f %% of their speed\n", n, count, d, ours, alone, 100 * alone / ours);
}

void narrow(int threads) {
  const NetworkEnsemble ensemble(tanh_network(1), {10}, 2, 1);
  const FiniteMap map({Activation::from_text("tanh")});
  const std::vector<double> x = {0.6, 0.8};
  constexpr std::uint64_t draws = 200000;
  const double seconds = least_time(
                             [&] {
                               (void)run_ensemble(3, [&]() -> Draws {
                                 auto worker = std::make_shared<FiniteMap::Worker>(map);
                                 return [&, worker, one = FiniteNetwork(), g = FiniteGeometry()](std::uint64_t first, std::uint64_t count, double* vectors) mutable {
                                   for (std::uint64_t k = 0; k < count; ++k) {
                                     ensemble.network(first + k, one);
                                     worker->at(one, {x.data(), 1, 2}, {}, g);
                                     vectors[3 * k] = g.metric[0];
                                     vectors[3 * k + 1] = g.metric[1];
                                     vectors[3 * k + 2] = g.metric[3];
                                   }
                                 };
                               }, {.draws = draws, .threads = threads});
                             },
                             3) /
                         threads;
  std::printf("metric of 10^6 shallow tanh networks, width 10, one point in d = 2: %.3f s\n", seconds * 1e6 / static_cast<double>(draws));
}

}  // namespace

int main() {
  const int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  wide(threads);
  narrow(threads);
  std::vector<double> z(1 << 20);
  std::printf("a normal: %.2f ns\n", 1e9 * least_time([&] { Stream(1, 2, 3).normals(z); }, 5) / static_cast<double>(z.size()));
}
