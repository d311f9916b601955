// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/tail.hpp"

#include "infwidth/activation/polynomial.hpp"
#include "infwidth/activation/rewrite.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

constexpr long working_bits = 128;

/// An enclosure of a function on the ray x >= X >= 1: f(x) = m(x) x^power e^rate(x) with m(x) in the ball `factor` for all of them.
/// `rate` is a polynomial without constant term.
struct Tail {
  Ball factor;
  Rational power;
  Polynomial rate;
};

using MaybeTail = std::optional<Tail>;

/// The extended interval of values on the ray; no end means infinite.
struct Range {
  std::optional<Ball> low, high;
};

Tail bounded(const Ball& values) { return {values, 0, {}}; }
Ball hull_with_zero(const Ball& x) { return Ball::hull(Ball(0), x); }
bool positive(const Ball& x) { return certainly_positive(x) == Truth::yes; }
bool negative(const Ball& x) { return certainly_negative(x) == Truth::yes; }

class Ray {
 public:
  explicit Ray(long from) : from_(from) {}

  MaybeTail tail(const Expression& e) const {
    const MaybeTail t = by_operation(e);
    return t && t->factor.is_finite() ? t : std::nullopt;
  }

 private:
  /// Is g(x) = x^power e^rate(x) increasing (+1), decreasing (-1) or constant (0) on the ray? None if that is not seen.
  /// x g'/g = power + x rate'(x) keeps the sign of its leading term where that term exceeds the sum of all others, and if it does so
  /// at X it does beyond.
  std::optional<int> growth(const Rational& power, const Polynomial& rate) const {
    const long degree = rate.degree();
    if (degree <= 0) return power > 0 ? 1 : power < 0 ? -1 : 0;
    Rational others = abs(power), x_to_i = 1, leading = 0;
    for (long i = 1; i <= degree; ++i) {
      x_to_i *= from_;
      const Rational term = rate.coefficient(i) * i * x_to_i;
      if (i < degree) others += abs(term);
      else leading = term;
    }
    if (abs(leading) <= others) return std::nullopt;
    return leading > 0 ? 1 : -1;
  }

  /// x^power e^rate(x) at x = X.
  Ball at_start(const Rational& power, const Polynomial& rate) const {
    return pow(Ball(from_), Ball(power)) * exp(Ball(rate.at(Rational(from_))));
  }

  Range range(const Tail& t) const {
    const std::optional<int> g = growth(t.power, t.rate);
    if (!g) return {};
    if (*g == 0) return {t.factor, t.factor};
    const Ball start = t.factor * at_start(t.power, t.rate);
    if (*g < 0) {
      const Ball all = hull_with_zero(start);
      return {all, all};
    }
    if (positive(t.factor)) return {start, std::nullopt};
    if (negative(t.factor)) return {std::nullopt, start};
    return {};
  }

  MaybeTail sum(Tail a, Tail b) const {
    if (a.factor.is_exact_zero()) return b;
    if (b.factor.is_exact_zero()) return a;
    // b becomes a's size times the ratio, which must not grow.
    std::optional<int> g = growth(b.power - a.power, b.rate - a.rate);
    if (!g) return std::nullopt;
    if (*g > 0) std::swap(a, b);
    Ball ratio(1);
    if (*g != 0) ratio = hull_with_zero(at_start(b.power - a.power, b.rate - a.rate));
    return Tail{a.factor + b.factor * ratio, a.power, a.rate};
  }

  static Tail product(const Tail& a, const Tail& b) { return {a.factor * b.factor, a.power + b.power, a.rate + b.rate}; }
  static MaybeTail inverse(const Tail& a) {
    if (a.factor.contains_zero()) return std::nullopt;
    return Tail{Ball(1) / a.factor, -a.power, Polynomial() - a.rate};
  }

  /// The argument as a polynomial without its constant, and the constant's exponential: e^w = constant e^rate.
  static std::optional<Tail> exponential(const Expression& w) {
    auto p = rational_polynomial(w);
    if (!p) return std::nullopt;
    const Rational constant = p->coefficient(0);
    return Tail{exp(Ball(constant)), 0, *p - Polynomial(constant)};
  }

  MaybeTail exponential_of(const Expression& w) const {
    if (auto t = exponential(w)) return t;
    const MaybeTail u = tail(w);
    if (!u) return std::nullopt;
    const Range r = range(*u);
    if (!r.high) return std::nullopt;
    return bounded(r.low ? Ball::hull(exp(*r.low), exp(*r.high)) : hull_with_zero(exp(*r.high)));
  }

  /// An increasing bounded function by its values at the ends.
  MaybeTail increasing(const Expression& w, Ball (*f)(const Ball&), const Ball& at_minus_infinity, const Ball& at_infinity) const {
    const MaybeTail u = tail(w);
    if (!u) return bounded(Ball::hull(at_minus_infinity, at_infinity));
    const Range r = range(*u);
    return bounded(Ball::hull(r.low ? f(*r.low) : at_minus_infinity, r.high ? f(*r.high) : at_infinity));
  }

  /// Does w, a polynomial, fall to -infinity along the whole ray? Then e^w is small there.
  bool falls(const Expression& w) const {
    const auto p = rational_polynomial(w);
    if (!p || p->degree() < 1) return false;
    const std::optional<int> g = growth(0, *p);
    return g && *g < 0 && p->at(Rational(from_)) < 0;
  }

  /// f(w) ~ e^w for w falling from w(X) < 0, f/e^w in a hull of 1 and its value at X.
  MaybeTail like_exponential(const Expression& w, const Ball& ratio_at_start) const {
    Tail t = *exponential(w);
    t.factor *= Ball::hull(Ball(1), ratio_at_start);
    return t;
  }

  Ball start_value(const Expression& w) const { return Ball(rational_polynomial(w)->at(Rational(from_))); }

  MaybeTail softplus_of(const Expression& w) const {
    if (falls(w)) {
      const Ball s = start_value(w);
      return like_exponential(w, softplus(s) / exp(s));  // log(1+y)/y decreases in y
    }
    const MaybeTail u = tail(w);
    if (!u) return std::nullopt;
    const Range r = range(*u);
    if (r.high) return bounded(r.low ? Ball::hull(softplus(*r.low), softplus(*r.high)) : hull_with_zero(softplus(*r.high)));
    if (!r.low) return std::nullopt;
    return sum(*u, bounded(hull_with_zero(softplus(-*r.low))));  // softplus(w) = w + softplus(-w)
  }

  MaybeTail sigmoid_of(const Expression& w) const {
    if (falls(w)) {
      const Ball s = start_value(w);
      return like_exponential(w, sigmoid(s) / exp(s));
    }
    return increasing(w, &sigmoid, 0, 1);
  }

  /// erfc(w) <= e^(-w^2) for w >= 0, and > 0.
  MaybeTail erfc_of(const Expression& w) const {
    if (falls(-w)) {
      if (auto t = exponential(-(w * w))) {
        t->factor *= Ball::hull(Ball(0), Ball(1));
        return t;
      }
    }
    const MaybeTail complement = increasing(w, &erf, -1, 1);
    return bounded(Ball(1) - complement->factor);
  }

  /// Phi(w) <= e^(-w^2/2)/2 for w <= 0, and > 0.
  MaybeTail Phi_of(const Expression& w) const {
    if (falls(w)) {
      if (auto t = exponential(-(w * w) / 2)) {
        t->factor *= Ball::hull(Ball(0), Ball(Rational(1, 2)));
        return t;
      }
    }
    return increasing(w, &Phi<Ball>, 0, 1);
  }

  /// Odd: log(u + sqrt(1 + u^2)) with u = |w|.
  MaybeTail area_sine(const Expression& w) const {
    const MaybeTail u = tail(w);
    if (!u) return std::nullopt;
    const Range r = range(*u);
    if (r.low && r.high) return bounded(Ball::hull(asinh(*r.low), asinh(*r.high)));
    if (positive(u->factor)) return log_of(w + sqrt(1 + w * w));
    if (!negative(u->factor)) return std::nullopt;
    const MaybeTail mirrored = log_of(sqrt(1 + w * w) - w);
    return mirrored ? MaybeTail(product(bounded(-1), *mirrored)) : std::nullopt;
  }

  MaybeTail log_of(const Expression& w) const {
    const MaybeTail u = tail(w);
    if (!u || !positive(u->factor)) return std::nullopt;
    Tail result = bounded(log(u->factor));
    if (u->power != 0) {  // 0 <= log x <= x^(1/2) for x >= 1
      const MaybeTail with_power = sum(result, Tail{hull_with_zero(Ball(u->power)), Rational(1, 2), {}});
      if (!with_power) return std::nullopt;
      result = *with_power;
    }
    const MaybeTail rate = tail(to_expression(u->rate));
    return rate ? sum(result, *rate) : std::nullopt;
  }

  MaybeTail power_of(const Expression& base, const Rational& n) const {
    const MaybeTail u = tail(base);
    if (!u) return std::nullopt;
    if (denominator(n) == 1) {
      if ((n < 0 && u->factor.contains_zero()) || abs(n) > 1000) return std::nullopt;
      return Tail{pow(u->factor, static_cast<long>(numerator(n))), u->power * n, u->rate * Polynomial(n)};
    }
    if (!positive(u->factor)) return std::nullopt;
    return Tail{pow(u->factor, Ball(n)), u->power * n, u->rate * Polynomial(n)};
  }

  MaybeTail binary(const Expression& e) const {
    const MaybeTail a = tail(e.argument(0)), b = tail(e.argument(1));
    if (!a || !b) return std::nullopt;
    switch (e.op()) {
      case Op::add: return sum(*a, *b);
      case Op::subtract: return sum(*a, product(bounded(-1), *b));
      case Op::multiply: return product(*a, *b);
      default: {
        const MaybeTail inverted = inverse(*b);
        return inverted ? MaybeTail(product(*a, *inverted)) : std::nullopt;
      }
    }
  }

  MaybeTail by_operation(const Expression& e) const {
    const Ball half_pi = Ball::pi() / Ball(2);
    switch (e.op()) {
      case Op::number: return bounded(Ball(e.value()));
      case Op::pi: return bounded(Ball::pi());
      case Op::variable: return Tail{1, 1, {}};
      case Op::negate: {
        const MaybeTail u = tail(e.argument());
        return u ? MaybeTail(product(bounded(-1), *u)) : std::nullopt;
      }
      case Op::add: case Op::subtract: case Op::multiply: case Op::divide: return binary(e);
      case Op::power: return e.argument(1).is_number() ? power_of(e.argument(0), e.argument(1).value()) : std::nullopt;
      case Op::sqrt: return power_of(e.argument(), Rational(1, 2));
      case Op::exp: return exponential_of(e.argument());
      case Op::log: return log_of(e.argument());
      case Op::sinh: return tail((exp(e.argument()) - exp(-e.argument())) / 2);
      case Op::cosh: return tail((exp(e.argument()) + exp(-e.argument())) / 2);
      case Op::tanh: return increasing(e.argument(), &infwidth::tanh, -1, 1);
      case Op::erf: return increasing(e.argument(), &infwidth::erf, -1, 1);
      case Op::atan: return increasing(e.argument(), &infwidth::atan, -half_pi, half_pi);
      case Op::asin: return bounded(Ball::hull(-half_pi, half_pi));
      case Op::asinh: return area_sine(e.argument());
      case Op::erfc: return erfc_of(e.argument());
      case Op::Phi: return Phi_of(e.argument());
      case Op::sigmoid: return sigmoid_of(e.argument());
      case Op::softplus: return softplus_of(e.argument());
      case Op::sin: case Op::cos: case Op::tan: {
        const MaybeTail u = tail(e.argument());
        const Range r = u ? range(*u) : Range{};
        if (!r.low || !r.high) return e.op() == Op::tan ? std::nullopt : MaybeTail(bounded(Ball::hull(-1, 1)));
        const Ball values = Ball::hull(*r.low, *r.high);
        return bounded(e.op() == Op::sin ? sin(values) : e.op() == Op::cos ? cos(values) : tan(values));
      }
      default: return std::nullopt;
    }
  }

  long from_;
};

int sign_of(const MaybeTail& t) {
  if (!t) return 0;
  return positive(t->factor) ? 1 : negative(t->factor) ? -1 : 0;
}

/// The sign of u on the ray, directly or since u and a derivative of it have the same sign at the start.
int sign_with_derivatives(const Expression& u, long from, int depth) {
  const SignClass everywhere = sign_class(u);
  if (everywhere == SignClass::positive) return 1;
  if (everywhere == SignClass::negative) return -1;
  if (const int sign = sign_of(Ray(from).tail(u)); sign != 0 || depth == 0 || u.size() > 200) return sign;
  Program program({u}, "x");
  Evaluator<Ball> value(program);
  const Ball start = value.value(Ball(from));
  const int at_start = positive(start) ? 1 : negative(start) ? -1 : 0;
  if (at_start == 0) return 0;
  return sign_with_derivatives(differentiate(u, "x"), from, depth - 1) == at_start ? at_start : 0;
}

}  // namespace

int sign_on_ray(const Expression& u, long from) {
  Precision working(working_bits);
  return sign_with_derivatives(u, from, 2);
}

bool oscillates(const Expression& u) {
  if ((u.op() == Op::sin || u.op() == Op::cos || u.op() == Op::tan) && u.depends_on("x")) {
    const auto c = constant_coefficients(u.argument());
    if (c && c->size() > 1) return true;
  }
  for (const Expression& argument : u.arguments()) {
    if (oscillates(argument)) return true;
  }
  return false;
}

}  // namespace infwidth
