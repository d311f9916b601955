// SPDX-License-Identifier: GPL-3.0-or-later
#include "spd_matrix.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../real/decompositions.hpp"

namespace infwidth {

namespace {

using Eigen::Index;
using Vector = Eigen::VectorXd;

constexpr Index block = 128;

/// The largest eigenvalue of a symmetric positive semidefinite operator, from below.
template <class Apply>
double lanczos(Index n, const Budget& budget, Apply apply) {
  constexpr Index most_steps = 60;
  constexpr double enough = 1e-4;
  std::vector<Vector> basis;
  std::vector<double> alpha, beta;
  Vector v(n);
  // A start that no eigenvector of a kernel is orthogonal to by symmetry: the fractional parts of multiples of the golden section.
  for (Index i = 0; i < n; ++i) v[i] = std::fmod(static_cast<double>(i + 1) * 0.6180339887498949, 1.0) - 0.3;
  v.normalize();
  double found = 0;
  for (Index step = 0; step < std::min(n, most_steps); ++step) {
    budget.check();
    basis.push_back(v);
    Vector w = v;
    apply(w);
    alpha.push_back(v.dot(w));
    for (int pass = 0; pass < 2; ++pass)
      for (const Vector& u : basis) w -= u.dot(w) * u;
    const double length = w.norm();
    const auto count = static_cast<Index>(alpha.size());
    Columns t = Columns::Zero(count, count);
    for (Index i = 0; i < count; ++i) {
      t(i, i) = alpha[static_cast<std::size_t>(i)];
      if (i > 0) t(i, i - 1) = t(i - 1, i) = beta[static_cast<std::size_t>(i - 1)];
    }
    Vector eigenvalues(count);
    symmetric_eigenvalues(t.data(), static_cast<std::size_t>(count), eigenvalues.data());
    const double now = eigenvalues[count - 1];
    if (step > 3 && now - found <= enough * now) return now;
    found = now;
    if (!(length > 1e-14 * now)) break;  // the operator's whole space is found
    beta.push_back(length);
    v = w / length;
  }
  return found;
}

}  // namespace

std::size_t cholesky_steps(std::size_t n) { return (n + block - 1) / block; }

std::optional<SpdMatrix> SpdMatrix::factorize(const Eigen::Ref<const Rows>& a, double shift, const Budget& budget, Progress* progress) {
  const Index n = a.rows();
  SpdMatrix result;
  Columns& f = result.factor_;
  f = a.transpose();  // the same matrix: rows as columns
  f.diagonal().array() += shift;
  for (Index k = 0; k < n; k += block) {
    const Index width = std::min(block, n - k), rest = n - k - width;
    const auto diagonal = f.block(k, k, width, width);
    if (!cholesky(&f(k, k), static_cast<std::size_t>(width), static_cast<std::size_t>(n))) return std::nullopt;
    auto panel = f.block(k + width, k, rest, width);
    diagonal.transpose().triangularView<Eigen::Upper>().solveInPlace<Eigen::OnTheRight>(panel);
    for (Index j = k + width; j < n; j += block) {
      budget.check();
      const Index strip = std::min(block, n - j);
      f.block(j, j, n - j, strip).noalias() -= f.block(j, k, n - j, width) * f.block(j, k, strip, width).transpose();
    }
    if (progress != nullptr) progress->advance();
  }
  if (!(f.diagonal().minCoeff() > 0)) return std::nullopt;  // a NaN too
  return result;
}

Extremes SpdMatrix::extremes(const Budget& budget) const {
  const auto lower = factor_.triangularView<Eigen::Lower>();
  const auto upper = factor_.transpose().triangularView<Eigen::Upper>();
  const double largest = lanczos(size(), budget, [&](Vector& v) {
    v = upper * v;
    v = lower * v;
  });
  const double inverse = lanczos(size(), budget, [&](Vector& v) {
    lower.solveInPlace(v);
    upper.solveInPlace(v);
  });
  return {std::min(1 / inverse, largest), largest};
}

double largest_eigenvalue(const Eigen::Ref<const Rows>& a, const Budget& budget) {
  return std::sqrt(lanczos(a.rows(), budget, [&](Vector& v) {
    v = a * v;
    v = a * v;
  }));
}

double smallest_eigenvalue(const Eigen::Ref<const Rows>& a, double largest, const Budget& budget) {
  // The smallest shift that makes the matrix positive definite; the inverse then shows its smallest eigenvalue best.
  constexpr double step = 64;
  double shift = 8 * static_cast<double>(a.rows()) * std::numeric_limits<double>::epsilon() * largest;
  for (; shift < largest; shift *= step)
    if (const auto shifted = SpdMatrix::factorize(a, shift, budget)) return shifted->extremes(budget).smallest - shift;
  const auto shifted = SpdMatrix::factorize(a, 2 * largest, budget);
  return shifted ? shifted->extremes(budget).smallest - 2 * largest : -largest;
}

}  // namespace infwidth
