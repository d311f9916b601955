// SPDX-License-Identifier: GPL-3.0-or-later
#include "strip_function.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "infwidth/gaussian/growth.hpp"
#include "infwidth/real/errors.hpp"
#include "tails.hpp"

namespace infwidth {

namespace {

constexpr int most_halved = 6000;

std::vector<Expression> with_slope(const Expression& f, const std::optional<Expression>& slope) {
  std::vector<Expression> formulas = {f};
  if (slope) formulas.push_back(*slope);
  return formulas;
}

void raise(std::vector<Ball>& most, const std::vector<Ball>& values) {
  for (std::size_t k = 0; k < most.size(); ++k) most[k] = max(most[k], values[k]).magnitude();
}

/// Magnitudes over a box, or a point; none if they are not finite.
std::optional<std::vector<Ball>> magnitudes_on(Evaluator<ComplexBall>& at, const ComplexBall& box) {
  std::vector<Ball> result;
  for (const ComplexBall& v : at(box)) {
    if (!v.is_finite()) return std::nullopt;
    result.push_back(v.magnitude());
  }
  return result;
}

/// From bounds over a box, a better one of |f| if f' is there: |f(centre)| + |f'| times the half diagonal. x sigmoid(x) - x is one x too
/// many on a box.
void by_slope(Evaluator<ComplexBall>& at, const Ball& re, const Ball& im, std::vector<Ball>& bounds) {
  if (bounds.size() < 2) return;
  const auto centre = magnitudes_on(at, ComplexBall(re.mid(), im.mid()));
  if (centre) bounds[0] = min(bounds[0], (*centre)[0] + bounds[1] * (re.radius() + im.radius())).magnitude();
}

struct Box {
  Ball re, im;
};

int reach_step(double reach) { return static_cast<int>(std::ceil(2 * std::log2(reach))); }

/// The two halves of a ball.
std::pair<Ball, Ball> halves(const Ball& x) {
  const Ball quarter = x.radius() * power_of_two(-1), middle = x.mid();
  return {(middle - quarter).widened(quarter), (middle + quarter).widened(quarter)};
}

}  // namespace

double log_magnitude(const Ball& x) {
  if (x.is_exact_zero()) return -1e18;
  if (!x.is_finite()) return 1e18;
  const Precision p(bound_bits);
  const double log_x = log(x.magnitude()).to_double();
  return log_x + 1e-12 * (1 + std::abs(log_x));
}

StripFunction::StripFunction(const Expression& f, const std::optional<Expression>& slope)
    : formulas_(with_slope(f, slope)), program_(formulas_, "x") {}

double StripFunction::height(int level) { return std::exp2(level / 8.0); }
int StripFunction::level_below(double y) { return static_cast<int>(std::floor(8 * std::log2(y))); }

std::optional<std::vector<Ball>> StripFunction::magnitudes(int level, double reach) const {
  const int step = reach_step(reach);
  const std::pair<int, int> key{level, step};
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    if (level >= lowest_failed(step)) return std::nullopt;
  }
  auto bounds = bound_rectangle(std::exp2(step / 2.0) * (1 + 1e-12), height(level));
  const std::lock_guard lock(mutex_);
  if (bounds) return known_.emplace(key, std::move(*bounds)).first->second;
  failed_[step] = std::min(level, lowest_failed(step));
  return std::nullopt;
}

int StripFunction::lowest_failed(int reach_step) const {
  int level = INT_MAX;
  for (const auto& [step, failed] : failed_) {
    if (step <= reach_step) level = std::min(level, failed);
  }
  return level;
}

std::optional<int> StripFunction::highest_level(int most, double reach) const {
  const int least = std::min(most, level_below(reach) - 480);  // (what has failed so far down fails at once when it is asked for wider)
  {
    const std::lock_guard lock(mutex_);
    most = std::min(most, lowest_failed(reach_step(reach)) - 1);
  }
  int above = most, below = most;
  for (;; below -= 80) {
    if (below < least) return std::nullopt;
    if (magnitudes(below, reach)) break;
    above = below;
  }
  while (above - below > 1) {
    const int middle = (above + below) / 2;
    (magnitudes(middle, reach) ? below : above) = middle;
  }
  return below;
}

/// The upper half of the rectangle in boxes, halved until none is worse than twice the largest value met at points: the lower half follows
/// by reflection.
std::optional<std::vector<Ball>> StripFunction::bound_rectangle(double reach, double y) const {
  const Precision p(bound_bits);
  Evaluator<ComplexBall> at(program_);
  std::vector<Ball> met(outputs()), most(outputs());
  const Ball top{y};
  for (int i = -8; i <= 8; ++i) {
    for (const double span : {reach, std::min(reach, 4 * y)}) {
      const auto here = magnitudes_on(at, ComplexBall(Ball(span * i / 8), top));
      if (!here) return std::nullopt;
      raise(met, *here);
    }
  }
  int halved = 0;
  const Ball half_height = Ball(y) * power_of_two(-1);
  std::vector<Box> stack = {{Ball(0).widened(Ball(reach)), half_height.widened(half_height)}};
  while (!stack.empty()) {
    const Box box = std::move(stack.back());
    stack.pop_back();
    auto here = magnitudes_on(at, ComplexBall(box.re, box.im));
    const auto tight = [&](std::size_t k) { return certainly_negative(Ball(2) * met[k] - (*here)[k]) != Truth::yes; };
    const auto all_tight = [&] { return here && tight(0) && (outputs() == 1 || tight(1)); };
    if (here && outputs() == 2 && tight(1) && !tight(0)) by_slope(at, box.re, box.im, *here);
    const bool small = certainly_positive(box.re.radius() + box.im.radius() - Ball(y / 64)) != Truth::yes;
    if (all_tight() || (here && small)) {
      raise(most, *here);
      continue;
    }
    if (small || ++halved > most_halved) return std::nullopt;
    if (halved % 4 == 0) {  // a peak between the points is met where boxes gather
      if (const auto there = magnitudes_on(at, ComplexBall(box.re.mid(), box.im.mid()))) raise(met, *there);
    }
    const bool wide = certainly_positive(box.re.radius() - box.im.radius()) == Truth::yes;
    auto [first, second] = halves(wide ? box.re : box.im);
    // What lies near 0 comes first: singularities are met early.
    if (wide && arb_is_negative(box.re.mid().get()) == 0) std::swap(first, second);
    stack.push_back(wide ? Box{first, box.im} : Box{box.re, first});
    stack.push_back(wide ? Box{second, box.im} : Box{box.re, second});
  }
  return most;
}

std::vector<Ball> StripFunction::on_sides(double at, double y) const {
  Evaluator<ComplexBall> evaluate(program_);
  std::vector<Ball> most(outputs());
  constexpr int parts = 8;
  const Ball half{y / (2 * parts)};
  for (const double side : {-at, at}) {
    for (int i = 0; i < parts; ++i) {
      const Ball im = (Ball(y) * Ball(2 * i + 1) / Ball(2 * parts)).widened(half * Ball(1.001));
      auto here = magnitudes_on(evaluate, ComplexBall(Ball(side), im));
      if (!here) return std::vector<Ball>(outputs(), Ball(1) / Ball(0));
      by_slope(evaluate, Ball(side), im, *here);
      raise(most, *here);
    }
  }
  return most;
}

std::vector<Ball> StripFunction::at_corners(double at, double y) const {
  Evaluator<ComplexBall> evaluate(program_);
  std::vector<Ball> most(outputs());
  for (const double side : {-at, at}) {
    const auto here = magnitudes_on(evaluate, ComplexBall(Ball(side), Ball(y)));
    if (!here) return std::vector<Ball>(outputs(), Ball(1) / Ball(0));
    raise(most, *here);
  }
  return most;
}

std::optional<std::vector<Ball>> StripFunction::on_line(double reach) const {
  const std::optional<int> level = highest_level(level_below(reach / 64), reach);
  return level ? magnitudes(*level, reach) : std::nullopt;
}

std::optional<std::vector<Ball>> StripFunction::growth_tails(const Ball& q, double from) const {
  const Precision p(bound_bits);
  const double q_upper = (q.mid() + q.radius()).to_double() * (1 + 1e-12), q_lower = (q.mid() - q.radius()).to_double() * (1 - 1e-12);
  std::vector<Ball> sums(outputs());
  for (std::size_t k = 0; k < outputs(); ++k) {
    for (const Tail side : {Tail::left, Tail::right}) {
      try {
        const std::optional<Ball> tail = gaussian_tail(growth(formulas_[k], side, from), 2, 0, q_lower, q_upper, from);
        if (!tail) return std::nullopt;
        sums[k] += *tail;
      } catch (const NotReached&) {
        return std::nullopt;
      }
    }
  }
  return sums;
}

std::optional<std::vector<Ball>> StripFunction::tails(const Ball& q, double from) const {
  const Precision p(bound_bits);
  const double last = std::max(2 * from, 1.0);
  std::optional<std::vector<Ball>> sums = growth_tails(q, last);
  for (double a = from; sums && a < last;) {
    const double b = a == from ? 2 * from : last;  // the second shell, if there is one, weighs little
    const std::optional<std::vector<Ball>> most = on_line(b);
    if (!most) return std::nullopt;
    const Ball mass = erfc(Ball(a) / sqrt(Ball(2) * q));
    for (std::size_t k = 0; k < outputs(); ++k) (*sums)[k] += (*most)[k] * (*most)[k] * mass;
    a = b;
  }
  return sums;
}

std::vector<double> StripFunction::log_rms(double q) const {
  const Precision p(bound_bits);
  Evaluator<double> at(program_);
  Evaluator<Ball> beyond_doubles(program_);
  std::vector<double> sums(outputs());
  // midpoints of shells 2^-j-1 < |z|/8 < 2^-j, so that what happens on a small scale of x is seen too
  for (int j = 0; j < 40; ++j) {
    const double width = std::exp2(-j - 1) * 8;
    for (int i = 0; i < 8; ++i) {
      const double z = (i % 2 == 0 ? 1 : -1) * width * (1 + (i / 2 + 0.5) / 4), weight = std::exp(-z * z / 2) * width / 4,
                   x = std::sqrt(q) * z;
      const auto values = at(x);
      for (std::size_t k = 0; k < outputs(); ++k) {
        const double value = std::isfinite(values[k]) ? values[k] : beyond_doubles(Ball(x))[k].to_double();
        sums[k] += weight * value * value;
      }
    }
  }
  for (double& s : sums) s = 0.5 * std::log(s / std::sqrt(2 * std::numbers::pi));
  return sums;
}

}  // namespace infwidth
