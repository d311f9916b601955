// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/bivariate_rule.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "bivariate_grid.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

constexpr int reserve = 12;  // digits

/// sum_j b_j exp(a y_j) over the grid.
Digits transform(const BivariateGrid& grid, const Digits& a) {
  Digits total(0);
  if (!grid.uniform.empty()) {
    // The exponentials are powers of one number: Horner's rule outwards from the middle, to both sides.
    const Digits up = exp(a * grid.step), down = 1 / up;
    const std::size_t middle = grid.uniform.size() / 2;
    Digits right(0), left(0);
    for (std::size_t j = grid.uniform.size(); j-- > middle + 1;) right = (right + grid.uniform[j]) * up;
    for (std::size_t j = 0; j < middle; ++j) left = (left + grid.uniform[j]) * down;
    total = right + grid.uniform[middle] + left;
  }
  std::vector<Digits> e;
  const GridPanel* same_nodes = nullptr;
  for (const GridPanel& panel : grid.panels) {
    if (same_nodes == nullptr || same_nodes->half_length != panel.half_length) {
      e.clear();
      for (const Digits& x : panel.offsets) e.push_back(exp(a * x));
    }
    same_nodes = &panel;
    Digits sum(0);
    for (std::size_t k = 0; k < e.size(); ++k) sum += panel.right[k] * e[k] + panel.left[k] / e[k];
    total += sum * exp(a * panel.centre);
  }
  for (const GridPoint& p : grid.points) total += p.weight * exp(a * p.z);
  return total;
}

/// The sum over the product of two grids, and its scale E|f(u)| E|f(v)|.
struct Sum {
  Digits value, scale;
};

Sum sum_of(const BivariateGrid& first, const BivariateGrid& second, const Digits& rho, const Budget& budget) {
  const Digits beside = 1 - rho * rho, coupling = rho / beside;
  Digits total(0);
  first.for_each([&](const Digits& z, const Digits& weight) {
    budget.check();
    if (weight != 0) total += weight * transform(second, coupling * z);
  });
  return {total / (2 * pi<Digits>() * sqrt(beside)), first.mean_size * second.mean_size};
}

/// `f_grids` in the first variable, `g_grids` in the second; one and the same where f = g.
Estimate<Digits> expectation_on_grids(const GridMaker& f_grids, const GridMaker& g_grids, const std::string& name, int wanted, const Digits& q1, const Digits& q2, const Digits& c, const Budget& budget) {
  if (!(q1 > 0) || !(q2 > 0) || !(c * c < q1 * q2)) throw UsageError("covariance: not positive definite; check q1, q2 > 0 and c^2 < q1 q2");
  const Digits s1 = sqrt(q1), s2 = sqrt(q2), rho = c / (s1 * s2);
  const int working = wanted + reserve;
  const Digits relative = pow(Digits(10), -wanted), absolute = pow(Digits(10), 6 - working);

  Estimate<Digits> result;
  Digits before;
  for (int level = 0; level < std::min(f_grids.most_levels(), g_grids.most_levels()); ++level) {
    const BivariateGrid first = f_grids.grid(s1, s2, rho, level), second = q1 == q2 && &f_grids == &g_grids ? first : g_grids.grid(s2, s1, rho, level);
    const Sum sum = sum_of(first, second, rho, budget);
    result.value = sum.value;
    result.error = abs(sum.value - before);
    result.evaluations += first.size() + second.size();
    if (level > 0 && (result.error <= relative * abs(sum.value) || result.error <= absolute * sum.scale)) {
      result.method = first.uniform.empty() ? "Gauss-Legendre products" : "trapezoidal products";
      return result;
    }
    before = sum.value;
  }
  throw NotReached("E[phi(u) phi(v)] of " + name + ": the quadrature does not reach " + std::to_string(wanted) + " digits; ask for fewer");
}

}  // namespace

Estimate<Digits> bivariate_expectation(const Activation& phi, BivariateOf of, const Digits& q1, const Digits& q2, const Digits& c, const Budget& budget) {
  const int wanted = static_cast<int>(Digits::default_precision()) - reserve;
  const GridMaker grids(phi, of, wanted);
  return expectation_on_grids(grids, grids, phi.name(), wanted, q1, q2, c, budget);
}

Estimate<Digits> bivariate_expectation(const std::vector<Piece>& f, const std::vector<Piece>& g, const Digits& q1, const Digits& q2, const Digits& c, const Budget& budget) {
  const int wanted = static_cast<int>(Digits::default_precision()) - reserve;
  const std::string name = to_string(f[0].value) + ", " + to_string(g[0].value);
  return expectation_on_grids(GridMaker(f, name, wanted), GridMaker(g, name, wanted), name, wanted, q1, q2, c, budget);
}

}  // namespace infwidth
