// SPDX-License-Identifier: GPL-3.0-or-later
// Is the level of `infwidth validate` what it says, and does it see what it should? z-scores of true theories over many seeds: their standard deviation, the
// p-value of the Kolmogorov-Smirnov test against the standard normal; of the verdicts' p-values that against the uniform law, and how many are below 5 % and 0.1 %.
//   calibration [SEEDS [DRAWS]]
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <thread>
#include <vector>

#include <boost/math/special_functions/erf.hpp>
#include <fmt/core.h>

#include "infwidth/validation/network_study.hpp"
#include "support/kolmogorov_smirnov.hpp"

using namespace infwidth;

namespace {

void calibrate(const std::string& activation, int depth, std::uint64_t width, const std::vector<Rational>& at, std::uint64_t seeds, std::uint64_t draws, StudyQuantities of) {
  const Architecture network = make_architecture(depth, {Activation::from_text(activation)}, {Rational(3, 2)}, {Rational(1, 10)});
  std::map<std::string, std::vector<double>> scores;
  std::vector<double> verdicts;  // normal scores of the p-values
  std::uint64_t alarms = 0, rare = 0, tested = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    StudyOptions options;
    options.of = of;
    options.draws = draws;
    options.seed = seed;
    options.alpha = 0.05;
    options.threads = static_cast<int>(std::thread::hardware_concurrency());
    const StudyResult result = validate(network, {width}, {at}, options);
    tested += result.tested();
    if (result.no_verdict().empty()) {
      const double p = result.p_value();
      alarms += p < 0.05 ? 1 : 0;
      rare += p < 1e-3 ? 1 : 0;
      if (p > 0 && p < 1) verdicts.push_back(-std::sqrt(2.0) * boost::math::erfc_inv(2 * p));
    }
    for (const StudyRow& row : result.rows) {
      if (row.z) scores[row.quantity].push_back(*row.z);
    }
  }
  const double count = static_cast<double>(seeds);
  fmt::print("{}, depth {}, width {}, {} seeds of {} draws, {:.2f} rows: {:.2f} % below 5 %, {:.2f} % below 0.1 %, {} verdicts uniform with p = {:.3g}\n", activation, depth, width, seeds, draws,
             static_cast<double>(tested) / count, 100 * static_cast<double>(alarms) / count, 100 * static_cast<double>(rare) / count, verdicts.size(), verdicts.size() > 1 ? normality(verdicts) : 1.0);
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
  const StudyQuantities metric{.metric = true, .volume = false, .log_volume = false}, geometry{}, kernels{.metric = true, .volume = true, .log_volume = true, .kernel = true, .ntk = true};
  calibrate("erf", 1, 100, at, seeds, draws, {.metric = true, .volume = true, .log_volume = false});
  calibrate("tanh", 3, 100, at, seeds, draws, metric);
  calibrate("relu", 1, 50, at, seeds, draws, kernels);
  calibrate("relu", 2, 8, at, seeds, draws, geometry);
  calibrate("abs", 1, 5, at, seeds, draws, geometry);
  calibrate("gelu", 1, 50, at, seeds, draws, kernels);
  calibrate("sin", 1, 20, at, seeds, draws, metric);
  calibrate("elu:1", 1, 30, at, seeds, draws, metric);
  calibrate("x^3", 1, 20, at, seeds, draws, metric);
  calibrate("exp", 1, 10, at, seeds, draws, metric);
}
