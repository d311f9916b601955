// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/kernel/rank.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "infwidth/kernel/recursion.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

/// A point up to a positive or negative factor: its coordinates over the first that is not 0, which is `size`.
struct Ray {
  Rational size = 0;
  std::vector<Rational> direction;

  Ray(const double* x, std::size_t n) : direction(x, x + n) {
    const auto first = std::find_if(direction.begin(), direction.end(), [](const Rational& c) { return c != 0; });
    if (first == direction.end()) return;
    size = *first;
    for (Rational& c : direction) c /= size;
  }
};

/// What the output at c x is times that at x; none where it is no multiple of it.
std::optional<Rational> ratio_of_outputs(const Architecture& network, const Rational& c) {
  if (network.sigma_b2[0] != 0) return c == 1 ? std::optional<Rational>(1) : std::nullopt;
  std::optional<Rational> ratio = c;
  for (std::size_t l = 1; l <= network.activations.size() && ratio; ++l) {
    const std::optional<Rational> before = ratio;
    ratio = ratio_of_features(network.activations[l - 1], ratio, network.sigma_b2[l] != 0);
    const bool skips = network.residual && l < network.activations.size();
    if (skips && ratio != before) ratio.reset();
  }
  return ratio;
}

/// The network's output at 0: known to be 0 if nothing is added on the way.
bool is_zero_at_zero(const Architecture& network) {
  const bool biased = std::any_of(network.sigma_b2.begin(), network.sigma_b2.end(), [](const Rational& b) { return b != 0; });
  return !biased && std::all_of(network.activations.begin(), network.activations.end(), [](const Activation& phi) {
    return phi.parity() == Parity::odd || ratio_of_features(phi, Rational(2), false).has_value();
  });
}

std::string multiple(const Rational& c) { return c == -1 ? "-x" : short_text(constant<double>(c)) + " x"; }

}  // namespace

std::optional<std::string> why_singular(const Architecture& network, MatrixView points, bool tangent) {
  // In the standard parameterization the tangent kernel has a bias' 1 in every layer.
  if (tangent && network.parameterization == Parameterization::standard) return std::nullopt;
  const std::string rank = ": the matrix has the rank " + std::to_string(points.rows - 1) + " at most";
  std::map<std::vector<Rational>, std::vector<std::pair<std::size_t, Rational>>> by_direction;
  for (std::size_t i = 0; i < points.rows; ++i) {
    Ray ray(points.data + i * points.columns, points.columns);
    if (ray.size == 0) {
      if (is_zero_at_zero(network))
        return "row " + std::to_string(i + 1) + " is 0, where a network without biases is 0 too, so that its kernel with every point is 0" +
               rank;
      continue;
    }
    auto& others = by_direction[ray.direction];
    for (const auto& [j, size] : others) {
      const Rational c = ray.size / size;
      const std::optional<Rational> ratio = ratio_of_outputs(network, c);
      if (!ratio) continue;
      if (c == 1) return "rows " + std::to_string(j + 1) + " and " + std::to_string(i + 1) + " are equal" + rank;
      return "rows " + std::to_string(j + 1) + " and " + std::to_string(i + 1) + " are x and " + multiple(c) + ", where this network is " +
             (*ratio == 1    ? "the same"
              : *ratio == -1 ? "the negative of what it is at x"
                             : short_text(constant<double>(*ratio)) + " times what it is at x") +
             rank;
    }
    others.emplace_back(i, ray.size);
  }
  return std::nullopt;
}

}  // namespace infwidth
