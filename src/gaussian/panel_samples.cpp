// SPDX-License-Identifier: GPL-3.0-or-later
#include "panel_samples.hpp"

#include <algorithm>
#include <cmath>

#include "tails.hpp"

namespace infwidth {

namespace {

struct Sample {
  double y;
  std::vector<Ball> values;  // |integrand| with the Gaussian
};

class Sampler {
 public:
  Sampler(const Chart& chart, ChartIntegrands& integrands, std::size_t outputs, const Ball& q, double a, double b)
      : chart_(chart), integrands_(integrands), outputs_(outputs), q_(q), two_q_(q * Ball(2)), a_(a), b_(b) {}

  std::vector<Sample> run() {
    std::vector<Sample> all;
    const double s = std::sqrt(q_.to_double());
    for (int i = 1; i < 60; ++i) sample(a_ + (b_ - a_) * i / 60, all);
    for (int i = -24; i <= 5; ++i) {
      for (const double centre : {a_, b_, 0.0}) {
        for (const double side : {-1.0, 1.0}) {
          sample(centre + side * std::ldexp(1.0, i), all);
          sample(centre + side * s * std::ldexp(1.0, i), all);
        }
      }
    }
    std::sort(all.begin(), all.end(), by_y);
    for (std::size_t g = 0; g < outputs_; ++g) close_in(g, all);
    return all;
  }

 private:
  const Chart& chart_;
  ChartIntegrands& integrands_;
  std::size_t outputs_;
  Ball q_, two_q_;
  double a_, b_;

  static bool by_y(const Sample& l, const Sample& r) { return l.y < r.y; }

  void sample(double y, std::vector<Sample>& into) {
    if (!(y > a_ && y < b_)) return;
    Sample s{y, std::vector<Ball>(outputs_)};
    integrands_.at(Ball(y), s.values);
    const Ball gauss = exp(-chart_.square_of_x(Ball(y)) / two_q_);
    for (Ball& v : s.values) {
      v = abs(v * gauss);
      if (!v.is_finite()) return;
    }
    into.push_back(std::move(s));
  }

  /// Ever closer around the largest value of an integrand.
  void close_in(std::size_t g, std::vector<Sample>& all) {
    const auto is_less = [g](const Sample& l, const Sample& r) { return arf_cmp(arb_midref(l.values[g].get()), arb_midref(r.values[g].get())) < 0; };
    for (int round = 0; round < 60 && !all.empty(); ++round) {
      const auto top = std::max_element(all.begin(), all.end(), is_less);
      std::vector<Sample> closer;
      for (const bool left : {true, false}) {
        const bool at_end = left ? top == all.begin() : top + 1 == all.end();
        const double neighbour = at_end ? (left ? a_ : b_) : (left ? top - 1 : top + 1)->y;
        if (at_end || log2_of(top->values[g].mid()) - log2_of((left ? top - 1 : top + 1)->values[g].mid()) > 2) sample((top->y + neighbour) / 2, closer);
      }
      if (closer.empty()) break;
      for (Sample& c : closer) all.insert(std::upper_bound(all.begin(), all.end(), c, by_y), std::move(c));
    }
  }
};

constexpr long most_cancelling = 20000;  // bits

/// The integrals of |g(y)| e^(-x^2/2q) over a chart.
std::vector<Ball> sampled_integrals(const Chart& chart, ChartIntegrands& integrands, std::size_t outputs, const Ball& q, double a, double b) {
  std::vector<Ball> totals(outputs);
  const std::vector<Sample> all = Sampler(chart, integrands, outputs, q, a, b).run();
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const Ball width(all[i + 1].y - all[i].y);
    for (std::size_t g = 0; g < outputs; ++g) totals[g] += (all[i].values[g] + all[i + 1].values[g]) * width / Ball(2);
  }
  return totals;
}

}  // namespace

SampledScales sampled_scales(const std::vector<Chart>& charts, const std::vector<std::pair<double, double>>& ranges, ChartIntegrands::Of of, std::size_t functions, const Ball& q,
                             long cancelling, const Budget& budget) {
  const std::size_t outputs = functions * (of == ChartIntegrands::Of::values ? 1 : ChartIntegrands::orders);
  std::vector<double> coarse;
  for (long extra = cancelling; extra <= cancelling + most_cancelling; extra = std::max(64L, 2 * extra)) {
    const Precision p(40 + extra);
    std::vector<Ball> totals(outputs);
    for (std::size_t c = 0; c < charts.size(); ++c) {
      const auto [a, b] = ranges[c];
      if (!(a < b)) continue;
      ChartIntegrands integrands(charts[c], of, functions, q);
      const std::vector<Ball> part = sampled_integrals(charts[c], integrands, outputs, q, a, b);
      for (std::size_t g = 0; g < outputs; ++g) totals[g] += part[g];
    }
    const Ball norm = Ball(1) / sqrt(Ball::pi() * Ball(2) * q);
    SampledScales found{std::vector<double>(outputs), extra};
    bool resolved = true;
    for (std::size_t g = 0; g < outputs; ++g) {
      const Ball scale = totals[g] * norm;
      const double error = log2_of(scale.radius());
      found.log2[g] = log2_of(scale.mid());
      if (error < -9e17 || error < found.log2[g] - 12) continue;
      resolved = false;
      found.log2[g] = std::max(found.log2[g], error);
    }
    if (resolved) return found;
    if (coarse.empty()) coarse = found.log2;
    budget.check();
  }
  return {coarse, cancelling};
}

}  // namespace infwidth
