// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "infwidth/real/ball.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// Which even functions of w are integrated, t = tanh(w).
enum class TanhIntegrand {
  tanh,  // square t^2,            slope_square (1 - t^2)^2:  tanh
  silu,  // square w^2 t^2,        slope_square u^2, u = t + w (1 - t^2):  the odd part of w (1 + t), which is silu(2w)
};

/// E[g(w) He_2k(w / sqrt q)], w ~ N(0, q), for g = square and g = slope_square, k = 0, 1, 2.
struct TanhExpectations {
  std::array<Ball, 3> square, slope_square;
  std::uint64_t nodes = 0, poles = 0;
};

/// The trapezoidal rule with the residues of the poles of tanh added back, proven.
///   Accuracy   the radius is about 2^-bits of E[g] at the working precision, whatever the cancellation in He_2k
///   Domain     q > 0, a ball of small relative radius; throws NotReached if q may be 0
///   Derivation D-021
TanhExpectations tanh_expectations(TanhIntegrand integrand, const Ball& q, const Budget& budget = {});

/// E[(1 - tanh(w)^2)^2] alone, w ~ N(0, q): chi of tanh.
Ball tanh_chi(const Ball& q, const Budget& budget = {});

}  // namespace infwidth
