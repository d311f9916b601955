// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/bivariate_rule.hpp"

namespace infwidth {

/// Gauss-Legendre nodes centre +- offsets[k], in units of the standard deviation, with what stands at them.
struct GridPanel {
  Digits centre, half_length;
  std::vector<Digits> offsets, right, left;
};
struct GridPoint {
  Digits z, weight;
};

/// A discrete measure that stands for f(s z) exp(-z^2 / (2 (1 - rho^2))) dz: weight times function times Gaussian at each node.
struct BivariateGrid {
  Digits step;
  std::vector<Digits> uniform;  // at (j - size/2) step, size odd
  std::vector<GridPanel> panels;
  std::vector<GridPoint> points;  // panels that end in a power, and the jumps of f's integral
  Digits mean_size = 0;           // E|f|

  std::size_t size() const;
  template <class F>
  void for_each(const F& f) const {
    for (std::size_t j = 0; j < uniform.size(); ++j) f(Digits(step * (static_cast<long>(j) - static_cast<long>(uniform.size() / 2))), uniform[j]);
    for (const GridPanel& p : panels) {
      for (std::size_t k = 0; k < p.offsets.size(); ++k) {
        f(Digits(p.centre + p.offsets[k]), p.right[k]);
        f(Digits(p.centre - p.offsets[k]), p.left[k]);
      }
    }
    for (const GridPoint& p : points) f(p.z, p.weight);
  }
};

/// Makes the grids of one function: an equidistant one where it is one analytic piece, else one Gauss-Legendre panel a piece.
class GridMaker {
 public:
  GridMaker(const Activation& phi, BivariateOf of, int digits);
  /// Of a function without jumps to differentiate. `name` is for messages.
  GridMaker(const std::vector<Piece>& f, std::string name, int digits);

  /// The grid in the variable of deviation s, beside one of deviation `other`; finer and longer with each `level`.
  BivariateGrid grid(const Digits& s, const Digits& other, const Digits& rho, int level) const;
  /// Equidistant nodes are cheap: a factor of 50 in each variable; Gauss-Legendre's a factor of 10.
  int most_levels() const { return parts_.size() == 1 ? 12 : 8; }

 private:
  struct Part {
    Program program;
    std::optional<Digits> left, right;
    int left_root = 1, right_root = 1;  // of algebraic ends
  };
  std::string name_;
  int digits_;
  std::vector<Part> parts_;
  std::vector<GridPoint> jumps_;  // in x

  Digits value(const Digits& x) const;
  Digits range(const Digits& s, const Digits& other, const Digits& rho) const;
  struct Frame;
  void add_panel(BivariateGrid& grid, const Frame& frame, const Part& part, const Digits& a, const Digits& b) const;
  void add_end_panel(BivariateGrid& grid, const Frame& frame, const Part& part, const Digits& end, const Digits& other_end, int root) const;
};

}  // namespace infwidth
