// SPDX-License-Identifier: GPL-3.0-or-later
// Is the level of `infwidth validate` what it says, and does it see what it should? z-scores of true theories over many seeds: their standard deviation, the
// p-value of the Kolmogorov-Smirnov test against the standard normal, and how many verdicts are false alarms at 5 %.
//   calibration [SEEDS [DRAWS]]
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "infwidth/validation/network_study.hpp"
#include "support/kolmogorov_smirnov.hpp"

using namespace infwidth;

namespace {

void calibrate(const std::string& activation, int depth, const std::vector<Rational>& at, std::uint64_t seeds, std::uint64_t draws, StudyQuantities of) {
  const Architecture network = make_architecture(depth, {Activation::from_text(activation)}, {Rational(3, 2)}, {Rational(1, 10)});
  std::map<std::string, std::vector<double>> scores;
  std::uint64_t alarms = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    StudyOptions options;
    options.of = of;
    options.draws = draws;
    options.seed = seed;
    options.alpha = 0.05;
    options.threads = static_cast<int>(std::thread::hardware_concurrency());
    const StudyResult result = validate(network, {100}, {at}, options);
    if (!result.agrees()) ++alarms;
    for (const StudyRow& row : result.rows) {
      if (row.z) scores[row.quantity].push_back(*row.z);
    }
  }
  fmt::print("{}, depth {}, width 100, {} seeds of {} draws: {:.2f} % false alarms at 5 %\n", activation, depth, seeds, draws, 100.0 * static_cast<double>(alarms) / static_cast<double>(seeds));
  for (auto& [quantity, z] : scores) {
    double mean = 0, square = 0;
    for (const double s : z) mean += s / static_cast<double>(z.size());
    for (const double s : z) square += (s - mean) * (s - mean) / static_cast<double>(z.size() - 1);
    fmt::print("  {:10}  mean {:+.3f}  standard deviation {:.3f}  Kolmogorov-Smirnov p = {:.3g}\n", quantity, mean, std::sqrt(square), normality(std::move(z)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200, draws = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1000;
  const std::vector<Rational> at{Rational(3, 5), Rational(4, 5)};
  calibrate("erf", 1, at, seeds, draws, {.metric = true, .volume = true, .log_volume = false});
  calibrate("tanh", 3, at, seeds, draws, {.metric = true, .volume = false, .log_volume = false});
}
