// SPDX-License-Identifier: GPL-3.0-or-later
// D-012 by another road than its proof. The curvatures of A I + B x x^T against Christoffel symbols stand in tests/geometry/curvature_test.cpp; here
// the warped product, whose curvatures need no tensors, and the factor -1/4 of Hessian metrics by three roads.
#include "infwidth/geometry/radial_metric.hpp"
#include "support/agreement.hpp"
#include "support/brute_force.hpp"
#include "support/closed_forms.hpp"

using namespace infwidth;
using brute_force::Curvature;
using brute_force::Metric;
using brute_force::Taylor;

namespace {

Rational fraction(int p, int q) { return Rational(p, q); }

/// T_i T^i - T_ijk T^ijk, T_ijk = d_k g_ij, T_i = g^jk T_jki.
template <std::size_t d>
Rational trace_form(const Metric<Rational, d>& g, const brute_force::Matrix<Rational, d>& up) {
  Rational result = 0;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t a = 0; a < d; ++a) {
        for (std::size_t b = 0; b < d; ++b) {
          for (std::size_t k = 0; k < d; ++k) {
            for (std::size_t c = 0; c < d; ++c) {
              const Rational metrics = up[i][a] * up[j][b] * up[k][c];
              result += metrics * (g[i][j].gradient[b] * g[k][c].gradient[a] - g[i][j].gradient[k] * g[a][b].gradient[c]);
            }
          }
        }
      }
    }
  }
  return result;
}

/// The Hessian of a polynomial potential in three coordinates, exactly: potential = |x|^2/2 + sum of the cubic and quartic terms below.
Metric<Rational, 3> hessian_metric(const std::array<Rational, 3>& at) {
  using T = Taylor<Rational, 3>;
  T x = T::coordinate(at[0], 0), y = T::coordinate(at[1], 1), z = T::coordinate(at[2], 2);
  const T half(fraction(1, 2)), fifth(fraction(1, 5));
  // x^3 y / 6 + x y^2 / 5 + x y z / 2 + z^4 / 12 + x^2 z^2 / 4
  Metric<Rational, 3> g;
  g[0][0] = T(1) + x * y + half * z * z;
  g[1][1] = T(1) + T(2) * fifth * x;
  g[2][2] = T(1) + z * z + half * x * x;
  g[0][1] = g[1][0] = half * x * x + T(2) * fifth * y + half * z;
  g[0][2] = g[2][0] = half * y + x * z;
  g[1][2] = g[2][1] = half * x;
  return g;
}

/// A network of 8 neurons on the plane with phi(z) = z + z^3/3, written with weights in quarters: Phi_a(x) = phi(w_a.x + b_a)/sqrt(8).
struct FiniteNetwork {
  struct Neuron {
    std::array<Rational, 2> w;
    Rational b;
  };
  std::vector<Neuron> neurons;

  static FiniteNetwork example() {
    FiniteNetwork n;
    for (int a = 0; a < 8; ++a) n.neurons.push_back({{fraction((5 * a + 3) % 9 - 4, 4), fraction((7 * a + 1) % 9 - 3, 4)}, fraction((3 * a) % 7 - 3, 4)});
    return n;
  }

  /// sum_a D_m Phi_a D_n Phi_a for derivatives of orders m, n given by their indices.
  Rational inner(const std::array<Rational, 2>& x, const std::vector<std::size_t>& m, const std::vector<std::size_t>& n) const {
    Rational sum = 0;
    for (const Neuron& neuron : neurons) {
      const Rational z = neuron.w[0] * x[0] + neuron.w[1] * x[1] + neuron.b;
      const auto derivative = [&](const std::vector<std::size_t>& indices) {
        Rational r = indices.size() == 1 ? Rational(1 + z * z) : Rational(2 * z);
        for (std::size_t i : indices) r *= neuron.w[i];
        return r;
      };
      sum += derivative(m) * derivative(n);
    }
    return sum / static_cast<int>(neurons.size());
  }

  /// The metric at the point x(y), in the coordinates y: J^T g(x(y)) J.
  Metric<Rational, 2> metric(const std::array<Taylor<Rational, 2>, 2>& x, const std::array<std::array<Taylor<Rational, 2>, 2>, 2>& jacobian) const {
    using T = Taylor<Rational, 2>;
    Metric<Rational, 2> g;
    for (const Neuron& neuron : neurons) {
      const T z = T(neuron.w[0]) * x[0] + T(neuron.w[1]) * x[1] + T(neuron.b), slope = T(1) + z * z;
      std::array<T, 2> gradient;
      for (std::size_t j = 0; j < 2; ++j) gradient[j] = slope * (T(neuron.w[0]) * jacobian[0][j] + T(neuron.w[1]) * jacobian[1][j]);
      for (std::size_t i = 0; i < 2; ++i) {
        for (std::size_t j = 0; j < 2; ++j) g[i][j] = g[i][j] + T(fraction(1, static_cast<int>(neurons.size()))) * gradient[i] * gradient[j];
      }
    }
    return g;
  }
};

}  // namespace

TEST_CASE("D-012: a Hessian metric has R = -1/4 (T_i T^i - T_ijk T^ijk), not -3/4", "[derivation][geometry]") {
  const Metric<Rational, 3> g = hessian_metric({fraction(1, 3), fraction(1, 5), fraction(-1, 4)});
  const Curvature<Rational, 3> curvature(g);
  const Rational form = trace_form<3>(g, curvature.inverse_metric());
  REQUIRE(form != 0);
  CHECK(curvature.ricci_scalar() == -form / 4);
  // The slip: the products of Christoffel symbols with the opposite sign.
  CHECK(Curvature<Rational, 3>(g, -1).ricci_scalar() == -3 * form / 4);
}

TEST_CASE("D-012: a finite network's curvature by the definition in two charts, by Gauss's equation, and by the factor -1/4", "[derivation][geometry]") {
  using T = Taylor<Rational, 2>;
  const FiniteNetwork network = FiniteNetwork::example();
  const std::array<Rational, 2> y = {fraction(1, 3), fraction(-1, 2)};
  // The point as x(y) = y + a quadratic polynomial; its Jacobian, by hand.
  const T u = T::coordinate(y[0], 0), v = T::coordinate(y[1], 1);
  const std::array<T, 2> bent = {u + T(fraction(1, 2)) * u * u + T(fraction(1, 5)) * v * v, v + T(fraction(1, 3)) * u * v};
  const std::array<std::array<T, 2>, 2> bent_jacobian = {{{T(1) + u, T(fraction(2, 5)) * v}, {T(fraction(1, 3)) * v, T(1) + T(fraction(1, 3)) * u}}};
  const std::array<Rational, 2> x = {bent[0].value, bent[1].value};
  const std::array<T, 2> straight = {T::coordinate(x[0], 0), T::coordinate(x[1], 1)};
  const Metric<Rational, 2> g = network.metric(straight, {{{T(1), T(0)}, {T(0), T(1)}}}), in_bent = network.metric(bent, bent_jacobian);

  const Curvature<Rational, 2> curvature(g), again(in_bent);
  const Rational form = trace_form<2>(g, curvature.inverse_metric());
  REQUIRE(form != 0);
  CHECK(curvature.ricci_scalar() == -form / 4);
  CHECK(again.ricci_scalar() == -form / 4);
  // The slip is 3 times too large in the first chart, and another number in the second: not a scalar.
  CHECK(Curvature<Rational, 2>(g, -1).ricci_scalar() == -3 * form / 4);
  CHECK(Curvature<Rational, 2>(in_bent, -1).ricci_scalar() != -3 * form / 4);

  // Gauss: R = g^ij g^kl (<II_ij, II_kl> - <II_ik, II_jl>), II the part of the second derivatives of Phi that is normal to the surface.
  const auto& up = curvature.inverse_metric();
  const auto normal = [&](std::size_t i, std::size_t j, std::size_t k, std::size_t l) {
    Rational r = network.inner(x, {i, j}, {k, l});
    for (std::size_t a = 0; a < 2; ++a) {
      for (std::size_t b = 0; b < 2; ++b) r -= network.inner(x, {i, j}, {a}) * up[a][b] * network.inner(x, {b}, {k, l});
    }
    return r;
  };
  Rational extrinsic = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      for (std::size_t k = 0; k < 2; ++k) {
        for (std::size_t l = 0; l < 2; ++l) extrinsic += up[i][j] * up[k][l] * (normal(i, j, k, l) - normal(i, k, j, l));
      }
    }
  }
  CHECK(extrinsic == -form / 4);
}

TEST_CASE("D-012: one hidden layer has a Hessian metric, so the same factor", "[derivation][geometry]") {
  // chi = q^2, as of x^3 up to a constant: A = (b + s)^2, B = 2 A' = 4 (b + s), d = 3
  using T = Taylor<Rational, 3>;
  const Rational b = fraction(1, 10);
  const std::array<Rational, 3> at = {fraction(3, 5), fraction(-1, 4), fraction(1, 3)};
  std::array<T, 3> x;
  for (std::size_t i = 0; i < 3; ++i) x[i] = T::coordinate(at[i], i);
  const T q = T(b) + x[0] * x[0] + x[1] * x[1] + x[2] * x[2];
  Metric<Rational, 3> g;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) g[i][j] = T(4) * q * x[i] * x[j] + (i == j ? q * q : T(0));
  }
  const Curvature<Rational, 3> curvature(g);
  CHECK(curvature.ricci_scalar() == -trace_form<3>(g, curvature.inverse_metric()) / 4);

  const Precision precision(200);
  RadialKernel<Ball> k;
  k.s = Ball(Rational(q.value - b));
  k.extent = k.s + Ball(1);
  const Ball root(q.value);
  k.A[0] = root * root, k.A[1] = Ball(2) * root, k.A[2] = Ball(1);
  k.B[0] = Ball(4) * root, k.B[1] = Ball(4);
  k.radial[0] = k.A[0] + k.s * k.B[0], k.radial[1] = k.A[1] + k.B[0] + k.s * k.B[1];
  CHECK(radial_metric(k, 3).ricci_scalar.value.contains(Ball(curvature.ricci_scalar())));
}

TEST_CASE("D-012: the curvatures of the warped product C dr^2 + H^2 dOmega^2, H = r sqrt(A)", "[derivation][geometry]") {
  // -H''/H and (1 - H'^2)/H^2, ' by arc length, with derivatives in r by differences
  const DigitsPrecision precision(110);
  const auto at = [](const Digits& r) {
    RadialKernel<Digits> k = first_layer(Digits(r * r), constant<Digits>(3, 2), constant<Digits>(1, 10));
    for (int l = 1; l < 3; ++l) k = next_layer(k, closed_forms::Gelu{}(k.q[0]), constant<Digits>(3, 2), constant<Digits>(1, 10));
    return feature_kernel(k, closed_forms::Gelu{}(k.q[0]));
  };
  const Digits r = constant<Digits>(6, 5), h = pow(Digits(10), -12);
  const auto slope = [&](auto f, const Digits& t) { return Digits((f(t - 2 * h) - 8 * f(t - h) + 8 * f(t + h) - f(t + 2 * h)) / (12 * h)); };
  const auto H = [&](const Digits& t) { return Digits(t * sqrt(at(t).A[0])); };
  const auto dH = [&](const Digits& t) {  // by arc length
    const RadialKernel<Digits> k = at(t);
    return Digits(slope(H, t) / sqrt(k.A[0] + k.s * k.B[0]));
  };
  const RadialKernel<Digits> k = at(r);
  const SectionalCurvature<Digits> curvature = sectional_curvature(k);
  const Digits speed = sqrt(k.A[0] + k.s * k.B[0]);
  CHECK_THAT(curvature.radial, AgreesTo(-slope(dH, r) / speed / H(r), 40));
  CHECK_THAT(curvature.tangential, AgreesTo((1 - dH(r) * dH(r)) / (H(r) * H(r)), 40));
}
