// SPDX-License-Identifier: GPL-3.0-or-later
// Steps of training, beside the matrix products alone; `training_torch.py` does the same in PyTorch.
#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include <cblas.h>
#include <fmt/core.h>

#include "infwidth/run/stream.hpp"
#include "infwidth/training/task.hpp"
#include "infwidth/training/trainer.hpp"

using namespace infwidth;

namespace {

const int threads = static_cast<int>(std::thread::hardware_concurrency());

/// The least wall-clock time of some rounds: threads are at work.
template <class F>
double best_of(int rounds, F&& f) {
  double best = 1e9;
  for (int r = 0; r < rounds; ++r) {
    const auto start = std::chrono::steady_clock::now();
    f();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

double step_time(const char* activation, const std::vector<std::uint64_t>& widths, const TrainingData& data, Method method, std::size_t rounds) {
  const Architecture architecture = make_architecture(static_cast<int>(widths.size()), {Activation::from_text(activation)}, {1}, {1});
  TrainingOptions options;
  options.optimiser = {method, 1e-3, method == Method::adam ? 0 : 0.9};
  options.threads = threads;
  Trainer trainer(NetworkEnsemble(architecture, widths, data.dimension, 1, data.classes).network(0), architecture, data, options);
  trainer.epoch();
  return best_of(7, [&] {
    for (std::size_t k = 0; k < rounds; ++k) trainer.epoch();
  }) / static_cast<double>(rounds);
}

/// The products of a step (forward, gradients of weights, of inputs but the first layer's) by OpenBLAS on all threads.
double products_time(const std::vector<int>& sizes, int rows) {
  openblas_set_num_threads(threads);
  std::vector<std::vector<double>> w, x, d;
  for (std::size_t l = 0; l < sizes.size(); ++l) {
    x.emplace_back(static_cast<std::size_t>(rows) * static_cast<std::size_t>(sizes[l]), 0.5);
    if (l > 0) w.emplace_back(static_cast<std::size_t>(sizes[l]) * static_cast<std::size_t>(sizes[l - 1]), 0.25);
  }
  d = x;
  std::vector<std::vector<double>> g = w;
  const double time = best_of(7, [&] {
    for (std::size_t l = 1; l < sizes.size(); ++l) {
      cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, sizes[l], sizes[l - 1], 1, x[l - 1].data(), sizes[l - 1], w[l - 1].data(), sizes[l - 1], 0, x[l].data(), sizes[l]);
    }
    for (std::size_t l = sizes.size() - 1; l > 0; --l) {
      cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, sizes[l], sizes[l - 1], rows, 1, d[l].data(), sizes[l], x[l - 1].data(), sizes[l - 1], 0, g[l - 1].data(), sizes[l - 1]);
      if (l > 1) cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, sizes[l - 1], sizes[l], 1, d[l].data(), sizes[l], w[l - 1].data(), sizes[l - 1], 0, d[l - 1].data(), sizes[l - 1]);
    }
  });
  openblas_set_num_threads(1);
  return time;
}

}  // namespace

int main() {
  const Task sinusoid = make_task("sinusoid", 1);
  for (const auto& [name, method] : {std::pair{"momentum", Method::gradient_descent}, std::pair{"Adam", Method::adam}}) {
    fmt::print("[2, 250, 2] sigmoid, 400 points, cross-entropy, {}: {:.0f} us a step\n", name, 1e6 * step_time("sigmoid", {250}, sinusoid.data, method, 200));
  }
  TrainingData digits{1797, 64, 10, 0, std::vector<double>(1797 * 64), std::vector<int>(1797), {}};
  Stream(1, 0, 0).uniforms(digits.inputs);
  for (std::size_t k = 0; k < digits.points; ++k) digits.labels[k] = static_cast<int>(k % 10);
  for (const char* activation : {"relu", "tanh", "sigmoid"}) {
    const double step = step_time(activation, {512, 512}, digits, Method::gradient_descent, 3), products = products_time({64, 512, 512, 10}, 1797);
    fmt::print("[64, 512, 512, 10] {}, 1797 points: {:.1f} ms a step, products alone {:.1f} ms, ratio {:.2f}\n", activation, 1e3 * step, 1e3 * products, step / products);
  }
}
