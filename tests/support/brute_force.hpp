// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "infwidth/real/functions.hpp"

/// Curvature of any metric from the definition: Christoffel symbols, the Riemann tensor and its contractions, from the metric's first and second
/// derivatives in the coordinates. Knows nothing of rotations or networks.
namespace brute_force {

using namespace infwidth;

/// A function of d coordinates to second order: value, gradient, Hessian. Exact on fractions.
template <class Real, std::size_t d>
struct Taylor {
  Real value{0};
  std::array<Real, d> gradient{};
  std::array<std::array<Real, d>, d> hessian{};

  Taylor() = default;
  Taylor(int x) : value(x) {}  // NOLINT(google-explicit-constructor)
  Taylor(const Real& x) : value(x) {}  // NOLINT(google-explicit-constructor)
  static Taylor coordinate(const Real& x, std::size_t i) {
    Taylor r(x);
    r.gradient[i] = Real(1);
    return r;
  }
  /// f(u) from f, f', f'' at u.
  static Taylor compose(const Real& f, const Real& df, const Real& d2f, const Taylor& u) {
    Taylor r(f);
    for (std::size_t i = 0; i < d; ++i) {
      r.gradient[i] = df * u.gradient[i];
      for (std::size_t j = 0; j < d; ++j) r.hessian[i][j] = df * u.hessian[i][j] + d2f * u.gradient[i] * u.gradient[j];
    }
    return r;
  }

  friend Taylor operator+(const Taylor& a, const Taylor& b) {
    Taylor r(Real(a.value + b.value));
    for (std::size_t i = 0; i < d; ++i) {
      r.gradient[i] = a.gradient[i] + b.gradient[i];
      for (std::size_t j = 0; j < d; ++j) r.hessian[i][j] = a.hessian[i][j] + b.hessian[i][j];
    }
    return r;
  }
  friend Taylor operator*(const Taylor& a, const Taylor& b) {
    Taylor r(Real(a.value * b.value));
    for (std::size_t i = 0; i < d; ++i) {
      r.gradient[i] = a.gradient[i] * b.value + a.value * b.gradient[i];
      for (std::size_t j = 0; j < d; ++j) {
        r.hessian[i][j] =
            a.hessian[i][j] * b.value + a.gradient[i] * b.gradient[j] + b.gradient[i] * a.gradient[j] + a.value * b.hessian[i][j];
      }
    }
    return r;
  }
  friend Taylor operator-(const Taylor& a, const Taylor& b) { return a + Taylor(-1) * b; }
  friend Taylor operator/(const Taylor& a, const Taylor& b) {
    const Real inverse = Real(1) / b.value;
    return a * compose(inverse, -inverse * inverse, Real(2) * inverse * inverse * inverse, b);
  }
  friend Taylor sqrt(const Taylor& u) {
    const Real root = sqrt(u.value);
    return compose(root, Real(1) / (Real(2) * root), Real(-1) / (Real(4) * root * u.value), u);
  }
  friend Taylor sin(const Taylor& u) { return compose(sin(u.value), cos(u.value), -sin(u.value), u); }
  friend Taylor atan(const Taylor& u) {
    const Real slope = Real(1) / (Real(1) + u.value * u.value);
    return compose(atan(u.value), slope, Real(-2) * u.value * slope * slope, u);
  }
};

template <class Real, std::size_t d>
using Metric = std::array<std::array<Taylor<Real, d>, d>, d>;  // g_ij as [i][j]

template <class Real, std::size_t d>
using Matrix = std::array<std::array<Real, d>, d>;

/// By Gauss-Jordan elimination; the determinant too. For positive definite matrices.
template <class Real, std::size_t d>
Matrix<Real, d> inverse(Matrix<Real, d> m, Real* determinant = nullptr) {
  Matrix<Real, d> r{};
  for (std::size_t i = 0; i < d; ++i) r[i][i] = Real(1);
  Real product(1);
  for (std::size_t p = 0; p < d; ++p) {
    const Real pivot = m[p][p];
    product *= pivot;
    for (std::size_t j = 0; j < d; ++j) {
      m[p][j] /= pivot;
      r[p][j] /= pivot;
    }
    for (std::size_t i = 0; i < d; ++i) {
      if (i == p) continue;
      const Real factor = m[i][p];
      for (std::size_t j = 0; j < d; ++j) {
        m[i][j] -= factor * m[p][j];
        r[i][j] -= factor * r[p][j];
      }
    }
  }
  if (determinant) *determinant = product;
  return r;
}

/// R^a_bcd = d_c G^a_db - d_d G^a_cb + sign (G^a_ce G^e_db - G^a_de G^e_cb); sign = -1 is the slip that a test of curvature must see.
template <class Real, std::size_t d>
class Curvature {
 public:
  explicit Curvature(const Metric<Real, d>& metric, int sign = 1) {
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) g_[i][j] = metric[i][j].value;
    }
    up_ = inverse<Real, d>(g_);
    const auto lower = [&](std::size_t a, std::size_t b, std::size_t c) {  // Christoffel symbols of the first kind
      return Real((metric[a][c].gradient[b] + metric[a][b].gradient[c] - metric[b][c].gradient[a]) / Real(2));
    };
    const auto d_lower = [&](std::size_t e, std::size_t a, std::size_t b, std::size_t c) {
      return Real((metric[a][c].hessian[b][e] + metric[a][b].hessian[c][e] - metric[b][c].hessian[a][e]) / Real(2));
    };
    Tensor<3> G{};
    for_indices<3>([&](const auto& n) {
      for (std::size_t e = 0; e < d; ++e) at(G, n) += up_[n[0]][e] * lower(e, n[1], n[2]);
    });
    Tensor<4> dG{};  // d_e G^a_bc = g^af (d_e G_f,bc - d_e g_fh G^h_bc), stored as [e][a][b][c]
    for_indices<4>([&](const auto& n) {
      for (std::size_t f = 0; f < d; ++f) {
        Real bracket = d_lower(n[0], f, n[2], n[3]);
        for (std::size_t h = 0; h < d; ++h) bracket -= metric[f][h].gradient[n[0]] * at(G, {h, n[2], n[3]});
        at(dG, n) += up_[n[1]][f] * bracket;
      }
    });
    Tensor<4> R{};
    for_indices<4>([&](const auto& n) {
      const auto [a, b, c, e] = n;
      Real products(0);
      for (std::size_t f = 0; f < d; ++f) products += at(G, {a, c, f}) * at(G, {f, e, b}) - at(G, {a, e, f}) * at(G, {f, c, b});
      at(R, n) = at(dG, {c, a, e, b}) - at(dG, {e, a, c, b}) + Real(sign) * products;
    });
    for_indices<4>([&](const auto& n) {
      for (std::size_t f = 0; f < d; ++f) at(riemann_, n) += g_[n[0]][f] * at(R, {f, n[1], n[2], n[3]});
    });
    for_indices<3>([&](const auto& n) { scalar_ += up_[n[0]][n[1]] * at(R, {n[2], n[0], n[2], n[1]}); });
  }

  const Real& ricci_scalar() const { return scalar_; }
  /// Of the plane that u and v span.
  Real sectional(const std::array<Real, d>& u, const std::array<Real, d>& v) const {
    Real r(0), uu(0), vv(0), uv(0);
    for_indices<4>([&](const auto& n) { r += at(riemann_, n) * u[n[0]] * v[n[1]] * u[n[2]] * v[n[3]]; });
    for_indices<2>([&](const auto& n) {
      uu += g_[n[0]][n[1]] * u[n[0]] * u[n[1]];
      vv += g_[n[0]][n[1]] * v[n[0]] * v[n[1]];
      uv += g_[n[0]][n[1]] * u[n[0]] * v[n[1]];
    });
    return r / (uu * vv - uv * uv);
  }
  const Matrix<Real, d>& metric() const { return g_; }
  const Matrix<Real, d>& inverse_metric() const { return up_; }

 private:
  static constexpr std::size_t power(std::size_t n) { return n == 0 ? 1 : d * power(n - 1); }
  template <std::size_t rank>
  struct Tensor {
    std::vector<Real> entries = std::vector<Real>(power(rank), Real(0));
  };
  template <std::size_t rank>
  static Real& at(Tensor<rank>& t, const std::array<std::size_t, rank>& n) {
    std::size_t flat = 0;
    for (std::size_t i : n) flat = flat * d + i;
    return t.entries[flat];
  }
  template <std::size_t rank>
  static const Real& at(const Tensor<rank>& t, const std::array<std::size_t, rank>& n) {
    return at(const_cast<Tensor<rank>&>(t), n);
  }
  template <std::size_t rank, class F>
  static void for_indices(F f) {
    std::array<std::size_t, rank> n{};
    for (std::size_t flat = 0; flat < power(rank); ++flat) {
      std::size_t rest = flat;
      for (std::size_t i = rank; i-- > 0; rest /= d) n[i] = rest % d;
      f(n);
    }
  }

  Matrix<Real, d> g_{}, up_{};
  Tensor<4> riemann_;
  Real scalar_{0};
};

}  // namespace brute_force
