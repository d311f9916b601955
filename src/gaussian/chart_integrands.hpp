// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <type_traits>
#include <vector>

#include "infwidth/gaussian/chart.hpp"
#include "infwidth/gaussian/removable.hpp"
#include "infwidth/real/jet.hpp"

namespace infwidth {

/// h, h''/2, h''''/4, h = phi^2, then the same of g = phi'^2 if `functions` is 2, from the Taylor coefficients of phi: store(i, value).
template <class Series, class Store>
void spread_derivatives(const Series& phi, std::size_t functions, const Store& store) {
  using Number = std::decay_t<decltype(phi[0])>;
  Jet<Number, 5> factor;
  for (int k = 0; k <= 5; ++k) factor[k] = phi[k];
  for (std::size_t f = 0, i = 0; f < functions; ++f) {
    const Jet<Number, 5> square = factor * factor;
    store(i++, square[0]);
    store(i++, square[2]);
    store(i++, Number(6) * square[4]);
    for (int k = 0; k < 5; ++k) factor[k] = Number(k + 1) * factor[k + 1];  // to phi', of which five coefficients are known
  }
}

/// The integrands of a chart against the normal density of variance q: those of `Chart`, or what is integrated for the values and the first two
/// derivatives in q of E h and E g, h = phi^2, g = phi'^2 (D-027): h, h''/2, h''''/4, then those of g. On a chart whose program gives the integrands
/// themselves the derivatives fall on the density: h, h He_2(z)/2q, h He_4(z)/4q^2.
class ChartIntegrands {
 public:
  enum class Of { values, derivatives };
  static constexpr std::size_t orders = 3;  // of `derivatives`: E g, and two derivatives

  /// `integrals` outputs for values, `orders` times as many for derivatives.
  ChartIntegrands(const Chart& chart, Of of, std::size_t integrals, const Ball& q) : chart_(chart), integrals_(integrals), q_(q) {
    by_parts_ = of == Of::derivatives && !chart.direct;
    by_weights_ = of == Of::derivatives && chart.direct;
    if (by_parts_) {
      jets_.emplace(chart.in_x);
    } else {
      values_.emplace(chart.program);
    }
  }

  /// At a point of the chart.
  void at(const Ball& y, std::vector<Ball>& out) {
    if (by_parts_) return spread_derivatives(jets_->value(Jet<Ball, 5>::variable(y)), integrals_, [&](std::size_t i, const Ball& v) { out[i] = v; });
    chart_.integrands((*values_)(y), out);
    if (by_weights_) weigh(out, chart_.square_of_x(y) / q_);
  }

 private:
  const Chart& chart_;
  std::size_t integrals_;
  Ball q_;
  bool by_parts_ = false, by_weights_ = false;
  std::optional<Evaluator<Ball>> values_;
  std::optional<Evaluator<Jet<Ball, 5>>> jets_;

  void weigh(std::vector<Ball>& out, const Ball& z2) const {
    const Ball two_q = Ball(2) * q_;
    for (std::size_t g = integrals_; g-- > 0;) {
      const Ball value = out[g];
      out[orders * g] = value;
      out[orders * g + 1] = value * (z2 - Ball(1)) / two_q;
      out[orders * g + 2] = value * (z2 * (z2 - Ball(6)) + Ball(3)) / (two_q * two_q);
    }
  }
};

/// The same on boxes in the complex plane: bounds of the magnitudes.
class ChartBounds {
 public:
  ChartBounds(const Chart& chart, ChartIntegrands::Of of, std::size_t integrals, const Ball& q)
      : chart_(chart), of_(of), integrals_(integrals), q_(q), values_(chart.program) {
    if (of == ChartIntegrands::Of::derivatives && !chart.direct) jets_.emplace(chart.in_x);
  }

  /// False if the integrands are not proven analytic on the box.
  bool on(const ComplexBall& box, std::vector<Ball>& bounds) {
    if (!jets_) {
      if (!chart_.magnitudes(values_, box, bounds)) return false;
      if (of_ == ChartIntegrands::Of::derivatives) weigh(bounds, chart_.square_on_box(box.re(), box.im()).magnitude / q_);
      return true;
    }
    for (const Ball& point : chart_.removable) {
      // Beside the point too: there the derivatives of a quotient as it stands are differences of its large powers.
      const bool holds = box.re().overlaps(point);
      if (!holds && certainly_positive(power_of_two(-3) - (box.re() - point).magnitude()) != Truth::yes) continue;
      Evaluator<Removable> evaluate(chart_.program);
      const ComplexBall hull(Ball::hull(box.re(), point), box.im());
      if (finite(evaluate(Removable::variable(hull, point))[0].on_box, bounds)) return true;
      if (holds) return false;
    }
    return finite((*jets_)(Jet<ComplexBall, 5>::variable(box))[0], bounds);
  }

 private:
  const Chart& chart_;
  ChartIntegrands::Of of_;
  std::size_t integrals_;
  Ball q_;
  Evaluator<ComplexBall> values_;
  std::optional<Evaluator<Jet<ComplexBall, 5>>> jets_;

  template <class Series>
  bool finite(const Series& phi, std::vector<Ball>& bounds) const {
    for (int k = 0; k <= 5; ++k) {
      if (!phi[k].is_finite()) return false;
    }
    spread_derivatives(phi, integrals_, [&](std::size_t i, const ComplexBall& v) { bounds[i] = v.magnitude(); });
    return true;
  }

  void weigh(std::vector<Ball>& bounds, const Ball& z2) const {
    const Ball two_q = Ball(2) * q_.mignitude();
    for (std::size_t g = integrals_; g-- > 0;) {
      const Ball value = bounds[g];
      bounds[ChartIntegrands::orders * g] = value;
      bounds[ChartIntegrands::orders * g + 1] = value * (z2 + Ball(1)) / two_q;
      bounds[ChartIntegrands::orders * g + 2] = value * (z2 * (z2 + Ball(6)) + Ball(3)) / (two_q * two_q);
    }
  }
};

}  // namespace infwidth
