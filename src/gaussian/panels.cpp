// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/panels.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/chart.hpp"
#include "infwidth/gaussian/growth.hpp"
#include "infwidth/gaussian/legendre.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "tails.hpp"

namespace infwidth {

struct PanelRule::State {
  std::vector<Chart> charts;
  Integrands integrands;
  bool folded = false;  // the integrands are even: the right half line is doubled
  bool odd = false;     // f is odd: E f = 0 exactly
};

PanelRule::PanelRule(const std::vector<Piece>& pieces, Integrands integrands, Parity parity) {
  auto state = std::make_unique<State>();
  state->integrands = integrands;
  state->odd = integrands == Integrands::value && parity == Parity::odd;
  state->folded = integrands == Integrands::value ? parity == Parity::even : parity != Parity::none;
  state->charts = make_charts(pieces, integrands, state->folded);
  state_ = std::move(state);
}
PanelRule::~PanelRule() = default;
PanelRule::PanelRule(PanelRule&&) noexcept = default;
PanelRule& PanelRule::operator=(PanelRule&&) noexcept = default;

namespace {

constexpr std::uint64_t most_panels = 200000;

/// One integration: the state of the adaptive loop.
class Integration {
 public:
  Integration(const std::vector<Chart>& charts, std::size_t integrals, const Ball& q, long goal_bits, int highest, bool folded, const Budget& budget)
      : charts_(charts), integrals_(integrals), q_(q), goal_(goal_bits), highest_(static_cast<std::size_t>(highest)), folded_(folded), budget_(budget) {
    const Precision p(bound_bits);
    q_double_ = q.to_double();
    q_upper_ = (q.mid() + q.radius()).to_double() * (1 + 1e-12);
    q_lower_ = (q.mid() - q.radius()).to_double() * (1 - 1e-12);
    if (!(q_lower_ > 0) || !(q_upper_ < 1e300)) throw NotReached("expectation: the variance " + short_text(q_double_) + " is outside (1e-300, 1e300), or not known well enough");
    sums_.resize(integrals_);
    tails_.resize(integrals_);
    log2_scale_.assign(integrals_, -1e18);
    const bool quotients = std::any_of(charts_.begin(), charts_.end(), [](const Chart& c) { return !c.removable.empty() && !c.direct; });
    if (quotients) cancelling_ = 80 + static_cast<long>(2 * std::max(0.0, -std::log2(q_double_)));
  }

  /// Throws if an integral is proven to diverge, or if nothing proves that it does not.
  void check_convergence() const {
    for (const Chart& chart : charts_) {
      for (const Tail side : {Tail::left, Tail::right}) {
        if (side == Tail::left ? chart.left : chart.right) continue;
        double from = std::max({1.0, std::sqrt(q_upper_), 2 * chart.farthest_end()});
        refuse_divergence(chart, growth_of(chart, side, from));
      }
    }
  }

  PanelRule::Result run() {
    // The cuts depend on the tolerance, the tolerance on the scale, the scale is sampled between the cuts: twice around settles it.
    std::vector<Cut> cuts = cut_tails();
    sample_scales(cuts);
    cuts = cut_tails();
    const long working = goal_ + 40 + cancelling_;
    const Precision p(working);
    two_q_ = q_ * Ball(2);
    for (std::size_t c = 0; c < charts_.size(); ++c) integrate_chart(charts_[c], cuts[c]);
    const Ball norm = (folded_ ? Ball(2) : Ball(1)) / sqrt(Ball::pi() * two_q_);
    PanelRule::Result result;
    for (std::size_t g = 0; g < integrals_; ++g) {
      GaussianMoments m;
      m.log2_scale = log2_scale_[g];
      for (std::size_t k = 0; k <= highest_; ++k) m.moment[k] = (norm * sums_[g][k]).widened(tails_[g] * Ball(folded_ ? 2 : 1));
      result.integrals.push_back(std::move(m));
    }
    result.evaluations = evaluations_;
    return result;
  }

 private:
  struct Cut {
    double low, high;  // the finite range in the chart's variable, where the chart itself is infinite
  };

  const std::vector<Chart>& charts_;
  std::size_t integrals_;
  Ball q_, two_q_;
  double q_double_, q_upper_, q_lower_;
  long goal_;
  std::size_t highest_;
  bool folded_;
  long cancelling_ = 0;  // bits that formulas lose beside a removable singularity: a few powers of x, at x down to about sqrt(q)/n^2
  const Budget& budget_;
  std::vector<std::array<Ball, 3>> sums_;
  std::vector<Ball> tails_;
  std::vector<double> log2_scale_;
  std::uint64_t evaluations_ = 0, panels_ = 0;

  /// Largest weight in use: moments up to z^(2 highest).
  int weight_power() const { return static_cast<int>(2 * highest_); }
  static int power(const Chart& chart) { return chart.squares ? 2 : 1; }

  void refuse_divergence(const Chart& chart, const std::vector<Growth>& bounds) const {
    for (const Growth& b : bounds) {
      const std::optional<bool> verdict = diverges(b, power(chart), q_lower_, q_upper_);
      if (verdict == true) throw NoSuchQuantity("the expectation diverges at variance " + short_text(q_double_) + ": " + chart.name + " grows faster than the Gaussian falls");
      if (!verdict) throw NotReached("the growth of " + chart.name + " is too close to that of the inverse Gaussian at variance " + short_text(q_double_) + " to be bounded");
    }
  }

  /// The first cut in [from, to) beyond which the tails are below the tolerance; their bounds go to tails_.
  std::optional<double> first_cut(const Chart& chart, const std::vector<Growth>& bounds, double from, double to) {
    const Precision p(bound_bits);
    double cut = from;
    for (int step = 0; step < 8000 && cut < to; ++step, cut *= 1.05) {
      std::vector<Ball> rest;
      for (std::size_t g = 0; g < bounds.size(); ++g) {
        const std::optional<Ball> tail = gaussian_tail(bounds[g], power(chart), weight_power(), q_lower_, q_upper_, cut);
        const double tolerance = (log2_scale_[g] < -9e17 ? 0 : log2_scale_[g]) - static_cast<double>(goal_) - 3;
        if (!tail || log2_of(*tail) > tolerance) break;
        rest.push_back(*tail);
      }
      if (rest.size() < bounds.size()) continue;
      for (std::size_t g = 0; g < rest.size(); ++g) tails_[g] += rest[g];
      return std::ceil(cut * 64) / 64;
    }
    return std::nullopt;
  }

  /// |x| from which the tail of this chart on this side is below the tolerance.
  double cut_tail(const Chart& chart, Tail side) {
    double from = std::max(1.0, 2 * chart.farthest_end());
    const double deviation = std::sqrt(q_upper_);
    if (from < deviation) {  // a function that falls by itself may be cut where the Gaussian has not begun to fall
      if (const auto cut = first_cut(chart, growth_of(chart, side, from), from, deviation)) return *cut;
      from = std::max(from, deviation);
    }
    const std::vector<Growth> bounds = growth_of(chart, side, from);
    refuse_divergence(chart, bounds);
    if (const auto cut = first_cut(chart, bounds, from, HUGE_VAL)) return *cut;
    throw NotReached("no cut of the tail was found for " + chart.name + " at variance " + short_text(q_double_));
  }

  std::vector<Cut> cut_tails() {
    for (Ball& t : tails_) t = Ball(0);
    std::vector<Cut> cuts;
    for (const Chart& chart : charts_) {
      Cut cut = {0, 0};
      if (!chart.left) cut.low = -cut_tail(chart, Tail::left);
      if (!chart.right) cut.high = cut_tail(chart, Tail::right);
      cuts.push_back(cut);
    }
    return cuts;
  }

  static Ball left_end(const Chart& chart, const Cut& cut) { return chart.left ? chart.left->ball() : Ball(cut.low); }
  static Ball right_end(const Chart& chart, const Cut& cut) { return chart.right ? chart.right->ball() : Ball(cut.high); }

  struct Sample {
    double x;
    std::vector<Ball> values;  // |integrand| with the Gaussian, at a few digits
  };

  /// Points that crowd logarithmically at 0 and at the ends, then ever closer around the largest value of each integrand.
  std::vector<Sample> samples(const Chart& chart, double a, double b) const {
    Evaluator<Ball> evaluate(chart.program);
    const auto sample = [&](double x, std::vector<Sample>& into) {
      if (!(x > a && x < b)) return;
      Sample s{x, std::vector<Ball>(integrals_)};
      chart.integrands(evaluate(Ball(x)), s.values);
      const Ball gauss = exp(-(chart.square_of_x(Ball(x))) / two_q_);
      for (Ball& v : s.values) {
        v = abs(v * gauss).mid();
        if (!v.is_finite()) return;
      }
      into.push_back(std::move(s));
    };
    std::vector<Sample> all;
    const double s = std::sqrt(q_double_);
    for (int i = 1; i < 60; ++i) sample(a + (b - a) * i / 60, all);
    for (int i = -24; i <= 5; ++i) {
      for (const double centre : {a, b, 0.0}) {
        for (const double side : {-1.0, 1.0}) {
          sample(centre + side * std::ldexp(1.0, i), all);
          sample(centre + side * s * std::ldexp(1.0, i), all);
        }
      }
    }
    const auto by_x = [](const Sample& l, const Sample& r) { return l.x < r.x; };
    std::sort(all.begin(), all.end(), by_x);
    for (std::size_t g = 0; g < integrals_; ++g) {
      for (int round = 0; round < 60 && !all.empty(); ++round) {
        const auto top = std::max_element(all.begin(), all.end(), [&](const Sample& l, const Sample& r) { return arb_lt(l.values[g].get(), r.values[g].get()) != 0; });
        std::vector<Sample> closer;
        for (const bool left : {true, false}) {
          const bool at_end = left ? top == all.begin() : top + 1 == all.end();
          const double neighbour = at_end ? (left ? a : b) : (left ? top - 1 : top + 1)->x;
          if (at_end || log2_of(top->values[g]) - log2_of((left ? top - 1 : top + 1)->values[g]) > 2) sample((top->x + neighbour) / 2, closer);
        }
        if (closer.empty()) break;
        for (Sample& c : closer) all.insert(std::upper_bound(all.begin(), all.end(), c, by_x), std::move(c));
      }
    }
    return all;
  }

  /// A rough log2 E|g|, by the trapezoidal rule on the samples.
  void sample_scales(const std::vector<Cut>& cuts) {
    const Precision p(40 + cancelling_);
    two_q_ = q_ * Ball(2);
    std::vector<Ball> totals(integrals_);
    for (std::size_t c = 0; c < charts_.size(); ++c) {
      const double a = left_end(charts_[c], cuts[c]).to_double(), b = right_end(charts_[c], cuts[c]).to_double();
      if (!(a < b)) continue;
      const std::vector<Sample> all = samples(charts_[c], a, b);
      for (std::size_t i = 0; i + 1 < all.size(); ++i) {
        const Ball width(all[i + 1].x - all[i].x);
        for (std::size_t g = 0; g < integrals_; ++g) totals[g] += (all[i].values[g] + all[i + 1].values[g]) * width / Ball(2);
      }
    }
    const Ball norm = (folded_ ? Ball(2) : Ball(1)) / sqrt(Ball::pi() * two_q_);
    for (std::size_t g = 0; g < integrals_; ++g) log2_scale_[g] = log2_of((totals[g] * norm).mid());
  }

  void integrate_chart(const Chart& chart, const Cut& cut) {
    struct Interval {
      Ball a, b;
      int depth;
    };
    Evaluator<Ball> evaluate(chart.program);
    std::optional<Evaluator<ComplexBall>> on_box;
    {
      const Precision p(bound_bits);
      on_box.emplace(chart.program);
    }
    std::vector<Interval> stack = {{left_end(chart, cut), right_end(chart, cut), 0}};
    if (certainly_positive(stack[0].b - stack[0].a) != Truth::yes) return add_sliver(chart, *on_box, Ball::hull(stack[0].a, stack[0].b));
    while (!stack.empty()) {
      budget_.check();
      const Interval panel = stack.back();
      stack.pop_back();
      if (++panels_ > most_panels) throw NotReached("the integral of " + chart.name + " needs more than 200000 panels; ask for fewer digits, or use --engine double");
      const Ball middle = ((panel.a + panel.b) / Ball(2)), half = (panel.b - panel.a) / Ball(2);
      if (const std::optional<Chosen> rule = choose(chart, *on_box, middle, half)) {
        apply(chart, evaluate, middle, half, *rule);
        continue;
      }
      if (panel.depth > goal_ + 60) {
        throw NotReached("the formula " + chart.name + " is not known to be analytic near x = " + short_text(chart.x_of(middle.to_double())) + "; split it there, or use --engine double");
      }
      const Ball split = middle.mid();  // an exact point: both panels end at the same place
      stack.insert(stack.end(), {{split, panel.b, panel.depth + 1}, {panel.a, split, panel.depth + 1}});
    }
  }

  /// log2 of bounds of |g z^2k e^(-x^2/2q)| over a box, [integral][moment]; none if the integrands are not proven analytic on it.
  using LogBounds = std::vector<std::array<double, 3>>;
  std::optional<LogBounds> bounds_on(const Chart& chart, Evaluator<ComplexBall>& on_box, const Ball& re, const Ball& im) const {
    std::vector<Ball> magnitude(integrals_);
    if (!chart.magnitudes(on_box, ComplexBall(re, im), magnitude)) return std::nullopt;
    // |e^(-x^2/2q)| = e^(-Re x^2 / 2q), and |x^2| <= |Re|^2 + |Im|^2
    const ChartSquare x2 = chart.square_on_box(re, im);
    const Ball gauss = exp(-x2.least_real / (Ball(2) * (certainly_positive(x2.least_real) == Truth::yes ? Ball(q_upper_) : Ball(q_lower_))));
    const Ball z2 = x2.magnitude / Ball(q_lower_);
    LogBounds bounds(integrals_);
    for (std::size_t g = 0; g < integrals_; ++g) {
      Ball m = magnitude[g] * gauss;
      for (std::size_t k = 0; k <= highest_; ++k, m = m * z2) bounds[g][k] = log2_of(m);
    }
    return bounds;
  }

  /// Two ends that the working precision cannot tell apart: the integral between them is no more than width times magnitude.
  void add_sliver(const Chart& chart, Evaluator<ComplexBall>& on_box, const Ball& interval) {
    const Precision p(bound_bits);
    const auto bounds = bounds_on(chart, on_box, interval, Ball(0));
    if (!bounds) throw NotReached("two breaks of " + chart.name + " near x = " + short_text(interval.to_double()) + " cannot be told apart");
    const double width = log2_of(Ball(2) * interval.radius());
    for (std::size_t g = 0; g < integrals_; ++g) {
      for (std::size_t k = 0; k <= highest_; ++k) sums_[g][k] = sums_[g][k].widened(two_to((*bounds)[g][k] + width));
    }
  }

  struct Chosen {
    int n;
    LogBounds log2_error;
  };

  /// The cheapest proven rule on the panel: over a few ellipses, the number of points that the integrand's magnitude on each asks for.
  std::optional<Chosen> choose(const Chart& chart, Evaluator<ComplexBall>& on_box, const Ball& middle, const Ball& half) const {
    const Precision p(bound_bits);
    // Larger rules would save a third of the nodes, but take n^2 to compute: 9 s for n = 1700 at 1000 digits, 2 s for n = 850.
    const int most = static_cast<int>(goal_ / 4 + 30);
    std::optional<Chosen> best;
    const Ball reach = half.magnitude();
    for (const double rho : {2.2, 3.2, 4.6, 7.0, 11.0, 18.0, 32.0}) {
      const Ball r(rho), semi_x = reach * (r + Ball(1) / r) / Ball(2), semi_y = reach * (r - Ball(1) / r) / Ball(2);
      const Ball re = middle.widened(semi_x), im = Ball(0).widened(semi_y);
      std::optional<LogBounds> bounds = bounds_on(chart, on_box, re, im);
      if (!bounds) break;
      // |error| <= (64/15) M rho^-2n / (1 - rho^-2) for n points on [-1, 1] (Trefethen, ATAP, theorem 19.3)
      const double constant = log2_of(reach) + std::log2(64.0 / 15 / (1 - 1 / (rho * rho))) + 1;
      Chosen chosen{4, std::move(*bounds)};
      for (std::size_t g = 0; g < integrals_; ++g) {
        for (std::size_t k = 0; k <= highest_; ++k) {
          double& log2_error = chosen.log2_error[g][k];
          log2_error += constant;
          // The sum is divided by sqrt(2 pi q) at the end; the panel may spend 2^-goal of the scale.
          const double target = log2_scale_[g] - static_cast<double>(goal_) + 0.5 * std::log2(6.2831853 * q_double_) - 3;
          const double needed = (log2_error - target) / (2 * std::log2(rho));
          if (log2_error > -9e17 && needed > chosen.n) chosen.n = needed > 1e8 ? 100000000 : static_cast<int>(std::ceil(needed));
        }
      }
      chosen.n = legendre_size(chosen.n);
      for (auto& logs : chosen.log2_error) {
        for (double& l : logs) l -= 2 * std::log2(rho) * chosen.n * (1 - 1e-12);
      }
      if (chosen.n <= most && (!best || chosen.n < best->n)) best = std::move(chosen);
    }
    return best;
  }

  void apply(const Chart& chart, Evaluator<Ball>& evaluate, const Ball& middle, const Ball& half, const Chosen& rule) {
    const auto nodes = legendre_rule(rule.n, Precision::bits());
    std::vector<Ball> values(integrals_);
    std::vector<std::array<Ball, 3>> panel(integrals_);
    const Ball scale = Ball(1) / q_, minus_half = Ball(-1) / two_q_;
    for (std::size_t i = 0; i < nodes->nodes.size(); ++i) {
      if (i % 32 == 31) budget_.check();
      const Ball offset = half * nodes->nodes[i];
      for (const int side : {-1, 1}) {
        const Ball x = side < 0 ? middle - offset : middle + offset;
        chart.integrands(evaluate(x), values);
        const Ball x2 = chart.square_of_x(x);
        const Ball weight = nodes->weights[i] * exp(x2 * minus_half);
        const Ball z2 = x2 * scale;
        for (std::size_t g = 0; g < integrals_; ++g) {
          Ball term = values[g] * weight;
          panel[g][0] += term;
          for (std::size_t k = 1; k <= highest_; ++k) {
            term *= z2;
            panel[g][k] += term;
          }
        }
      }
    }
    evaluations_ += static_cast<std::uint64_t>(rule.n);
    for (std::size_t g = 0; g < integrals_; ++g) {
      for (std::size_t k = 0; k <= highest_; ++k) sums_[g][k] += (panel[g][k] * half).widened(two_to(rule.log2_error[g][k]));
    }
  }
};

}  // namespace

PanelRule::Result PanelRule::integrate(const Ball& q, long goal_bits, int highest, const Budget& budget) const {
  const std::size_t integrals = state_->integrands == Integrands::square_and_slope_square ? 2 : 1;
  if (state_->odd) {
    Integration(state_->charts, integrals, q, goal_bits, highest, false, budget).check_convergence();
    Result zero;
    zero.integrals.resize(integrals);
    return zero;
  }
  return Integration(state_->charts, integrals, q, goal_bits, highest, state_->folded, budget).run();
}

}  // namespace infwidth
