// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/panels.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "by_parts.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/chart.hpp"
#include "infwidth/gaussian/growth.hpp"
#include "infwidth/gaussian/legendre.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "panel_samples.hpp"
#include "tails.hpp"

namespace infwidth {

struct PanelRule::State {
  std::vector<Chart> charts;
  Integrands integrands;
  bool folded = false;  // the integrands are even: the right half line is doubled
  bool odd = false;     // f is odd: E f = 0 exactly

  std::size_t functions() const { return integrands == Integrands::square_and_slope_square ? 2 : 1; }
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

using Of = ChartIntegrands::Of;

/// What is integrated: `functions` functions (1 or 2), with the moments to z^(2 highest); or with the derivatives in q, each an output of its own.
struct Wanted {
  Of of = Of::values;
  std::size_t functions = 1;
  int highest = 0;
};

/// One integration: the state of the adaptive loop.
class Integration {
 public:
  Integration(const std::vector<Chart>& charts, const Wanted& wanted, const Ball& q, long goal_bits, bool folded, const Budget& budget)
      : charts_(charts), wanted_(wanted), integrals_(wanted.functions * (wanted.of == Of::values ? 1 : ChartIntegrands::orders)), q_(q), goal_(goal_bits),
        highest_(static_cast<std::size_t>(wanted.highest)), folded_(folded), budget_(budget) {
    const Precision p(bound_bits);
    q_double_ = q.to_double();
    q_upper_ = (q.mid() + q.radius()).to_double() * (1 + 1e-12);
    q_lower_ = (q.mid() - q.radius()).to_double() * (1 - 1e-12);
    if (!(q_lower_ > 0) || !(q_upper_ < 1e300)) throw NotReached("expectation: the variance " + short_text(q_double_) + " is outside (1e-300, 1e300), or not known well enough");
    sums_.resize(integrals_);
    tails_.resize(integrals_);
    log2_scale_.assign(integrals_, -1e18);
    const bool quotients = std::any_of(charts_.begin(), charts_.end(), [](const Chart& c) { return !c.removable.empty() && !c.direct; });
    const long small = static_cast<long>(std::max(0.0, -std::log2(q_double_)));
    if (quotients) cancelling_ = 80 + 2 * small;
    deepest_ = goal_ + 60 + small;
  }

  /// Throws if an integral is proven to diverge, or if nothing proves that it does not.
  void check_convergence() const {
    for (const Chart& chart : charts_) {
      if (chart.variable == Chart::Variable::exponential) continue;  // integrable, as its end says
      for (const Tail side : {Tail::left, Tail::right}) {
        if (side == Tail::left ? chart.left : chart.right) continue;
        double from = std::max({1.0, std::sqrt(q_upper_), 2 * chart.farthest_end()});
        refuse_divergence(chart, growth_of(chart, side, from));
      }
    }
  }

  PanelRule::Result run() {
    const std::vector<Cut> cuts = settled_cuts();
    const Precision p(goal_ + 40 + cancelling_);
    two_q_ = q_ * Ball(2);
    for (std::size_t c = 0; c < charts_.size(); ++c) integrate_chart(charts_[c], cuts[c]);
    const Ball fold(folded_ ? 2 : 1), norm = fold / sqrt(Ball::pi() * two_q_);
    const bool derivatives = wanted_.of == Of::derivatives;
    const std::vector<Ball> ends = derivatives ? boundary_terms(charts_, cuts, wanted_.functions, q_) : std::vector<Ball>(integrals_);
    PanelRule::Result result;
    result.evaluations = evaluations_;
    for (std::size_t f = 0; f < wanted_.functions; ++f) {
      GaussianMoments m;
      m.log2_scale = log2_scale_[derivatives ? ChartIntegrands::orders * f : f];
      for (std::size_t k = 0; k < (derivatives ? ChartIntegrands::orders : highest_ + 1); ++k) {
        const std::size_t g = derivatives ? ChartIntegrands::orders * f + k : f;
        m.moment[k] = (norm * sums_[g][derivatives ? 0 : k] + fold * ends[g]).widened(tails_[g] * fold);
      }
      result.integrals.push_back(std::move(m));
    }
    return result;
  }

 private:
  const std::vector<Chart>& charts_;
  Wanted wanted_;
  std::size_t integrals_;
  Ball q_, two_q_;
  double q_double_, q_upper_, q_lower_;
  long goal_;
  std::size_t highest_;
  bool folded_;
  // Bits that formulas lose where they cancel: beside a removable singularity (a few powers of x, at x down to about sqrt(q)/n^2), in a tail (1 + erf(x - 20)).
  long cancelling_ = 0;
  long deepest_ = 0;  // a panel is halved so often at most
  const Budget& budget_;
  std::vector<std::array<Ball, 3>> sums_;
  std::vector<Ball> tails_;
  std::vector<double> log2_scale_;
  std::uint64_t evaluations_ = 0, panels_ = 0;

  /// The tail of an output: of which function, with which weight z^power, times what.
  struct TailWeight {
    std::size_t function;
    int power;
    Ball factor;
  };
  TailWeight tail_weight(std::size_t output) const {
    if (wanted_.of == Of::values) return {output, static_cast<int>(2 * highest_), Ball(1)};
    // |He_2|/2q <= max(1, z^2)/q and |He_4|/4q^2 <= 10 max(1, z^4)/4q^2
    const std::size_t order = output % ChartIntegrands::orders;
    const Ball per_q = Ball(1) / Ball(q_lower_);
    return {output / ChartIntegrands::orders, static_cast<int>(2 * order), order == 0 ? Ball(1) : order == 1 ? per_q : per_q * per_q * Ball(Rational(5, 2))};
  }
  static int power(const Chart& chart) { return chart.squares ? 2 : 1; }

  /// 2^this is what may be left out of an output.
  double tolerance(std::size_t output) const { return (log2_scale_[output] < -9e17 ? 0 : log2_scale_[output]) - static_cast<double>(goal_); }

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
    const bool exponential = chart.variable == Chart::Variable::exponential;
    // |z| on a logarithmic chart; the weights of derivatives are at most 10 max(1, z^4)/4q^2
    const Ball farthest = exponential ? (abs(chart.x_of(Ball(0))) + abs(Ball(chart.origin))) / sqrt(Ball(q_lower_)) : Ball(0);
    double cut = from;
    for (int step = 0; step < 8000 && cut < to; ++step, cut *= 1.05) {
      std::vector<Ball> rest;
      for (std::size_t g = 0; g < integrals_; ++g) {
        const TailWeight weight = tail_weight(g);
        std::optional<Ball> tail = exponential ? exponential_tail(bounds[weight.function], cut) : gaussian_tail(bounds[weight.function], power(chart), weight.power, q_lower_, q_upper_, cut);
        if (tail) *tail *= weight.factor;
        if (tail && exponential) *tail *= max(Ball(1), pow(farthest, weight.power)) / sqrt(Ball(2) * Ball::pi() * Ball(q_lower_));
        if (!tail || log2_of(*tail) > tolerance(g) - 3) break;
        rest.push_back(*tail);
      }
      if (rest.size() < integrals_) continue;
      for (std::size_t g = 0; g < rest.size(); ++g) tails_[g] += rest[g];
      return std::ceil(cut * 64) / 64;
    }
    return std::nullopt;
  }

  /// |x| from which the tail of this chart on this side is below the tolerance.
  double cut_tail(const Chart& chart, Tail side) {
    if (chart.variable == Chart::Variable::exponential) return cut_logarithm(chart);
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

  double cut_logarithm(const Chart& chart) {
    double from = 1;
    try {
      const std::vector<Growth> bounds = growth_of(chart, Tail::right, from);
      if (const auto cut = first_cut(chart, bounds, from, HUGE_VAL)) return *cut;
    } catch (const NotReached&) {
      // told below, in terms of x
    }
    throw NotReached("the formula " + chart.name + " is not bounded well enough near x = " + to_string(chart.origin) + "; use --engine double");
  }

  std::vector<Cut> cut_tails() {
    for (Ball& t : tails_) t = Ball(0);
    std::vector<Cut> cuts;
    for (const Chart& chart : charts_) {
      Cut cut;
      if (!chart.left) cut.low = -cut_tail(chart, Tail::left);
      if (!chart.right) cut.high = cut_tail(chart, Tail::right);
      cuts.push_back(cut);
    }
    return cuts;
  }

  /// The cuts depend on the tolerance, the tolerance on the scale, and the scale is sampled between the cuts.
  std::vector<Cut> settled_cuts() {
    std::vector<Cut> cuts = cut_tails();
    for (int round = 0; round < 20; ++round) {
      std::vector<double> outside;
      for (std::size_t g = 0; g < integrals_; ++g) outside.push_back(tolerance(g));
      sample_scales(cuts);
      cuts = cut_tails();
      // Settled, unless what was outside the cuts may have been as large as what was found between them.
      bool settled = true;
      for (std::size_t g = 0; g < integrals_; ++g) settled = settled && (log2_scale_[g] < -9e17 || log2_scale_[g] > outside[g] + 10);
      if (settled) break;
    }
    return cuts;
  }

  static Ball left_end(const Chart& chart, const Cut& cut) { return chart.left ? chart.left->ball() : Ball(cut.low); }
  static Ball right_end(const Chart& chart, const Cut& cut) { return chart.right ? chart.right->ball() : Ball(cut.high); }

  void sample_scales(const std::vector<Cut>& cuts) {
    std::vector<std::pair<double, double>> ranges;
    for (std::size_t c = 0; c < charts_.size(); ++c) ranges.emplace_back(left_end(charts_[c], cuts[c]).to_double(), right_end(charts_[c], cuts[c]).to_double());
    SampledScales sampled = sampled_scales(charts_, ranges, wanted_.of, wanted_.functions, q_.mid(), cancelling_, budget_);
    log2_scale_ = std::move(sampled.log2);
    if (folded_) {
      for (double& scale : log2_scale_) scale += 1;
    }
    cancelling_ = sampled.cancelling;
  }

  long bits_of_bounds() const { return bound_bits + cancelling_; }

  void integrate_chart(const Chart& chart, const Cut& cut) {
    struct Interval {
      Ball a, b;
      int depth;
    };
    ChartIntegrands integrands(chart, wanted_.of, wanted_.functions, q_);
    std::optional<ChartBounds> on_box;
    {
      const Precision p(bits_of_bounds());
      on_box.emplace(chart, wanted_.of, wanted_.functions, q_);
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
        apply(chart, integrands, middle, half, *rule);
        continue;
      }
      if (panel.depth > deepest_) {
        throw NotReached("the formula " + chart.name + " is not known to be analytic near x = " + short_text(chart.x_of(middle.to_double())) + "; split it there, or use --engine double");
      }
      const Ball split = middle.mid();  // an exact point: both panels end at the same place
      stack.insert(stack.end(), {{split, panel.b, panel.depth + 1}, {panel.a, split, panel.depth + 1}});
    }
  }

  /// log2 of bounds of |g z^2k e^(-x^2/2q)| over a box, [integral][moment]; none if the integrands are not proven analytic on it.
  using LogBounds = std::vector<std::array<double, 3>>;
  std::optional<LogBounds> bounds_on(const Chart& chart, ChartBounds& on_box, const Ball& re, const Ball& im) const {
    std::vector<Ball> magnitude(integrals_);
    if (!on_box.on(ComplexBall(re, im), magnitude)) return std::nullopt;
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
  void add_sliver(const Chart& chart, ChartBounds& on_box, const Ball& interval) {
    const Precision p(bits_of_bounds());
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
  std::optional<Chosen> choose(const Chart& chart, ChartBounds& on_box, const Ball& middle, const Ball& half) const {
    const Precision p(bits_of_bounds());
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

  void apply(const Chart& chart, ChartIntegrands& integrands, const Ball& middle, const Ball& half, const Chosen& rule) {
    const auto nodes = legendre_rule(rule.n, Precision::bits());
    std::vector<Ball> values(integrals_);
    std::vector<std::array<Ball, 3>> panel(integrals_);
    const Ball scale = Ball(1) / q_, minus_half = Ball(-1) / two_q_;
    for (std::size_t i = 0; i < nodes->nodes.size(); ++i) {
      if (i % 32 == 31) budget_.check();
      const Ball offset = half * nodes->nodes[i];
      for (const int side : {-1, 1}) {
        const Ball x = side < 0 ? middle - offset : middle + offset;
        integrands.at(x, values);
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
  const Wanted wanted{Of::values, state_->functions(), highest};
  if (state_->odd) {
    Integration(state_->charts, wanted, q, goal_bits, false, budget).check_convergence();
    Result zero;
    zero.integrals.resize(wanted.functions);
    return zero;
  }
  return Integration(state_->charts, wanted, q, goal_bits, state_->folded, budget).run();
}

PanelRule::Result PanelRule::derivatives(const Ball& q, long goal_bits, const Budget& budget) const {
  return Integration(state_->charts, {Of::derivatives, state_->functions(), 0}, q, goal_bits, state_->folded, budget).run();
}

bool PanelRule::has_derivatives() const {
  return std::none_of(state_->charts.begin(), state_->charts.end(), [](const Chart& chart) { return chart.direct && chart.origin == 0; });
}

}  // namespace infwidth
