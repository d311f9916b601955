// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/kernel/gram.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "catch.hpp"
#include "infwidth/gaussian/bivariate_rule.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"

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

/// F and F' at one pair, by the rule for two variables that knows no closed form; by Q and chi where rho = 1 and q1 = q2.
struct Pair {
  Digits q1, q2, c;
};
Digits dual(const Activation& phi, BivariateOf of, const Pair& s) {
  if (s.q1 == 0 || s.q2 == 0) throw std::logic_error("not for zero");
  return bivariate_expectation(phi, of, s.q1, s.q2, s.c).value;
}

/// Sigma^(L+1) and Theta^(L+1) by the plain recursion in Digits.
struct Kernels {
  Digits nngp, ntk, nngp1, nngp2, ntk1, ntk2;
};
Kernels by_digits(const Architecture& a, const double* x, const double* y, std::size_t d) {
  Digits xx(0), yy(0), xy(0);
  for (std::size_t k = 0; k < d; ++k) {
    xx += Digits(x[k]) * Digits(x[k]);
    yy += Digits(y[k]) * Digits(y[k]);
    xy += Digits(x[k]) * Digits(y[k]);
  }
  const auto w = [&](std::size_t l) { return constant<Digits>(a.sigma_w2[l]); };
  const auto b = [&](std::size_t l) { return constant<Digits>(a.sigma_b2[l]); };
  const Digits w0 = a.input_scaling == InputScaling::fan_in ? Digits(w(0) / d) : w(0);
  Pair s{b(0) + w0 * xx, b(0) + w0 * yy, b(0) + w0 * xy};
  const bool standard = a.parameterization == Parameterization::standard;
  Pair t = standard ? Pair{xx + 1, yy + 1, xy + 1} : s;
  for (std::size_t l = 1; l <= a.activations.size(); ++l) {
    const Activation& phi = a.activations[l - 1];
    const VarianceMap map(phi);
    const auto j1 = map.at(s.q1), j2 = map.at(s.q2);
    const Digits F = dual(phi, BivariateOf::value, s), G = dual(phi, BivariateOf::derivative, s);
    const bool kept = a.residual && l < a.activations.size();
    const Digits keep = kept ? 1 : 0, scale = kept ? constant<Digits>(*a.residual * *a.residual) : Digits(1);
    const Digits plain = standard ? Digits(1) : b(l), per_value = standard ? Digits(a.widths[l - 1]) : w(l);
    const auto theta = [&](const Digits& before, const Digits& value, const Digits& slope) {
      return Digits(keep * before + scale * (plain + per_value * value + w(l) * slope * before));
    };
    t = {theta(t.q1, j1.Q, j1.chi), theta(t.q2, j2.Q, j2.chi), theta(t.c, F, G)};
    const auto sigma = [&](const Digits& before, const Digits& value) { return Digits(keep * before + scale * (b(l) + w(l) * value)); };
    s = {sigma(s.q1, j1.Q), sigma(s.q2, j2.Q), sigma(s.c, F)};
  }
  return {s.c, t.c, s.q1, s.q2, t.q1, t.q2};
}

double error_of(double got, const Digits& want, const Digits& scale1, const Digits& scale2) {
  return static_cast<double>(Digits(abs(Digits(got) - want) / sqrt(scale1 * scale2)));
}

}  // namespace

TEST_CASE("the recursion's reference values", "[kernel]") {
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
                               0.57156419680634435991937127819, 2.1674176937420772938704057616});
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

TEST_CASE("Gram matrices agree with the plain recursion over two-variable quadrature", "[kernel][slow]") {
  const DigitsPrecision precision(28);
  const std::string name = GENERATE("relu", "leaky_relu:1/5", "abs", "erf", "normal_cdf", "gelu", "sin", "cos", "exp", "gaussian", "tanh", "sigmoid", "softplus", "silu", "elu:1", "selu",
                                    "hardtanh", "relu6", "monomial:3", "relu(x)+1/2", "tanh(x)+sin(2*x)");
  CAPTURE(name);
  const std::size_t n = 14, d = 5;
  const std::vector<double> x = varied_points(n, d);
  const Architecture a = network(name, name == "exp" ? 1 : 2, Rational(6, 5), Rational(1, 10));  // exp of exp leaves the range of a double
  const GramMatrices k = gram(a, {x.data(), n, d}, everything);
  double nngp = 0, ntk = 0;
  for (const auto& [i, j] : {std::pair<std::size_t, std::size_t>{0, 9}, {0, 6}, {9, 13}}) {
    const Kernels want = by_digits(a, x.data() + i * d, x.data() + j * d, d);
    nngp = std::max(nngp, error_of(k.nngp[0](i, j), want.nngp, want.nngp1, want.nngp2));
    ntk = std::max(ntk, error_of(k.ntk[0](i, j), want.ntk, want.ntk1, want.ntk2));
  }
  UNSCOPED_INFO("errors " << nngp << " and " << ntk << ", condition " << k.condition);
  CHECK(nngp <= 1e-13 * k.condition);
  CHECK(ntk <= 1e-13 * k.condition);
}
