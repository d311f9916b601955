// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/expression/expression.hpp"
#include "infwidth/real/jet.hpp"

namespace infwidth {

/// A function on a convex complex box X around an exact real point t, as enclosures of its Taylor coefficients:
///   on_box[k]    holds f^(k)(x)/k! for every x in X
///   at_point[k]  holds f^(k)(t)/k!
/// Where the divisor of a quotient vanishes at t to order k, exactly, and the dividend does too, both are divided by (x - t)^k first:
/// the j-th coefficient of N(x)/(x-t)^k is an average of N^(k+j)/(k+j)! over the segment from t to x, so it lies in N's on_box[k+j].
/// A finite result proves that the singularity at t is removable and that there is no other on X. Derivation D-022.
struct Removable {
  static constexpr int order = 8;
  using BoxJet = Jet<ComplexBall, order>;
  using PointJet = Jet<Ball, order>;
  BoxJet on_box;
  PointJet at_point;

  Removable() = default;
  Removable(int x) : on_box(x), at_point(x) {}  // NOLINT(google-explicit-constructor)
  Removable(BoxJet b, PointJet p) : on_box(std::move(b)), at_point(std::move(p)) {}
  /// The identity on the box.
  static Removable variable(const ComplexBall& box, const Ball& point) { return {BoxJet::variable(box), PointJet::variable(point)}; }

  Removable operator-() const { return {-on_box, -at_point}; }
  Removable& operator+=(const Removable& b) { return *this = *this + b; }
  Removable& operator-=(const Removable& b) { return *this = *this - b; }
  Removable& operator*=(const Removable& b) { return *this = *this * b; }
  Removable& operator/=(const Removable& b) { return *this = *this / b; }
  friend Removable operator+(const Removable& a, const Removable& b) { return {a.on_box + b.on_box, a.at_point + b.at_point}; }
  friend Removable operator-(const Removable& a, const Removable& b) { return {a.on_box - b.on_box, a.at_point - b.at_point}; }
  friend Removable operator*(const Removable& a, const Removable& b) { return {a.on_box * b.on_box, a.at_point * b.at_point}; }
  friend Removable operator/(const Removable& a, const Removable& b);
};

/// The formula as one fraction, in which the zeros of the divisor meet those of the dividend: sin(x)/x for sin(x)*x^(-1),
/// (sinh(x) - x)/(x*sinh(x)) for 1/x - 1/sinh(x). To be evaluated on `Removable`.
Expression one_fraction(const Expression& f);

Removable operator/(const Removable& a, const Removable& b);
Removable pow(const Removable& x, long n);
inline Removable pow(const Removable& x, int n) { return pow(x, static_cast<long>(n)); }
inline Removable pow(const Removable& x, const Removable& y) { return {pow(x.on_box, y.on_box), pow(x.at_point, y.at_point)}; }

#define INFWIDTH_REMOVABLE_FUNCTION(name) \
  inline Removable name(const Removable& x) { return {name(x.on_box), name(x.at_point)}; }
INFWIDTH_REMOVABLE_FUNCTION(exp)
INFWIDTH_REMOVABLE_FUNCTION(log)
INFWIDTH_REMOVABLE_FUNCTION(sqrt)
INFWIDTH_REMOVABLE_FUNCTION(sin)
INFWIDTH_REMOVABLE_FUNCTION(cos)
INFWIDTH_REMOVABLE_FUNCTION(tan)
INFWIDTH_REMOVABLE_FUNCTION(sinh)
INFWIDTH_REMOVABLE_FUNCTION(cosh)
INFWIDTH_REMOVABLE_FUNCTION(tanh)
INFWIDTH_REMOVABLE_FUNCTION(asin)
INFWIDTH_REMOVABLE_FUNCTION(atan)
INFWIDTH_REMOVABLE_FUNCTION(asinh)
INFWIDTH_REMOVABLE_FUNCTION(erf)
INFWIDTH_REMOVABLE_FUNCTION(erfc)
INFWIDTH_REMOVABLE_FUNCTION(Phi)
INFWIDTH_REMOVABLE_FUNCTION(sigmoid)
INFWIDTH_REMOVABLE_FUNCTION(softplus)
#undef INFWIDTH_REMOVABLE_FUNCTION

template <>
struct Constants<Removable> {
  static Removable of(const Rational& r) { return {constant<Removable::BoxJet>(r), constant<Removable::PointJet>(r)}; }
  static Removable pi() { return {infwidth::pi<Removable::BoxJet>(), infwidth::pi<Removable::PointJet>()}; }
};

}  // namespace infwidth
