// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>

#include "infwidth/real/functions.hpp"

namespace infwidth {

/// A truncated Taylor series: coefficient k is f^(k)(t0) / k!, k = 0..Order. Arithmetic on jets is arithmetic on functions:
///     auto x = Jet<Ball, 2>::variable(t0);
///     auto f = exp(x) / x;              // f.derivative(2) is f''(t0)
/// Every function needs its value at the centre only once; the higher coefficients follow from its differential equation.
template <class Real, int Order>
class Jet {
 public:
  static constexpr int order = Order;

  Jet() : c_{} { c_.fill(Real(0)); }
  Jet(int x) : Jet(Real(x)) {}  // NOLINT(google-explicit-constructor)
  Jet(const Real& x) : Jet() { c_[0] = x; }  // NOLINT(google-explicit-constructor)
  /// The identity function at t0.
  static Jet variable(const Real& t0) {
    Jet r(t0);
    if constexpr (Order >= 1) r.c_[1] = Real(1);
    return r;
  }

  const Real& operator[](int k) const { return c_[static_cast<std::size_t>(k)]; }
  Real& operator[](int k) { return c_[static_cast<std::size_t>(k)]; }
  const Real& value() const { return c_[0]; }
  Real derivative(int k) const {
    Real factorial(1);  // in a double exact up to 22!
    for (int i = 2; i <= k; ++i) factorial *= Real(i);
    return (*this)[k] * factorial;
  }

  Jet operator-() const {
    Jet r;
    for (int k = 0; k <= Order; ++k) r[k] = -(*this)[k];
    return r;
  }
  Jet& operator+=(const Jet& b) {
    for (int k = 0; k <= Order; ++k) (*this)[k] += b[k];
    return *this;
  }
  Jet& operator-=(const Jet& b) {
    for (int k = 0; k <= Order; ++k) (*this)[k] -= b[k];
    return *this;
  }
  Jet& operator*=(const Jet& b) { return *this = *this * b; }
  Jet& operator/=(const Jet& b) { return *this = *this / b; }
  friend Jet operator+(Jet a, const Jet& b) { return a += b; }
  friend Jet operator-(Jet a, const Jet& b) { return a -= b; }
  friend Jet operator*(const Jet& a, const Jet& b) {
    Jet r;
    for (int k = 0; k <= Order; ++k) {
      r[k] = a[0] * b[k];
      for (int j = 1; j <= k; ++j) r[k] += a[j] * b[k - j];
    }
    return r;
  }
  friend Jet operator/(const Jet& a, const Jet& b) {
    Jet r;
    for (int k = 0; k <= Order; ++k) {
      Real numerator = a[k];
      for (int j = 1; j <= k; ++j) numerator -= b[j] * r[k - j];
      r[k] = numerator / b[0];
    }
    return r;
  }

 private:
  std::array<Real, static_cast<std::size_t>(Order) + 1> c_;
};

template <class Real, int Order>
struct Constants<Jet<Real, Order>> {
  static Jet<Real, Order> of(const Rational& r) { return constant<Real>(r); }
  static Jet<Real, Order> pi() { return infwidth::pi<Real>(); }
};

/// f(u) from its value at the centre and the derivative f'(u) as a jet (only the coefficients below Order are read).
template <class Real, int Order>
Jet<Real, Order> integrate_along(const Real& value, const Jet<Real, Order>& slope, const Jet<Real, Order>& u) {
  Jet<Real, Order> r(value);
  for (int k = 1; k <= Order; ++k) {  // k r_k = sum_j j u_j slope_(k-j)
    Real sum = Real(k) * u[k] * slope[0];
    for (int j = 1; j < k; ++j) sum += Real(j) * u[j] * slope[k - j];
    r[k] = sum / Real(k);
  }
  return r;
}

#define INFWIDTH_JET template <class Real, int Order> Jet<Real, Order>

INFWIDTH_JET exp(const Jet<Real, Order>& u) {
  Jet<Real, Order> r(exp(u[0]));
  for (int k = 1; k <= Order; ++k) {  // r' = u' r
    Real sum = Real(1) * u[1] * r[k - 1];
    for (int j = 2; j <= k; ++j) sum += Real(j) * u[j] * r[k - j];
    r[k] = sum / Real(k);
  }
  return r;
}
INFWIDTH_JET expm1(const Jet<Real, Order>& u) {
  Jet<Real, Order> r = exp(u);
  r[0] = expm1(u[0]);
  return r;
}
INFWIDTH_JET log(const Jet<Real, Order>& u) { return integrate_along(log(u[0]), Jet<Real, Order>(1) / u, u); }
INFWIDTH_JET log1p(const Jet<Real, Order>& u) { return integrate_along(log1p(u[0]), Jet<Real, Order>(1) / (u + Jet<Real, Order>(1)), u); }
INFWIDTH_JET sqrt(const Jet<Real, Order>& u) {
  Jet<Real, Order> r(sqrt(u[0]));
  for (int k = 1; k <= Order; ++k) {  // r r = u
    Real sum = u[k];
    for (int j = 1; j < k; ++j) sum -= r[j] * r[k - j];
    r[k] = sum / (Real(2) * r[0]);
  }
  return r;
}
/// u^n by repeated multiplication: right also where u vanishes at the centre. n < 0 divides.
INFWIDTH_JET pow(const Jet<Real, Order>& u, long n) {
  if (n < 0) return Jet<Real, Order>(1) / pow(u, -n);
  Jet<Real, Order> r(1), base = u;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) r = r * base;
    if (n > 1) base = base * base;
  }
  return r;
}
INFWIDTH_JET pow(const Jet<Real, Order>& u, int n) { return pow(u, static_cast<long>(n)); }
/// u^y for u > 0.
INFWIDTH_JET pow(const Jet<Real, Order>& u, const Jet<Real, Order>& y) {
  Jet<Real, Order> r = exp(y * log(u));
  r[0] = pow(u[0], y[0]);
  return r;
}
/// sin and cos together: s' = c u', c' = -s u'.
template <class Real, int Order>
void sin_cos(const Jet<Real, Order>& u, Jet<Real, Order>& s, Jet<Real, Order>& c) {
  s = Jet<Real, Order>(sin(u[0]));
  c = Jet<Real, Order>(cos(u[0]));
  for (int k = 1; k <= Order; ++k) {
    Real sum_s = Real(0), sum_c = Real(0);
    for (int j = 1; j <= k; ++j) {
      sum_s += Real(j) * u[j] * c[k - j];
      sum_c -= Real(j) * u[j] * s[k - j];
    }
    s[k] = sum_s / Real(k);
    c[k] = sum_c / Real(k);
  }
}
INFWIDTH_JET sin(const Jet<Real, Order>& u) {
  Jet<Real, Order> s, c;
  sin_cos(u, s, c);
  return s;
}
INFWIDTH_JET cos(const Jet<Real, Order>& u) {
  Jet<Real, Order> s, c;
  sin_cos(u, s, c);
  return c;
}
INFWIDTH_JET tan(const Jet<Real, Order>& u) {
  Jet<Real, Order> s, c;
  sin_cos(u, s, c);
  Jet<Real, Order> r = s / c;
  r[0] = tan(u[0]);
  return r;
}
INFWIDTH_JET sinh(const Jet<Real, Order>& u) {
  const Jet<Real, Order> e = exp(u), f = exp(-u);
  Jet<Real, Order> r = (e - f) / Jet<Real, Order>(2);
  r[0] = sinh(u[0]);
  return r;
}
INFWIDTH_JET cosh(const Jet<Real, Order>& u) {
  const Jet<Real, Order> e = exp(u), f = exp(-u);
  return (e + f) / Jet<Real, Order>(2);
}
/// Solves r' = slope(r) u' order by order, for functions with a first-order equation of their own.
template <class Real, int Order, class Slope>
Jet<Real, Order> solve_own_equation(const Real& value, const Jet<Real, Order>& u, Slope slope) {
  Jet<Real, Order> r(value);
  for (int k = 1; k <= Order; ++k) r[k] = integrate_along(value, slope(r), u)[k];
  return r;
}
INFWIDTH_JET tanh(const Jet<Real, Order>& u) {
  return solve_own_equation(Real(tanh(u[0])), u, [](const Jet<Real, Order>& r) { return Jet<Real, Order>(1) - r * r; });
}
INFWIDTH_JET sigmoid(const Jet<Real, Order>& u) {
  // The slope at the centre is sigmoid(u) sigmoid(-u): 1 - sigmoid(u) would lose the right tail.
  const Real mirrored = sigmoid(Real(-u[0]));
  return solve_own_equation(Real(sigmoid(u[0])), u, [&](const Jet<Real, Order>& r) {
    Jet<Real, Order> complement = -r;
    complement[0] = mirrored;
    return r * complement;
  });
}
INFWIDTH_JET softplus(const Jet<Real, Order>& u) { return integrate_along(softplus(u[0]), sigmoid(u), u); }
INFWIDTH_JET asin(const Jet<Real, Order>& u) { return integrate_along(asin(u[0]), Jet<Real, Order>(1) / sqrt(Jet<Real, Order>(1) - u * u), u); }
INFWIDTH_JET atan(const Jet<Real, Order>& u) { return integrate_along(atan(u[0]), Jet<Real, Order>(1) / (Jet<Real, Order>(1) + u * u), u); }
INFWIDTH_JET asinh(const Jet<Real, Order>& u) { return integrate_along(asinh(u[0]), Jet<Real, Order>(1) / sqrt(Jet<Real, Order>(1) + u * u), u); }
INFWIDTH_JET erf(const Jet<Real, Order>& u) {
  const Real scale = Real(2) / sqrt(pi<Real>());
  return integrate_along(erf(u[0]), Jet<Real, Order>(scale) * exp(-u * u), u);
}
INFWIDTH_JET erfc(const Jet<Real, Order>& u) {
  const Real scale = Real(-2) / sqrt(pi<Real>());
  return integrate_along(erfc(u[0]), Jet<Real, Order>(scale) * exp(-u * u), u);
}
INFWIDTH_JET Phi(const Jet<Real, Order>& u) {
  const Real scale = Real(1) / sqrt(Real(2) * pi<Real>());
  return integrate_along(Phi(u[0]), Jet<Real, Order>(scale) * exp(-u * u / Jet<Real, Order>(2)), u);
}
#undef INFWIDTH_JET

#define INFWIDTH_JET template <class Real, int Order> requires requires(const Real& x) { owens_t(x, x); } Jet<Real, Order>

INFWIDTH_JET owens_t(const Jet<Real, Order>& h, const Jet<Real, Order>& a) {
  using J = Jet<Real, Order>;
  const J one(1), half(constant<Real>(1, 2)), h2 = h * h, d = one + a * a;
  const J along_h = exp(-h2 * half) * erf(h * a * J(sqrt(constant<Real>(1, 2)))) * J(Real(-1) / (Real(2) * sqrt(Real(2) * pi<Real>())));
  const J along_a = exp(-h2 * d * half) / (d * J(Real(2) * pi<Real>()));
  return integrate_along(owens_t(h[0], a[0]), along_h, h) + integrate_along(Real(0), along_a, a);
}
/// Both parts by erf'(x + i y) = 2/sqrt(pi) exp(y^2 - x^2) (cos 2xy - i sin 2xy) and the Cauchy-Riemann equations.
template <class Real, int Order>
void erf_slopes(const Jet<Real, Order>& x, const Jet<Real, Order>& y, Jet<Real, Order>& re, Jet<Real, Order>& minus_im) {
  const Jet<Real, Order> size = exp(y * y - x * x) * Jet<Real, Order>(Real(2) / sqrt(pi<Real>()));
  sin_cos(Jet<Real, Order>(2) * x * y, minus_im, re);
  re *= size;
  minus_im *= size;
}
INFWIDTH_JET erf_re(const Jet<Real, Order>& x, const Jet<Real, Order>& y) {
  Jet<Real, Order> re, minus_im;
  erf_slopes(x, y, re, minus_im);
  return integrate_along(erf_re(x[0], y[0]), re, x) + integrate_along(Real(0), minus_im, y);
}
INFWIDTH_JET erf_im(const Jet<Real, Order>& x, const Jet<Real, Order>& y) {
  Jet<Real, Order> re, minus_im;
  erf_slopes(x, y, re, minus_im);
  return integrate_along(erf_im(x[0], y[0]), -minus_im, x) + integrate_along(Real(0), re, y);
}
#undef INFWIDTH_JET

/// Along z alone, by the derivatives (a)_k (b)_k/(c)_k 2F1(a+k, b+k; c+k; z); the parameters are constants.
template <class Real, int Order>
  requires requires(const Real& x) { hyp2f1(x, x, x, x); }
Jet<Real, Order> hyp2f1(const Jet<Real, Order>& a, const Jet<Real, Order>& b, const Jet<Real, Order>& c, const Jet<Real, Order>& z) {
  std::array<Real, static_cast<std::size_t>(Order) + 1> taylor;
  Real front(1);
  for (int k = 0; k <= Order; ++k) {
    const Real n(k);
    taylor[static_cast<std::size_t>(k)] = front * hyp2f1(Real(a[0] + n), Real(b[0] + n), Real(c[0] + n), z[0]);
    front = front * (a[0] + n) * (b[0] + n) / ((c[0] + n) * (n + Real(1)));
  }
  Jet<Real, Order> step = z, r(taylor[Order]);
  step[0] = Real(0);
  for (int k = Order - 1; k >= 0; --k) r = r * step + Jet<Real, Order>(taylor[static_cast<std::size_t>(k)]);
  return r;
}

}  // namespace infwidth
