// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/local_series.hpp"

#include <algorithm>
#include <numeric>

#include "infwidth/activation/rewrite.hpp"

namespace infwidth {

namespace {

using Jet15 = Jet<Coefficient, local_order>;
constexpr int largest_root = 6;
constexpr long working_bits = 256;

/// Moves exact zeros at the front into the valuation.
LocalSeries normalised(LocalSeries u) {
  while (u.terms > 0 && u.jet[0].is_zero()) {
    for (int k = 0; k < local_order; ++k) u.jet[k] = u.jet[k + 1];
    u.jet[local_order] = 0;
    ++u.valuation;
    --u.terms;
  }
  return u;
}

LocalSeries with_root(const LocalSeries& u, int root) {
  if (u.root == root) return u;
  const int factor = root / u.root;
  LocalSeries r;
  r.root = root;
  r.valuation = u.valuation * factor;
  r.terms = std::min(u.terms * factor, local_order + 1);
  for (int k = 0; k * factor <= local_order; ++k) r.jet[k * factor] = u.jet[k];
  return r;
}

/// The same with valuation `v` <= its own: zeros in front.
LocalSeries shifted_to(const LocalSeries& u, int v) {
  const int by = u.valuation - v;
  if (by == 0) return u;
  LocalSeries r = u;
  r.valuation = v;
  r.terms = std::min(u.terms + by, local_order + 1);
  for (int k = 0; k <= local_order; ++k) r.jet[k] = k >= by ? u.jet[k - by] : Coefficient(0);
  return r;
}

LocalSeries operator-(LocalSeries u) {
  u.jet = -u.jet;
  return u;
}

LocalSeries constant_series(const Coefficient& c) {
  LocalSeries r;
  r.jet = Jet15(c);
  return normalised(r);
}

class Expansion {
 public:
  Expansion(const RealPoint& t, int side, const std::vector<Expression>& vanishing) : t_(t), side_(side), vanishing_(vanishing) {}

  LocalBehaviour run(const Expression& f) {
    LocalBehaviour result;
    result.series = normalised(at(f));
    result.regular = regular_;
    result.meromorphic = meromorphic_;
    return result;
  }

 private:
  [[noreturn]] void refuse(const Expression& e, const std::string& why) const {
    throw NotReached("activation: the term '" + to_string(e) + "' at " + describe(t_) + ": " + why);
  }

  /// The least common denominator of the exponents of two series.
  int common_root(const Expression& e, int a, int b) const {
    const int root = std::lcm(a, b);
    if (root > largest_root) refuse(e, "a fractional power with denominator " + std::to_string(root) + " (largest " + std::to_string(largest_root) + ")");
    return root;
  }

  LocalSeries sum(const Expression& e, LocalSeries a, LocalSeries b) const {
    const int root = common_root(e, a.root, b.root);
    a = with_root(a, root);
    b = with_root(b, root);
    const int v = std::min(a.valuation, b.valuation);
    const int known = std::min(a.valuation + a.terms, b.valuation + b.terms);
    LocalSeries r = shifted_to(a, v);
    r.jet += shifted_to(b, v).jet;
    r.terms = std::clamp(known - v, 0, local_order + 1);
    return normalised(r);
  }

  LocalSeries product(const Expression& e, LocalSeries a, LocalSeries b) const {
    const int root = common_root(e, a.root, b.root);
    a = with_root(a, root);
    b = with_root(b, root);
    LocalSeries r;
    r.root = root;
    r.valuation = a.valuation + b.valuation;
    r.terms = std::min(a.terms, b.terms);
    r.jet = a.jet * b.jet;
    return normalised(r);
  }

  /// The first coefficient proven to be no zero.
  LocalSeries with_leading_term(const Expression& e, const LocalSeries& u) const {
    LocalSeries r = normalised(u);
    if (r.terms <= 0 || !r.jet[0].is_proven_nonzero()) refuse(e, "it is open whether it is 0 there");
    return r;
  }

  LocalSeries inverse(const Expression& e, const LocalSeries& u) {
    LocalSeries r = with_leading_term(e, u);
    if (r.valuation != 0) regular_ = false;
    r.valuation = -r.valuation;
    r.jet = Jet15(1) / r.jet;
    return r;
  }

  /// u^exponent for a real, not integer exponent: u > 0 beside the point.
  LocalSeries real_power(const Expression& e, const LocalSeries& u, const Rational& exponent) {
    LocalSeries r = with_leading_term(e, u);
    if (certainly_positive(r.jet[0].ball()) != Truth::yes) refuse(e, "the base is negative");
    const Rational new_valuation = exponent * Rational(r.valuation, r.root);
    if (r.valuation != 0) regular_ = meromorphic_ = false;
    if (denominator(new_valuation) > largest_root) refuse(e, "a fractional power with denominator " + denominator(new_valuation).str());
    const int root = common_root(e, r.root, static_cast<int>(denominator(new_valuation)));
    r.jet = pow(r.jet, Jet15(Coefficient(exponent)));
    LocalSeries unit = r;
    unit.valuation = 0;
    unit = with_root(unit, root);
    unit.valuation = static_cast<int>(numerator(Rational(new_valuation * root)));
    return unit;
  }

  /// A series without negative powers, as a jet in y^(1/root).
  LocalSeries analytic_argument(const Expression& e, const LocalSeries& u) const {
    const LocalSeries r = normalised(u);
    if (r.valuation >= 0) return shifted_to(r, 0);
    refuse(e, "an essential singularity; no expansion is known there");
  }

  LocalSeries composed(LocalSeries u, Jet15 (*f)(const Jet15&)) const {
    u.jet = f(u.jet);
    return normalised(u);
  }

  LocalSeries at(const Expression& e) {
    LocalSeries r = by_operation(e);
    // Known by isolation, though a ball cannot see it.
    if (r.valuation == 0 && r.terms > 0 && !r.jet[0].exact() && std::find(vanishing_.begin(), vanishing_.end(), e) != vanishing_.end()) {
      r.jet[0] = 0;
      r = normalised(r);
    }
    return r;
  }

  LocalSeries by_operation(const Expression& e) {
    switch (e.op()) {
      case Op::number: return constant_series(e.value());
      case Op::pi: return constant_series(Coefficient(Ball::pi()));
      case Op::variable: {
        LocalSeries r;
        r.jet = Jet15(t_.exact() ? Coefficient(*t_.exact()) : Coefficient(t_.ball()));
        r.jet[1] = side_;
        return normalised(r);
      }
      case Op::add: return sum(e, at(e.argument(0)), at(e.argument(1)));
      case Op::subtract: return sum(e, at(e.argument(0)), -at(e.argument(1)));
      case Op::negate: return -at(e.argument());
      case Op::multiply: return product(e, at(e.argument(0)), at(e.argument(1)));
      case Op::divide: return product(e, at(e.argument(0)), inverse(e.argument(1), at(e.argument(1))));
      case Op::power: return power(e);
      case Op::sqrt: return real_power(e.argument(), at(e.argument()), Rational(1, 2));
      case Op::tan: {
        const LocalSeries u = analytic_argument(e, at(e.argument()));
        return product(e, composed(u, &sin), inverse(e, composed(u, &cos)));
      }
      case Op::atan: {
        const LocalSeries u = normalised(at(e.argument()));
        if (u.valuation >= 0) return composed(shifted_to(u, 0), &atan);
        // atan(w) = sign(w) pi/2 - atan(1/w)
        const bool positive = certainly_positive(with_leading_term(e.argument(), u).jet[0].ball()) == Truth::yes;
        meromorphic_ = false;
        const LocalSeries rest = composed(shifted_to(inverse(e.argument(), u), 0), &atan);
        return sum(e, constant_series(Coefficient(Ball::pi() / Ball(positive ? 2 : -2))), -rest);
      }
      case Op::log:
      case Op::asin: {
        const LocalSeries u = with_leading_term(e.argument(), at(e.argument()));
        if (e.op() == Op::log && u.valuation != 0) refuse(e, "a logarithmic singularity; no expansion is known there");
        LocalSeries dense = analytic_argument(e, u);
        if (e.op() == Op::asin && !(Coefficient(1) - dense.jet[0] * dense.jet[0]).is_proven_nonzero()) refuse(e, "the end of the domain of asin");
        return composed(dense, e.op() == Op::log ? static_cast<Jet15 (*)(const Jet15&)>(&log) : static_cast<Jet15 (*)(const Jet15&)>(&asin));
      }
      case Op::exp: return entire(e, &exp);
      case Op::sin: return entire(e, &sin);
      case Op::cos: return entire(e, &cos);
      case Op::sinh: return entire(e, &sinh);
      case Op::cosh: return entire(e, &cosh);
      case Op::tanh: return entire(e, &tanh);
      case Op::asinh: return entire(e, &asinh);
      case Op::erf: return entire(e, &erf);
      case Op::erfc: return entire(e, &erfc);
      case Op::Phi: return entire(e, &Phi);
      case Op::sigmoid: return entire(e, &sigmoid);
      case Op::softplus: return entire(e, &softplus);
      default: throw std::logic_error("expand_at: a kinked function in " + to_string(e));
    }
  }

  LocalSeries entire(const Expression& e, Jet15 (*f)(const Jet15&)) { return composed(analytic_argument(e, at(e.argument())), f); }

  LocalSeries power(const Expression& e) {
    const Expression& exponent = e.argument(1);
    const LocalSeries base = at(e.argument(0));
    if (const auto n = integer_exponent(e)) {
      LocalSeries r = *n < 0 ? inverse(e.argument(0), base) : normalised(base);
      const long times = *n < 0 ? -*n : *n;
      if (std::abs(r.valuation) * times > 100000) refuse(e, "too high a power");
      r.valuation = static_cast<int>(r.valuation * times);
      r.jet = pow(r.jet, times);
      return normalised(r);
    }
    if (exponent.is_number()) return real_power(e, base, exponent.value());
    const LocalSeries u = with_leading_term(e.argument(0), base);
    if (u.valuation != 0) refuse(e, "a power with irrational or variable exponent at a zero of its base");
    const LocalSeries y = at(exponent);
    LocalSeries logarithm = shifted_to(u, 0);
    if (certainly_positive(logarithm.jet[0].ball()) != Truth::yes) refuse(e, "the base is negative");
    logarithm.jet = log(logarithm.jet);
    return composed(analytic_argument(e, product(e, y, normalised(logarithm))), &exp);
  }

  const RealPoint& t_;
  int side_;
  const std::vector<Expression>& vanishing_;
  bool regular_ = true, meromorphic_ = true;
};

}  // namespace

std::optional<Coefficient> LocalSeries::limit() const {
  if (terms > 0 && valuation < 0 && jet[0].is_proven_nonzero()) return std::nullopt;
  if (valuation > 0) return Coefficient(0);
  const int k = -valuation;
  if (k >= terms) return std::nullopt;
  for (int j = 0; j < k; ++j) {
    if (!jet[j].is_zero()) return std::nullopt;
  }
  return jet[k];
}

LocalBehaviour expand_at(const Expression& f, const RealPoint& t, int side, const std::vector<Expression>& vanishing) {
  Precision working(working_bits);
  return Expansion(t, side, vanishing).run(f);
}

Coefficient value_at(const Expression& f, const Rational& t) {
  const std::optional<Coefficient> value = expand_at(f, t, 1).series.limit();
  if (!value) throw NotReached("activation: the value of '" + to_string(f) + "' at x = " + to_string(t) + " cannot be found");
  return *value;
}

}  // namespace infwidth
