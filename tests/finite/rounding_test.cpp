// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/rounding.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "catch.hpp"
#include "infwidth/expression/program.hpp"

using namespace infwidth;

namespace {

/// g at x by plain loops in `Digits`.
std::vector<Digits> metric_by_digits(const FiniteNetwork& network, const std::vector<double>& x) {
  const std::size_t d = x.size();
  std::vector<Digits> h(x.begin(), x.end());
  std::vector<std::vector<Digits>> dh(d, std::vector<Digits>(d, Digits(0)));
  for (std::size_t i = 0; i < d; ++i) dh[i][i] = 1;
  for (std::size_t l = 0; l < network.depth(); ++l) {
    const DenseLayer& layer = network.layers[l];
    std::vector<Digits> value(layer.outputs);
    std::vector<std::vector<Digits>> slope(layer.outputs, std::vector<Digits>(d, Digits(0)));
    for (std::size_t k = 0; k < layer.outputs; ++k) {
      Digits sum(layer.biases[k]);
      for (std::size_t m = 0; m < layer.inputs; ++m) {
        const Digits w(layer.weights[k * layer.inputs + m]);
        sum += w * h[m];
        for (std::size_t i = 0; i < d; ++i) slope[k][i] += w * dh[m][i];
      }
      const std::vector<Piece>& pieces = network.activations[l].pieces();
      std::size_t p = 0;
      while (pieces[p].right && Digits(pieces[p].right->at.approximately()) <= sum) ++p;
      const Program program({pieces[p].value, pieces[p].derivative}, "x");
      Evaluator<Digits> evaluate(program);
      const std::span<const Digits> phi = evaluate(sum);
      value[k] = phi[0];
      for (Digits& s : slope[k]) s *= phi[1];
    }
    h = value;
    dh = slope;
  }
  std::vector<Digits> g(d * d, Digits(0));
  for (const std::vector<Digits>& row : dh) {
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) g[i * d + j] += row[i] * row[j] / static_cast<unsigned>(dh.size());
    }
  }
  return g;
}

}  // namespace

TEST_CASE("the stated errors of a network's metric and volume are true, and not a hundred times too large", "[finite_geometry]") {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponent(-3, 3);
  std::normal_distribution<double> normal;
  const std::vector<const char*> names = {"tanh", "relu", "gelu", "sin", "sigmoid", "elu:1", "softplus", "x^3", "erf", "leaky_relu:1/5"};
  std::vector<double> ratios;
  std::size_t compared = 0;
  const DigitsPrecision precision(400);
  for (int round = 0; round < 120; ++round) {
    const char* const name = names[static_cast<std::size_t>(round) % names.size()];
    const int depth = 1 + round % 4;
    // Ordered, critical and chaotic; small and large points and weights.
    const double sigma_w2 = std::vector<double>{0.3, 1.5, 20, 400}[static_cast<std::size_t>(round / 4) % 4];
    const bool polynomial = std::string(name) == "x^3";
    const Architecture like = make_architecture(depth, {Activation::from_text(name)}, {Rational(polynomial ? 1.0 : sigma_w2)}, {Rational(1, 10)});
    const FiniteNetwork network = NetworkEnsemble(like, {12}, 2, static_cast<std::uint64_t>(round)).network(0);
    const double size = polynomial ? 1 : std::pow(10, exponent(random));
    const std::vector<double> x = {size * normal(random), size * normal(random)};
    const FiniteRequest request{.volume = true};
    const FiniteGeometry found = finite_geometry(network, {x.data(), 1, 2}, request);
    const GeometryRounding error = geometry_rounding(network, {x.data(), 1, 2}, request, found);
    const std::vector<Digits> truth = metric_by_digits(network, x);
    CAPTURE(name, depth, sigma_w2, size, round);
    for (const auto& [i, j] : {std::pair{0U, 0U}, {0U, 1U}, {1U, 1U}}) {
      const Digits scale = sqrt(truth[3 * i]) * sqrt(truth[3 * j]);
      if (scale < 1e-280) continue;
      const double off = Digits(abs(Digits(found.metric[2 * i + j]) - truth[2 * i + j]) / scale).convert_to<double>();
      CAPTURE(i, j, off, error.metric[0]);
      CHECK(off <= error.metric[0]);
      ++compared;
      if (i == j && off > 0) ratios.push_back(error.metric[0] / off);
    }
    const Digits determinant = truth[0] * truth[3] - truth[1] * truth[1];
    if (found.rank[0] < 2 || !(determinant > 0)) continue;
    const double off = Digits(abs(Digits(found.log_volume[0]) - log(determinant) / 2)).convert_to<double>();
    CAPTURE(off, error.log_volume[0]);
    CHECK(off <= error.log_volume[0]);
    if (std::isfinite(error.log_volume[0]) && off > 0) ratios.push_back(error.log_volume[0] / off);
  }
  CHECK(compared > 250);
  std::sort(ratios.begin(), ratios.end());
  CAPTURE(ratios[ratios.size() / 2]);
  CHECK(ratios[ratios.size() / 2] < 100);
}
