// SPDX-License-Identifier: GPL-3.0-or-later
#include "fold.hpp"

#include <algorithm>

#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

using Folded = std::optional<Expression>;

std::size_t bits(const Integer& n) { return mpz_sizeinbase(n.backend().data(), 2); }
bool is_integer(const Rational& r) { return denominator(r) == 1; }

/// The number in front of a product, and what it multiplies (none: the number stands alone).
struct Scaled {
  Rational coefficient;
  std::optional<Expression> rest;
};
Scaled split(const Expression& e) {
  if (e.is_number()) return {e.value(), std::nullopt};
  if (e.op() == Op::negate) return {-1, e.argument()};
  if (e.op() == Op::multiply && e.argument().is_number()) return {e.argument().value(), e.argument(1)};
  return {1, e};
}
Expression joined(const Scaled& s) { return s.rest ? Expression(s.coefficient) * *s.rest : Expression(s.coefficient); }

/// The front of a quotient: u of u/v/w.
const Expression& front(const Expression& e) { return e.op() == Op::divide ? front(e.argument()) : e; }
/// True for 3, 3*u and 3*u/v: what takes a sign into its number.
bool starts_with_number(const Expression& e) { return front(e).is_number() || (front(e).op() == Op::multiply && front(e).argument().is_number()); }
/// True for -3, -u, -3*u and -3*u/v: a term that a sum would rather subtract.
bool is_negative_term(const Expression& e) { return split(front(e)).coefficient < 0; }

Folded bounded(const Rational& r) { return is_bounded(r) ? Folded(r) : std::nullopt; }

Folded fold_negate(const Expression& a) {
  if (a.is_number()) return Expression(Rational(-a.value()));
  if (a.op() == Op::subtract) return a.argument(1) - a.argument(0);
  if (a.op() == Op::divide && starts_with_number(a)) return -a.argument(0) / a.argument(1);
  const Scaled s = split(a);
  if (s.coefficient != 1) return joined({Rational(-s.coefficient), s.rest});
  return std::nullopt;
}

Folded fold_add(const Expression& a, const Expression& b) {
  if (a.is_number() && b.is_number()) return bounded(a.value() + b.value());
  if (a.is_number(0)) return b;
  if (b.is_number(0)) return a;
  if (is_negative_term(b)) return a - (-b);
  if (a.op() == Op::negate) return b - a.argument();
  return std::nullopt;
}

Folded fold_subtract(const Expression& a, const Expression& b) {
  if (a.is_number() && b.is_number()) return bounded(a.value() - b.value());
  if (a.is_number(0)) return -b;
  if (b.is_number(0)) return a;
  if (is_negative_term(b)) return a + (-b);
  return std::nullopt;
}

Folded fold_multiply(const Expression& a, const Expression& b) {
  if (a.is_number() && b.is_number()) return bounded(a.value() * b.value());
  if (b.is_number()) return b * a;
  if (a.is_number(0)) return a;
  if (a.is_number(1)) return b;
  if (a.is_number(-1)) return -b;
  const auto is_small_enough = [](const Expression& u, const Expression& v) { return is_bounded(split(u).coefficient * split(v).coefficient); };
  if (b.op() == Op::divide && (a.is_number() || b.argument().is_number()) && is_small_enough(a, b.argument())) return (b.argument(0) * a) / b.argument(1);
  if (a.op() == Op::divide && a.argument().is_number() && is_small_enough(b, a.argument())) return (a.argument(0) * b) / a.argument(1);
  const Scaled s = split(a), t = split(b);
  const Rational coefficient = s.coefficient * t.coefficient;
  if (a.is_number()) {
    if (t.coefficient == 1 || !is_bounded(coefficient)) return std::nullopt;
    return joined({coefficient, t.rest});
  }
  if ((s.coefficient == 1 && t.coefficient == 1) || !is_bounded(coefficient)) return std::nullopt;
  return Expression(coefficient) * (*s.rest * *t.rest);
}

Folded fold_divide(const Expression& a, const Expression& b) {
  if (b.is_number(0)) throw UsageError("division by zero");
  if (a.is_number(0)) return a;
  if (b.is_number(1)) return a;
  if (a.op() == Op::negate) return -(a.argument() / b);
  if (b.op() == Op::negate) return -(a / b.argument());
  const Scaled s = split(a), t = split(b);
  const Rational ratio = s.coefficient / t.coefficient;
  if (!is_bounded(ratio)) return std::nullopt;
  if (!s.rest && !t.rest) return Expression(ratio);
  const Rational p = numerator(ratio), q = denominator(ratio);
  if (p == s.coefficient && q == t.coefficient) return std::nullopt;
  return joined({p, s.rest}) / joined({q, t.rest});
}

Folded fold_power(const Expression& a, const Expression& b) {
  if (a.is_number(1)) return a;
  if (!b.is_number()) return std::nullopt;
  const Rational& n = b.value();
  if (n == 0) return Expression(1);
  if (n == 1) return a;
  if (a.is_number(0)) {
    if (n < 0) throw UsageError("division by zero (0 to a negative power)");
    return a;
  }
  if (n == Rational(1, 2)) return sqrt(a);
  if (a.is_number() && denominator(n) == 2) {
    if (const std::optional<Rational> root = exact_sqrt(a.value())) return pow(Expression(*root), Expression(Rational(numerator(n))));
  }
  if (!is_integer(n)) return std::nullopt;
  const Integer size = abs(numerator(n));
  if (a.is_number()) {
    const std::size_t base_bits = std::max(bits(numerator(a.value())), bits(denominator(a.value())));
    if (size > 10000 || (base_bits - 1) * static_cast<std::size_t>(size) >= largest_folded_bits) return std::nullopt;
    const unsigned e = static_cast<unsigned>(size);
    const Integer p = boost::multiprecision::pow(Integer(numerator(a.value())), e), q = boost::multiprecision::pow(Integer(denominator(a.value())), e);
    return bounded(n > 0 ? Rational(p, q) : Rational(q, p));
  }
  if (a.op() == Op::sqrt && a.argument().is_number() && a.argument().value() > 0 && numerator(n) % 2 == 0) {
    return pow(a.argument(), Expression(Rational(n / 2)));
  }
  if (a.op() == Op::negate) {
    const Expression positive = pow(a.argument(), b);
    return numerator(n) % 2 == 0 ? positive : -positive;
  }
  if (a.op() == Op::power && a.argument(1).is_number() && is_integer(a.argument(1).value())) {
    const Rational product = a.argument(1).value() * n;
    if (abs(product) <= 1000) return pow(a.argument(), Expression(product));
  }
  return std::nullopt;
}

/// Gamma at whole and half numbers: products of numbers, and sqrt(pi).
Folded fold_gamma(const Rational& u) {
  if (is_integer(u) && u <= 0) throw UsageError("gamma has a pole at " + to_string(u));
  if (denominator(u) > 2 || abs(u) > 1000) return std::nullopt;
  const Rational start = is_integer(u) ? Rational(1) : Rational(1, 2);
  Rational product = 1;
  for (Rational k = start; k < u; k += 1) product *= k;
  for (Rational k = u; k < start; k += 1) product /= k;
  if (!is_bounded(product)) return std::nullopt;
  return is_integer(u) ? Expression(product) : Expression(product) * sqrt(Expression::pi());
}

/// T(h, a) is even in h and odd in a; erf(x + i y) is odd in both together, and its conjugate that of the conjugate.
Folded fold_parity(Op op, const Expression& a, const Expression& b) {
  if (op == Op::owens_t) {
    if (b.is_number(0)) return b;
    if (a.is_number(0)) return atan(b) / (2 * Expression::pi());
  } else {
    if (b.is_number(0)) return op == Op::erf_re ? erf(a) : b;
    if (a.is_number(0) && op == Op::erf_re) return a;
  }
  const bool odd_in_first = op == Op::erf_re;
  if (is_negative_term(a)) {
    const Expression mirrored = Expression::make(op, {-a, b});
    return odd_in_first ? -mirrored : mirrored;
  }
  if (is_negative_term(b)) {
    const Expression mirrored = Expression::make(op, {a, -b});
    return odd_in_first ? mirrored : -mirrored;
  }
  return std::nullopt;
}

/// 2F1 is 1 at z = 0 and where a or b is 0; its first two arguments are put in order.
Folded fold_hyp2f1(const std::vector<Expression>& arguments) {
  const Expression &a = arguments[0], &b = arguments[1], &c = arguments[2], &z = arguments[3];
  if (c.is_number() && is_integer(c.value()) && c.value() <= 0) throw UsageError("hyp2f1 has a pole where its third argument is " + to_string(c.value()));
  if (a.is_number(0) || b.is_number(0) || z.is_number(0)) return Expression(1);
  if (a.is_number() && b.is_number() && b.value() < a.value()) return hyp2f1(b, a, c, z);
  return std::nullopt;
}

Folded fold_of_number(Op op, const Rational& u) {
  switch (op) {
    case Op::sqrt:
      if (const std::optional<Rational> root = exact_sqrt(u)) return Expression(*root);
      return std::nullopt;
    case Op::gamma: return fold_gamma(u);
    case Op::log: return u == 1 ? Folded(0) : std::nullopt;
    case Op::relu: return Expression(u > 0 ? u : Rational(0));
    case Op::step: return Expression(u > 0 ? 1 : 0);
    case Op::sign: return Expression(u > 0 ? 1 : u < 0 ? -1 : 0);
    case Op::abs: return Expression(u < 0 ? Rational(-u) : u);
    default: break;
  }
  if (u != 0) return std::nullopt;
  switch (op) {
    case Op::sin: case Op::tan: case Op::sinh: case Op::tanh: case Op::asin: case Op::atan: case Op::asinh: case Op::erf: return Expression(0);
    case Op::exp: case Op::cos: case Op::cosh: case Op::erfc: return Expression(1);
    case Op::Phi: case Op::sigmoid: return Expression(Rational(1, 2));
    default: return std::nullopt;
  }
}

}  // namespace

bool is_bounded(const Rational& value) {
  return bits(numerator(value)) <= largest_folded_bits && bits(denominator(value)) <= largest_folded_bits;
}

std::optional<Expression> fold(Op op, const std::vector<Expression>& arguments) {
  const Expression& a = arguments[0];
  switch (op) {
    case Op::negate: return fold_negate(a);
    case Op::add: return fold_add(a, arguments[1]);
    case Op::subtract: return fold_subtract(a, arguments[1]);
    case Op::multiply: return fold_multiply(a, arguments[1]);
    case Op::divide: return fold_divide(a, arguments[1]);
    case Op::power: return fold_power(a, arguments[1]);
    case Op::min: case Op::max: {
      const Expression& b = arguments[1];
      if (!a.is_number() || !b.is_number()) return std::nullopt;
      return (a.value() < b.value()) == (op == Op::min) ? a : b;
    }
    case Op::owens_t: case Op::erf_re: case Op::erf_im: return fold_parity(op, a, arguments[1]);
    case Op::hyp2f1: return fold_hyp2f1(arguments);
    default: return a.is_number() ? fold_of_number(op, a.value()) : std::nullopt;
  }
}

}  // namespace infwidth
