// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "infwidth/activation/activation.hpp"

namespace infwidth {

/// A normal form for which a closed form or a special method exists, proven equal to the activation. All constants are formulas
/// without x.
struct Recognised {
  enum class Kind {
    polynomial,  // sum of coefficients[k] x^k on the whole line
    slopes,      // left x for x < 0, right x for x > 0: relu, leaky relu, abs
    powers,      // left (-x)^exponent for x < 0, right x^exponent for x > 0, exponent > -1/2, not 1: relu_power; exponent 0: step, sign
    shape,       // c + a f(b x), f the catalogue's `entry`; c = 0 unless f is erf or tanh
    sinusoid,    // sine sin(b x) + cosine cos(b x): sin, cos, rbf
  };
  Kind kind;
  std::vector<Expression> coefficients = {};  // lowest first
  Expression left = 0, right = 0;
  Rational exponent = 1;
  /// erf, gelu, exp, gaussian, tanh, softplus, silu, elu, hardtanh or relu6. normal_cdf comes as 1/2 + erf(x/sqrt(2))/2 and sigmoid as
  /// 1/2 + tanh(x/2)/2. The parameter is elu's alpha.
  std::string entry = {};
  Expression parameter = 0;
  Expression a = 1, b = 1, c = 0;
  Expression sine = 0, cosine = 0;
};

/// The normal form of an activation, if it has one of those above. Structure is matched first, in microseconds; then rates b are
/// guessed from the linear arguments in the formula, tried in double precision and proven by algebra.
std::optional<Recognised> recognise(const Activation& activation);

}  // namespace infwidth
