// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/pair_trapezoid.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "lattice_sum.hpp"
#include "smooth_ramp.hpp"

namespace infwidth {

namespace {

/// The formulas of a function that is one analytic piece.
struct OnePiece {
  Expression value, slope;
};
std::optional<OnePiece> one_piece(const std::vector<Piece>& pieces) {
  if (pieces.size() != 1 || pieces[0].left || pieces[0].right || pieces[0].value.is_number()) return std::nullopt;
  return OnePiece{pieces[0].value, pieces[0].derivative};
}

PairVariance<Ball> exchanged(const PairVariance<Ball>& pair) { return {pair.q2, pair.q1, pair.c, pair.beside}; }

/// The decay of r = phi - L, at an accuracy.
class Decay {
 public:
  Decay(const StripFunction& r, const Program& f, const SmoothRamp& ramp, const std::vector<double>& log_rest)
      : r_(r),
        f_(f),
        ramp_(ramp),
        log_rest_(log_rest),
        precision_(bits_beside_decay(log_rest)),
        evaluate_(r.program()) {
    for (const double l : log_rest) rest_.push_back(exp(Ball(l)).magnitude());
  }

  /// Is r small at +-x?
  bool is_small(double x) {
    for (const double at : {-x, x}) {
      const auto values = evaluate_(Ball(at));
      for (std::size_t k = 0; k < values.size(); ++k) {
        if (certainly_positive(rest_[k] - Ball(2) * abs(values[k])) != Truth::yes) return false;
      }
    }
    return true;
  }

  /// Where it may be cut off for variances up to q, proven; none if there are no such bounds.
  std::optional<DecayCut> cut(const Ball& q, double unit, double most) {
    DecayCut cut{unit, 0, rest_, {}};
    while (!is_small(cut.at)) {
      cut.at *= 1.05;
      if (cut.at > most) return std::nullopt;
    }
    // Far, for it costs little: windows and strips must end before it; beyond sqrt q, the density of a smaller variance is smaller.
    cut.to = std::max({1.0, 16 * cut.at, 16 * std::sqrt(q.to_double())});
    for (int step = 0;; ++step, cut.to *= 1.1) {
      if (step == 100) return std::nullopt;
      const auto tail = r_.growth_tails(q, cut.to);
      if (!tail) continue;
      bool small = true;
      for (std::size_t k = 0; k < log_rest_.size(); ++k) small = small && log_magnitude((*tail)[k]) < 2 * log_rest_[k];
      cut.tail_square = *tail;
      if (small) break;
    }
    for (int step = 0; !is_below(f_, ramp_, rest_, cut.at, cut.to); ++step, cut.at *= 1.05) {
      if (step == 3) return std::nullopt;
    }
    cut.at = std::ceil(cut.at * 256) / 256;
    return cut;
  }

 private:
  const StripFunction& r_;
  const Program& f_;
  const SmoothRamp& ramp_;
  const std::vector<double>& log_rest_;
  Precision precision_;
  Evaluator<Ball> evaluate_;
  std::vector<Ball> rest_;
};

}  // namespace

struct PairTrapezoid::State {
  bool slopes = false, same = false, folded = false;
  std::optional<StripFunction> f, g;

  /// Of f = g: what is left when the ramp is taken off. Made when a variance asks for it.
  struct Rest {
    SmoothRamp ramp;
    Program f;  // f, f'
    double unit;
    bool folded;
    std::unique_ptr<const StripFunction> r;
  };
  std::optional<OnePiece> formulas = {};
  mutable std::mutex mutex = {};
  mutable bool looked = false;
  mutable std::optional<Rest> rest = {};

  const std::optional<Rest>& ramp_and_rest() const {
    const std::lock_guard lock(mutex);
    if (looked) return rest;
    looked = true;
    const std::optional<int> level = f->highest_level(StripFunction::level_below(32), 32);
    if (!level) return rest;
    const double strip = StripFunction::height(*level);
    const std::optional<SmoothRamp> ramp = find_ramp(formulas->value, formulas->slope, strip);
    if (!ramp) return rest;
    const Expression l = ramp->formula();
    const bool odd = ramp->a == 0 && ramp->d == 0, even = ramp->b == 0 && ramp->c == 0;
    rest = Rest{*ramp, Program({formulas->value, formulas->slope}, "x"), strip, folded && (odd || even),
                std::make_unique<const StripFunction>(formulas->value - l, formulas->slope - differentiate(l, "x"))};
    return rest;
  }

  /// With the ramp taken off, where that pays: the variances are much larger than what is left is wide.
  std::optional<LatticeSum> beside_ramp(const PairVariance<Ball>& pair, std::vector<double> log_goal, const std::vector<double>& log_size,
                                        const Budget& budget) const;
};

std::optional<LatticeSum> PairTrapezoid::State::beside_ramp(const PairVariance<Ball>& pair, std::vector<double> log_goal,
                                                            const std::vector<double>& log_size, const Budget& budget) const {
  const std::optional<Rest>& found = ramp_and_rest();
  if (!found) return std::nullopt;
  std::vector<double> log_rest;
  for (std::size_t k = 0; k < log_goal.size(); ++k) {
    log_goal[k] -= 2;  // a sum of four
    log_rest.push_back(log_goal[k] - 6 - std::max(0.0, log_size[k]));
  }
  if (!slopes) {  // r' is there for its bounds alone
    log_goal.push_back(100);
    log_rest.push_back(100);
  }
  // Beyond so many deviations nothing is summed anyway.
  const double reach = std::sqrt(2 * std::max(1.0, log_size[0] - log_goal[0]) * pair.q2.to_double());
  std::optional<DecayCut> cut;
  {
    Decay decay(*found->r, found->f, found->ramp, log_rest);
    if (!decay.is_small(reach / 2)) return std::nullopt;
    cut = decay.cut(max(pair.q1.magnitude(), pair.q2.magnitude()), found->unit, reach);
    if (!cut) return std::nullopt;
  }
  std::optional<LatticeSum> sum = lattice_sum(*found->r, *found->r, pair, log_goal, cut, cut, found->folded, budget);
  if (!sum) return sum;
  const auto second = ramp_product(found->ramp, *found->r, *cut, pair, log_goal, budget);
  if (!second) return std::nullopt;
  const auto first = ramp_product(found->ramp, *found->r, *cut, exchanged(pair), log_goal, budget);
  if (!first) return std::nullopt;
  const std::vector<Ball> closed = ramp_dual(found->ramp, pair);
  if (!slopes) sum->values.pop_back();
  for (std::size_t k = 0; k < sum->values.size(); ++k) sum->values[k] += first->values[k] + second->values[k] + closed[k];
  sum->evaluations += first->evaluations + second->evaluations;
  return sum;
}

PairTrapezoid::PairTrapezoid(const std::vector<Piece>& f, const std::vector<Piece>& g, PairRule::Of of) {
  auto state = std::make_unique<State>();
  state->slopes = of == PairRule::Of::values_and_slopes;
  const std::optional<OnePiece> first = one_piece(f), second = one_piece(g);
  if (first && second) {
    const auto slope = [&](const OnePiece& p) { return state->slopes ? std::optional(p.slope) : std::nullopt; };
    const Parity parity = parity_of(f);
    state->folded = parity != Parity::none && parity == parity_of(g);
    state->same = first->value == second->value;
    state->formulas = first;
    state->f.emplace(first->value, slope(*first));
    state->g.emplace(second->value, slope(*second));
  }
  state_ = std::move(state);
}
PairTrapezoid::~PairTrapezoid() = default;
PairTrapezoid::PairTrapezoid(PairTrapezoid&&) noexcept = default;
PairTrapezoid& PairTrapezoid::operator=(PairTrapezoid&&) noexcept = default;

std::optional<PairRule::Result> PairTrapezoid::integrate(const PairVariance<Ball>& pair, long goal_bits, const Budget& budget) const {
  const State& s = *state_;
  if (!s.f) return std::nullopt;
  const auto in_range = [](const Ball& q) {
    return certainly_positive(q) == Truth::yes && q.to_double() > 1e-290 && q.to_double() < 1e290;
  };
  if (!in_range(pair.q1) || !in_range(pair.q2) || !in_range(pair.beside) || !pair.c.is_finite()) return std::nullopt;
  const std::vector<double> size1 = s.f->log_rms(pair.q1.to_double()), size2 = s.g->log_rms(pair.q2.to_double());
  std::vector<double> log_goal, log_size;
  for (std::size_t k = 0; k < size1.size(); ++k) {
    const double scale = size1[k] + size2[k];
    if (!std::isfinite(scale)) return std::nullopt;
    log_goal.push_back(scale - static_cast<double>(goal_bits) * std::log(2.0));
    log_size.push_back(std::max(size1[k], size2[k]));
  }
  // u inside, given v: that of the smaller variance
  const bool exchange = pair.q1.to_double() > pair.q2.to_double();
  const StripFunction &inside = exchange ? *s.g : *s.f, &outside = exchange ? *s.f : *s.g;
  const PairVariance<Ball> ordered = exchange ? exchanged(pair) : pair;
  std::optional<LatticeSum> sum;
  if (s.same) {
    const Precision p(std::max(Precision::bits(), goal_bits + 40));
    sum = s.beside_ramp(ordered, log_goal, log_size, budget);
  }
  if (!sum) sum = lattice_sum(inside, outside, ordered, log_goal, std::nullopt, std::nullopt, s.folded, budget);
  if (!sum) return std::nullopt;
  PairRule::Result result;
  for (std::size_t k = 0; k < sum->values.size(); ++k) {
    if (!sum->values[k].is_finite()) return std::nullopt;
    result.values.push_back(sum->values[k]);
    result.scales.push_back(exp(Ball(size1[k] + size2[k])).mid());
  }
  result.evaluations = sum->evaluations;
  return result;
}

}  // namespace infwidth
