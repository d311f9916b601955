// SPDX-License-Identifier: GPL-3.0-or-later
#include "lattice_sum.hpp"

#include <algorithm>

#include "lattice_table.hpp"

namespace infwidth {

namespace {

constexpr double most_nodes = 5e7, most_values = 3e6;  // a value of f costs as much as some twenty nodes

Ball root_upper(const Ball& x) { return sqrt(x.magnitude()).magnitude(); }

class PairLattice {
 public:
  PairLattice(const StripFunction& f, const StripFunction& g, const PairVariance<Ball>& pair, const std::vector<double>& log_goal,
              const std::optional<DecayCut>& cut_f, const std::optional<DecayCut>& cut_g, bool folded, const Budget& budget)
      : f_(f),
        g_(g),
        pair_(pair),
        log_goal_(log_goal),
        cut_f_(cut_f),
        cut_g_(cut_g),
        folded_(folded),
        budget_(budget),
        integrals_(f.outputs()) {
    s1_ = std::sqrt(pair.q1.to_double());
    s2_ = std::sqrt(pair.q2.to_double());
    slope_ = (pair.c / pair.q2).magnitude().to_double() * (1 + 1e-9);
    t_ = (sqrt(pair.beside) / sqrt(pair.q2)).to_double();
  }

  std::optional<LatticeSum> run() {
    {
      const Precision p(bound_bits);
      set_conditional();
      if (!is_affordable()) return std::nullopt;
      // A function that grows fast beside the line needs longer windows, for the sides of its strips.
      for (int round = 0; round == 0 || !has_negligible_ends(); ++round) {
        if (round == 10) return std::nullopt;
        if (round > 0) reach_ = std::max(1.02 * reach_, std::sqrt(2 * (needed_nats_ + 2)));
        needed_nats_ = 0;
        if (!choose_reach() || !choose_outer() || !choose_inner()) return std::nullopt;
      }
    }
    most_k_ = static_cast<long>(std::ceil(v_ / outer_.h - 0.5));
    around_ = static_cast<long>(std::ceil(w_ / inner_.h)) + 1;
    most_j_ = cuts_u_ ? static_cast<long>(std::ceil(cut_f_->at / inner_.h - 0.5)) : 0;
    const double columns = 2.0 * static_cast<double>(around_),
                 nodes = 2.0 * static_cast<double>(most_k_) * (cuts_u_ ? std::min(columns, 2.0 * static_cast<double>(most_j_)) : columns);
    if (!(nodes < (keeps_values() ? most_nodes : most_values))) return std::nullopt;
    const long bits =
        static_cast<long>(std::ceil(needed_nats_ / std::log(2.0) + 2 * std::log2(nodes) + std::max(0.0, std::log2(s1_ / t_)))) + 30;
    const Precision working(bits);
    set_conditional();
    if (!sum(bits)) return std::nullopt;
    widen();
    return std::move(result_);
  }

 private:
  const StripFunction& f_;
  const StripFunction& g_;
  const PairVariance<Ball>& pair_;
  const std::vector<double>& log_goal_;
  const std::optional<DecayCut>& cut_f_;
  const std::optional<DecayCut>& cut_g_;
  bool folded_;
  const Budget& budget_;
  std::size_t integrals_;
  double s1_, s2_, slope_, t_;                                 // sqrt q1, sqrt q2, |m|, t
  Ball m_, t2_;                                                // u given v is normal, of mean m v and variance t^2
  double reach_ = 6;                                           // in standard deviations
  double v_ = 0, v_top_ = 0, w_ = 0, u_line_ = 0, u_top_ = 0;  // |v| <= v <= v_top; |u - m v| <= w; |u| <= u_line, u_top of it is summed
  bool cuts_u_ = false, cuts_v_ = false;
  std::vector<Ball> line_f_, line_g_;  // largest |f|, |g| as far as nodes reach
  /// What f is beyond |x| = a: at most `most` up to 3a/2 (or where decay is proven), `tail_square` of E f^2 farther out; the mass beyond a.
  struct Beyond {
    std::vector<Ball> most, tail_square;
    Ball mass;
  } beyond_f_, beyond_g_;
  LatticeStep outer_, inner_;
  std::vector<Ball> given_v_, strip_g_, strip_f_;  // largest |E[f(u) | v]| and |g(v)| on the outer strip, |f| on the inner one
  double needed_nats_ = 0;
  long most_k_ = 0, around_ = 0, most_j_ = 0;
  LatticeSum result_;

  /// m from c/q2 or, if that is known better, from 1 - rho^2 = beside/(q1 q2).
  void set_conditional() {
    m_ = pair_.c / pair_.q2;
    t2_ = pair_.beside / pair_.q2;
    const Ball by_rest = sqrt((pair_.q1 - t2_) / pair_.q2);
    if (by_rest.is_finite() && certainly_positive(m_.radius() - by_rest.radius()) == Truth::yes)
      m_ = certainly_negative(pair_.c) == Truth::yes ? -by_rest : by_rest;
  }

  double log_product(const std::vector<Ball>& f, const std::vector<Ball>& g) const {
    double most = -1e18;
    for (std::size_t k = 0; k < integrals_; ++k) most = std::max(most, log_magnitude(f[k]) + log_magnitude(g[k]) - log_goal_[k]);
    return most;
  }

  /// A lower estimate of the number of nodes without cuts, from the strips near 0: bounds far out are dear.
  bool is_affordable() const {
    if (cut_f_ || cut_g_) return true;
    const double near = 8, goal = std::max(16.0, -*std::min_element(log_goal_.begin(), log_goal_.end())), most = std::sqrt(2 * goal);
    double nodes = 1;
    for (const auto& [function, deviation] : {std::pair(&f_, t_), std::pair(&g_, s2_)}) {
      if (most * deviation < 4 * near) continue;
      const std::optional<int> level = function->highest_level(StripFunction::level_below(near), near);
      if (!level) return false;
      nodes *= 2 * most * deviation * goal / (2 * std::numbers::pi * StripFunction::height(*level + 1));
    }
    return nodes < 2 * most_nodes;
  }

  /// The largest |f| where |Re x| <= reach, |Im x| <= y, for every y >= 0.
  static std::optional<std::vector<Ball>> within(const StripFunction& f, double y, double reach) {
    const std::optional<int> line = f.highest_level(StripFunction::level_below(reach / 64), reach);
    if (!line) return std::nullopt;
    return f.magnitudes(y <= StripFunction::height(*line) ? *line : StripFunction::level_below(y) + 1, reach);
  }

  std::vector<Ball> on_sides(const StripFunction& f, double at, double y) const {
    const Precision p(bits_beside_decay(log_goal_));
    return f.on_sides(at, y);
  }

  bool choose_reach() {
    for (int round = 0; round < 100; ++round) {
      const double longest_v = 2 * std::numbers::pi * s2_ / reach_,
                   longest_u = 2 * std::numbers::pi * t_ / reach_;  // what a Gaussian alone allows
      v_ = reach_ * s2_;
      cuts_v_ = cut_g_ && cut_g_->at < v_;
      if (cuts_v_) v_ = cut_g_->at;
      v_top_ = v_ + (cuts_v_ ? std::min(longest_v, v_ / 4) : longest_v);
      w_ = reach_ * t_;
      u_line_ = slope_ * v_top_ + w_ + 3.5 * longest_u;  // (a window's ends are up to 3.1 steps farther than w)
      cuts_u_ = cut_f_ && cut_f_->at < u_line_;
      u_top_ = cuts_u_ ? 1.25 * cut_f_->at : u_line_;
      const auto line_f = f_.on_line(u_top_), line_g = g_.on_line(v_top_);
      if (!line_f || !line_g) return false;
      line_f_ = *line_f;
      line_g_ = *line_g;
      for (std::size_t k = 0; k < integrals_; ++k) {
        if (cuts_u_) line_f_[k] = max(line_f_[k], cut_f_->rest[k]).magnitude();
        if (cuts_v_) line_g_[k] = max(line_g_[k], cut_g_->rest[k]).magnitude();
      }
      const double enough = std::sqrt(2 * std::max(8.0, log_product(line_f_, line_g_) + 2.5));
      if (!(enough < 1e4)) return false;
      if (reach_ < enough) {
        reach_ = enough * 1.001;
        continue;
      }
      const auto beyond_f = cuts_u_ ? beyond(*cut_f_, line_f_) : beyond(f_, pair_.q1, u_line_),
                 beyond_g = cuts_v_ ? beyond(*cut_g_, line_g_) : beyond(g_, pair_.q2, v_);
      if (beyond_f && beyond_g) {
        beyond_f_ = *beyond_f;
        beyond_g_ = *beyond_g;
        bool negligible = true;
        for (std::size_t k = 0; k < integrals_; ++k) negligible = negligible && log_magnitude(tails(k)) < log_goal_[k] - 2;
        if (negligible) return true;
      }
      reach_ *= 1.03;
    }
    return false;
  }

  static std::optional<Beyond> beyond(const StripFunction& f, const Ball& q, double from) {
    const double farther = 1.5 * from;
    auto most = f.on_line(farther), tail = f.tails(q, farther);
    if (!most || !tail) return std::nullopt;
    return Beyond{std::move(*most), std::move(*tail), erfc(Ball(from) / sqrt(Ball(2) * q)).magnitude()};
  }
  static std::optional<Beyond> beyond(const DecayCut& cut, const std::vector<Ball>& line) { return Beyond{line, cut.tail_square, Ball(0)}; }

  /// What lies beyond |u| = u_line, |v| = v; where decay cuts off g, what it leaves.
  Ball tails(std::size_t k) const {
    const Ball square_f = beyond_f_.most[k] * beyond_f_.most[k] + beyond_f_.tail_square[k],
               square_g = beyond_g_.most[k] * beyond_g_.most[k] + beyond_g_.tail_square[k];
    Ball sum = beyond_f_.most[k] * beyond_g_.most[k] * (beyond_f_.mass + beyond_g_.mass) + root_upper(beyond_f_.tail_square[k] * square_g) +
               root_upper(square_f * beyond_g_.tail_square[k]);
    if (cuts_v_) sum += cut_g_->rest[k] * root_upper(square_f);
    return sum;
  }

  /// The largest |E[f(u) | v]| for |Re v| <= v_top, |Im v| <= y: the contour of u moved by m y (D-037).
  std::optional<std::vector<Ball>> largest_given_v(double y, bool final = true) const {
    const double a = slope_ * y;
    const Ball constant{1.2};  // 2 sqrt 2/sqrt(2 pi) < 1.2
    if (cuts_u_ && t_ >= a) {
      auto most = within(f_, a, cut_f_->at);
      if (!most || !final) return most;  // (the sides are dear and small)
      const std::vector<Ball> sides = on_sides(f_, cut_f_->at, a);
      const Ball factor = constant * exp(Ball(a) * Ball(a) / (Ball(2) * t2_));
      for (std::size_t k = 0; k < integrals_; ++k) (*most)[k] = ((*most)[k] + factor * sides[k]).magnitude();
      return most;
    }
    const double end = std::max(u_line_, slope_ * v_top_ + w_ + a);
    if (cuts_u_ && end > cut_f_->to) return std::nullopt;  // f is not known to be small there
    auto most = within(f_, a, end);
    if (!most) return most;
    const Ball factor = Ball(1) + constant * exp(-(Ball(w_) * Ball(w_)) / (Ball(2) * t2_));
    for (Ball& x : *most) x = (x * factor).magnitude();
    return most;
  }

  bool choose_outer() {
    const std::optional<int> highest = g_.highest_level(StripFunction::level_below(reach_ * s2_), v_top_);
    if (!highest) return false;
    const auto step = longest_step(s2_, *highest, v_top_ - v_, [&](int level) -> std::optional<double> {
      const auto of_g = g_.magnitudes(level, v_top_), given = largest_given_v(StripFunction::height(level), false);
      if (!of_g || !given) return std::nullopt;
      if (cuts_v_ && !has_small_sides(g_, v_, StripFunction::height(level), s2_, *given, log_goal_)) return std::nullopt;
      return log_product(*given, *of_g);
    });
    if (!step) return false;
    outer_ = *step;
    strip_g_ = *g_.magnitudes(outer_.level, v_top_);
    given_v_ = *largest_given_v(outer_.height);
    needed_nats_ = std::max(needed_nats_, log_product(given_v_, strip_g_));
    return true;
  }

  /// The Gaussian ends of windows and of the outer sum, by the largest values on the strips.
  bool has_negligible_ends() const {
    const double least = reach_ * reach_ / 2;
    return std::log(outer_.height / s2_) + log_product(given_v_, strip_g_) - least < -1 &&
           std::log(inner_.height / t_) + log_product(strip_f_, line_g_) - least < -1;
  }

  bool choose_inner() {
    const std::optional<int> highest = f_.highest_level(StripFunction::level_below(reach_ * t_), u_top_);
    if (!highest) return false;
    const double cap = cuts_u_ ? std::min(u_top_ - cut_f_->at, w_ / 4) : 2 * std::numbers::pi * t_ / reach_;
    const auto step = longest_step(t_, *highest, cap, [&](int level) -> std::optional<double> {
      const auto of_f = f_.magnitudes(level, u_top_);
      if (!of_f || (cuts_u_ && !has_small_sides(f_, cut_f_->at, StripFunction::height(level), t_, line_g_, log_goal_))) return std::nullopt;
      return log_product(*of_f, line_g_);
    });
    if (!step) return false;
    inner_ = *step;
    strip_f_ = *f_.magnitudes(inner_.level, u_top_);
    needed_nats_ = std::max(needed_nats_, log_product(strip_f_, line_g_));
    return true;
  }

  /// e^(-(u - m v)^2/2t^2) at the nodes low .. high from the centre, each from the one before; `d` is the distance of node `from` from m v.
  static void set_weights(BallRow& weights, long low, long high, long from, const Ball& d, const Ball& h, const Ball& rate,
                          const Ball& bend, long p) {
    const auto place = [&](long i) { return weights.at(static_cast<std::size_t>(i - low)); };
    arb_set(place(from), exp(d * d * rate).get());
    for (const int side : {1, -1}) {
      Ball ratio = exp((Ball(2 * side) * d + h) * h * rate);
      for (long i = from; i != (side > 0 ? high : low); i += side) {
        arb_mul(place(i + side), place(i), ratio.get(), p);
        arb_mul(ratio.get(), ratio.get(), bend.get(), p);
      }
    }
  }

  bool sum(long bits) {
    const Ball h1(inner_.h), h2(outer_.h), rate = Ball(-1) / (Ball(2) * t2_), bend = exp(Ball(2) * h1 * h1 * rate),
                                           rate_v = Ball(-1) / (Ball(2) * pair_.q2);
    const bool kept = keeps_values();
    const long half = cuts_u_ ? most_j_ : static_cast<long>(kept ? farthest() : static_cast<double>(around_));
    LatticeTable table(f_.program(), inner_.h, -half, static_cast<std::size_t>(2 * half + 1), kept);
    BallRow weights(static_cast<std::size_t>(2 * (cuts_u_ ? std::min(around_, most_j_) : around_) + 1));
    Evaluator<Ball> g(g_.program());
    result_.values.assign(integrals_, Ball(0));
    for (long k = folded_ ? 0 : -most_k_; k <= most_k_; ++k) {
      budget_.check();
      const Ball v = Ball(k) * h2, mean = m_ * v, place = mean / h1;
      Ball centre;
      if (!place.is_finite() || certainly_positive(place.radius() - Ball(0.125)) == Truth::yes)
        return false;  // (for more precise variances)
      arf_set_round_node(centre, place);
      long low = -around_, high = around_;
      if (cuts_u_) {
        const double at = centre.to_double();
        if (std::abs(at) > static_cast<double>(most_j_ + around_)) continue;
        low = std::max(low, -most_j_ - static_cast<long>(at));
        high = std::min(high, most_j_ - static_cast<long>(at));
        if (low > high) continue;
      }
      const Ball density = exp(v * v * rate_v);
      const auto of_g = g(v);
      const auto log2_weight = [&](std::size_t i) { return log2_of(of_g[i] * density) - log2_of(line_g_[i]); };
      // A row that weighs little needs fewer bits.
      const long p =
          std::max(64L, bits + static_cast<long>(std::max(
                                   -1e6, std::min(0.0, integrals_ == 1 ? log2_weight(0) : std::max(log2_weight(0), log2_weight(1))))));
      const long from = std::clamp(0L, low, high);
      set_weights(weights, low, high, from, (centre + Ball(from)) * h1 - mean, h1, rate, bend, p);
      const std::size_t begin = table.window(centre, low, high);
      for (std::size_t i = 0; i < integrals_; ++i) {
        Ball inner;
        arb_dot(inner.get(), nullptr, 0, weights.at(0), 1, table.row(i, begin), 1, high - low + 1, p);
        inner *= of_g[i] * density;
        if (folded_ && k > 0) inner *= Ball(2);
        result_.values[i] += inner;
      }
    }
    const Ball factor = h1 * h2 / (Ball(2) * Ball::pi() * sqrt(pair_.beside));
    for (Ball& value : result_.values) value *= factor;
    result_.evaluations = table.evaluations + static_cast<std::uint64_t>(folded_ ? most_k_ + 1 : 2 * most_k_ + 1);
    return true;
  }

  /// How far from 0 nodes of u lie, in steps.
  double farthest() const { return slope_ * static_cast<double>(most_k_) * outer_.h / inner_.h + static_cast<double>(around_) + 2; }
  /// Do windows overlap so much that the values of f are kept?
  bool keeps_values() const { return cuts_u_ || farthest() < std::min(2e5, static_cast<double>(most_k_ * around_) + 100); }

  static void arf_set_round_node(Ball& centre, const Ball& place) {
    arf_t shifted;
    arf_init(shifted);
    arf_set_d(shifted, 0.5);
    arf_add(shifted, arb_midref(place.get()), shifted, ARF_PREC_EXACT, ARF_RND_DOWN);
    arf_floor(arb_midref(centre.get()), shifted);
    arf_clear(shifted);
  }

  /// The errors of D-037, 2.
  void widen() {
    const Precision p(bound_bits);
    const LatticeError outer = lattice_error(outer_, pair_.q2), inner = lattice_error(inner_, t2_);
    const Ball v_end = Ball((static_cast<double>(most_k_) + 0.5)) * Ball(outer_.h), w(w_);
    const Ball at_v = exp(-(v_end * v_end) / (Ball(2) * pair_.q2)), at_w = exp(-(w * w) / (Ball(2) * t2_)),
               beyond_w = erfc(w / sqrt(Ball(2) * t2_));
    const Ball weight_of_nodes = Ball(1) + Ball(outer_.h) / sqrt(Ball(2) * Ball::pi() * pair_.q2);
    std::vector<Ball> sides_g(integrals_), sides_f(integrals_);
    if (cuts_v_) sides_g = on_sides(g_, v_end.to_double(), outer_.height);
    if (cuts_u_) sides_f = on_sides(f_, (static_cast<double>(most_j_) + 0.5) * inner_.h, inner_.height);
    for (std::size_t k = 0; k < integrals_; ++k) {
      Ball side_g = strip_g_[k] * at_v, side_f = strip_f_[k] * at_w;
      if (cuts_v_ && sides_g[k].is_finite()) side_g = min(side_g, sides_g[k]);
      if (cuts_u_) side_f = max(side_f, sides_f[k]);
      // (given_v is a bound of |f| on the line too, as far as E[f(u) | v] reaches)
      Ball of_f = inner.lines * strip_f_[k] + inner.sides * side_f + max(line_f_[k], given_v_[k]) * beyond_w;
      if (cuts_u_) of_f += Ball(2) * cut_f_->rest[k];  // nodes left out; and what |u| <= U leaves out
      const Ball error = given_v_[k] * (outer.lines * strip_g_[k] + outer.sides * side_g) + of_f * line_g_[k] * weight_of_nodes + tails(k);
      result_.values[k] = result_.values[k].widened(error.magnitude());
    }
  }
};

}  // namespace

LatticeError lattice_error(const LatticeStep& step, const Ball& variance) {
  const Precision p(bound_bits);
  const Ball y(step.height), winding = Ball(2) * Ball::pi() * y / Ball(step.h), gauss = y * y / (Ball(2) * variance),
                             left = winding - gauss;
  if (certainly_positive(left) != Truth::yes) return {Ball(1) / Ball(0), Ball(1) / Ball(0)};
  return {(Ball(2) * exp(gauss) / (exp(winding) - Ball(1))).magnitude(),
          (Ball(4) * y / (left * sqrt(Ball(2) * Ball::pi() * variance))).magnitude()};
}

bool has_small_sides(const StripFunction& f, double at, double height, double deviation, const std::vector<Ball>& others,
                     const std::vector<double>& log_goal) {
  const Precision p(bits_beside_decay(log_goal));
  const std::vector<Ball> corners = f.at_corners(at, height);
  for (std::size_t k = 0; k < corners.size(); ++k) {
    if (!(log_magnitude(corners[k]) + log_magnitude(others[k]) + std::log(height / deviation) < log_goal[k] - 1)) return false;
  }
  return true;
}

std::optional<LatticeSum> lattice_sum(const StripFunction& f, const StripFunction& g, const PairVariance<Ball>& pair,
                                      const std::vector<double>& log_goal, const std::optional<DecayCut>& cut_f,
                                      const std::optional<DecayCut>& cut_g, bool folded, const Budget& budget) {
  return PairLattice(f, g, pair, log_goal, cut_f, cut_g, folded, budget).run();
}

}  // namespace infwidth
