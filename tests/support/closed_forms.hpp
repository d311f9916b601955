// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/jet.hpp"

/// Variance maps of a few activations from their closed forms, for every number: the tests of geometry/ do not stand on gaussian/.
namespace closed_forms {

using namespace infwidth;

/// The jet from Q, chi and P = chi + 2 q chi' as formulas that run on series.
template <class Real, class FQ, class FChi, class FP>
VarianceJet<Real> jet_of(const Real& q, FQ Q, FChi chi, FP P) {
  const auto t = Jet<Real, 2>::variable(q);
  const Jet<Real, 2> a = Q(t), b = chi(t), c = P(t);
  VarianceJet<Real> r;
  r.Q = a[0], r.dQ = a.derivative(1), r.d2Q = a.derivative(2);
  r.chi = b[0], r.dchi = b.derivative(1), r.d2chi = b.derivative(2);
  r.radial = c[0], r.dradial = c.derivative(1);
  return r;
}

struct Erf {
  template <class Real>
  VarianceJet<Real> operator()(const Real& q) const {
    using T = Jet<Real, 2>;
    const T scale(Real(2) / pi<Real>());
    return jet_of(
        q, [&](const T& t) { return scale * atan(T(2) * t / sqrt(T(1) + T(4) * t)); },
        [&](const T& t) { return T(2) * scale / sqrt(T(1) + T(4) * t); },
        [&](const T& t) { return T(2) * scale / ((T(1) + T(4) * t) * sqrt(T(1) + T(4) * t)); });
  }
};

struct Gelu {
  template <class Real>
  VarianceJet<Real> operator()(const Real& q) const {
    using T = Jet<Real, 2>;
    const T by_pi(Real(1) / pi<Real>()), half(constant<Real>(1, 2));
    const auto root = [](const T& t) { return sqrt(T(1) + T(2) * t); };
    const auto S = [&](const T& t) { return half * (half + by_pi * atan(t / root(t))); };
    const auto chi = [&](const T& t) { return S(t) + half * by_pi * t * (T(3) + T(5) * t) / ((T(1) + t) * pow(root(t), 3)); };
    const auto dchi = [&](const T& t) {
      return half * by_pi * (T(4) + t * (T(12) + t * (T(9) - t))) / ((T(1) + t) * (T(1) + t) * pow(root(t), 5));
    };
    return jet_of(
        q, [&](const T& t) { return t * S(t) + by_pi * t * t / ((T(1) + t) * root(t)); }, chi,
        [&](const T& t) { return chi(t) + T(2) * t * dchi(t); });
  }
};

struct Relu {
  template <class Real>
  VarianceJet<Real> operator()(const Real& q) const {
    using T = Jet<Real, 2>;
    const T half(constant<Real>(1, 2));
    return jet_of(q, [&](const T& t) { return half * t; }, [&](const T&) { return half; }, [&](const T&) { return half; });
  }
};

/// x_+^2
struct SquaredRelu {
  template <class Real>
  VarianceJet<Real> operator()(const Real& q) const {
    using T = Jet<Real, 2>;
    return jet_of(
        q, [](const T& t) { return T(constant<Real>(3, 2)) * t * t; }, [](const T& t) { return T(2) * t; }, [](const T& t) { return T(6) * t; });
  }
};

/// cos: chi(0) = 0, and Q' < 0.
struct Cosine {
  template <class Real>
  VarianceJet<Real> operator()(const Real& q) const {
    using T = Jet<Real, 2>;
    const T half(constant<Real>(1, 2));
    return jet_of(
        q, [&](const T& t) { return half * (T(1) + exp(T(-2) * t)); }, [&](const T& t) { return -half * expm1(T(-2) * t); },
        [&](const T& t) { return -half * expm1(T(-2) * t) + T(2) * t * exp(T(-2) * t); });
  }
};

}  // namespace closed_forms
