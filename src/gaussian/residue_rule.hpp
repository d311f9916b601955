// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>

#include "infwidth/gaussian/tanh_residue.hpp"

// The step, the contour and the error bounds of the residue trapezoid (D-021): what src/gaussian/tanh_residue.cpp sums, and how far it may be off.

namespace infwidth {

/// Which of the two integrands the nodes must reach for: sech^4 falls by itself, tanh^2 only with the Gaussian.
enum class Decay { gaussian, gaussian_and_sech4 };

struct ResidueRule {
  long precision;   // working bits
  double goal;      // natural logarithm of 1/tolerance
  Ball h;           // exact step
  double step, q;   // h and q again, for estimates
  long pole_lines;  // Y = pole_lines * pi, or a quarter of pi at most if 0
  Ball Y;
  long nodes;       // j = 0 .. nodes
  Decay decay;

  /// -log of the size of the term at node j, relative to 1: it needs that many bits less.
  double smallness(long j) const {
    const double w = static_cast<double>(j) * step;
    return w * w / (2 * q) + (decay == Decay::gaussian_and_sech4 ? std::max(0.0, 4 * w - 2.8) : 0);  // sech^4 w <= 16 e^-4w, log 16 < 2.8
  }
  long precision_at(long j) const { return std::max(40L, precision - static_cast<long>(smallness(j) * 1.4426)); }
};

inline constexpr double pi_double = 3.14159265358979323846;
inline constexpr long bound_bits = 64;  // error bounds need no more

/// Step, contour and number of nodes for a tolerance of 2^-goal_bits at the variance q (its midpoint; the bounds are formed from the ball).
///   Errors  NotReached where more than 1e9 nodes would be needed
ResidueRule choose_residue_rule(double q, long goal_bits, Decay decay);

/// The error of the rule: of the line Im w = Y, with its damping 2 e^(Y^2/2q) / (e^(2 pi Y / h) - 1), and of the nodes left out.
struct ResidueBounds {
  std::array<Ball, 3> square, slope_square;  // by k of He_2k
};
ResidueBounds residue_bounds(TanhIntegrand integrand, const ResidueRule& rule, const Ball& q);

/// The same for g = sech^4 alone, without weights.
Ball sech4_bound(const ResidueRule& rule, const Ball& q);

}  // namespace infwidth
