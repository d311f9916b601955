// SPDX-License-Identifier: GPL-3.0-or-later
//
// The errors that the metric in double precision states, against balls: never below the truth, and in the median within a factor 100 of it. Networks and norms are drawn at random, of one seed;
// INFWIDTH_TEST_ROUNDS = n takes n times as many.
#include <algorithm>
#include <array>
#include <cmath>

#include "catch.hpp"
#include "infwidth/geometry/metric.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"
#include "support/draws.hpp"

using namespace infwidth;

namespace {

void metrics(int count, std::uint64_t seed, const std::vector<std::string>& names, int deepest) {
  Draws draws(seed);
  Ratios ratios;
  int unanswered = 0;
  for (int i = 0; i < count; ++i) {
    const std::string name = names[draws.below(names.size())];
    const int depth = draws.depth(deepest), dim = std::array<int, 4>{1, 2, 3, 100}[draws.below(4)];
    const Rational w = draws.sigma_w2(), b = draws.sigma_b2();
    const bool oscillates = name == "sin" || name == "cos";  // beyond variances of 1e6 the panels of doubles do not resolve that
    const double norm = draws.scale(-8, oscillates ? 2 : 8), norm2 = norm * norm;
    CAPTURE(name, depth, dim, w, b, norm2);
    const NetworkMetric metric(make_architecture(depth, {Activation::from_text(name)}, {w}, {b}));
    const std::vector<LayerMetric<double>> found = metric.at_by_double(std::array{norm2}, dim);
    if (found.back().outcome != Outcome::answered) {
      ++unanswered;
      continue;
    }
    LayerMetric<Ball> truth = metric.at(InputPoint::with_norm2(Rational(norm2), dim), {.digits = 20}).back();
    if (truth.outcome != Outcome::answered) {
      ++unanswered;
      continue;
    }
    std::vector<const Value<Ball>*> want;
    truth.metric.for_each([&](const Value<Ball>& v) { want.push_back(&v); });
    RadialMetric<double> got = found.back().metric;
    std::size_t at = 0;
    const std::array<const char*, 9> quantities = {
        "A", "B", "tangential", "radial", "volume", "log volume", "curvature, radial", "curvature, tangential", "Ricci scalar"};
    got.for_each([&](const Value<double>& v) {
      const Value<Ball>& w_ = *want[at];
      const char* const quantity = quantities[at++];
      if (!v.exists() || !w_.exists()) return;
      const double off = std::abs((Ball(v.value) - w_.value).to_double());
      INFO(quantity << ": " << short_text(v.value) << ", scale " << short_text(v.scale) << ", off by " << short_text(off) << ", stated "
                    << short_text(v.error));
      CHECK(off <= v.error);
      ratios.add(name + " " + quantity, v.error, off, std::max(std::abs(v.value), v.scale));
    });
  }
  CHECK(unanswered < count / 3);
  ratios.check();
}

}  // namespace

TEST_CASE("stated errors of the metric in double precision are true and not loose", "[geometry]") {
  metrics(rounds(20), 1, {"relu", "erf", "gaussian", "leaky_relu:1/5"}, 20);
}

TEST_CASE("stated errors of the metric in double precision are true and not loose, more networks", "[geometry][slow]") {
  metrics(rounds(60), 2, {"relu", "erf", "sin", "cos", "gaussian", "exp", "abs", "normal_cdf", "monomial:3"}, 60);
  metrics(rounds(20), 3, {"tanh", "sigmoid", "silu", "elu:1", "selu", "gelu"}, 8);
}
