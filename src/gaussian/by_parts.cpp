// SPDX-License-Identifier: GPL-3.0-or-later
#include "by_parts.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "chart_integrands.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

/// The jumps of h, h', h'', h''' and of those of g at one point.
struct Jump {
  Ball at;
  std::array<std::array<Ball, 4>, 2> derivatives;
};

/// Taylor coefficients of phi at an end of its chart.
Jet<Ball, 5> series_at(const Chart& chart, const Ball& t) {
  const bool removable = std::any_of(chart.removable.begin(), chart.removable.end(), [&](const Ball& point) { return point.overlaps(t); });
  Jet<Ball, 5> phi;
  if (removable) {
    Evaluator<Removable> evaluate(chart.program);
    const Removable series = evaluate(Removable::variable(ComplexBall(t), t))[0];
    for (int k = 0; k <= 5; ++k) phi[k] = series.at_point[k];
  } else {
    Evaluator<Jet<Ball, 5>> evaluate(chart.in_x);
    phi = evaluate.value(Jet<Ball, 5>::variable(t));
  }
  for (int k = 0; k <= 5; ++k) {
    if (!phi[k].is_finite()) throw NotReached("the derivatives of " + chart.name + " at x = " + short_text(t.to_double()) + " are not finite at this precision");
  }
  return phi;
}

void add_end(Jump& jump, const Jet<Ball, 5>& phi, std::size_t integrals, int sign) {
  Jet<Ball, 5> slope;
  for (int k = 0; k < 5; ++k) slope[k] = Ball(k + 1) * phi[k + 1];
  for (std::size_t i = 0; i < integrals; ++i) {
    const Jet<Ball, 5> square = i == 0 ? phi * phi : slope * slope;
    const int factorials[] = {1, 1, 2, 6};
    for (int k = 0; k < 4; ++k) jump.derivatives[i][static_cast<std::size_t>(k)] += Ball(sign * factorials[k]) * square[k];
  }
}

}  // namespace

std::vector<Ball> boundary_terms(const std::vector<Chart>& charts, const std::vector<Cut>& cuts, std::size_t integrals, const Ball& q) {
  // q^-2 multiplies the difference of h on both sides, which balls do not see to be 0.
  const long e = log2_magnitude(q);
  const Precision guarded(Precision::bits() + 64 + (e < 0 ? -2 * e : 0));
  std::map<std::pair<Rational, Rational>, Jump> jumps;
  for (std::size_t c = 0; c < charts.size(); ++c) {
    const Chart& chart = charts[c];
    if (chart.direct) continue;
    const auto add = [&](const RealPoint& end, int sign) {
      const auto [place, is_new] = jumps.try_emplace({end.low(), end.high()});
      if (is_new) place->second.at = end.ball();
      add_end(place->second, series_at(chart, place->second.at), integrals, sign);
    };
    if (!chart.mirror) add(chart.left ? *chart.left : RealPoint(Rational(cuts[c].low)), -1);
    add(chart.right ? *chart.right : RealPoint(Rational(cuts[c].high)), 1);
  }
  std::vector<Ball> terms(integrals * ChartIntegrands::orders);
  const Ball r = Ball(1) / sqrt(q);
  for (const auto& [key, jump] : jumps) {
    const Ball z = jump.at * r, z2 = z * z, p = exp(-z2 / Ball(2)) * r / sqrt(Ball(2) * Ball::pi());
    const Ball p1 = -z * r * p, p2 = (z2 - Ball(1)) * r * r * p, p3 = z * (Ball(3) - z2) * r * r * r * p;
    for (std::size_t i = 0; i < integrals; ++i) {
      const std::array<Ball, 4>& j = jump.derivatives[i];
      terms[ChartIntegrands::orders * i + 1] += (j[0] * p1 - j[1] * p) / Ball(2);
      terms[ChartIntegrands::orders * i + 2] += (j[0] * p3 - j[1] * p2 + j[2] * p1 - j[3] * p) / Ball(4);
    }
  }
  return terms;
}

}  // namespace infwidth
