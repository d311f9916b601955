// SPDX-License-Identifier: GPL-3.0-or-later
//
// The errors that Gram matrices state, against the truth: never below it, and in the median within a factor 100 of it. Networks and pairs of points are drawn at random, of one seed;
// INFWIDTH_TEST_ROUNDS = n takes n times as many.
#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "infwidth/kernel/gram.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"
#include "kernel/exact_recursion.hpp"
#include "support/draws.hpp"

using namespace infwidth;

namespace {

/// Exact products of the rows.
struct Products {
  Rational xx, yy, xy;
  explicit Products(const Draws::Pair& p) {
    for (std::size_t i = 0; i < p.dim; ++i) {
      const Rational a(p.rows[i]), b(p.rows[p.dim + i]);
      xx += a * a;
      yy += b * b;
      xy += a * b;
    }
  }
};

constexpr GramRequest everything{.feature = true, .derivative = true, .nngp = true, .ntk = true, .errors = GramRequest::Errors::all};

constexpr std::size_t pairs_of_network = 4;  // which share its tables

void closed_duals(int count, std::uint64_t seed) {
  const std::vector<std::string> names = {"relu",          "leaky_relu:-1/3", "abs", "identity", "erf", "normal_cdf", "sin", "cos",
                                          "sin(x)+cos(x)", "2*sin(x)+cos(x)", "exp", "gaussian", "gelu"};
  Draws draws(seed);
  Ratios ratios;
  int refused = 0;
  for (int i = 0; i < count; ++i) {
    const std::string name = names[draws.below(names.size())];
    // exp overflows beyond that; sines of variances above 1e6 are not resolved by the panels of doubles, which give up late.
    const bool oscillates = name.find("sin") != std::string::npos || name == "cos";
    const int depth = name == "exp" ? 1 : draws.depth(60);
    const Rational w = draws.sigma_w2(), b = draws.sigma_b2();
    const std::size_t dim = draws.dimension();
    std::vector<Draws::Pair> pairs;
    std::vector<double> rows;
    for (std::size_t p = 0; p < pairs_of_network; ++p) {
      pairs.push_back(draws.pair(dim, -8, name == "exp" ? 0.5 : oscillates ? 2 : 8));
      rows.insert(rows.end(), pairs.back().rows.begin(), pairs.back().rows.end());
    }
    const DigitsPrecision precision(static_cast<unsigned>(100 + 3 * depth));  // a layer magnifies a squared distance by at most 10^3
    CAPTURE(name, depth, w, b);
    GramMatrices k;
    try {
      k = gram(make_architecture(depth, {Activation::from_text(name)}, {w}, {b}), {rows.data(), 2 * pairs_of_network, dim}, everything);
    } catch (const NotReached&) {
      ++refused;  // a variance below the range of doubles, or near its end
      continue;
    }
    for (std::size_t p = 0; p < pairs_of_network; ++p) {
      CAPTURE(pairs[p].kind, pairs[p].rows);
      const Products of(pairs[p]);
      const exact_recursion::Kernels truth = exact_recursion::kernels(
          name, depth, constant<Digits>(w), constant<Digits>(b), constant<Digits>(of.xx), constant<Digits>(of.yy), constant<Digits>(of.xy));
      const auto compare = [&](const char* what, const GramMatrix& found, const GramMatrices::Errors& errors, const Digits& want) {
        const double value = found(2 * p, 2 * p + 1), stated = errors.entries[0](2 * p, 2 * p + 1),
                     off = static_cast<double>(Digits(abs(Digits(value) - want)));
        INFO(what << ": " << short_text(value) << ", off by " << short_text(off) << ", stated " << short_text(stated));
        CHECK(off <= stated);
        ratios.add(name + ' ' + what, stated, off, value);
      };
      compare("feature", k.feature[0], k.feature_errors, truth.feature);
      compare("derivative", k.derivative[0], k.derivative_errors, truth.derivative);
      compare("nngp", k.nngp[0], k.nngp_errors, truth.nngp);
      compare("ntk", k.ntk[0], k.ntk_errors, truth.ntk);
    }
  }
  CHECK(refused <= count / 5);
  ratios.check();
}

}  // namespace

TEST_CASE("stated errors of closed duals are true and not loose, through up to 60 layers", "[kernel]") { closed_duals(rounds(10), 1); }

TEST_CASE("stated errors of closed duals are true and not loose, many networks", "[kernel][slow]") { closed_duals(rounds(80), 2); }

TEST_CASE("stated errors of duals without a closed form are true and not loose", "[kernel][slow]") {
  const std::vector<std::string> names = {"tanh", "sigmoid", "softplus", "silu", "elu:1", "selu", "hardtanh"};
  Draws draws(4);
  Ratios ratios;
  for (int i = 0; i < rounds(12); ++i) {
    const std::string name = names[draws.below(names.size())];
    const int depth = draws.depth(2);
    const Rational w = draws.sigma_w2(), b = draws.sigma_b2();
    const Draws::Pair pair = draws.pair(draws.dimension(), -4, 2);
    CAPTURE(name, depth, w, b, pair.kind, pair.rows);
    const Architecture network = make_architecture(depth, {Activation::from_text(name)}, {w}, {b});
    const GramMatrices k = gram(network, {pair.rows.data(), 2, pair.dim}, everything);
    const Products of(pair);
    const LayerKernel<Ball> truth = NetworkKernel(network).at({of.xx, of.yy, of.xy, static_cast<int>(pair.dim)}, {.digits = 18}).back();
    const auto check = [&](const char* what, const GramMatrix& found, const GramMatrices::Errors& errors, const KernelValue<Ball>& want) {
      if (want.absence) return;
      const double stated = errors.entries[0](0, 1), off = std::abs((Ball(found(0, 1)) - want.value).to_double());
      INFO(what << ": " << short_text(found(0, 1)) << ", off by " << short_text(off) << ", stated " << short_text(stated));
      CHECK(off <= stated);
      ratios.add(name, stated, off, found(0, 1));
    };
    check("feature", k.feature[0], k.feature_errors, truth.feature);
    check("derivative", k.derivative[0], k.derivative_errors, truth.derivative);
    check("nngp", k.nngp[0], k.nngp_errors, truth.nngp);
    check("ntk", k.ntk[0], k.ntk_errors, truth.ntk);
    // Alone, the slopes are not known.
    const GramMatrices alone = gram(network, {pair.rows.data(), 2, pair.dim}, {.nngp = true, .errors = GramRequest::Errors::all});
    check("nngp alone", alone.nngp[0], alone.nngp_errors, truth.nngp);
  }
  ratios.check();
}
