// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/jet_chain.hpp"

#include <vector>

#include "infwidth/geometry/cancellation.hpp"

namespace infwidth {

namespace {

constexpr std::size_t axes = 4;  // the preactivation, r, t, u

template <class Real>
using Matrix = std::array<std::array<Real, JetLaw<Real>::entries>, JetLaw<Real>::entries>;

/// E[h d_i d_j ..] over a Gaussian (z, d) with Cov(z, d_i) = p_i, Cov(d_i, d_j) = g_ij, by Stein's identity: the sum over all ways to pair some of the d, of the
/// product of their g, of the p of the others, and of E h^(k), k the number of others. `derivative(k)` is E h^(k); k has one parity.
template <class Real, class Derivative>
Real stein(const JetLaw<Real>& m, std::vector<std::size_t> d, std::size_t unpaired, const Derivative& derivative) {
  if (d.empty()) return derivative(unpaired);
  const std::size_t last = d.back();
  d.pop_back();
  Real sum(0);
  if (last == 1) sum += m.p * stein(m, d, unpaired + 1, derivative);
  for (std::size_t i = 0; i < d.size(); ++i) {
    if (d[i] != last) continue;
    std::vector<std::size_t> rest = d;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    sum += m.mean(last, last) * stein(m, rest, unpaired, derivative);
  }
  return sum;
}

/// E[f_a f_b f_c f_d], f = (phi(z), phi'(z) d z).
template <class Real>
Real fourth_moment(const JetLaw<Real>& m, const LayerMoments<Real>& phi, const std::array<std::size_t, 4>& axis) {
  std::vector<std::size_t> d;
  for (const std::size_t a : axis) {
    if (a > 0) d.push_back(a);
  }
  const std::size_t slopes = d.size();
  // phi^(4-k) phi'^k for k = slopes; E h'' = 2 dE h/dq.
  return stein(m, std::move(d), 0, [&](std::size_t order) -> Real {
    switch (slopes) {
      case 0: return phi.fourth[0];
      case 1: return phi.fourth[1] / Real(2);  // (phi^3 phi')' = (phi^4)''/4
      case 2: return order == 0 ? phi.mixed[0] : Real(2) * phi.mixed[1];
      case 3: return order == 1 ? phi.slope_cubed[0] : Real(2) * phi.slope_cubed[1];
      default: return order == 0 ? phi.slope_fourth[0] : order == 2 ? Real(2) * phi.slope_fourth[1] : Real(4) * phi.slope_fourth[2];
    }
  });
}

/// Each pair a <= b of axes with its entry.
template <class F>
void each_entry(F f) {
  for (std::size_t a = 0; a < axes; ++a) {
    for (std::size_t b = a; b < axes; ++b) f(a, b, JetLaw<Ball>::entry(a, b));
  }
}

/// The derivative of the mean map M -> E[f f^T] (without the weights' variance).
template <class Real>
Matrix<Real> jacobian(const JetLaw<Real>& m, const LayerMoments<Real>& phi) {
  Matrix<Real> j = {};
  const auto at = [](std::size_t a, std::size_t b) { return JetLaw<Real>::entry(a, b); };
  const auto p = [&](std::size_t i) { return i == 1 ? m.p : Real(0); };
  j[0][0] = phi.Q[1];
  for (std::size_t i = 1; i < axes; ++i) {
    j[at(0, i)][0] = phi.Q[2] * p(i);
    j[at(0, i)][at(0, i)] = phi.Q[1];
    for (std::size_t k = i; k < axes; ++k) {
      auto& row = j[at(i, k)];
      row[0] = phi.chi[1] * m.mean(i, k) + Real(2) * phi.chi[2] * p(i) * p(k);
      row[at(i, k)] += phi.chi[0];
      row[at(0, i)] += Real(2) * phi.chi[1] * p(k);
      row[at(0, k)] += Real(2) * phi.chi[1] * p(i);
    }
  }
  return j;
}

/// Half the second derivative of the mean map, applied to the covariance.
template <class Real>
std::array<Real, JetLaw<Real>::entries> bend(const JetLaw<Real>& m, const LayerMoments<Real>& phi) {
  std::array<Real, JetLaw<Real>::entries> h = {};
  const auto p = [&](std::size_t i) { return i == 1 ? m.p : Real(0); };
  const Real half_qq = m.cov(0, 0, 0, 0) / Real(2);
  h[0] = phi.Q[2] * half_qq;
  for (std::size_t i = 1; i < axes; ++i) {
    h[JetLaw<Real>::entry(0, i)] = phi.Q[3] * p(i) * half_qq + phi.Q[2] * m.cov(0, 0, 0, i);
    for (std::size_t k = i; k < axes; ++k) {
      h[JetLaw<Real>::entry(i, k)] = (phi.chi[2] * m.mean(i, k) + Real(2) * phi.chi[3] * p(i) * p(k)) * half_qq + phi.chi[1] * m.cov(0, 0, i, k) +
                                     Real(2) * phi.chi[1] * m.cov(0, i, 0, k) + Real(2) * phi.chi[2] * (m.cov(0, 0, 0, i) * p(k) + m.cov(0, 0, 0, k) * p(i));
    }
  }
  return h;
}

/// J C J^T; most entries of both are exact zeros.
template <class Real>
Matrix<Real> carried(const Matrix<Real>& j, const Matrix<Real>& c) {
  constexpr std::size_t n = JetLaw<Real>::entries;
  const auto product = [](const auto& left, const auto& right) {
    Matrix<Real> r = {};
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t k = 0; k < n; ++k) {
        if (is_exact_zero(left(a, k))) continue;
        for (std::size_t b = 0; b < n; ++b) {
          if (!is_exact_zero(right(k, b))) r[a][b] += left(a, k) * right(k, b);
        }
      }
    }
    return r;
  };
  const Matrix<Real> half = product([&](std::size_t a, std::size_t b) -> const Real& { return j[a][b]; }, [&](std::size_t a, std::size_t b) -> const Real& { return c[a][b]; });
  return product([&](std::size_t a, std::size_t b) -> const Real& { return half[a][b]; }, [&](std::size_t a, std::size_t b) -> const Real& { return j[b][a]; });
}

}  // namespace

template <class Real>
Real JetLaw<Real>::mean(std::size_t a, std::size_t b) const {
  if (a > b) return mean(b, a);
  if (a == 0) return b == 0 ? q : b == 1 ? p : Real(0);
  if (a != b) return Real(0);
  return a == 1 ? radial : tangential;
}

template <class Real>
JetLaw<Real> first_jets(const Real& s, const Real& sigma_w2, const Real& sigma_b2) {
  JetLaw<Real> m;
  m.q = sigma_b2 + sigma_w2 * s;
  m.p = sigma_w2 * sqrt(s);
  m.radial = m.tangential = sigma_w2;
  return m;
}

template <class Real>
JetLaw<Real> next_jets(const JetLaw<Real>& m, const LayerMoments<Real>& phi, const Real& sigma_w2, const Real& sigma_b2, const Real& inverse_width) {
  const Real w2 = sigma_w2 * sigma_w2;
  JetLaw<Real> next;
  next.q = sigma_b2 + sigma_w2 * phi.Q[0];
  next.p = sigma_w2 * phi.Q[1] * m.p;
  next.radial = sigma_w2 * (phi.chi[0] * m.radial + Real(2) * phi.chi[1] * m.p * m.p);
  next.tangential = sigma_w2 * phi.chi[0] * m.tangential;

  const Matrix<Real> j = jacobian(m, phi);
  const auto h = bend(m, phi);
  for (std::size_t a = 0; a < JetLaw<Real>::entries; ++a) {
    next.shift[a] = h[a];
    for (std::size_t b = 0; b < JetLaw<Real>::entries; ++b) {
      if (!is_exact_zero(j[a][b]) && !is_exact_zero(m.shift[b])) next.shift[a] += j[a][b] * m.shift[b];
    }
    next.shift[a] *= sigma_w2;
  }

  next.covariance = carried(j, m.covariance);
  // Means of this layer's products, without weights and biases.
  const JetLaw<Real> plain = [&] {
    JetLaw<Real> r;
    r.q = phi.Q[0];
    r.p = phi.Q[1] * m.p;
    r.radial = phi.chi[0] * m.radial + Real(2) * phi.chi[1] * m.p * m.p;
    r.tangential = phi.chi[0] * m.tangential;
    return r;
  }();
  each_entry([&](std::size_t a, std::size_t b, std::size_t ab) {
    each_entry([&](std::size_t c, std::size_t d, std::size_t cd) {
      Real noise = fourth_moment(m, phi, {a, b, c, d});
      const Real first = plain.mean(a, b), second = plain.mean(c, d);
      if (!is_exact_zero(first) && !is_exact_zero(second)) noise -= first * second;
      Real& out = next.covariance[ab][cd];
      out = w2 * (out + inverse_width * noise);
    });
  });
  return next;
}

template <class Real>
JetLaw<Real> next_metric_exactly(const JetLaw<Real>& m, const Slopes& phi, const Real& sigma_w2, const Real& inverse_width) {
  const Real second = phi.mean_square<Real>(), fourth = phi.mean_fourth<Real>(), w2 = sigma_w2 * sigma_w2, square = second * second;
  JetLaw<Real> next;
  next.radial = sigma_w2 * second * m.radial;
  next.tangential = sigma_w2 * second * m.tangential;
  const auto product = [&](std::size_t i, std::size_t j, std::size_t k, std::size_t l) { return m.cov(i, j, k, l) + m.mean(i, j) * m.mean(k, l); };
  for (std::size_t i = 1; i < axes; ++i) {
    for (std::size_t j = i; j < axes; ++j) {
      const std::size_t ij = JetLaw<Real>::entry(i, j);
      next.shift[ij] = sigma_w2 * second * m.shift[ij];
      for (std::size_t k = 1; k < axes; ++k) {
        for (std::size_t l = k; l < axes; ++l) {
          // E[g' g'] given g: (second^2 + (fourth - second^2)/n) g_ij g_kl + fourth/n (g_ik g_jl + g_il g_jk)
          next.covariance[ij][JetLaw<Real>::entry(k, l)] =
              w2 * (square * m.cov(i, j, k, l) + inverse_width * ((fourth - square) * product(i, j, k, l) + fourth * (product(i, k, j, l) + product(i, l, j, k))));
        }
      }
    }
  }
  return next;
}

template <class Real>
DeterminantLaw<Real> determinant_law(const JetLaw<Real>& m, int dim) {
  const Real directions(dim - 1), pairs = directions * Real(dim - 2), r = m.radial, t = m.tangential;
  Real shift = m.shift[JetLaw<Real>::entry(1, 1)] / r, crossed = m.cov(1, 1, 1, 1) / (r * r), variance = crossed;
  if (dim > 1) {
    shift += directions * m.shift[JetLaw<Real>::entry(2, 2)] / t;
    crossed += Real(2) * directions * m.cov(1, 2, 1, 2) / (r * t) + (directions * m.cov(2, 2, 2, 2) + pairs * m.cov(2, 3, 2, 3)) / (t * t);
    variance += Real(2) * directions * m.cov(1, 1, 2, 2) / (r * t) + (directions * m.cov(2, 2, 2, 2) + pairs * m.cov(2, 2, 3, 3)) / (t * t);
  }
  return {shift - crossed / Real(2), variance};
}

template struct JetLaw<Ball>;
template struct JetLaw<Digits>;
template JetLaw<Ball> first_jets(const Ball&, const Ball&, const Ball&);
template JetLaw<Digits> first_jets(const Digits&, const Digits&, const Digits&);
template JetLaw<Ball> next_jets(const JetLaw<Ball>&, const LayerMoments<Ball>&, const Ball&, const Ball&, const Ball&);
template JetLaw<Digits> next_jets(const JetLaw<Digits>&, const LayerMoments<Digits>&, const Digits&, const Digits&, const Digits&);
template JetLaw<Ball> next_metric_exactly(const JetLaw<Ball>&, const Slopes&, const Ball&, const Ball&);
template JetLaw<Digits> next_metric_exactly(const JetLaw<Digits>&, const Slopes&, const Digits&, const Digits&);
template DeterminantLaw<Ball> determinant_law(const JetLaw<Ball>&, int);
template DeterminantLaw<Digits> determinant_law(const JetLaw<Digits>&, int);

}  // namespace infwidth
