// SPDX-License-Identifier: GPL-3.0-or-later
#include "bivariate_grid.hpp"

#include <algorithm>
#include <cmath>

#include "infwidth/gaussian/legendre.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"
#include "piece_end.hpp"

namespace infwidth {

namespace {

int root_of(const std::optional<PieceEnd>& end) {
  if (end && end->kind == EndKind::logarithmic) throw NotReached("the expectation over two variables of a function with a logarithm at x = " + short_text(end->at.approximately()) + " has no rule");
  return end && end->kind == EndKind::algebraic ? end->root : 1;
}

/// The number of Gauss-Legendre nodes that integrate exp(-z^2/(2 t^2)) over a panel of half length l to `digits` digits: the bound
/// exp(l^2 y^2 / 2 t^2) rho^(-2n), log rho = asinh(y), at its best ellipse.
int nodes_for_gaussian(double l_over_t, double digits) {
  double best = 1e9;
  for (double y = 0.2; y < 12; y *= 1.15) best = std::min(best, (digits * std::log(10.0) + l_over_t * l_over_t * y * y / 2) / (2 * std::asinh(y)));
  return static_cast<int>(best) + 2;
}

}  // namespace

std::size_t BivariateGrid::size() const {
  std::size_t n = uniform.size() + points.size();
  for (const GridPanel& p : panels) n += 2 * p.offsets.size();
  return n;
}

/// What the panels of one grid have in common.
struct GridMaker::Frame {
  Digits s, gauss_scale;  // -1/(2 (1 - rho^2))
  double deviation;       // sqrt(1 - rho^2)
  int level;
};

GridMaker::GridMaker(const std::vector<Piece>& f, std::string name, int digits) : name_(std::move(name)), digits_(digits) {
  for (const Piece& piece : f) parts_.push_back({Program({piece.value}, "x"), position(piece.left), position(piece.right), root_of(piece.left), root_of(piece.right)});
}

GridMaker::GridMaker(const Activation& phi, BivariateOf of, int digits) : name_(phi.name()), digits_(digits) {
  const bool slope = of == BivariateOf::derivative;
  for (const Piece& piece : phi.pieces()) {
    parts_.push_back({Program({slope ? piece.derivative : piece.value}, "x"), position(piece.left), position(piece.right), root_of(piece.left), root_of(piece.right)});
  }
  if (!slope || !phi.jump()) return;
  for (std::size_t i = 0; i + 1 < phi.pieces().size(); ++i) {
    const Digits& t = *parts_[i].right;
    const auto limit = [&](const Piece& piece) {
      const Program program({piece.value}, "x");
      return Evaluator<Digits>(program).value(t);
    };
    const Digits jump = limit(phi.pieces()[i + 1]) - limit(phi.pieces()[i]);
    if (!isfinite(jump)) throw NotReached("E[phi'(u) phi'(v)] of " + name_ + ": the jump at x = " + t.str(6) + " has no value there");
    jumps_.push_back({t, jump});
  }
}

Digits GridMaker::value(const Digits& x) const {
  for (const Part& part : parts_) {
    if (part.right && *part.right < x) continue;
    return Evaluator<Digits>(part.program).value(x);
  }
  return 0;
}

/// Beyond +- this many deviations f(u) E[|f(v)| given u] p(u) is below the accuracy, as far as samples show.
Digits GridMaker::range(const Digits& s, const Digits& other, const Digits& rho) const {
  const double first = std::sqrt(2 * (digits_ + 6) * std::log(10.0)), longest = 12 * first;
  const Digits small = pow(Digits(10), -(digits_ + 6)), beside = sqrt(1 - rho * rho);
  const auto size = [&](const Digits& x) {
    const Digits f = abs(value(x));
    return isfinite(f) && f > 1 ? f : Digits(1);
  };
  for (double z = first;; z *= 1.1) {
    bool far_enough = true;
    for (const double side : {z, -z}) {
      Digits there(0);
      for (int k = -12; k <= 12; ++k) there += size((rho * side + k * beside) * other) * exp(-Digits(k * k) / 2);
      far_enough = far_enough && size(side * s) * there * exp(-Digits(side) * side / 2) < small;
    }
    if (far_enough) return z;
    if (z > longest) throw NotReached("E[phi(u) phi(v)] of " + name_ + ": the tails do not fall off; is the expectation finite at these variances?");
  }
}

BivariateGrid GridMaker::grid(const Digits& s, const Digits& other, const Digits& rho, int level) const {
  BivariateGrid grid;
  const Digits beside = 1 - rho * rho;
  const double deviation = std::sqrt(beside.convert_to<double>());
  const Frame frame{s, -1 / (2 * beside), deviation, level};
  const Digits longest = range(s, other, rho) * (1 + Digits(level) / 20), unit = sqrt(2 * pi<Digits>());

  if (parts_.size() == 1) {
    // The error of the rule for the Gaussian alone is exp(-2 pi^2 (1 - rho^2)/h^2); poles of f ask for smaller steps.
    grid.step = 3.14159 * deviation * std::sqrt(2 / (digits_ * std::log(10.0))) * std::pow(0.7, level);
    const long n = static_cast<long>((longest / grid.step).convert_to<double>()) + 1;
    Evaluator<Digits> f(parts_[0].program);
    for (long j = -n; j <= n; ++j) {
      const Digits z = grid.step * j, height = f.value(s * z);
      // Beyond MPFR's range only factors of a product that vanishes.
      grid.uniform.push_back(isfinite(height) ? Digits(height * exp(frame.gauss_scale * z * z) * grid.step) : Digits(0));
      if (isfinite(height)) grid.mean_size += abs(height) * exp(-z * z / 2) * grid.step / unit;
    }
    return grid;
  }

  for (const Part& part : parts_) {
    const Digits a = part.left && *part.left / s > -longest ? Digits(*part.left / s) : Digits(-longest);
    const Digits b = part.right && *part.right / s < longest ? Digits(*part.right / s) : longest;
    if (!(a < b)) continue;
    const bool from_power = part.left_root > 1 && a > -longest, to_power = part.right_root > 1 && b < longest;
    const Digits middle = (a + b) / 2;
    if (from_power) add_end_panel(grid, frame, part, a, to_power ? middle : b, part.left_root);
    if (to_power) add_end_panel(grid, frame, part, b, from_power ? middle : a, part.right_root);
    if (!from_power && !to_power) add_panel(grid, frame, part, a, b);
  }
  for (const GridPoint& jump : jumps_) {
    const Digits z = jump.z / s;
    grid.points.push_back({z, jump.weight / s * exp(frame.gauss_scale * z * z)});
    grid.mean_size += abs(jump.weight / s) * exp(-z * z / 2) / unit;
  }
  return grid;
}

void GridMaker::add_panel(BivariateGrid& grid, const Frame& frame, const Part& part, const Digits& a, const Digits& b) const {
  GridPanel panel;
  panel.centre = (a + b) / 2;
  panel.half_length = (b - a) / 2;
  const int n = nodes_for_gaussian(panel.half_length.convert_to<double>() / frame.deviation, digits_);
  const auto rule = legendre_rule(legendre_size(static_cast<int>(n * std::pow(1.4, frame.level - 1))), Precision::bits_for(Digits::default_precision()));
  Evaluator<Digits> f(part.program);
  const Digits unit = sqrt(2 * pi<Digits>());
  for (std::size_t k = 0; k < rule->nodes.size(); ++k) {
    const Digits offset = panel.half_length * to_digits(rule->nodes[k]), weight = panel.half_length * to_digits(rule->weights[k]);
    panel.offsets.push_back(offset);
    for (const bool right : {true, false}) {
      const Digits z = right ? Digits(panel.centre + offset) : Digits(panel.centre - offset), height = f.value(frame.s * z) * weight;
      (right ? panel.right : panel.left).push_back(isfinite(height) ? Digits(height * exp(frame.gauss_scale * z * z)) : Digits(0));
      if (isfinite(height)) grid.mean_size += abs(height) * exp(-z * z / 2) / unit;
    }
  }
  grid.panels.push_back(std::move(panel));
}

/// From an end at which f(x) is a power of |x - end|: in y = |z - end|^(1/root) it is analytic.
void GridMaker::add_end_panel(BivariateGrid& grid, const Frame& frame, const Part& part, const Digits& end, const Digits& other_end, int root) const {
  const Digits length = abs(other_end - end), half = pow(length, Digits(1) / root) / 2;
  const int n = 2 * nodes_for_gaussian(length.convert_to<double>() / 2 / frame.deviation, digits_);
  const auto rule = legendre_rule(legendre_size(static_cast<int>(n * std::pow(1.4, frame.level - 1))), Precision::bits_for(Digits::default_precision()));
  Evaluator<Digits> f(part.program);
  const Digits unit = sqrt(2 * pi<Digits>());
  for (std::size_t k = 0; k < rule->nodes.size(); ++k) {
    for (const int side : {1, -1}) {
      const Digits y = half * (1 + side * to_digits(rule->nodes[k])), distance = pow(y, root);
      const Digits z = end < other_end ? Digits(end + distance) : Digits(end - distance);
      const Digits height = f.value(frame.s * z) * half * to_digits(rule->weights[k]) * root * pow(y, root - 1);
      if (!isfinite(height)) continue;
      grid.points.push_back({z, height * exp(frame.gauss_scale * z * z)});
      grid.mean_size += abs(height) * exp(-z * z / 2) / unit;
    }
  }
}

}  // namespace infwidth
