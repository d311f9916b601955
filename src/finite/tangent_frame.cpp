// SPDX-License-Identifier: GPL-3.0-or-later
#include "tangent_frame.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../real/decompositions.hpp"
#include "infwidth/real/matrix_product.hpp"

namespace infwidth {

namespace {

std::size_t size(Eigen::Index i) { return static_cast<std::size_t>(i); }

/// The number of the pair i <= j.
Eigen::Index pair(Eigen::Index i, Eigen::Index j, Eigen::Index d) {
  if (i > j) std::swap(i, j);
  return i * d - i * (i - 1) / 2 + j - i;
}

Eigen::VectorXd singular_values_of(Eigen::MatrixXd a) {
  Eigen::VectorXd values(std::min(a.rows(), a.cols()));
  singular_values(a.data(), size(a.rows()), size(a.cols()), values.data());
  return values;
}

}  // namespace

void TangentFrame::metric(double* into) const {
  const Eigen::Index n = jacobian_.rows(), d = jacobian_.cols();
  if (d < 8) {  // a product of this shape is no work for BLAS
    for (Eigen::Index i = 0; i < d; ++i) {
      for (Eigen::Index j = i; j < d; ++j) into[i * d + j] = into[j * d + i] = jacobian_.col(i).dot(jacobian_.col(j));
    }
    return;
  }
  upper_of_square({jacobian_.data(), size(d), size(n)}, into);
  for (Eigen::Index i = 0; i < d; ++i) {
    for (Eigen::Index j = 0; j < i; ++j) into[i * d + j] = into[j * d + i];
  }
}

void TangentFrame::factor() {
  if (factored_) return;
  factored_ = true;
  const Eigen::Index n = jacobian_.rows(), d = jacobian_.cols();
  regular_ = false;
  if (n < d) return;
  qr_.compute(jacobian_);
  // Rounding errors on the diagonal are of the size of a column, which may be far above all of the diagonal.
  const double least = qr_.matrixQR().diagonal().cwiseAbs().minCoeff(), largest = jacobian_.norm();
  regular_ = std::isfinite(largest) && least > static_cast<double>(n) * std::numeric_limits<double>::epsilon() * largest;
}

TangentFrame::Volume TangentFrame::volume() {
  factor();
  const Eigen::Index n = jacobian_.rows(), d = jacobian_.cols();
  if (regular_) return {qr_.matrixQR().diagonal().head(d).cwiseAbs().array().log().sum(), static_cast<int>(d)};
  const Eigen::VectorXd values = singular_values_of(jacobian_);
  const double floor = static_cast<double>(std::max(n, d)) * std::numeric_limits<double>::epsilon() * values(0);
  Volume v{0, 0};
  for (Eigen::Index i = 0; i < values.size() && values(i) > floor; ++i, ++v.rank) v.log_volume += std::log(values(i));
  if (v.rank == 0) v.log_volume = -std::numeric_limits<double>::infinity();
  return v;
}

void TangentFrame::spectrum(double* into) const {
  const Eigen::Index d = jacobian_.cols();
  const Eigen::VectorXd values = singular_values_of(jacobian_);
  for (Eigen::Index i = 0; i < d; ++i) into[i] = i < values.size() ? std::pow(values(i), 2) : 0;
}

void TangentFrame::make_normal() {
  factor();
  sign_ = 1;
  if (!regular_) return;
  const Eigen::Index d = jacobian_.cols();
  // Q^T, without its first d rows, and back: what is normal.
  vectors_.applyOnTheLeft(qr_.householderQ().adjoint());
  vectors_.topRows(d).setZero();
}

void TangentFrame::make_symmetric(const double* weights) {
  factor();
  sign_ = -1;
  if (!regular_) return;
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Index n = jacobian_.rows(), d = jacobian_.cols();
  const Eigen::Map<const RowMajor> w(weights, n, d);
  // T_ija, a pair a column; then the third index in the frame.
  vectors_.resize(d, d * (d + 1) / 2);
  Eigen::VectorXd product(n);
  Eigen::Index at = 0;
  for (Eigen::Index i = 0; i < d; ++i) {
    for (Eigen::Index j = i; j < d; ++j, ++at) {
      product = factors_.cwiseProduct(w.col(i)).cwiseProduct(w.col(j));
      vectors_.col(at).noalias() = w.transpose() * product;
    }
  }
  qr_.matrixQR().topRows(d).triangularView<Eigen::Upper>().transpose().solveInPlace(vectors_);
}

double TangentFrame::ricci_scalar() {
  if (!regular_) return std::numeric_limits<double>::quiet_NaN();
  const Eigen::Index d = jacobian_.cols();
  inverse_ = qr_.matrixQR().topRows(d).triangularView<Eigen::Upper>().solve(Eigen::MatrixXd::Identity(d, d));
  Eigen::MatrixXd form(d, d);
  double trace2 = 0, all = 0;
  for (Eigen::Index k = 0; k < vectors_.rows(); ++k) {
    for (Eigen::Index i = 0; i < d; ++i) {
      for (Eigen::Index j = i; j < d; ++j) form(i, j) = form(j, i) = vectors_(k, pair(i, j, d));
    }
    const Eigen::MatrixXd in_frame = inverse_.transpose() * form * inverse_;
    trace2 += std::pow(in_frame.trace(), 2);
    all += in_frame.squaredNorm();
  }
  return sign_ * (trace2 - all);
}

void TangentFrame::riemann(double* into) {
  const Eigen::Index d = jacobian_.cols();
  if (!regular_) {
    std::fill_n(into, d * d * d * d, std::numeric_limits<double>::quiet_NaN());
    return;
  }
  const Eigen::MatrixXd products = sign_ * (vectors_.transpose() * vectors_);
  for (Eigen::Index i = 0; i < d; ++i) {
    for (Eigen::Index j = 0; j < d; ++j) {
      for (Eigen::Index k = 0; k < d; ++k) {
        for (Eigen::Index l = 0; l < d; ++l, ++into) *into = products(pair(i, k, d), pair(j, l, d)) - products(pair(i, l, d), pair(j, k, d));
      }
    }
  }
}

}  // namespace infwidth
