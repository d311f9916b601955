// SPDX-License-Identifier: GPL-3.0-or-later
#include "smooth_ramp.hpp"

#include <algorithm>

#include "tails.hpp"

namespace infwidth {

namespace {

/// The fraction that a number seems to be, else its first `bits` bits.
Rational fraction_near(const Ball& x, long bits) {
  const auto rounded = [&](long b) {
    Ball scaled = x.mid() * power_of_two(b);
    fmpz_t z;
    fmpz_init(z);
    arf_get_fmpz(z, arb_midref(scaled.get()), ARF_RND_NEAR);
    mpz_t m;
    mpz_init(m);
    fmpz_get_mpz(m, z);
    const Integer numerator(m);
    mpz_clear(m);
    fmpz_clear(z);
    return Rational(numerator, Integer(1) << static_cast<unsigned>(b));
  };
  const Rational simple = rounded(20);
  return certainly_positive(power_of_two(100 - bits) - abs(x - Ball(simple))) == Truth::yes ? simple : rounded(bits);
}

/// The numbers of L as balls.
struct Ramp {
  Ball a, b, c, d, kappa, slope;  // slope of erf(kappa x) at 0: 2 kappa/sqrt pi

  explicit Ramp(const SmoothRamp& r) : a(r.a), b(r.b), c(r.c), d(r.d), kappa(r.kappa), slope(Ball(2) * kappa / sqrt(Ball::pi())) {}
};

}  // namespace

Expression SmoothRamp::formula() const {
  const Expression x = Expression::variable("x");
  return Expression(a) + Expression(b) * x + (Expression(c) + Expression(d) * x) * Expression::make(Op::erf, {Expression(kappa) * x});
}

std::optional<SmoothRamp> find_ramp(const Expression& f, const Expression& slope, double strip) {
  constexpr long bits = 1000;
  const Precision p(bits + 200);
  const Program program({f, slope}, "x");
  Evaluator<Ball> at(program);
  struct Line {
    Rational at_0, slope;
  };
  const auto line = [&](int side) -> std::optional<Line> {
    const Ball far(2048 * side), farther(4096 * side);
    const auto first = at(far);
    const Ball f1 = first[0], s1 = first[1];
    const auto second = at(farther);
    const Ball f2 = second[0], s2 = second[1];
    if (!f2.is_finite() || !s2.is_finite() || certainly_positive(power_of_two(-bits) - abs(s1 - s2)) != Truth::yes) return std::nullopt;
    const Ball at_1 = f1 - s1 * far, at_2 = f2 - s2 * farther;
    if (certainly_positive(power_of_two(20 - bits) - abs(at_1 - at_2)) != Truth::yes) return std::nullopt;
    return Line{fraction_near(at_2, bits), fraction_near(s2, bits)};
  };
  const std::optional<Line> left = line(-1), right = line(1);
  if (!left || !right) return std::nullopt;
  SmoothRamp ramp;
  ramp.a = (right->at_0 + left->at_0) / 2;
  ramp.c = (right->at_0 - left->at_0) / 2;
  ramp.b = (right->slope + left->slope) / 2;
  ramp.d = (right->slope - left->slope) / 2;
  // erf varies on the scale of f: kappa about 1/2 over the half height of the strip, a power of 2
  const int e = static_cast<int>(std::lround(-std::log2(2 * strip)));
  ramp.kappa = e >= 0 ? Rational(Integer(1) << static_cast<unsigned>(e)) : Rational(1, Integer(1) << static_cast<unsigned>(-e));
  return ramp;
}

/// Beside the line l that L tends to, |r| <= |f - l| + |L - l|: by the mean value theorem from f' on a box, since x - x is large on one;
/// and by erfc.
bool is_below(const Program& f, const SmoothRamp& ramp, const std::vector<Ball>& limits, double from, double to) {
  struct Box {
    double near, far;
    int side;
  };
  Evaluator<Ball> at(f);
  const Ramp l(ramp);
  std::vector<Box> stack;
  for (double near = from; near < to; near *= 2) {
    for (const int side : {-1, 1}) stack.push_back({near, std::min(2 * near, to), side});
  }
  int halved = 0;
  while (!stack.empty()) {
    const Box box = stack.back();
    stack.pop_back();
    const double middle = (box.near + box.far) / 2;
    const Ball side(box.side), centre = side * Ball(middle), line_slope = l.b + side * l.d, near(box.near), far(box.far);
    const Ball slope = (at(side * Ball::hull(near, far))[1] - line_slope).magnitude();
    const Ball value = (at(centre)[0] - (l.a + side * l.c + line_slope * centre)).magnitude() + slope * (far - near);
    const Ball left = erfc(l.kappa * near), weight = abs(l.c) + abs(l.d) * far;
    const Ball r = value + weight * left, dr = slope + abs(l.d) * left + weight * l.slope * exp(-(l.kappa * near * l.kappa * near));
    if (certainly_positive(limits[0] - r) == Truth::yes && certainly_positive(limits[1] - dr) == Truth::yes) continue;
    if (++halved > 2000 || box.far - box.near < 1e-3 * from) return false;
    stack.push_back({box.near, middle, box.side});
    stack.push_back({middle, box.far, box.side});
  }
  return true;
}

std::vector<Ball> ramp_dual(const SmoothRamp& ramp, const PairVariance<Ball>& pair) {
  const Ramp l(ramp);
  const Ball s2 = Ball(2) * l.kappa * l.kappa, n1 = Ball(1) + s2 * pair.q1, n2 = Ball(1) + s2 * pair.q2;
  const Ball det = Ball(1) + s2 * (pair.q1 + pair.q2) + s2 * s2 * pair.beside;  // n1 n2 - s2^2 c^2
  const Ball m = l.slope / sqrt(n1) + l.slope / sqrt(n2), weights = Ball(1) / n1 + Ball(1) / n2;
  const Ball angle = Ball(2) / Ball::pi() * atan(s2 * pair.c / sqrt(det)), rate = Ball(2) * s2 / (Ball::pi() * sqrt(det));
  const Ball odd = l.slope * (pair.q1 / sqrt(n1) + pair.q2 / sqrt(n2));
  return {l.a * l.a + l.a * l.d * odd + pair.c * (l.b * l.b + l.b * l.c * m) + l.c * l.c * angle +
              l.d * l.d * (pair.c * angle + rate * (pair.beside + pair.c * pair.c * weights)),
          l.b * l.b + l.b * l.c * m + l.c * l.c * rate + l.d * l.d * (angle + rate * pair.c * (weights + Ball(1) / det))};
}

std::optional<LatticeSum> ramp_product(const SmoothRamp& ramp, const StripFunction& r, const DecayCut& cut, const PairVariance<Ball>& pair,
                                       const std::vector<double>& log_goal, const Budget& budget) {
  const std::size_t integrals = r.outputs();
  const double s2 = std::sqrt(pair.q2.to_double());
  double reach = 6, end = 0, top = 0, needed = 0;
  std::optional<LatticeStep> step;
  bool cuts = false;
  std::vector<Ball> strip_r, strip_l, rest(integrals);
  {
    const Precision p(bound_bits);
    const Ramp l(ramp);
    const Ball m = abs(pair.c / pair.q2), t2 = pair.beside / pair.q2, n = Ball(1) + Ball(2) * l.kappa * l.kappa * t2,
               kappa_n = l.kappa / sqrt(n), two_over_root_pi = Ball(2) / sqrt(Ball::pi());
    // The largest |E[L(u) | v]|, |E[L'(u) | v]| for |Re v| <= top, |Im v| <= y, from their formulas
    const auto largest_given_v = [&](double y) {
      const Ball im = m * Ball(y), mean = m * Ball(top) + im, ky = kappa_n * im, growth = exp(ky * ky);
      const Ball of_erf = Ball(1) + two_over_root_pi * ky * growth, bump = two_over_root_pi * kappa_n * growth;
      std::vector<Ball> most = {(abs(l.a) + abs(l.b) * mean + (abs(l.c) + abs(l.d) * mean) * of_erf + abs(l.d) * t2 * bump).magnitude()};
      if (integrals > 1) {
        const Ball mean_times_bump = bump * (Ball(1) / (Ball(2) * kappa_n) + im);
        most.push_back((abs(l.b) + abs(l.c) * bump + abs(l.d) * (of_erf + mean_times_bump / n)).magnitude());
      }
      return most;
    };
    const auto log_product = [&](const std::vector<Ball>& a, const std::vector<Ball>& b) {
      double most = -1e18;
      for (std::size_t k = 0; k < integrals; ++k) most = std::max(most, log_magnitude(a[k]) + log_magnitude(b[k]) - log_goal[k]);
      return most;
    };
    // E L^2 and E L'^2 of u: |L| <= |a| + |c| + (|b| + |d|)|u|, |L'| <= |b| + |d| + (|c| + |d||u|) slope e^(-kappa^2 u^2), |u| kappa
    // e^(-kappa^2 u^2) < 1/2
    const Ball flat = abs(l.a) + abs(l.c), steep = abs(l.b) + abs(l.d), bound = steep + abs(l.c) * l.slope + abs(l.d);
    std::vector<Ball> mean_square = {Ball(2) * (flat * flat + steep * steep * pair.q1)};
    if (integrals > 1) mean_square.push_back(bound * bound);
    for (int round = 0;; ++round) {
      if (round == 100) return std::nullopt;
      const double longest = 2 * std::numbers::pi * s2 / reach;
      end = reach * s2;
      cuts = cut.at < end;
      if (cuts) end = cut.at;
      top = end + (cuts ? std::min(longest, end / 4) : longest);
      const auto line = r.on_line(top);
      const auto tail = cuts ? std::optional(cut.tail_square) : r.tails(pair.q2, end);
      if (!line) return std::nullopt;
      const double enough = std::sqrt(2 * std::max(8.0, log_product(*line, largest_given_v(0)) + 2.5));
      if (!(enough < 1e4)) return std::nullopt;
      bool negligible = reach >= enough && tail;
      for (std::size_t k = 0; k < integrals && tail; ++k) {
        const Ball root = sqrt(mean_square[k]);
        rest[k] = (sqrt((*tail)[k]) * root + (cuts ? cut.rest[k] * root : Ball(0))).magnitude();
        negligible = negligible && log_magnitude(rest[k]) < log_goal[k] - 2;
      }
      if (negligible) break;
      reach = std::max(reach * 1.03, enough * 1.001);
    }
    const std::optional<int> highest = r.highest_level(StripFunction::level_below(reach * s2), top);
    if (!highest) return std::nullopt;
    step = longest_step(s2, *highest, top - end, [&](int level) -> std::optional<double> {
      const auto of_r = r.magnitudes(level, top);
      if (!of_r) return std::nullopt;
      const std::vector<Ball> given = largest_given_v(StripFunction::height(level));
      if (cuts && !has_small_sides(r, end, StripFunction::height(level), s2, given, log_goal)) return std::nullopt;
      return log_product(*of_r, given);
    });
    if (!step) return std::nullopt;
    strip_r = *r.magnitudes(step->level, top);
    strip_l = largest_given_v(step->height);
    needed = std::max(0.0, log_product(strip_r, strip_l));
  }
  const long most_k = static_cast<long>(std::ceil(end / step->h - 0.5));
  if (most_k > 1000000) return std::nullopt;
  const Precision working(static_cast<long>(needed / std::log(2.0)) + 40);
  const Ramp l(ramp);
  const Ball m = pair.c / pair.q2, t2 = pair.beside / pair.q2, spread = Ball(1) + Ball(2) * l.kappa * l.kappa * t2,
             kappa = l.kappa / sqrt(spread);
  const Ball slope = l.slope / sqrt(spread), rate = Ball(-1) / (Ball(2) * pair.q2), h(step->h);
  Evaluator<Ball> at(r.program());
  LatticeSum sum;
  sum.values.assign(integrals, Ball(0));
  for (long k = -most_k; k <= most_k; ++k) {
    if (k % 64 == 0) budget.check();
    const Ball v = Ball(k) * h, mean = m * v, density = exp(v * v * rate), scaled = kappa * mean;
    const Ball e = erf(scaled), bump = slope * exp(-(scaled * scaled));  // E erf(kappa u) and its derivative in the mean
    const auto values = at(v);
    sum.values[0] += values[0] * density * (l.a + l.b * mean + (l.c + l.d * mean) * e + l.d * t2 * bump);
    if (integrals > 1) sum.values[1] += values[1] * density * (l.b + l.c * bump + l.d * (e + mean * bump / spread));
  }
  sum.evaluations = static_cast<std::uint64_t>(2 * most_k + 1);
  const Ball factor = h / sqrt(Ball(2) * Ball::pi() * pair.q2);
  for (Ball& value : sum.values) value *= factor;
  const LatticeError error = lattice_error(*step, pair.q2);
  const Ball last = Ball(static_cast<double>(most_k) + 0.5) * h, at_end = exp(last * last * rate);
  std::vector<Ball> sides(integrals);
  if (cuts) sides = r.on_sides(last.to_double(), step->height);
  const Precision p(bound_bits);
  for (std::size_t k = 0; k < integrals; ++k) {
    Ball side = strip_r[k] * at_end;
    if (cuts && sides[k].is_finite()) side = min(side, sides[k]);
    sum.values[k] = sum.values[k].widened((strip_l[k] * (error.lines * strip_r[k] + error.sides * side) + rest[k]).magnitude());
  }
  return sum;
}

}  // namespace infwidth
