// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/kernel/gram.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "catch.hpp"
#include "infwidth/kernel/network_kernel.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

Architecture network(const std::string& activation, int depth, const Rational& sigma_w2, const Rational& sigma_b2) {
  return make_architecture(depth, {Activation::from_text(activation)}, {sigma_w2}, {sigma_b2});
}

constexpr GramRequest everything{.feature = true, .derivative = true, .nngp = true, .ntk = true};

/// Two points of squared norm 1 and product 3/5.
const std::vector<double> two_points = {1, 0, 0.6, 0.8};

/// Points of varied norms, among them an equal pair, an antipodal one, a collinear one, two close together and zero.
std::vector<double> varied_points(std::size_t n, std::size_t d) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<double> x(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    const double size = std::exp(0.5 * normal(random)) / std::sqrt(static_cast<double>(d));
    for (std::size_t k = 0; k < d; ++k) x[i * d + k] = size * normal(random);
  }
  const auto row_from = [&](std::size_t to, std::size_t from, double factor, double shift) {
    for (std::size_t k = 0; k < d; ++k) x[to * d + k] = factor * x[from * d + k] + (k == 0 ? shift : 0);
  };
  row_from(1, 0, 1, 0);
  row_from(2, 0, -1, 0);
  row_from(3, 0, 3, 0);
  row_from(4, 0, 1, 1e-6);
  row_from(5, 0, 1.001, 0.01);
  row_from(6, 0, -0.5, 0.05);
  row_from(7, 0, 0, 0);
  row_from(8, 0, 0.9, 0.1);
  return x;
}

std::vector<Rational> exactly(const double* x, std::size_t d) { return {x, x + d}; }
LayerKernel<Ball> proven(const Architecture& a, const double* x, const double* y, std::size_t d) {
  return NetworkKernel(a).at(InputPair::of(exactly(x, d), exactly(y, d)), {.digits = 17}).back();
}

/// Holds pairs of a Gram matrix against proven kernels: within the stated error, and that within `most` of sqrt(K(x,x) K(y,y)).
void check_pairs(const Architecture& a, const std::vector<double>& x, std::size_t d, const std::vector<std::pair<std::size_t, std::size_t>>& pairs, double most) {
  GramRequest request = everything;
  request.errors = GramRequest::Errors::all;
  const GramMatrices k = gram(a, {x.data(), x.size() / d, d}, request);
  const auto check = [&](const char* what, const GramMatrix& found, const GramMatrices::Errors& errors, std::size_t i, std::size_t j, const KernelValue<Ball>& want) {
    if (want.absence) return;
    const double stated = errors.entries[0](i, j);
    const double off = std::abs((Ball(found(i, j)) - want.value).to_double()), scale = std::sqrt(found(i, i) * found(j, j));
    INFO(what << ": " << short_text(found(i, j)) << ", off by " << short_text(off) << ", stated " << short_text(stated) << ", scale " << short_text(scale));
    CHECK(off <= stated);
    if (scale == 0) return;
    CHECK(stated <= most * scale);
    CHECK(stated <= errors.largest[0] * scale * (1 + 1e-15));
  };
  for (const auto& [i, j] : pairs) {
    CAPTURE(i, j);
    const LayerKernel<Ball> want = proven(a, x.data() + i * d, x.data() + j * d, d);
    check("feature", k.feature[0], k.feature_errors, i, j, want.feature);
    check("derivative", k.derivative[0], k.derivative_errors, i, j, want.derivative);
    check("nngp", k.nngp[0], k.nngp_errors, i, j, want.nngp);
    check("ntk", k.ntk[0], k.ntk_errors, i, j, want.ntk);
  }
}

/// What the tests below bound a stated error by: a network of a few layers whose variances magnify no rounding.
constexpr double of_few_layers = 3e-13;
/// The same of a Hermite series, which states what its coefficients leave of Q and chi, up to some 1e-13 in each layer.
constexpr double of_series = 1e-12;

}  // namespace

TEST_CASE("the recursion holds mpmath's values", "[kernel]") {
  // By tests/reference/inline_kernels.py, as in network_kernel_test.cpp.
  struct Row {
    const char* activation;
    double K2, T2, K4, T4, K4xx, T4xx;
  };
  const Row row = GENERATE(Row{"relu", 0.93435247136943520366675249627, 1.4705282524256412036289972812, 0.75799347829273323269861665186, 1.7495962149215784272362245437, 0.90625, 3.11875},
                           Row{"erf", 0.57394816914758948943656157889, 1.0910715719430731536057558191, 0.48082912221737784794370851694, 1.5311152635414028107589137118,
                               0.72399610580338157637504762069, 3.1571599590712003517535096249},
                           Row{"gelu", 0.80094230636151094721493820341, 1.3639779597765549463704147987, 0.49470792705773579407429099179, 1.3081852464588132733350934121,
                               0.64488570732697494111951323053, 2.3241600432208265035311072597},
                           Row{"tanh", 0.51972668755149300220272543134, 0.97073811019253302191553316042, 0.40780932218917290763849998954, 1.2089370169425844418285587454,
                               0.57156419680634435991937127819, 2.1674176937420772938704057617});
  CAPTURE(row.activation);
  GramRequest request = everything;
  request.all_layers = true;
  const GramMatrices k = gram(network(row.activation, 3, Rational(3, 2), Rational(1, 10)), {two_points.data(), 2, 2}, request);
  const auto agrees = [](double got, double want, double scale) { return std::abs(got - want) <= 2e-15 * scale; };
  CHECK(agrees(k.nngp[0](0, 1), row.K2, 1));
  CHECK(agrees(k.ntk[0](0, 1), row.T2, 2));
  CHECK(agrees(k.nngp[2](0, 1), row.K4, 1));
  CHECK(agrees(k.ntk[2](0, 1), row.T4, row.T4xx));
  CHECK(agrees(k.nngp[2](0, 0), row.K4xx, 1));
  CHECK(agrees(k.ntk[2](1, 1), row.T4xx, row.T4xx));
}


TEST_CASE("every pair is within its stated error of the proven kernel, for closed duals", "[kernel]") {
  const std::string name = GENERATE("relu", "leaky_relu:1/5", "abs", "erf", "normal_cdf", "gelu", "sin", "cos", "exp", "gaussian", "identity", "monomial:3", "rbf:1");
  CAPTURE(name);
  const Rational sigma_b2 = GENERATE(Rational(0), Rational(1, 10));
  const std::size_t d = 5;
  const std::vector<double> x = varied_points(14, d);
  const bool magnifies = name == "exp" || name == "monomial:3";
  check_pairs(network(name, name == "exp" ? 1 : 3, Rational(6, 5), sigma_b2), x, d, {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}, {0, 7}, {0, 8}, {0, 9}, {3, 10}, {9, 13}},
              magnifies ? 1e-10 : of_few_layers);
}

TEST_CASE("every pair is within its stated error of the proven kernel, without closed duals", "[kernel][slow]") {
  const std::string name = GENERATE("tanh", "sigmoid", "softplus", "silu", "elu:1", "selu", "hardtanh", "relu6", "relu(x)+1/2", "tanh(x)+sin(2*x)");
  CAPTURE(name);
  const std::size_t d = 5;
  const std::vector<double> x = varied_points(14, d);
  check_pairs(network(name, 2, Rational(6, 5), Rational(1, 10)), x, d, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}, {0, 7}, {0, 8}, {0, 9}, {9, 13}}, of_series);
}

TEST_CASE("residual connections, the standard parameterization, fan-in and a kink after a smooth layer", "[kernel]") {
  const std::size_t d = 5;
  const std::vector<double> x = varied_points(14, d);
  Architecture a = network("relu", 3, Rational(6, 5), GENERATE(Rational(0), Rational(1, 10)));
  const std::string change = GENERATE("residual", "standard", "no biases", "both", "fan-in", "erf, relu", "sin, abs, erf", "gelu, leaky");
  CAPTURE(change);
  if (change == "residual" || change == "both") a.residual = Rational(3, 4);
  if (change == "standard" || change == "no biases" || change == "both") {
    a.parameterization = Parameterization::standard;
    a.widths = {3, 5, 4};
  }
  a.has_biases = change != "no biases";
  if (change == "fan-in") a.input_scaling = InputScaling::fan_in;
  const Activation relu = a.activations[0], erf = Activation::from_text("erf");
  if (change == "erf, relu") a.activations = {erf, relu, relu};
  if (change == "sin, abs, erf") a.activations = {Activation::from_text("sin"), Activation::from_text("abs"), erf};
  if (change == "gelu, leaky") a.activations = {Activation::from_text("gelu"), Activation::from_text("leaky_relu:-1/3"), relu};
  check_pairs(a, x, d, {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}, {0, 7}, {0, 9}, {3, 10}}, of_few_layers);
}

TEST_CASE("a chaotic network keeps the digits of near points, and a linear one those of small values", "[kernel]") {
  GramRequest request{.nngp = true, .errors = GramRequest::Errors::all};
  const auto check = [&](const GramMatrices& k, double want, double most) {
    const double stated = k.nngp_errors.entries[0](0, 1);
    CAPTURE(k.nngp[0](0, 1), want, stated);
    CHECK(std::abs(k.nngp[0](0, 1) - want) <= stated);
    CHECK(stated <= most * want);
  };
  // (1, 0) and (1, 1e-6) of the double next to 10^-6, ten layers that magnify their squared distance by 30 each. Computed with 400 digits.
  const std::vector<double> near = {1, 0, 1, 1e-6};
  check(gram(network("sin", 10, 30, 0), {near.data(), 2, 2}, request), 8.525864834319167727116167, 1e-13);
  // Variances of 1e-16: E[sin(u) sin(v)] is cov.
  const std::vector<double> small = {1e-8, 0, 6e-9, 8e-9};
  check(gram(network("sin", 1, 1, 0), {small.data(), 2, 2}, request), 5.9999999999999994e-17, 1e-14);
}

TEST_CASE("1 - c of a critical ReLU network keeps ten digits through 10^4 layers", "[kernel]") {
  const DigitsPrecision precision(60);
  const std::vector<double> x = {1, 0, 0.6, 0.8, 1, 1e-3};
  const GramMatrices k = gram(network("relu", 10000, 2, 0), {x.data(), 3, 2}, {.ntk = true, .gap = true});
  for (const std::size_t j : {1U, 2U}) {
    Digits rho = Digits(x[2 * j]) / sqrt(Digits(x[2 * j]) * Digits(x[2 * j]) + Digits(x[2 * j + 1]) * Digits(x[2 * j + 1]));
    for (int l = 0; l < 10000; ++l) rho = (sqrt(1 - rho * rho) + rho * (pi<Digits>() - acos(rho))) / pi<Digits>();
    const Digits gap = 1 - rho;
    CHECK(std::abs(static_cast<double>(Digits((Digits(k.gap[0](0, j)) - gap) / gap))) < 1e-10);
  }
  CHECK(k.gap[0](0, 0) == 0);
}

TEST_CASE("one set is exactly symmetric, and equal rows have the diagonal's values", "[kernel]") {
  const std::string name = GENERATE("relu", "erf", "tanh", "hardtanh");
  CAPTURE(name);
  const std::size_t n = name == "hardtanh" ? 24 : 290, d = 3;  // strips that are not full
  const std::vector<double> x = varied_points(n, d);
  const Architecture a = network(name, 2, Rational(3, 2), Rational(1, 10));
  const GramMatrices one = gram(a, {x.data(), n, d}, everything), three = gram(a, {x.data(), n, d}, everything, {.threads = 3});
  const GramMatrices across = gram(a, {x.data(), 20, d}, {x.data() + 20 * d, n - 20, d}, everything);
  const auto check = [&](const GramMatrix& k, const GramMatrix& again, const GramMatrix& part) {
    bool symmetric = true, same = true;
    double worst = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        symmetric = symmetric && k(i, j) == k(j, i);
        same = same && k(i, j) == again(i, j);
        if (i < 20 && j >= 20) worst = std::max(worst, std::abs(k(i, j) - part(i, j - 20)) / std::sqrt(k(i, i) * k(j, j)));
      }
    }
    CHECK(symmetric);
    CHECK(same);
    CHECK(worst < 1e-13);
    CHECK(k(0, 1) == k(0, 0));
    CHECK(k(0, 0) == k(1, 1));
  };
  check(one.feature[0], three.feature[0], across.feature[0]);
  check(one.derivative[0], three.derivative[0], across.derivative[0]);
  check(one.nngp[0], three.nngp[0], across.nngp[0]);
  check(one.ntk[0], three.ntk[0], across.ntk[0]);
}

TEST_CASE("what a thread did before a tile changes no bit of it", "[kernel]") {
  // The last 16 points are a tile of their own on the diagonal, after one between them and the first 512, which are 32 times the same.
  const std::size_t n = 528, d = 5, last = 16;
  const Architecture a = network("tanh", 3, 1, 0);  // its series end where the pairs of a row let them
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    std::vector<double> x(last * d);
    for (double& c : x) c = normal(random);
    while (x.size() < n * d) x.insert(x.end(), x.begin(), x.begin() + last * d);
    const GramMatrices alone = gram(a, {x.data(), last, d}, everything);
    for (const int threads : {1, 3}) {
      CAPTURE(threads);
      const GramMatrices all = gram(a, {x.data(), n, d}, everything, {.threads = threads});
      bool same = true;
      for (std::size_t i = 0; i < last; ++i) {
        for (std::size_t j = 0; j < last; ++j) {
          const std::size_t k = n - last + i, l = n - last + j;
          same = same && all.nngp[0](k, l) == alone.nngp[0](i, j) && all.ntk[0](k, l) == alone.ntk[0](i, j);
        }
      }
      CHECK(same);
    }
  }
}

TEST_CASE("what cannot be answered is refused, by name", "[kernel]") {
  const std::vector<double> x = {1, 2, 3, 4};
  const MatrixView view{x.data(), 2, 2};
  const Architecture relu = network("relu", 2, 1, 0);
  CHECK_THROWS_WITH(gram(relu, view, {}), ContainsSubstring("no kernel asked for"));
  CHECK_THROWS_WITH(gram(relu, {x.data(), 0, 2}, everything), ContainsSubstring("no points"));
  CHECK_THROWS_WITH(gram(relu, view, {x.data(), 4, 1}, everything), ContainsSubstring("dimension 2 and of dimension 1"));
  const std::vector<double> bad = {1, 2, 3, std::nan("")};
  CHECK_THROWS_WITH(gram(relu, {bad.data(), 2, 2}, everything), ContainsSubstring("point 2, coordinate 2 is nan"));
  const std::vector<double> large = {1, 2, 1e200, 1};
  CHECK_THROWS_WITH(gram(relu, {large.data(), 2, 2}, everything), ContainsSubstring("point 2: its squared norm leaves the range"));
  CHECK_THROWS_AS(gram(network("step", 1, 1, 0), view, everything), NoSuchQuantity);
  CHECK_NOTHROW(gram(network("step", 1, 1, 0), view, {.nngp = true}));
  CHECK_THROWS_WITH(gram(network("exp", 3, 1, 0), view, everything), ContainsSubstring("layer 2, point 1"));
  CHECK_THROWS_AS(gram(network("exp", 3, 1, 0), view, everything), NotReached);
}
