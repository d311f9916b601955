// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

#include "pair_dual.hpp"
#include "piecewise_values.hpp"

namespace infwidth {

/// a_k = E[phi(sqrt(q) z) He_k(z)]/sqrt(k!) of many points, and b_k, the same of phi'. Derivation D-051.
class HermiteCoefficients {
 public:
  static constexpr std::size_t points_of_block = 16;  // whose coefficients stand side by side
  static constexpr double tail = 1e-15;               // of sqrt(Q1 Q2): where a series may end

  ///   Errors   NotReached, with the first variance at which double precision does not resolve phi
  HermiteCoefficients(const Activation& phi, const LayerPoints& points, bool slope, const Budget& budget);

  const PiecewiseValues& phi() const { return phi_; }
  bool has_slope() const { return slope_; }
  /// Whether phi is analytic and the trapezoidal rule resolves it. An analytic phi whose changes on the scale 1 are too short for equal steps in z is `cut` at 0 instead, and goes by panels that become
  /// short towards it, as one with kinks.
  bool smooth() const { return smooth_; }
  bool cut() const { return cut_; }
  /// Of the trapezoidal rule: 2 pi / h, and where it ends.
  double frequency() const { return frequency_; }
  double reach() const { return reach_; }
  /// The largest relative error of E[phi^2] and E[phi'^2] that was seen: what the rules leave.
  double resolution() const { return resolution_; }

  // Of an even or odd phi every other coefficient is 0 and not stored: term k stands for the order first + every k.
  std::size_t terms() const { return terms_; }
  std::size_t every() const { return parity_ == Parity::none ? 1 : 2; }
  std::size_t first_of_value() const { return parity_ == Parity::odd ? 1 : 0; }
  std::size_t first_of_slope() const { return parity_ == Parity::even ? 1 : 0; }
  /// Of point p, `points_of_block` apart.
  const double* a(std::size_t p) const { return a_.data() + (p / points_of_block) * terms_ * points_of_block + p % points_of_block; }
  const double* b(std::size_t p) const { return b_.data() + (p / points_of_block) * terms_ * points_of_block + p % points_of_block; }

  [[noreturn]] void refuse(std::size_t p) const;

 private:
  /// He_k(z) exp(-z^2/4)/sqrt(k!) at the nodes, times what is left of weight and Gaussian: a column for each order.
  struct Basis {
    Eigen::ArrayXd z;
    Eigen::MatrixXd value, slope;
  };

  PiecewiseValues phi_;
  const LayerPoints& points_;
  bool slope_, smooth_, cut_ = false;
  Parity parity_;
  std::vector<double> breaks_;
  double frequency_ = 0, reach_ = 13, resolution_ = 0;
  std::size_t terms_ = 0;
  std::vector<double> a_, b_;  // [point / points_of_block][k][point % points_of_block]

  double* of_point(std::vector<double>& of, std::size_t p) const {
    return of.data() + (p / points_of_block) * terms_ * points_of_block + p % points_of_block;
  }
  double error_of_step(std::size_t p, double h, double reach, PiecewiseValues::Reader& reader) const;
  bool choose_step();
  Basis make_basis(std::size_t terms) const;
  void evaluate(std::size_t p, const Basis& basis, PiecewiseValues::Reader& reader, std::vector<double>& x, double* f, double* df) const;
  std::size_t terms_that_matter() const;
  void expand_smooth(const Budget& budget);
  void store(const Eigen::MatrixXd& found, std::size_t p0, std::vector<double>& into);
  void expand_kinked(const Budget& budget);
  std::size_t piece_of(std::size_t p, double z) const;
  std::vector<double> panels(std::size_t p, double longest, double reach) const;
};

}  // namespace infwidth
