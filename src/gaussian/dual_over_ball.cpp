// SPDX-License-Identifier: GPL-3.0-or-later
#include "dual_over_ball.hpp"

#include <algorithm>

#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

constexpr long bits_of_bounds = 64;

/// A bound of |log(q/m)| for q in the ball around m.
Ball log_distance(const Ball& q) {
  const Precision p(bits_of_bounds);
  if (q.is_exact()) return Ball(0);
  return (q.radius() / q.mignitude()).magnitude();
}

/// 1 - |rho| of an exact covariance.
Ball distance_from_one(const PairVariance<Ball>& point) {
  const Ball product = point.q1 * point.q2;
  return point.beside / (product * (Ball(1) + abs(point.c) / sqrt(product)));
}

/// With `beside` of q1, q2, c, all of them exact: no bit is lost that is not taken from the front.
PairVariance<Ball> with_beside(const Ball& q1, const Ball& q2, const Ball& c) {
  const long width = arb_bits(q1.get()) + arb_bits(q2.get()) + 2 * arb_bits(c.get());
  const Precision p(Precision::bits() + width + 64);
  return PairVariance<Ball>::of(q1, q2, c);
}

}  // namespace

PairVariance<Ball> exact_covariance(const Ball& q1, const Ball& q2, int sign, const Ball& t) {
  const Precision p(Precision::bits() + 30 + 2 * std::max(0L, -log2_magnitude(t)));
  return with_beside(q1, q2, (Ball(sign) * sqrt(q1 * q2) * (Ball(1) - t)).mid());
}

std::optional<CovarianceBall> CovarianceBall::around(const PairVariance<Ball>& pair) {
  CovarianceBall ball;
  const Ball q1 = pair.q1.mid(), q2 = pair.q2.mid(), one(1), zero(0);
  const Ball product = pair.q1 * pair.q2, root = sqrt(product), rho = pair.c / root, size = min(abs(rho), one);
  // 1 - |rho|, as the covariance and as `beside` know it
  const Ball by_c = one - size, by_beside = pair.beside / (product * (one + size));
  if (!by_c.is_finite() || !by_beside.is_finite()) return std::nullopt;
  const Ball low = max(by_c.mignitude(), by_beside.mignitude()), high = min(min(by_c.magnitude(), by_beside.magnitude()), one);
  if (certainly_positive(high) != Truth::yes || certainly_negative(high - low) == Truth::yes) return std::nullopt;
  const Ball t = ((low + high) * power_of_two(-1)).mid();
  const bool is_small = certainly_positive(t - power_of_two(-1)) == Truth::yes;
  const int sign = arf_sgn(arb_midref(pair.c.get()));
  const bool is_exact = pair.q1.is_exact() && pair.q2.is_exact() && pair.c.is_exact();
  ball.point = is_exact || is_small || sign == 0 ? with_beside(q1, q2, pair.c.mid()) : exact_covariance(q1, q2, sign, t);
  if (certainly_positive(ball.point.beside) != Truth::yes) return std::nullopt;
  const Ball t_of_point = distance_from_one(ball.point), rho_of_point = ball.point.c / sqrt(ball.point.q1 * ball.point.q2);

  ball.log_q1 = log_distance(pair.q1);
  ball.log_q2 = log_distance(pair.q2);
  if (is_exact) {
    ball.rho = zero;
  } else if (is_small || pair.c.contains_zero()) {
    ball.rho = (rho - rho_of_point).magnitude();
  } else {
    ball.rho = max((low - t_of_point).magnitude(), (high - t_of_point).magnitude());
  }
  ball.gap = min(low, t_of_point.mignitude());
  ball.farthest = max(high, t_of_point.magnitude());
  ball.largest = min(max(rho.magnitude(), rho_of_point.magnitude()), (one - ball.gap).magnitude());
  return ball;
}

Ball deviation(const CovarianceBall& of, const Ball& size, bool odd) {
  const Precision p(bits_of_bounds);
  const Ball share = odd ? min(Ball(1), Ball(2) * of.largest) : Ball(1);
  return (size * (share * (of.log_q1 + of.log_q2) + of.rho) / of.gap).magnitude();
}

Ball deviation_along_rho(const CovarianceBall& of, const Ball& size) {
  const Precision p(bits_of_bounds);
  return (size * of.rho / of.gap).magnitude();
}

Ball deviation_of_slope(const CovarianceBall& of, const Ball& size) {
  const Precision p(bits_of_bounds);
  const Ball root = sqrt(of.point.q1 * of.point.q2) * exp(-(of.log_q1 + of.log_q2));
  return (size * Ball(3) * of.spread() / (root * of.gap * of.gap)).magnitude();
}

Ball deviation_by_slopes(const CovarianceBall& of, const VarianceJet<Ball>& u, const VarianceJet<Ball>& v, const Ball& slope, bool odd) {
  const Precision p(bits_of_bounds);
  const Ball q1 = of.point.q1 * exp(of.log_q1), q2 = of.point.q2 * exp(of.log_q2);
  const auto share = [&](const Ball& q, const VarianceJet<Ball>& moving, const VarianceJet<Ball>& other, const Ball& distance) {
    return distance * sqrt(q.magnitude() * moving.radial.magnitude() * other.Q.magnitude()) * power_of_two(-1);
  };
  const Ball of_variances = share(q1, u, v, of.log_q1) + share(q2, v, u, of.log_q2);
  return ((odd ? of.largest : Ball(1)) * of_variances + sqrt(of.point.q1 * of.point.q2) * slope * of.rho).magnitude();
}

}  // namespace infwidth
