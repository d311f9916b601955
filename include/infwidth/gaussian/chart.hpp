// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/removable.hpp"

namespace infwidth {

/// The functions g whose expectations are wanted, of a function f = phi given by its pieces.
enum class Integrands {
  value,                    // g = f
  square,                   // g = phi^2
  square_and_slope_square,  // g = phi^2 and g = phi'^2
};

/// |x^2| and the least real part of x^2 over a box of the chart's variable.
struct ChartSquare {
  Ball magnitude, least_real;
};

/// A stretch of a piece in a variable in which the integrands are analytic: x itself; y with x = origin +- y^root at an algebraic end; or
/// y with x = origin +- reach e^-y at a logarithmic one, which is at y = infinity.
struct Chart {
  enum class Variable { x, root, exponential };

  std::string name;                  // the formula, for messages
  Program program;                   // outputs: phi, phi' or f; or the integrands themselves (`direct`), which include dx/dy
  Program in_x;                      // phi or f alone, in x
  Variable variable = Variable::x;
  bool direct = false;
  bool squares = false;              // integrands are the squares of the outputs
  std::vector<Expression> growth_formulas = {};  // phi, phi' or f in x, for the tails; of an exponential chart the integrands, y written x
  std::optional<RealPoint> left = {}, right = {};  // in the chart's variable; none: infinite
  bool mirror = false;                           // the left end is x = 0, where the even integrand is folded: no end of a piece
  std::vector<Ball> removable = {};              // exact points at the ends where the formula must not be evaluated
  Rational origin = 0, reach = 1;
  int direction = 1, root = 1;

  /// The integrands from the program's outputs.
  void integrands(std::span<const Ball> outputs, std::vector<Ball>& values) const;
  Ball x_of(const Ball& y) const;
  double x_of(double y) const;
  double dx_dy(double y) const;
  Ball square_of_x(const Ball& y) const;
  ChartSquare square_on_box(const Ball& re, const Ball& im) const;
  /// Upper bounds of the integrands' magnitudes over a box; false if they are not proven analytic on it.
  bool magnitudes(Evaluator<ComplexBall>& on_box, const ComplexBall& box, std::vector<Ball>& bounds) const;
  /// The largest |x| among the finite ends.
  double farthest_end() const;
};

/// The charts of a function given by pieces, those where the integrand vanishes identically left out.
///   integrands   what is integrated: f, phi^2, or phi^2 and phi'^2
///   folded       only x > 0
///   Errors    NotReached for an algebraic or logarithmic end that has no analytic variable
std::vector<Chart> make_charts(const std::vector<Piece>& pieces, Integrands integrands, bool folded);

}  // namespace infwidth
