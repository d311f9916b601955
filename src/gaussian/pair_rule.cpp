// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/pair_rule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "infwidth/expression/simplify.hpp"
#include "infwidth/gaussian/chart.hpp"
#include "infwidth/gaussian/growth.hpp"
#include "infwidth/gaussian/legendre.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "tails.hpp"

namespace infwidth {

namespace {

constexpr std::uint64_t most_cells = 100000;

RealPoint mirrored(const RealPoint& t) {
  if (t.exact()) return RealPoint(Rational(-*t.exact()));
  return RealPoint(substitute(*t.equation(), "x", -Expression::variable("x")), -t.high(), -t.low());
}

/// x -> g(-x), of value and slope alike.
std::vector<Piece> mirrored(const std::vector<Piece>& pieces) {
  const auto end = [](const std::optional<PieceEnd>& e) {
    std::optional<PieceEnd> r = e;
    if (r) r->at = mirrored(e->at);
    return r;
  };
  const auto formula = [](const Expression& e) { return simplify(substitute(e, "x", -Expression::variable("x"))); };
  std::vector<Piece> result;
  for (auto p = pieces.rbegin(); p != pieces.rend(); ++p) result.push_back({end(p->right), end(p->left), formula(p->value), formula(p->derivative)});
  return result;
}

/// One factor, f or g: its charts, and what bounds its tails.
class Factor {
 public:
  Factor(const std::vector<Piece>& pieces, bool slopes)
      : charts_(make_charts(pieces, slopes ? Integrands::square_and_slope_square : Integrands::square, false)),
        squares_(pieces, slopes ? Integrands::square_and_slope_square : Integrands::square, Parity::none) {
    for (const Chart& chart : charts_) {
      if (chart.direct) throw NotReached("the expectation over two variables of " + chart.name + ", which has a branch point, has no rule; use --engine double");
    }
  }
  const std::vector<Chart>& charts() const { return charts_; }
  /// E f^2 and E f'^2.
  PanelRule::Result squares(const Ball& q, const Budget& budget) const { return squares_.integrate(q, 30, 0, budget); }

 private:
  std::vector<Chart> charts_;
  PanelRule squares_;
};

/// A function of the cell's coordinates x, y in [-1, 1]: c + cx x + cy y + cxy x y.
struct Bilinear {
  Ball c, cx, cy, cxy;

  template <class Number>
  Number at(const Number& x, const Number& y) const {
    return Number(c) + Number(cx) * x + (Number(cy) + Number(cxy) * x) * y;
  }
  /// On the part of the cell around (x, y) with half lengths dx, dy.
  Bilinear part(const Ball& x, const Ball& y, const Ball& dx, const Ball& dy) const {
    return {c + cx * x + (cy + cxy * x) * y, (cx + cxy * y) * dx, (cy + cxy * x) * dy, cxy * dx * dy};
  }
};

/// A part of the plane on which f(u) g(v) is analytic, with (a, b) and the arguments as functions of (x, y). b depends on x alone.
struct Cell {
  const Chart* f;
  const Chart* g;
  Bilinear a, b, u, v;
  int depth = 0;

  Cell part(const Ball& x, const Ball& y, const Ball& dx, const Ball& dy) const {
    return {f, g, a.part(x, y, dx, dy), b.part(x, y, dx, dy), u.part(x, y, dx, dy), v.part(x, y, dx, dy), depth + 1};
  }
  std::array<Cell, 2> halves(bool in_x) const {
    const Ball half = power_of_two(-1);
    if (in_x) return {part(-half, Ball(0), half, Ball(1)), part(half, Ball(0), half, Ball(1))};
    return {part(Ball(0), -half, Ball(1), half), part(Ball(0), half, Ball(1), half)};
  }
};

/// The straight line a = at + slope b.
struct Line {
  Ball at, slope;
};

class PairIntegration {
 public:
  PairIntegration(const Factor& f, const Factor& g, const PairVariance<Ball>& pair, bool mirrored, bool slopes, long goal_bits, const Budget& budget)
      : f_(f), g_(g), integrals_(slopes ? 2 : 1), goal_(goal_bits), budget_(budget) {
    const Precision p(goal_ + 40);
    const Ball rho = (mirrored ? -pair.c : pair.c) / sqrt(pair.q1 * pair.q2), one_plus = Ball(1) + rho;
    root1_ = sqrt(pair.q1);
    root2_ = sqrt(pair.q2);
    alpha_ = sqrt(one_plus / Ball(2));
    beta_ = sqrt(pair.beside / (pair.q1 * pair.q2) / (one_plus * Ball(2)));
    if (certainly_positive(beta_) != Truth::yes || !beta_.is_finite() || !alpha_.is_finite()) throw NotReached("the correlation of the two points cannot be told from +-1 at this precision");
    const auto squares1 = f.squares(pair.q1, budget), squares2 = g.squares(pair.q2, budget);
    for (std::size_t k = 0; k < integrals_; ++k) {
      mean_square_[0].push_back(squares1.integrals[k].moment[0]);
      mean_square_[1].push_back(squares2.integrals[k].moment[0]);
      scale_.push_back(sqrt((mean_square_[0][k] * mean_square_[1][k]).magnitude()));
      if (!scale_[k].is_finite()) throw NotReached("E f^2 is not finite at this precision");
      log2_scale_.push_back(log2_of(scale_[k]));
    }
    values_.resize(integrals_);
    cut_f_ = cuts(f_, pair.q1, 0);
    cut_g_ = cuts(g_, pair.q2, 1);
  }

  PairRule::Result run() {
    const Precision p(working_bits());
    bound_sides();
    for (std::size_t i = 0; i < f_.charts().size(); ++i) {
      for (std::size_t j = 0; j < g_.charts().size(); ++j) integrate_parallelogram(i, j);
    }
    PairRule::Result result;
    for (std::size_t k = 0; k < integrals_; ++k) {
      result.values.push_back((values_[k] / (Ball(2) * Ball::pi())).widened(outside(k)));
      result.scales.push_back(scale_[k]);
    }
    result.evaluations = evaluations_;
    return result;
  }

 private:
  struct Cut {
    Ball low, high;
  };
  const Factor& f_;
  const Factor& g_;
  std::size_t integrals_;
  long goal_;
  const Budget& budget_;
  Ball root1_, root2_, alpha_, beta_;
  std::array<std::vector<Ball>, 2> mean_square_;
  std::vector<Ball> scale_;
  std::vector<double> log2_scale_;
  std::array<std::vector<Ball>, 2> tail_square_;  // E f^2 beyond the cuts, E g^2 beyond theirs
  std::vector<Cut> cut_f_, cut_g_;
  Ball reach_ = Ball(0);                          // |b| <= reach
  std::vector<Ball> values_, beyond_reach_, largest_f_, largest_g_;
  std::uint64_t evaluations_ = 0, cells_ = 0;

  long working_bits() const {
    const auto quotient = [](const Chart& c) { return !c.removable.empty(); };
    const bool cancels = std::any_of(f_.charts().begin(), f_.charts().end(), quotient) || std::any_of(g_.charts().begin(), g_.charts().end(), quotient);
    return goal_ + 40 + (cancels ? 80 : 0);
  }

  /// Where the infinite charts of a factor end: beyond, E f^2 is below 2^-2 goal of the whole.
  std::vector<Cut> cuts(const Factor& factor, const Ball& q, std::size_t which) {
    tail_square_[which].assign(integrals_, Ball(0));
    std::vector<Cut> result;
    for (const Chart& chart : factor.charts()) {
      result.push_back({chart.left ? chart.left->ball() : Ball(-cut(chart, Tail::left, q, which)), chart.right ? chart.right->ball() : Ball(cut(chart, Tail::right, q, which))});
    }
    return result;
  }

  double cut(const Chart& chart, Tail side, const Ball& q, std::size_t which) {
    const Precision p(bound_bits);
    const double q_upper = (q.mid() + q.radius()).to_double() * (1 + 1e-12), q_lower = (q.mid() - q.radius()).to_double() * (1 - 1e-12);
    double from = std::max(1.0, 2 * chart.farthest_end());
    const std::vector<Growth> bounds = growth_of(chart, side, from);
    double at = std::max(from, std::sqrt(q_upper));
    for (int step = 0; step < 8000; ++step, at *= 1.05) {
      std::vector<Ball> rest;
      for (std::size_t k = 0; k < integrals_; ++k) {
        const std::optional<Ball> tail = gaussian_tail(bounds[k], 2, 0, q_lower, q_upper, at);
        if (!tail || log2_of(*tail) > log2_of(mean_square_[which][k].magnitude()) - 2.0 * (static_cast<double>(goal_) + 4)) break;
        rest.push_back(*tail);
      }
      if (rest.size() < integrals_) continue;
      for (std::size_t k = 0; k < integrals_; ++k) tail_square_[which][k] += rest[k];
      return std::ceil(at * 64) / 64;
    }
    throw NotReached("no cut of the tail was found for " + chart.name + " at variance " + short_text(q.to_double()));
  }

  /// |E f g outside the cuts| <= sqrt(E[f^2; outside] E g^2) + sqrt(E f^2 E[g^2; outside]), and what lies beyond |b| = reach.
  Ball outside(std::size_t k) const {
    const Precision p(bound_bits);
    const auto root = [](const Ball& x) { return sqrt(x.magnitude()).magnitude(); };
    return (root(tail_square_[0][k] * mean_square_[1][k]) + root(mean_square_[0][k] * tail_square_[1][k]) + beyond_reach_[k]).magnitude();
  }

  /// Bounds of |f| and |f'| between the cuts: on boxes that are halved where nothing finite is found.
  std::vector<Ball> largest(const Factor& factor, const std::vector<Cut>& cuts) const {
    std::vector<Ball> most(integrals_);
    for (std::size_t i = 0; i < factor.charts().size(); ++i) {
      const Chart& chart = factor.charts()[i];
      Evaluator<ComplexBall> on_box(chart.program);
      std::vector<std::pair<Ball, int>> stack = {{Ball::hull(cuts[i].low, cuts[i].high), 0}};
      while (!stack.empty()) {
        const auto [box, depth] = stack.back();
        stack.pop_back();
        std::vector<Ball> bounds(integrals_);
        if (depth >= 7 && chart.magnitudes(on_box, ComplexBall(box, Ball(0)), bounds)) {
          for (std::size_t k = 0; k < integrals_; ++k) most[k] = max(most[k], sqrt(bounds[k]).magnitude());
          continue;
        }
        if (depth > 60) throw NotReached("the formula " + chart.name + " is not known to be bounded near x = " + short_text(box.to_double()));
        const Ball quarter = box.radius() / Ball(2), middle = box.mid();
        stack.push_back({(middle - quarter).widened(quarter), depth + 1});
        stack.push_back({(middle + quarter).widened(quarter), depth + 1});
      }
    }
    return most;
  }

  /// Cuts the plane at |b| = reach, with P(|b| > reach) = erfc(reach / sqrt 2).
  void bound_sides() {
    const Precision p(bound_bits);
    beyond_reach_.assign(integrals_, Ball(0));
    largest_f_ = largest(f_, cut_f_);
    largest_g_ = largest(g_, cut_g_);
    for (double reach = 4;; reach += 0.25) {
      bool enough = true;
      for (std::size_t k = 0; k < integrals_; ++k) {
        beyond_reach_[k] = (largest_f_[k] * largest_g_[k] * erfc(Ball(reach) / sqrt(Ball(2)))).magnitude();
        enough = enough && (beyond_reach_[k].is_exact_zero() || log2_of(beyond_reach_[k]) < log2_scale_[k] - static_cast<double>(goal_) - 3);
      }
      reach_ = Ball(reach);
      if (enough) return;
      if (reach > 1e5) throw NotReached("the expectation over two variables: " + f_.charts()[0].name + " is too large between its cuts");
    }
  }

  static Ball clamped(const Ball& x, const Ball& reach) { return max(min(x, reach), -reach); }

  /// u between the ends of chart i of f, v between those of chart j of g. For each b, a runs from the higher one of two falling and rising lines to the lower one of two others; which, changes at the corners.
  void integrate_parallelogram(std::size_t i, std::size_t j) {
    const Ball slope = beta_ / alpha_, two_beta = Ball(2) * beta_;
    const Ball l1 = cut_f_[i].low / root1_, r1 = cut_f_[i].high / root1_, l2 = cut_g_[j].low / root2_, r2 = cut_g_[j].high / root2_;
    const Line low_u{l1 / alpha_, -slope}, high_u{r1 / alpha_, -slope}, low_v{l2 / alpha_, slope}, high_v{r2 / alpha_, slope};
    const Ball first = clamped((l1 - r2) / two_beta, reach_), last = clamped((r1 - l2) / two_beta, reach_);
    const Ball left = clamped((l1 - l2) / two_beta, reach_), right = clamped((r1 - r2) / two_beta, reach_);  // where the lower lines cross; the upper ones
    const Chart& f = f_.charts()[i];
    const Chart& g = g_.charts()[j];
    integrate_between(f, g, first, min(left, right), low_u, high_v);
    integrate_between(f, g, max(left, right), last, low_v, high_u);
    if (certainly_positive(right - left) == Truth::yes) {
      integrate_between(f, g, left, right, low_v, high_v);
    } else if (certainly_positive(left - right) == Truth::yes) {
      integrate_between(f, g, right, left, low_u, high_u);
    } else if (!(left - right).is_exact_zero()) {
      // Which it is cannot be told, but it is narrow: the integral is at most its size, from the lower to the upper of all.
      const Ball b = Ball::hull(left, right), from = Ball::hull(low_u.at, low_v.at) - slope * abs(b), to = Ball::hull(high_u.at, high_v.at) + slope * abs(b);
      add_sliver(Ball(2) * b.radius(), to - from);
    }
  }

  Cell cell_between(const Chart& f, const Chart& g, const Ball& middle, const Ball& half, const Line& low, const Line& high) const {
    const Ball two(2);
    const Ball low_at = low.at + low.slope * middle, high_at = high.at + high.slope * middle;
    Cell cell{&f, &g, {}, {}, {}, {}};
    cell.b = {middle, half, Ball(0), Ball(0)};
    cell.a = {(low_at + high_at) / two, half * (low.slope + high.slope) / two, (high_at - low_at) / two, half * (high.slope - low.slope) / two};
    const auto argument = [&](const Ball& root, const Ball& beta) {
      return Bilinear{root * (alpha_ * cell.a.c + beta * middle), root * (alpha_ * cell.a.cx + beta * half), root * alpha_ * cell.a.cy, root * alpha_ * cell.a.cxy};
    };
    cell.u = argument(root1_, beta_);
    cell.v = argument(root2_, -beta_);
    return cell;
  }

  void integrate_between(const Chart& f, const Chart& g, const Ball& from, const Ball& to, const Line& low, const Line& high) {
    const Ball half = (to - from) / Ball(2);
    if (half.is_exact_zero() || certainly_negative(half) == Truth::yes) return;
    const Cell whole = cell_between(f, g, (from + to) / Ball(2), half, low, high);
    if (certainly_positive(half) != Truth::yes) return add_sliver(half.magnitude() * Ball(2), (whole.a.cy.magnitude() + whole.a.cxy.magnitude()) * Ball(2));
    Evaluator<Ball> evaluate_f(f.program), evaluate_g(g.program);
    const Precision bounding(bound_bits);
    Evaluator<ComplexBall> f_on_box(f.program), g_on_box(g.program);
    std::vector<Cell> stack = {whole};
    while (!stack.empty()) {
      budget_.check();
      const Cell cell = std::move(stack.back());
      stack.pop_back();
      if (++cells_ > most_cells) throw NotReached("the expectation over two variables needs more than 100000 cells; ask for fewer digits, or use --engine double");
      const Choice in_x = choose(cell, f_on_box, g_on_box, true), in_y = choose(cell, f_on_box, g_on_box, false);
      if (in_x.n > 0 && in_y.n > 0) {
        const Precision working(working_bits());
        apply(cell, evaluate_f, evaluate_g, in_x, in_y);
        continue;
      }
      if (cell.depth > 2 * goal_ + 100) {
        throw NotReached("the formulas " + f.name + ", " + g.name + " are not known to be analytic near x = " + short_text(cell.u.c.to_double()) + ", " + short_text(cell.v.c.to_double()));
      }
      const bool split_x = in_x.n == 0 && (in_y.n > 0 || certainly_positive(cell.b.cx - cell.a.cy) == Truth::yes);
      const Precision working(working_bits());
      for (Cell& half_cell : cell.halves(split_x)) stack.push_back(std::move(half_cell));
    }
  }

  /// log2 of bounds of the integrands over complex boxes of x and y, the Jacobian included; none if they are not proven analytic there.
  std::optional<std::array<double, 2>> bounds_on(const Cell& cell, Evaluator<ComplexBall>& f_on_box, Evaluator<ComplexBall>& g_on_box, const ComplexBall& x, const ComplexBall& y) const {
    std::vector<Ball> f(integrals_), g(integrals_);  // of the squares
    if (!cell.f->magnitudes(f_on_box, cell.u.at(x, y), f) || !cell.g->magnitudes(g_on_box, cell.v.at(x, y), g)) return std::nullopt;
    const auto least_square = [](const ComplexBall& z) {
      const Ball least = z.re().mignitude(), most = z.im().magnitude(), square = least * least - most * most;
      return square.mid() - square.radius();
    };
    const Ball gauss = exp(-(least_square(cell.a.at(x, y)) + least_square(cell.b.at(x, y))) / Ball(2));
    const Ball jacobian = (ComplexBall(cell.a.cy) + ComplexBall(cell.a.cxy) * x).magnitude() * cell.b.cx.magnitude();
    std::array<double, 2> result{};
    for (std::size_t k = 0; k < integrals_; ++k) result[k] = log2_of(sqrt((f[k] * g[k]).magnitude()) * gauss * jacobian);
    return result;
  }

  /// A rule of n points (0: none is proven) with log2 of the bound of its error, per integral.
  struct Choice {
    int n = 0;
    std::array<double, 2> log2_error{};
  };

  Choice choose(const Cell& cell, Evaluator<ComplexBall>& f_on_box, Evaluator<ComplexBall>& g_on_box, bool in_x) const {
    const int most = static_cast<int>(goal_ / 4 + 30);
    const ComplexBall side(Ball(0).widened(Ball(1)));
    Choice best;
    for (const double rho : {2.2, 3.2, 4.6, 7.0, 11.0, 18.0, 32.0}) {
      const Ball r(rho);
      const ComplexBall ellipse(Ball(0).widened((r + Ball(1) / r) / Ball(2)), Ball(0).widened((r - Ball(1) / r) / Ball(2)));
      const auto bounds = in_x ? bounds_on(cell, f_on_box, g_on_box, ellipse, side) : bounds_on(cell, f_on_box, g_on_box, side, ellipse);
      if (!bounds) break;
      // |error| <= (64/15) M rho^-2n / (1 - rho^-2) in one variable (Trefethen, ATAP, theorem 19.3), times the length 2 of the other
      const double constant = std::log2(2 * 64.0 / 15 / (1 - 1 / (rho * rho))) + 1;
      Choice chosen{4, *bounds};
      for (std::size_t k = 0; k < integrals_; ++k) {
        chosen.log2_error[k] += constant;
        const double needed = (chosen.log2_error[k] - (log2_scale_[k] - static_cast<double>(goal_) - 5)) / (2 * std::log2(rho));
        if (chosen.log2_error[k] > -9e17 && needed > chosen.n) chosen.n = needed > 1e8 ? 100000000 : static_cast<int>(std::ceil(needed));
      }
      chosen.n = legendre_size(chosen.n);
      for (double& l : chosen.log2_error) l -= 2 * std::log2(rho) * chosen.n * (1 - 1e-12);
      if (chosen.n <= most && (best.n == 0 || chosen.n < best.n)) best = chosen;
    }
    return best;
  }

  /// A part of the plane whose size is known only to be small: |f g| times its area.
  void add_sliver(const Ball& width, const Ball& height) {
    const Precision p(bound_bits);
    for (std::size_t k = 0; k < integrals_; ++k) values_[k] = values_[k].widened((largest_f_[k] * largest_g_[k] * width.magnitude() * height.magnitude()).magnitude());
  }

  void apply(const Cell& cell, Evaluator<Ball>& evaluate_f, Evaluator<Ball>& evaluate_g, const Choice& in_x, const Choice& in_y) {
    const auto rule_x = legendre_rule(in_x.n, Precision::bits()), rule_y = legendre_rule(in_y.n, Precision::bits());
    std::vector<Ball> sum(integrals_), row(integrals_);
    const Ball minus_half = Ball(-1) / Ball(2);
    for (std::size_t i = 0; i < 2 * rule_x->nodes.size(); ++i) {
      budget_.check();
      const Ball x = i % 2 == 0 ? rule_x->nodes[i / 2] : -rule_x->nodes[i / 2];
      const Ball b = cell.b.c + cell.b.cx * x;
      const Ball a0 = cell.a.c + cell.a.cx * x, ay = cell.a.cy + cell.a.cxy * x;
      const Ball u0 = cell.u.c + cell.u.cx * x, uy = cell.u.cy + cell.u.cxy * x;
      const Ball v0 = cell.v.c + cell.v.cx * x, vy = cell.v.cy + cell.v.cxy * x;
      for (Ball& r : row) r = Ball(0);
      for (std::size_t j = 0; j < 2 * rule_y->nodes.size(); ++j) {
        const Ball y = j % 2 == 0 ? rule_y->nodes[j / 2] : -rule_y->nodes[j / 2];
        const Ball a = a0 + ay * y;
        const Ball weight = rule_y->weights[j / 2] * exp((a * a) * minus_half);
        const auto f = evaluate_f(u0 + uy * y), g = evaluate_g(v0 + vy * y);
        for (std::size_t k = 0; k < integrals_; ++k) row[k] += f[k] * g[k] * weight;
      }
      const Ball outer = rule_x->weights[i / 2] * exp((b * b) * minus_half) * ay * cell.b.cx;
      for (std::size_t k = 0; k < integrals_; ++k) sum[k] += row[k] * outer;
    }
    evaluations_ += static_cast<std::uint64_t>(in_x.n) * static_cast<std::uint64_t>(in_y.n);
    for (std::size_t k = 0; k < integrals_; ++k) values_[k] += sum[k].widened(two_to(in_x.log2_error[k])).widened(two_to(in_y.log2_error[k]));
  }
};

}  // namespace

struct PairRule::State {
  Factor f, g, g_mirrored;
  bool slopes;
};

PairRule::PairRule(const std::vector<Piece>& f, const std::vector<Piece>& g, Of of) {
  const bool slopes = of == Of::values_and_slopes;
  state_ = std::make_unique<const State>(State{Factor(f, slopes), Factor(g, slopes), Factor(mirrored(g), slopes), slopes});
}
PairRule::~PairRule() = default;
PairRule::PairRule(PairRule&&) noexcept = default;
PairRule& PairRule::operator=(PairRule&&) noexcept = default;

PairRule::Result PairRule::integrate(const PairVariance<Ball>& pair, long goal_bits, const Budget& budget) const {
  const bool negative = certainly_negative(pair.c) == Truth::yes;  // then v is turned over, and rho > 0
  return PairIntegration(state_->f, negative ? state_->g_mirrored : state_->g, pair, negative, state_->slopes, goal_bits, budget).run();
}

}  // namespace infwidth
