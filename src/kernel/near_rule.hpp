// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>

#include "pair_dual.hpp"
#include "piecewise_values.hpp"

namespace infwidth {

/// The dual of one pair by a two-dimensional rule, for correlations that the Hermite series does not reach. Derivation D-051.
/// Smooth activations: u = sqrt(q1) (A a + B b), v = +-sqrt(q2) (A a - B b), A, B = sqrt((1 +- |rho|)/2), the trapezoidal rule in a and b.
/// Others: u outside, v given u inside, with panels that end where u or v meets a kink.
class NearRule {
 public:
  /// `cut`: an analytic phi is cut at 0 all the same, and goes by `kinked`.
  NearRule(const PiecewiseValues& phi, const LayerPoints& points, bool cut) : phi_(phi), points_(points), breaks_(cut ? std::vector<double>{0} : phi.breaks()), cut_(cut) {}

  struct Result {
    double value, gap, slope;
  };
  /// One thread's room.
  class Workspace {
   public:
    explicit Workspace(const NearRule& rule) : reader(rule.phi_) {}
    PiecewiseValues::Reader reader;
    std::vector<double> x, y, weight, f, df, g, dg;
  };
  /// `frequency`: 2 pi over the trapezoidal step in z that resolves phi(sqrt(q) z)^2 at q = max(q1, q2); `reach`: where z may end.
  Result smooth(std::size_t i, std::size_t j, double tau, double frequency, double reach, Workspace& space) const;
  Result kinked(std::size_t i, std::size_t j, double tau, Workspace& space) const;

 private:
  const PiecewiseValues& phi_;
  const LayerPoints& points_;
  std::vector<double> breaks_;
  bool cut_;

  /// From E[phi phi], E[(phi(u) - phi(v))^2], E[(phi(u) + phi(v))^2] and E[phi' phi'].
  Result result(std::size_t i, std::size_t j, double product, double minus, double plus, double slope) const;
};

}  // namespace infwidth
