// SPDX-License-Identifier: GPL-3.0-or-later
#include "convergence.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "infwidth/report/figure.hpp"

namespace infwidth::cli {

namespace {

std::vector<Column> columns() {
  return {{"quantity", "quantity", "\\text{quantity}", everywhere, true},
          {"width", "width", "n"},
          {"theory", "theory", "\\text{theory}"},
          {"mean", "mean", "\\text{mean}"},
          {"standard_error", "standard error", "\\text{standard error}"},
          {"theory_deviation", "theory of deviation", "\\sigma_\\text{theory}"},
          {"deviation", "standard deviation", "\\sigma"},
          {"limit", "limit", "n\\to\\infty", in_json | in_csv},
          {"note", "note", "\\text{note}"}};
}

}  // namespace

void write_convergence(const ConvergenceResult& result, const std::string& caption, std::uint64_t width, const AnswerFlags& flags,
                       Answer& answer) {
  answer.begin(columns(), caption);
  const bool for_programs = flags.format == "json" || flags.format == "csv";
  const Printing exact{10, Engine::number, for_programs}, rough{3, Engine::number, for_programs};
  const auto estimate = [&](double x, double error) { return quantity(x, error / 20, "", exact); };
  for (const ConvergenceRow& row : result.rows) {
    for (const ConvergencePoint& p : row.at) {
      const Cell theory_spread =
          p.theory_spread ? Cell(quantity(*p.theory_spread, 1e-14 * *p.theory_spread, "", exact)) : Cell(Missing{"no theory has it"});
      answer.row({row.quantity, static_cast<long>(p.factor * width), quantity(p.theory, 1e-14 * std::abs(p.theory), "", exact),
                  estimate(p.mean, p.standard_error), quantity(p.standard_error, 0, "", rough), theory_spread,
                  estimate(p.spread, p.spread_error), quantity(row.limit, 1e-14 * std::abs(row.limit), "", exact), row.standing});
    }
  }
  for (const ConvergenceRow& row : result.rows) {
    const auto slope = [&](const char* of, double expected, const std::optional<PowerLaw>& law, const char* none) {
      const Cell nothing = Missing{"does not apply"};
      if (!law)
        return answer.row({row.quantity + ", slope of " + of, nothing, quantity(expected, 0, "", exact), Missing{none}, nothing, nothing,
                           nothing, nothing, none});
      const double error = (law->high - law->low) / (2 * 1.96);
      answer.row({row.quantity + ", slope of " + of, nothing, quantity(expected, 0, "", exact),
                  std::isfinite(error) ? Cell(estimate(law->slope, error)) : Cell(quantity(law->slope, 0, "", rough)),
                  std::isfinite(error) ? Cell(quantity(error, 0, "", rough)) : Cell(Missing{"the interval is open"}), nothing, nothing,
                  nothing, fmt::format("95 %: {:.3g} to {:.3g}", law->low, law->high)});
    };
    slope("mean - limit", -1, row.deviation, "no deviation is seen");
    slope("standard deviation", -0.5, row.spread, "it does not fall as a power");
  }
}

namespace {

constexpr int black = 6, grey = 9;
constexpr double below_noise = 2;  // standard errors

/// What all panels of the figure have for one quantity, in units of its limit.
struct Plotted {
  Curve theory, points, bounds;

  Plotted(const std::string& name, int colour)
      : theory{"", {}, {}, {}, {}, Curve::Style::line, colour},
        points{name, {}, {}, {}, {}, Curve::Style::points, colour},
        bounds{"", {}, {}, {}, {}, Curve::Style::bounds, colour} {}

  void add_to(Panel& panel) {
    for (Curve* c : {&theory, &points, &bounds})
      if (c == &points || !c->x.empty()) panel.curves.push_back(std::move(*c));
  }
};

void add_point(Curve& curve, double n, double y) {
  curve.x.push_back(n);
  curve.y.push_back(y);
}
void add_point(Curve& curve, double n, double y, double error) {
  add_point(curve, n, y);
  curve.low.push_back(y - error);
  curve.high.push_back(y + error);
}

/// A line of this slope above all points: what theory says of how they fall.
Curve guide(const std::string& label, double slope, const Panel& panel) {
  Curve line{label, {}, {}, {}, {}, Curve::Style::dashed, grey};
  double height = 0;
  std::set<double> widths;
  for (const Curve& c : panel.curves) {
    for (std::size_t k = 0; k < c.x.size(); ++k) {
      if (!(c.y[k] > 0)) continue;
      widths.insert(c.x[k]);
      height = std::max(height, (c.high.empty() ? c.y[k] : c.high[k]) * std::pow(c.x[k], -slope));
    }
  }
  for (const double n : widths) add_point(line, n, 1.3 * height * std::pow(n, slope));
  return line;
}

}  // namespace

std::string convergence_figure(const ConvergenceResult& result, std::uint64_t width, const std::string& path) {
  Panel deviation{"deviation from infinite width", "width n", "|mean - limit| / |limit|", true, true, {}, {}};
  Panel spread{"standard deviation of a network", "width n", "standard deviation / |limit|", true, true, {}, {}};
  int colour = 0;
  for (const ConvergenceRow& row : result.rows) {
    const double unit = row.limit != 0 ? std::abs(row.limit) : 1;
    Plotted mean(row.quantity, colour), sigma(row.quantity, colour);
    for (const ConvergencePoint& p : row.at) {
      const double n = static_cast<double>(p.factor * width), off = std::abs(p.mean - row.limit) / unit, error = p.standard_error / unit;
      // What cannot be told from 0 is a bound, and no point of a line.
      if (off >= below_noise * error)
        add_point(mean.points, n, off, error);
      else
        add_point(mean.bounds, n, off + below_noise * error);
      // Rounding errors of a theory that has no deviation are no curve.
      if (const double known = std::abs(p.theory - row.limit) / unit; known > 1e-12) add_point(mean.theory, n, known);
      if (p.spread > 0) add_point(sigma.points, n, p.spread / unit, p.spread_error / unit);
      if (p.theory_spread) add_point(sigma.theory, n, *p.theory_spread / unit);
    }
    mean.add_to(deviation);
    sigma.add_to(spread);
    ++colour;
  }
  const Curve slope = guide("slope -1 (left), -1/2 (right)", -1, deviation);
  // The key of both panels: what lines and marks mean.
  deviation.curves.push_back({"theory at width n", {}, {}, {}, {}, Curve::Style::line, black});
  deviation.curves.push_back({"bound: within 2 standard errors of 0", {}, {}, {}, {}, Curve::Style::bounds, black});
  deviation.curves.push_back(slope);
  spread.curves.push_back(guide("", -0.5, spread));
  return drawn({{deviation, spread}, 2, true}, path);
}

}  // namespace infwidth::cli
