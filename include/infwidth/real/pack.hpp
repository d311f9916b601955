// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>

namespace infwidth {

/// Eight doubles that are computed on together: the number that turns a scalar formula into SIMD code.
/// Arithmetic is element by element; the elementary functions are SLEEF's, within 1 unit in the last place (erfc: 1.5).
struct alignas(64) Pack {
  static constexpr int size = 8;
  std::array<double, size> lane;

  Pack() = default;
  Pack(int x) : Pack(static_cast<double>(x)) {}  // NOLINT(google-explicit-constructor)
  Pack(double x) { lane.fill(x); }               // NOLINT(google-explicit-constructor)

  double operator[](int i) const { return lane[static_cast<std::size_t>(i)]; }
  double& operator[](int i) { return lane[static_cast<std::size_t>(i)]; }

  Pack operator-() const {
    Pack r;
    for (int i = 0; i < size; ++i) r[i] = -(*this)[i];
    return r;
  }
  Pack& operator+=(const Pack& b) {
    for (int i = 0; i < size; ++i) (*this)[i] += b[i];
    return *this;
  }
  Pack& operator-=(const Pack& b) {
    for (int i = 0; i < size; ++i) (*this)[i] -= b[i];
    return *this;
  }
  Pack& operator*=(const Pack& b) {
    for (int i = 0; i < size; ++i) (*this)[i] *= b[i];
    return *this;
  }
  Pack& operator/=(const Pack& b) {
    for (int i = 0; i < size; ++i) (*this)[i] /= b[i];
    return *this;
  }
  friend Pack operator+(Pack a, const Pack& b) { return a += b; }
  friend Pack operator-(Pack a, const Pack& b) { return a -= b; }
  friend Pack operator*(Pack a, const Pack& b) { return a *= b; }
  friend Pack operator/(Pack a, const Pack& b) { return a /= b; }

  /// The sum over the eight lanes.
  double sum() const {
    double s = 0;
    for (double x : lane) s += x;
    return s;
  }
};

/// `yes` in the lanes where `condition` > 0, else `no`.
inline Pack select_positive(const Pack& condition, const Pack& yes, const Pack& no) {
  Pack r;
  for (int i = 0; i < Pack::size; ++i) r[i] = condition[i] > 0 ? yes[i] : no[i];
  return r;
}
inline double select_positive(double condition, double yes, double no) { return condition > 0 ? yes : no; }

Pack sqrt(const Pack& x);
Pack exp(const Pack& x);
Pack expm1(const Pack& x);
Pack log(const Pack& x);
Pack log1p(const Pack& x);
Pack sin(const Pack& x);
Pack cos(const Pack& x);
Pack tan(const Pack& x);
Pack sinh(const Pack& x);
Pack cosh(const Pack& x);
Pack tanh(const Pack& x);
Pack asin(const Pack& x);
Pack atan(const Pack& x);
Pack asinh(const Pack& x);
Pack erf(const Pack& x);
Pack erfc(const Pack& x);
Pack abs(const Pack& x);
Pack pow(const Pack& x, const Pack& y);
Pack pow(const Pack& x, long n);
inline Pack pow(const Pack& x, int n) { return pow(x, static_cast<long>(n)); }
Pack tgamma(const Pack& x);
Pack softplus(const Pack& x);

}  // namespace infwidth
