// SPDX-License-Identifier: GPL-3.0-or-later
#include "convergence.hpp"

#include <cmath>

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

void write_convergence(const ConvergenceResult& result, const std::string& caption, std::uint64_t width, const AnswerFlags& flags, Answer& answer) {
  answer.begin(columns(), caption);
  const bool for_programs = flags.format == "json" || flags.format == "csv";
  const Printing exact{10, Engine::number, for_programs}, rough{3, Engine::number, for_programs};
  const auto estimate = [&](double x, double error) { return quantity(x, error / 20, "", exact); };
  for (const ConvergenceRow& row : result.rows) {
    for (const ConvergencePoint& p : row.at) {
      const Cell theory_spread = p.theory_spread ? Cell(quantity(*p.theory_spread, 1e-14 * *p.theory_spread, "", exact)) : Cell(Missing{"no theory has it"});
      answer.row({row.quantity, static_cast<long>(p.factor * width), quantity(p.theory, 1e-14 * std::abs(p.theory), "", exact), estimate(p.mean, p.standard_error),
                  quantity(p.standard_error, 0, "", rough), theory_spread, estimate(p.spread, p.spread_error), quantity(row.limit, 1e-14 * std::abs(row.limit), "", exact), row.standing});
    }
  }
  for (const ConvergenceRow& row : result.rows) {
    const auto slope = [&](const char* of, double expected, const std::optional<PowerLaw>& law, const char* none) {
      const Cell nothing = Missing{"does not apply"};
      if (!law) return answer.row({row.quantity + ", slope of " + of, nothing, quantity(expected, 0, "", exact), Missing{none}, nothing, nothing, nothing, nothing, none});
      const double error = (law->high - law->low) / (2 * 1.96);
      answer.row({row.quantity + ", slope of " + of, nothing, quantity(expected, 0, "", exact), std::isfinite(error) ? Cell(estimate(law->slope, error)) : Cell(quantity(law->slope, 0, "", rough)),
                  std::isfinite(error) ? Cell(quantity(error, 0, "", rough)) : Cell(Missing{"the interval is open"}), nothing, nothing, nothing, fmt::format("95 %: {:.3g} to {:.3g}", law->low, law->high)});
    };
    slope("mean - limit", -1, row.deviation, "no deviation is seen");
    slope("standard deviation", -0.5, row.spread, "it does not fall as a power");
  }
}

std::string convergence_figure(const ConvergenceResult& result, std::uint64_t width, const std::string& path) {
  Panel deviation{"deviation from infinite width", "width n", "|mean - limit| / |limit|", true, true, {}, {}}, spread{"standard deviation of a network", "width n", "standard deviation / |limit|", true, true, {}, {}};
  int colour = 0;
  for (const ConvergenceRow& row : result.rows) {
    const double unit = row.limit != 0 ? std::abs(row.limit) : 1;
    Curve seen{row.quantity, {}, {}, {}, {}, Curve::Style::points, colour}, known{"", {}, {}, {}, {}, Curve::Style::line, colour}, sigma = seen, known_sigma = known;
    for (const ConvergencePoint& p : row.at) {
      const double n = static_cast<double>(p.factor * width), off = std::abs(p.mean - row.limit);
      seen.x.push_back(n);
      seen.y.push_back(off / unit);
      seen.low.push_back((off - p.standard_error) / unit);
      seen.high.push_back((off + p.standard_error) / unit);
      known.x.push_back(n);
      known.y.push_back(std::abs(p.theory - row.limit) / unit);
      sigma.x.push_back(n);
      sigma.y.push_back(p.spread / unit);
      sigma.low.push_back((p.spread - p.spread_error) / unit);
      sigma.high.push_back((p.spread + p.spread_error) / unit);
      known_sigma.x.push_back(n);
      known_sigma.y.push_back(p.theory_spread.value_or(NAN) / unit);
    }
    // Rounding errors of a theory that has no deviation are no curve.
    for (std::size_t k = 0; k < known.y.size(); ++k) {
      if (known.y[k] < 1e-12) known.y[k] = NAN;
    }
    // What the slopes are held against, where there is no theory at this width: from the last point.
    const auto guide = [&](double slope, const Curve& through) {
      Curve line{"", through.x, {}, {}, {}, Curve::Style::dashed, colour};
      for (const double n : line.x) line.y.push_back(through.y.back() * std::pow(n / through.x.back(), slope));
      return line;
    };
    deviation.curves.push_back(std::isfinite(known.y[0]) ? known : row.deviation ? guide(-1, seen) : Curve{});
    deviation.curves.push_back(seen);
    spread.curves.push_back(std::isfinite(known_sigma.y[0]) ? known_sigma : guide(-0.5, sigma));
    spread.curves.push_back(sigma);
    ++colour;
  }
  return drawn({{deviation, spread}, 2}, path);
}

}  // namespace infwidth::cli
