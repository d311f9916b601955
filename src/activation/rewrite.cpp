// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/rewrite.hpp"

#include "infwidth/activation/polynomial.hpp"

namespace infwidth {

Expression rebuild(Op op, std::vector<Expression> arguments) {
  const bool by_zero = (op == Op::divide && arguments[1].is_number(0)) ||
                       (op == Op::power && arguments[0].is_number(0) && arguments[1].is_number() && arguments[1].value() < 0);
  if (by_zero) throw NoSuchQuantity("activation: a division by 0 on a whole interval; change the denominator");
  return Expression::make(op, std::move(arguments));
}

std::optional<long> integer_exponent(const Expression& power) {
  if (!power.argument(1).is_number()) return std::nullopt;
  const Rational& n = power.argument(1).value();
  if (denominator(n) != 1 || abs(n) > 10000) return std::nullopt;
  return static_cast<long>(numerator(n));
}

std::optional<Linear> linear(const Expression& e) {
  if (e.op() == Op::variable) return Linear{1, 0};
  auto c = constant_coefficients(e);
  if (!c || c->size() > 2) return std::nullopt;
  return Linear{c->size() == 2 ? (*c)[1] : Expression(0), (*c)[0]};
}

Peeled peel(const Expression& e) {
  Peeled p{1, 0, e};
  while (true) {
    const Expression core = p.core;
    const auto constant = [&](std::size_t i) { return !core.argument(i).depends_on("x"); };
    switch (core.op()) {
      case Op::negate:
        p.factor = -p.factor;
        p.core = core.argument();
        continue;
      case Op::add:
      case Op::subtract: {
        const bool minus = core.op() == Op::subtract;
        if (constant(1)) {
          p.constant = minus ? p.constant - p.factor * core.argument(1) : p.constant + p.factor * core.argument(1);
          p.core = core.argument(0);
          continue;
        }
        if (constant(0)) {
          p.constant = p.constant + p.factor * core.argument(0);
          if (minus) p.factor = -p.factor;
          p.core = core.argument(1);
          continue;
        }
        return p;
      }
      case Op::multiply:
        if (!constant(0) && !constant(1)) return p;
        p.factor = p.factor * core.argument(constant(0) ? 0 : 1);
        p.core = core.argument(constant(0) ? 1 : 0);
        continue;
      case Op::divide:
        if (constant(1)) {
          p.factor = p.factor / core.argument(1);
          p.core = core.argument(0);
          continue;
        }
        if (constant(0) && !core.argument(0).is_number(1)) {
          p.factor = p.factor * core.argument(0);
          p.core = 1 / core.argument(1);
          continue;
        }
        return p;
      default: return p;
    }
  }
}

namespace {

SignClass opposite(SignClass s) {
  switch (s) {
    case SignClass::positive: return SignClass::negative;
    case SignClass::negative: return SignClass::positive;
    case SignClass::not_negative: return SignClass::not_positive;
    case SignClass::not_positive: return SignClass::not_negative;
    default: return s;
  }
}

bool strict(SignClass s) { return s == SignClass::positive || s == SignClass::negative; }
bool upward(SignClass s) { return s == SignClass::positive || s == SignClass::not_negative; }

SignClass sum(SignClass a, SignClass b) {
  if (a == SignClass::unknown || b == SignClass::unknown || upward(a) != upward(b)) return SignClass::unknown;
  return strict(a) ? a : b;
}

/// -1 < u < 1 on the whole line, as the tree shows it.
bool within_one(const Expression& u) {
  switch (u.op()) {
    case Op::tanh: case Op::erf: case Op::sigmoid: case Op::Phi: return true;
    case Op::negate: return within_one(u.argument());
    case Op::multiply: return within_one(u.argument(0)) && within_one(u.argument(1));
    case Op::power: return integer_exponent(u) && *integer_exponent(u) > 0 && within_one(u.argument(0));
    default: return false;
  }
}
/// -1 <= u <= 1.
bool within_closed_one(const Expression& u) { return u.op() == Op::sin || u.op() == Op::cos || within_one(u); }

/// The sign of c + u and c - u for a number c.
SignClass beside_number(const Expression& c, const Expression& u) {
  if (!c.is_number() || abs(c.value()) < 1 || !within_closed_one(u)) return SignClass::unknown;
  const bool strictly = abs(c.value()) > 1 || within_one(u);
  const SignClass size = strictly ? SignClass::positive : SignClass::not_negative;
  return c.value() > 0 ? size : opposite(size);
}

SignClass product(SignClass a, SignClass b) {
  if (a == SignClass::unknown || b == SignClass::unknown) return SignClass::unknown;
  const bool positive = upward(a) == upward(b);
  if (strict(a) && strict(b)) return positive ? SignClass::positive : SignClass::negative;
  return positive ? SignClass::not_negative : SignClass::not_positive;
}

}  // namespace

SignClass sign_class(const Expression& e) {
  switch (e.op()) {
    case Op::number:
      if (e.value() == 0) return SignClass::not_negative;
      return e.value() > 0 ? SignClass::positive : SignClass::negative;
    case Op::pi: case Op::exp: case Op::cosh: case Op::erfc: case Op::Phi: case Op::sigmoid: case Op::softplus: return SignClass::positive;
    case Op::negate: return opposite(sign_class(e.argument()));
    case Op::add:
    case Op::subtract: {
      const Expression &u = e.argument(0), &v = e.argument(1);
      const SignClass right = sign_class(v);
      const SignClass seen = sum(sign_class(u), e.op() == Op::add ? right : opposite(right));
      if (seen != SignClass::unknown) return seen;
      if (e.op() == Op::subtract && u.op() == Op::softplus && u.argument() == v) return SignClass::positive;
      const SignClass before = beside_number(u, v);
      if (before != SignClass::unknown) return before;
      return beside_number(v, u) == SignClass::unknown ? SignClass::unknown : beside_number(e.op() == Op::add ? v : -v, u);
    }
    case Op::multiply:
      if (e.argument(0) == e.argument(1)) return strict(sign_class(e.argument(0))) ? SignClass::positive : SignClass::not_negative;
      return product(sign_class(e.argument(0)), sign_class(e.argument(1)));
    case Op::divide: return product(sign_class(e.argument(0)), sign_class(e.argument(1)));
    case Op::power: {
      const SignClass base = sign_class(e.argument(0));
      const auto n = integer_exponent(e);
      if (n && *n % 2 == 0) return strict(base) ? SignClass::positive : SignClass::not_negative;
      if (n) return base;
      return base == SignClass::positive ? base : SignClass::not_negative;
    }
    case Op::sqrt: return sign_class(e.argument()) == SignClass::positive ? SignClass::positive : SignClass::not_negative;
    case Op::sinh: case Op::tanh: case Op::asin: case Op::atan: case Op::asinh: case Op::erf: return sign_class(e.argument());
    default: return SignClass::unknown;
  }
}

Fractions together(const Expression& e) {
  switch (e.op()) {
    case Op::negate: {
      const Fractions u = together(e.argument());
      return {-u.numerator, u.denominator};
    }
    case Op::add:
    case Op::subtract: {
      const Fractions a = together(e.argument(0)), b = together(e.argument(1));
      const bool same = a.denominator == b.denominator;
      const Expression left = same ? a.numerator : a.numerator * b.denominator;
      const Expression right = same ? b.numerator : b.numerator * a.denominator;
      return {e.op() == Op::add ? left + right : left - right, same ? a.denominator : a.denominator * b.denominator};
    }
    case Op::multiply: {
      const Fractions a = together(e.argument(0)), b = together(e.argument(1));
      return {a.numerator * b.numerator, a.denominator * b.denominator};
    }
    case Op::divide: {
      const Fractions a = together(e.argument(0)), b = together(e.argument(1));
      return {a.numerator * b.denominator, a.denominator * b.numerator};
    }
    case Op::power: {
      const auto n = integer_exponent(e);
      if (!n || *n >= 0) return {e, 1};
      return {1, pow(e.argument(0), Expression(Rational(-*n)))};
    }
    default: return {e, 1};
  }
}

}  // namespace infwidth
