// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/QR>
#include <cstddef>

namespace infwidth {

/// The image of a network's feature map F = phi(h)/sqrt(n) near one point: a surface in R^n, with tangent vectors F_i and second derivatives F_ij.
/// With F_i = Q R (QR factorization), E = R^-1 holds an orthonormal frame, E^T g E = 1. Derivation D-066.
class TangentFrame {
 public:
  /// `entry(k, i)` = d phi(h_k) / dx_i, n x d.
  template <class Entry>
  void set_jacobian(std::size_t n, std::size_t d, Entry entry) {
    jacobian_.resize(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(d));
    const double scale = 1 / std::sqrt(static_cast<double>(n));
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t i = 0; i < d; ++i) jacobian_(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(i)) = scale * entry(k, i);
    }
    factored_ = false;
  }

  /// g = F_i . F_j, d x d.
  void metric(double* into) const;
  struct Volume {
    double log_volume;  // of the non-zero eigenvalues
    int rank;
  };
  Volume volume();
  /// The eigenvalues of g, decreasing.
  void spectrum(double* into) const;

  /// The part of F_ij normal to the surface. `entry(k, ij)` = d_i d_j phi(h_k) with the pairs i <= j in lexicographic order.
  template <class Entry>
  void set_second(std::size_t n, std::size_t d, Entry entry) {
    const auto pairs = static_cast<Eigen::Index>(d * (d + 1) / 2);
    vectors_.resize(static_cast<Eigen::Index>(n), pairs);
    const double scale = 1 / std::sqrt(static_cast<double>(n));
    for (std::size_t k = 0; k < n; ++k) {
      for (Eigen::Index ij = 0; ij < pairs; ++ij) vectors_(static_cast<Eigen::Index>(k), ij) = scale * entry(k, static_cast<std::size_t>(ij));
    }
    make_normal();
  }
  /// Of one hidden layer, where F_ij . F_kl is symmetric in all four and leaves the curvature: `weights` n x d row after row, `factor(k)` = phi' phi''.
  template <class Factor>
  void set_symmetric(const double* weights, Factor factor) {
    const Eigen::Index n = jacobian_.rows();
    factors_.resize(n);
    for (Eigen::Index k = 0; k < n; ++k) factors_(k) = factor(static_cast<std::size_t>(k)) / static_cast<double>(n);
    make_symmetric(weights);
  }

  /// NaN where g is singular.
  double ricci_scalar();
  /// R_ijkl, d^4.
  void riemann(double* into);

 private:
  Eigen::MatrixXd jacobian_, inverse_;  // F_i; R^-1
  Eigen::HouseholderQR<Eigen::MatrixXd> qr_;
  // R_ijkl = sign (V_ik . V_jl - V_il . V_jk): a column a pair i <= j.
  Eigen::MatrixXd vectors_;
  Eigen::VectorXd factors_;
  double sign_ = 1;
  bool factored_ = false, regular_ = false;

  void factor();
  void make_normal();
  void make_symmetric(const double* weights);
};

}  // namespace infwidth
