// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/drift.hpp"

#include "../../src/training/flow_integral.hpp"

#include <Eigen/Eigenvalues>
#include <array>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "infwidth/kernel/gram.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/jet.hpp"
#include "infwidth/run/stream.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::vector<double> inputs = {1, 0.2, -0.3, 0.8}, labels = {1, -1.5}, point = {0.6, 0.8};
constexpr double forever = std::numeric_limits<double>::infinity();

ShallowFlow tanh_flow() { return {Activation::from_text("tanh"), 1.5, 1.2, 1.5, 1.2}; }
MetricDrift tanh_drift(bool spread = false) { return MetricDrift(tanh_flow(), {inputs.data(), 2, 2}, {labels.data(), 2, 1}, point, {.spread = spread}); }

void check_entries(const EstimatedMatrix& got, const std::array<double, 3>& want, double tolerance) {
  const std::array<std::array<std::size_t, 2>, 3> places = {{{0, 0}, {0, 1}, {1, 1}}};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto [i, j] = places[k];
    CAPTURE(i, j, got(i, j), want[k]);
    CHECK(std::abs(got(i, j) - want[k]) <= tolerance);
    CHECK(got(j, i) == got(i, j));
    CHECK(got.error[i * got.size + j] < 1e-12);
  }
}

}  // namespace

TEST_CASE("drift of the metric: values of mpmath to 12 decimals", "[training][drift]") {
  // By tests/reference/inline_drift.py: two grids in two dimensions, with the gradients written out.
  const MetricDrift drift = tanh_drift();
  constexpr double last = 0.6e-12;
  check_entries(drift.ntk(), {1.297716053790, -0.156351715414, 1.082122114586}, last);
  check_entries(drift.initial_rate(), {-0.369626131188, 0.246383063295, -0.151441583021}, last);
  check_entries(drift.at(0.25), {0.020201719275, -0.018073578969, 0.016078379261}, last);
  check_entries(drift.at(1), {0.455707211507, -0.341002223074, 0.248644142637}, last);
  check_entries(drift.at(4), {0.922846647236, -0.699709124449, 0.516702423224}, last);
  check_entries(drift.mean_field_acceleration(), {3.593902863696, -2.612012831191, 1.826090730483}, last);
  check_entries(drift.posterior_shift(0.25), {0.700114996107, -0.519103684958, 0.408821485366}, last);
}

namespace {

/// Nodes and weights of the rule of n points for a standard normal, exact for polynomials of degree 2n - 1.
std::vector<std::array<double, 2>> standard_normal_rule(int n) {
  Eigen::MatrixXd jacobi = Eigen::MatrixXd::Zero(n, n);
  for (int k = 1; k < n; ++k) jacobi(k - 1, k) = jacobi(k, k - 1) = std::sqrt(k);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(jacobi);
  std::vector<std::array<double, 2>> rule;
  for (int k = 0; k < n; ++k) rule.push_back({solver.eigenvalues()[k], std::pow(solver.eigenvectors()(0, k), 2)});
  return rule;
}

/// Three points of three coordinates, two outputs, biases, a cubic activation: every average is one of a polynomial in w, b and v.
struct CubicNetwork {
  using J = Jet<double, 2>;
  ShallowFlow flow{Activation::from_text("x + x^2/3 - x^3/7"), 0.6, 0.9, 0.7, 0.8, 0.4, 0.3};
  std::vector<double> x = {0.5, -0.3, 0.7}, inputs = {1, 0.2, -0.4, -0.3, 0.8, 0.5, 0.6, 0.1, 1.1}, labels = {1, -0.5, -1.5, 0.75, 0.25, 2};

  MetricDrift drift(bool spread = false) const { return MetricDrift(flow, {inputs.data(), 3, 3}, {labels.data(), 3, 2}, x, {.spread = spread}); }

  static J value(const J& u) { return u + u * u / J(3) - u * u * u / J(7); }
  static J slope(const J& u) { return J(1) + u * J(2) / J(3) - u * u * J(3) / J(7); }
  using Unit = std::array<J, 6>;  // w, b and the two v as functions of time
  static J preactivation(const Unit& unit, const double* at) { return unit[0] * J(at[0]) + unit[1] * J(at[1]) + unit[2] * J(at[2]) + unit[3]; }

  /// The unit driven by residuals -e to second order in time: e_mu,c = labels, or at `own`: labels less the output of the network of this unit alone.
  Unit moved(const std::array<double, 6>& start, bool own) const {
    Unit unit;
    for (std::size_t a = 0; a < 6; ++a) unit[a] = J(start[a]);
    for (int order = 1; order <= 2; ++order) {
      Unit rate;
      for (std::size_t mu = 0; mu < 3; ++mu) {
        const J u = preactivation(unit, &inputs[3 * mu]);
        for (std::size_t c = 0; c < 2; ++c) {
          const J residual = J(labels[2 * mu + c]) - (own ? unit[4 + c] * value(u) : J(0)), push = residual * unit[4 + c] * slope(u);
          for (std::size_t a = 0; a < 3; ++a) rate[a] += push * J(inputs[3 * mu + a] * flow.mobility_w);
          rate[3] += push * J(flow.mobility_b);
          rate[4 + c] += residual * value(u) * J(flow.mobility_v);
        }
      }
      for (std::size_t a = 0; a < 6; ++a) unit[a][order] = rate[a][order - 1] / order;
    }
    return unit;
  }
  /// The unit moved by P_mu alone.
  Unit pushed(const std::array<double, 6>& start, std::size_t mu) const {
    Unit unit;
    for (std::size_t a = 0; a < 6; ++a) unit[a] = J(start[a]);
    const double s = slope(preactivation(unit, &inputs[3 * mu])).value();
    for (std::size_t a = 0; a < 3; ++a) unit[a][1] = s * inputs[3 * mu + a] * flow.mobility_w;
    unit[3][1] = s * flow.mobility_b;
    return unit;
  }
  J metric(const Unit& unit, std::size_t i, std::size_t j) const {
    const J s = slope(preactivation(unit, x.data()));
    return s * s * unit[i] * unit[j];
  }
  template <class F>
  void each_start(const F& f) const {
    const auto of_w = standard_normal_rule(8), of_v = standard_normal_rule(3);
    const double w = std::sqrt(flow.sigma_w2), b = std::sqrt(flow.sigma_b2), v = std::sqrt(flow.sigma_v2);
    for (const auto& [w0, p0] : of_w) {
      for (const auto& [w1, p1] : of_w) {
        for (const auto& [w2, p2] : of_w) {
          for (const auto& [b0, p3] : of_w) {
            for (const auto& [v0, p4] : of_v) {
              for (const auto& [v1, p5] : of_v) f(std::array<double, 6>{w * w0, w * w1, w * w2, b * b0, v * v0, v * v1}, p0 * p1 * p2 * p3 * p4 * p5);
            }
          }
        }
      }
    }
  }
};

}  // namespace

TEST_CASE("drift of the metric: three points, biases and two outputs against the flow itself", "[training][drift]") {
  // The rate is the same at every width: that of one unit. In the mean-field limit each unit is driven by the labels alone at first. Both averages are exact by a product rule.
  const CubicNetwork network;
  std::array<double, 9> rate{}, acceleration{}, metric{};
  std::array<std::array<double, 9>, 9> with_features{};  // E[G phi_mu phi_nu]
  std::array<double, 9> features{};
  std::array<std::array<double, 27>, 27> t2{};  // of (entry, mu)
  std::array<std::array<double, 27>, 3> t1{};   // of nu and (entry, mu)
  std::array<std::array<double, 9>, 9> rates{};
  network.each_start([&](const std::array<double, 6>& start, double weight) {
    const CubicNetwork::Unit own = network.moved(start, true), driven = network.moved(start, false);
    std::array<double, 9> driven_rate{};
    for (std::size_t e = 0; e < 9; ++e) {
      const auto g = network.metric(driven, e / 3, e % 3);
      metric[e] += weight * g.value();
      driven_rate[e] = g.derivative(1);
      acceleration[e] += weight * g.derivative(2);
      rate[e] += weight * network.metric(own, e / 3, e % 3).derivative(1);
    }
    std::array<double, 3> phi{};
    for (std::size_t mu = 0; mu < 3; ++mu) phi[mu] = CubicNetwork::value(CubicNetwork::preactivation(driven, &network.inputs[3 * mu])).value();
    if (std::abs(start[4]) + std::abs(start[5]) < 1e-9) {  // what follows is of w alone: once, at the middle nodes of v, of weight 4/9
      std::array<double, 27> pushed{};
      for (std::size_t mu = 0; mu < 3; ++mu) {
        const CubicNetwork::Unit unit = network.pushed(start, mu);
        for (std::size_t e = 0; e < 9; ++e) pushed[3 * e + mu] = network.metric(unit, e / 3, e % 3).derivative(1);
      }
      for (std::size_t a = 0; a < 27; ++a) {
        for (std::size_t b = 0; b < 27; ++b) t2[a][b] += 2.25 * weight * pushed[a] * pushed[b];
        for (std::size_t nu = 0; nu < 3; ++nu) t1[nu][a] += 2.25 * weight * pushed[a] * phi[nu];
      }
    }
    for (std::size_t e = 0; e < 9; ++e) {
      features[e] += weight * phi[e / 3] * phi[e % 3];
      for (std::size_t f = 0; f < 9; ++f) {
        rates[e][f] += weight * driven_rate[e] * driven_rate[f];
        with_features[e][f] += weight * network.metric(driven, e / 3, e % 3).value() * phi[f / 3] * phi[f % 3];
      }
    }
  });
  constexpr double noise = 0.3;
  const double v = network.flow.sigma_v2;
  const Eigen::Matrix3d inverse = (v * Eigen::Map<const Eigen::Matrix3d>(features.data()) + noise * Eigen::Matrix3d::Identity()).inverse();
  const Eigen::Matrix<double, 3, 2> alpha = inverse * Eigen::Map<const Eigen::Matrix<double, 3, 2, Eigen::RowMajor>>(network.labels.data());
  const Eigen::Matrix3d pull = alpha * alpha.transpose() - 2 * inverse;
  const MetricDrift drift = network.drift(true);
  const EstimatedMatrix g = drift.metric(), first = drift.initial_rate(), second = drift.mean_field_acceleration();
  const EstimatedMatrix shift = drift.posterior_shift(noise);
  for (std::size_t e = 0; e < 9; ++e) {
    CAPTURE(e);
    double of_posterior = 0;
    for (std::size_t f = 0; f < 9; ++f) of_posterior += v / 2 * pull(static_cast<Eigen::Index>(f / 3), static_cast<Eigen::Index>(f % 3)) * (with_features[e][f] - metric[e] * features[f]);
    CHECK(std::abs(shift.value[e] - of_posterior) < 1e-11 * std::abs(shift.value[8]));
    // The product rule's own rounding is of the largest entry.
    CHECK(std::abs(g.value[e] - metric[e]) < 1e-13 * metric[8]);
    CHECK(std::abs(first.value[e] - rate[e]) < first.error[e] + 1e-13 * std::abs(rate[8]));
    CHECK(std::abs(second.value[e] - acceleration[e]) < second.error[e] + 1e-13 * std::abs(acceleration[8]));
    // Large labels and short times leave this of the covariance.
    constexpr double t = 1e-9, gamma = 1e6;
    for (std::size_t f = 0; f < 9; ++f) {
      CAPTURE(f);
      const Estimate<double> c = drift.covariance_at(t, e / 3, e % 3, f / 3, f % 3, gamma);
      CHECK(std::abs(c.value / (t * t * gamma * gamma) - rates[e][f]) < 1e-7 * std::sqrt(rates[e][e] * rates[f][f]));
      // Without labels it is that of the products of f_0 and Z.
      double products = 0;
      for (std::size_t mu = 0; mu < 3; ++mu) {
        for (std::size_t nu = 0; nu < 3; ++nu) products += 2 * v * v * (features[3 * mu + nu] * t2[3 * e + mu][3 * f + nu] + t1[nu][3 * e + mu] * t1[mu][3 * f + nu]);
      }
      CHECK(std::abs(drift.covariance_at(t, e / 3, e % 3, f / 3, f % 3, 0).value / (t * t) - products) < 1e-7 * std::abs(products));
    }
  }
}

TEST_CASE("drift of the metric: the first orders in time of the whole drift", "[training][drift]") {
  const CubicNetwork network;
  const MetricDrift drift = network.drift();
  const EstimatedMatrix rate = drift.initial_rate(), acceleration = drift.mean_field_acceleration();
  const double h = 1e-4;
  const EstimatedMatrix at_h = drift.at(h), at_2h = drift.at(2 * h), driven = drift.at(h, 1e7), driven_2h = drift.at(2 * h, 1e7);
  for (std::size_t e = 0; e < 9; ++e) {
    const double slope = (4 * at_h.value[e] - at_2h.value[e]) / (2 * h), curvature = 2 * (driven.value[e] / (h * h) - (driven_2h.value[e] / (4 * h * h) - driven.value[e] / (h * h))) / 1e14;
    CHECK(std::abs(slope - rate.value[e]) < 1e-5 * (1 + std::abs(rate.value[e])));
    CHECK(std::abs(curvature - acceleration.value[e]) < 1e-5 * (1 + std::abs(acceleration.value[e])));
  }
  CHECK(drift.at(0).value == std::vector<double>(9));
}

TEST_CASE("drift of the metric: kernels are those of the library of kernels", "[training][drift]") {
  const char* activation = GENERATE("tanh", "erf", "gelu", "sigmoid", "softplus", "sin(x) + x^2/7", "exp(-x^2/2)");
  CAPTURE(activation);
  const std::vector<double> x = {0.5, -0.3, 0.7}, points = {1, 0.2, -0.4, -0.3, 0.8, 0.5, 0.5, -0.3, 0.7};  // the last is x
  const double b = GENERATE(0.0, 0.25);
  const Activation phi = Activation::from_text(activation);
  const std::vector<double> y = {1, 2, 3};
  const MetricDrift drift({phi, 1.5, 1.25, 1.5, 1.25, b, b}, {points.data(), 3, 3}, {y.data(), 3, 1}, x);
  const Architecture network = make_architecture(1, {phi}, {Rational(3, 2), Rational(5, 4)}, {b == 0 ? Rational(0) : Rational(1, 4), Rational(0)});
  const GramMatrices kernels = gram(network, {points.data(), 3, 3}, {.nngp = true, .ntk = true});
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(std::abs(drift.ntk()(i, j) - kernels.ntk[0](i, j)) < 2e-13 * std::abs(kernels.ntk[0](i, i)) + drift.ntk().error[3 * i + j]);
      CHECK(std::abs(drift.nngp()(i, j) - kernels.nngp[0](i, j)) < 2e-13 * std::abs(kernels.nngp[0](i, i)) + drift.nngp().error[3 * i + j]);
    }
  }
}

TEST_CASE("drift of the metric: integrals of decays at rates of every size", "[training][drift]") {
  using Real = boost::multiprecision::cpp_bin_float_100;
  for (const double a : {0.0, 1e-13, 1e-3, 0.4, 1.0, 7.0, 40.0, 1e4}) {
    for (const double t : {1e-3, 1.0, 30.0}) {
      const auto decayed = [&](const Real& rate) { return rate == 0 ? Real(t) : Real((1 - exp(-rate * t)) / rate); };
      CHECK(abs(decayed_time(a, t) - decayed(a)) <= 4e-16 * decayed(a));
      for (const double b : {0.0, 1e-13, 1e-3, 0.4, 1.0, 7.0, 40.0, 1e4}) {
        const Real x = a, y = b;
        const Real want = b > 0 ? Real((decayed(x) - decayed(x + y)) / y) : a > 0 ? Real((1 - exp(-x * t) * (1 + x * t)) / (x * x)) : Real(Real(t) * t / 2);
        CAPTURE(a, b, t);
        CHECK(abs(nested_decayed_time(a, b, t) - want) <= 4e-15 * want);
      }
    }
  }
}

TEST_CASE("drift of the metric: linear units in closed form, at rates of every size", "[training][drift]") {
  // phi = x: T1_mu,nu = m s (x_mu x_nu^T + x_nu x_mu^T), T3 = 0, T4 = m^2 (the same), and for orthogonal points the tangent kernel is diagonal.
  using Real = boost::multiprecision::cpp_bin_float_50;
  const double s = 1.5, sv = 1.25, m = 0.75, mv = 0.5;
  const double length = GENERATE(1.0, 0.3, 1e-2, 1e-5), t = GENERATE(1e-6, 0.1, 3.0, 80.0, 1e4, forever);
  CAPTURE(length, t);
  const std::vector<double> points = {1, 0, 0, length}, y = {2, -3};
  const MetricDrift drift({Activation::from_text("x"), s, sv, m, mv}, {points.data(), 2, 2}, {y.data(), 2, 1}, std::vector<double>{0.3, -2});
  if (t == forever && length < 1e-3) return;
  const std::array<Real, 2> square = {1, Real(length) * length};
  std::array<Real, 2> rate, decay;
  for (std::size_t a = 0; a < 2; ++a) {
    rate[a] = (mv * s + sv * m) * square[a];
    decay[a] = t == forever ? Real(1 / rate[a]) : Real((1 - exp(-rate[a] * t)) / rate[a]);
  }
  const auto nested = [&](std::size_t a, std::size_t b) {
    const Real both = rate[a] + rate[b];
    return t == forever ? Real(1 / (rate[a] * both)) : Real((decay[a] - (1 - exp(-both * t)) / both) / rate[b]);
  };
  std::array<std::array<Real, 2>, 2> want{};
  for (std::size_t a = 0; a < 2; ++a) {
    for (std::size_t b = 0; b < 2; ++b) {
      const Real start = Real(y[a]) * y[b] + (a == b ? Real(sv) * s * square[a] : Real(0));
      Real factor = nested(a, b) * start * mv * m * s + decay[a] * start * decay[b] * sv * m * m / 2;
      if (a == b) factor -= sv * decay[a] * m * s;
      const Real lengths = (a == 0 ? Real(1) : Real(length)) * (b == 0 ? Real(1) : Real(length));
      want[a][b] += factor * lengths;
      want[b][a] += factor * lengths;
    }
  }
  const EstimatedMatrix got = drift.at(t);
  for (std::size_t a = 0; a < 2; ++a) {
    for (std::size_t b = 0; b < 2; ++b) {
      CAPTURE(a, b, got(a, b));
      CHECK(abs(got(a, b) - want[a][b]) <= got.error[2 * a + b]);
      CHECK(got.error[2 * a + b] < 1e-12 * std::max(std::abs(got(0, 0)), std::abs(got(1, 1))));
    }
  }
}

TEST_CASE("drift of the metric: a point given twice is one at twice the speed", "[training][drift]") {
  const double t = GENERATE(0.01, 0.7, 20.0);
  const std::vector<double> once = {1, 0.2}, twice = {1, 0.2, 1, 0.2}, one = {1.5}, two = {1.5, 1.5};
  const MetricDrift single(tanh_flow(), {once.data(), 1, 2}, {one.data(), 1, 1}, point, {.spread = true});
  const MetricDrift pair(tanh_flow(), {twice.data(), 2, 2}, {two.data(), 2, 1}, point, {.spread = true});
  const EstimatedMatrix a = pair.at(t), b = single.at(2 * t), c = pair.spread_at(t), d = single.spread_at(2 * t);
  for (std::size_t e = 0; e < 4; ++e) {
    CHECK(std::abs(a.value[e] - b.value[e]) < 1e-12);
    CHECK(std::abs(c.value[e] - d.value[e]) < 1e-12);
    CHECK(d.value[e] > 0);
  }
  CHECK_THROWS_AS(pair.at(forever), NotReached);
  CHECK_THROWS_AS(pair.posterior_shift(0), NotReached);
}

TEST_CASE("drift of the metric: rotations, and points in special position", "[training][drift]") {
  const double angle = 0.7, c = std::cos(angle), s = std::sin(angle);
  const auto turned = [&](std::vector<double> p) {
    for (std::size_t k = 0; k < p.size(); k += 2) {
      const double x = p[k], y = p[k + 1];
      p[k] = c * x - s * y;
      p[k + 1] = s * x + c * y;
    }
    return p;
  };
  const std::vector<double> at = GENERATE(std::vector<double>{0.6, 0.8}, std::vector<double>{1, 0.2}, std::vector<double>{-2, -0.4}, std::vector<double>{0, 0});
  const std::vector<double> inputs_there = turned(inputs), at_there = turned(at);
  const MetricDrift here(tanh_flow(), {inputs.data(), 2, 2}, {labels.data(), 2, 1}, at);
  const MetricDrift there(tanh_flow(), {inputs_there.data(), 2, 2}, {labels.data(), 2, 1}, at_there);
  const auto check = [&](const EstimatedMatrix& g, const EstimatedMatrix& h, double tolerance) {
    const double xx = c * c * g(0, 0) - 2 * c * s * g(0, 1) + s * s * g(1, 1), xy = c * s * (g(0, 0) - g(1, 1)) + (c * c - s * s) * g(0, 1);
    CHECK(std::abs(h(0, 0) - xx) < tolerance);
    CHECK(std::abs(h(0, 1) - xy) < tolerance);
  };
  check(here.at(1), there.at(1), 1e-12);
  check(here.posterior_shift(0.25), there.posterior_shift(0.25), 1e-12);
  // Next to it the frame of integration is another one.
  std::vector<double> beside = at;
  beside[1] += 1e-7;
  const MetricDrift near(tanh_flow(), {inputs.data(), 2, 2}, {labels.data(), 2, 1}, beside);
  for (std::size_t e = 0; e < 4; ++e) CHECK(std::abs(near.at(1).value[e] - here.at(1).value[e]) < 3e-6);
}

namespace {

/// A network of n tanh units on the two points above, for plain integration of the flow.
struct Network {
  std::size_t n;
  std::vector<double> parameters;  // w_0 of all units, w_1, v

  Network(std::size_t width, std::uint64_t draw) : n(width), parameters(3 * width) {
    std::vector<double> z(3 * n);
    Stream(2024, draw, 0).normals(z);
    for (std::size_t k = 0; k < 3 * n; ++k) parameters[k] = z[k] * std::sqrt(k < 2 * n ? 1.5 : 1.2);
  }
  std::vector<double> rate(const std::vector<double>& p) const {
    std::vector<double> out(3 * n, 0.0);
    const double norm = 1 / std::sqrt(static_cast<double>(n));
    for (std::size_t mu = 0; mu < 2; ++mu) {
      std::vector<double> t(n);
      double f = 0;
      for (std::size_t k = 0; k < n; ++k) {
        t[k] = std::tanh(p[k] * inputs[2 * mu] + p[n + k] * inputs[2 * mu + 1]);
        f += norm * p[2 * n + k] * t[k];
      }
      const double push = -norm * (f - labels[mu]);
      for (std::size_t k = 0; k < n; ++k) {
        const double slope = 1.5 * push * p[2 * n + k] * (1 - t[k] * t[k]);
        out[k] += slope * inputs[2 * mu];
        out[n + k] += slope * inputs[2 * mu + 1];
        out[2 * n + k] += 1.2 * push * t[k];
      }
    }
    return out;
  }
  static std::vector<double> sum(const std::vector<double>& a, double c, const std::vector<double>& b) {
    std::vector<double> s(a);
    for (std::size_t k = 0; k < s.size(); ++k) s[k] += c * b[k];
    return s;
  }
  void step(double h) {
    const std::vector<double> a = rate(parameters), b = rate(sum(parameters, h / 2, a)), c = rate(sum(parameters, h / 2, b)), d = rate(sum(parameters, h, c));
    for (std::size_t k = 0; k < parameters.size(); ++k) parameters[k] += h / 6 * (a[k] + 2 * b[k] + 2 * c[k] + d[k]);
  }
  std::array<double, 3> metric() const {
    std::array<double, 3> g{};
    for (std::size_t k = 0; k < n; ++k) {
      const double w0 = parameters[k], w1 = parameters[n + k], t = std::tanh(w0 * point[0] + w1 * point[1]), s = (1 - t * t) * (1 - t * t) / static_cast<double>(n);
      g[0] += s * w0 * w0;
      g[1] += s * w0 * w1;
      g[2] += s * w1 * w1;
    }
    return g;
  }
};

/// Sums of powers of n times the drift of each of the three entries over networks.
struct Sample {
  std::array<std::array<double, 5>, 3> power{};

  void add(const std::array<double, 3>& x) {
    for (std::size_t e = 0; e < 3; ++e) {
      double p = 1;
      for (double& sum : power[e]) {
        sum += p;
        p *= x[e];
      }
    }
  }
  double mean(std::size_t e) const { return power[e][1] / power[e][0]; }
  double variance(std::size_t e) const { return power[e][2] / power[e][0] - mean(e) * mean(e); }
  double error_of_mean(std::size_t e) const { return std::sqrt(variance(e) / power[e][0]); }
  /// Of the standard deviation, by the fourth moment about the mean.
  double error_of_deviation(std::size_t e) const {
    const double n = power[e][0], m = mean(e), v = variance(e), fourth = power[e][4] / n - 4 * m * power[e][3] / n + 6 * m * m * power[e][2] / n - 3 * m * m * m * m;
    return std::sqrt((fourth - v * v) / n / (4 * v));
  }
};

}  // namespace

TEST_CASE("drift of the metric: the rate at the start of networks of 16 units", "[training][drift]") {
  // Central differences of networks drawn at random and moved along the flow; limits of 3.5 standard errors, seed fixed.
  Sample sample;
  constexpr double h = 1e-4;
  for (std::uint64_t draw = 0; draw < 20000; ++draw) {
    Network there(16, draw), back = there;
    const std::vector<double> rate = there.rate(there.parameters);
    there.parameters = Network::sum(there.parameters, h, rate);
    back.parameters = Network::sum(back.parameters, -h, rate);
    const auto a = there.metric(), b = back.metric();
    sample.add({16 * (a[0] - b[0]) / (2 * h), 16 * (a[1] - b[1]) / (2 * h), 16 * (a[2] - b[2]) / (2 * h)});
  }
  const EstimatedMatrix rate = tanh_drift().initial_rate();
  const std::array<double, 3> want = {rate(0, 0), rate(0, 1), rate(1, 1)};
  for (std::size_t e = 0; e < 3; ++e) {
    CAPTURE(e, sample.mean(e), sample.error_of_mean(e), want[e]);
    CHECK(std::abs(sample.mean(e) - want[e]) < 3.5 * sample.error_of_mean(e));
  }
}

TEST_CASE("drift of the metric: mean and spread of trained networks of 256 units", "[training][drift][slow]") {
  const double t = GENERATE(1.0, 2.0);
  constexpr std::size_t n = 256;
  Sample sample;
  for (std::uint64_t draw = 0; draw < 3000; ++draw) {
    Network network(n, draw);
    const auto before = network.metric();
    for (int k = 0; k < 20; ++k) network.step(t / 20);
    const auto after = network.metric();
    sample.add({n * (after[0] - before[0]), n * (after[1] - before[1]), n * (after[2] - before[2])});
  }
  const MetricDrift drift = tanh_drift(true);
  const EstimatedMatrix mean = drift.at(t), spread = drift.spread_at(t);
  for (std::size_t e = 0; e < 3; ++e) {
    const std::size_t i = e / 2, j = (e + 1) / 2;
    CAPTURE(e, sample.mean(e), sample.error_of_mean(e), mean(i, j), std::sqrt(sample.variance(e)), sample.error_of_deviation(e), spread(i, j));
    // The next order is 1/n of the value.
    CHECK(std::abs(sample.mean(e) - mean(i, j)) < 3.5 * sample.error_of_mean(e) + 3 * std::abs(mean(i, j)) / n);
    CHECK(std::abs(std::sqrt(sample.variance(e)) - spread(i, j)) < 3.5 * sample.error_of_deviation(e) + 3 * spread(i, j) / n);
  }
}

TEST_CASE("drift of the metric: the posterior of networks of 64 units by importance sampling", "[training][drift][slow]") {
  // Given w the labels are normal with the covariance v/n sum phi phi^T + noise: its density weighs the draws.
  constexpr std::size_t n = 64, draws = 200000;
  constexpr double noise = 0.25;
  const MetricDrift drift = tanh_drift();
  const EstimatedMatrix prior = drift.metric(), shift = drift.posterior_shift(noise);
  std::vector<std::array<double, 4>> sample(draws);  // weight, n (g - E g)
  double total = 0;
  for (std::size_t draw = 0; draw < draws; ++draw) {
    const Network network(n, draw);
    Eigen::Matrix2d c = noise * Eigen::Matrix2d::Identity();
    for (std::size_t k = 0; k < n; ++k) {
      const double w0 = network.parameters[k], w1 = network.parameters[n + k];
      const Eigen::Vector2d phi(std::tanh(w0 * inputs[0] + w1 * inputs[1]), std::tanh(w0 * inputs[2] + w1 * inputs[3]));
      c += 1.2 / n * phi * phi.transpose();
    }
    const Eigen::Vector2d y(labels[0], labels[1]);
    const auto g = network.metric();
    sample[draw] = {std::exp(-y.dot(c.inverse() * y) / 2) / std::sqrt(c.determinant()), n * (g[0] - prior(0, 0)), n * (g[1] - prior(0, 1)), n * (g[2] - prior(1, 1))};
    total += sample[draw][0];
  }
  for (std::size_t e = 0; e < 3; ++e) {
    // The prior's mean is known: it is a control variate.
    Sample of;
    for (const auto& s : sample) {
      const double x = (s[0] * draws / total - 1) * s[1 + e];
      of.add({x, x, x});
    }
    const double want = shift(e / 2, (e + 1) / 2);
    CAPTURE(e, of.mean(e), of.error_of_mean(e), want);
    CHECK(std::abs(of.mean(e) - want) < 3.5 * of.error_of_mean(e) + 3 * std::abs(want) / n);
  }
}

TEST_CASE("drift of the metric: what it refuses", "[training][drift]") {
  const auto make = [](ShallowFlow flow, const std::vector<double>& x = point) { return MetricDrift(flow, {inputs.data(), 2, 2}, {labels.data(), 2, 1}, x); };
  const auto of = [](const char* phi) { return ShallowFlow{Activation::from_text(phi), 1.5, 1.2, 1.5, 1.2}; };
  CHECK_THROWS_WITH(make(of("relu")), ContainsSubstring("phi' of relu jumps at x = 0") && ContainsSubstring("phi'' and phi'''"));
  CHECK_THROWS_AS(make(of("relu")), NoSuchQuantity);
  CHECK_THROWS_AS(make(of("sign(x)")), NoSuchQuantity);
  CHECK_THROWS_AS(make(of("elu:1")), NoSuchQuantity);
  CHECK_THROWS_AS(make(of("relu_power:2")), NoSuchQuantity);
  CHECK_THROWS_AS(make(of("relu_power:4")), NotReached);
  CHECK_THROWS_AS(make(of("exp(x^2/8)")), NotReached);
  CHECK_THROWS_AS(make(of("tanh"), {1, 2, 3}), UsageError);
  CHECK_THROWS_AS(make(of("tanh"), {1, std::nan("")}), UsageError);
  ShallowFlow negative = of("tanh");
  negative.mobility_v = -1;
  CHECK_THROWS_AS(make(negative), UsageError);
  negative = of("tanh");
  negative.sigma_w2 = 0;
  CHECK_THROWS_AS(make(negative), UsageError);
  CHECK_THROWS_AS(MetricDrift(of("tanh"), {inputs.data(), 2, 2}, {labels.data(), 1, 1}, point), UsageError);
  const MetricDrift drift = tanh_drift();
  CHECK_THROWS_AS(drift.at(-1), UsageError);
  CHECK_THROWS_AS(drift.at(std::nan("")), UsageError);
  CHECK_THROWS_AS(drift.posterior_shift(-1), UsageError);
  CHECK_THROWS_WITH(drift.covariance_at(1, 0, 0, 0, 0), ContainsSubstring("MetricDriftOptions::spread"));
}
