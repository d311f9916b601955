// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/exact_constant.hpp"

#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/errors.hpp"
#include "samples.hpp"

namespace infwidth {

namespace {

constexpr long sign_bits = 256;
constexpr int largest_prime = 1000;  // beyond it a rest is one atom: equal numbers are still equal

bool is_integer(const Rational& r) { return denominator(r) == 1; }
Integer floor_of(const Rational& r) {
  Integer n = numerator(r) / denominator(r);
  if (r < 0 && Rational(n) != r) n -= 1;
  return n;
}
Rational whole_power(const Rational& base, const Integer& exponent) {
  if (abs(exponent) > 100000) throw NotReached("expansion: the power " + exponent.str() + " of a number is too high");
  const unsigned n = static_cast<unsigned>(Integer(abs(exponent)));
  const Rational power(boost::multiprecision::pow(Integer(numerator(base)), n), boost::multiprecision::pow(Integer(denominator(base)), n));
  return exponent < 0 ? Rational(1 / power) : power;
}

[[noreturn]] void open(const Expression& e, const std::string& what) { throw NotReached("expansion: " + what + " the constant " + to_string(e) + " is open"); }

ExactConstant function(Op op, const ExactConstant& u) { return ExactConstant::atom(Expression::make(op, {u.expression()})); }
/// An odd function: the sign comes out, so that f(-u) and -f(u) are one. Of sums the first term's sign.
ExactConstant odd(Op op, const ExactConstant& u) {
  const Expression e = u.expression(), mirrored = (-u).expression();
  if (to_string(e) < to_string(mirrored)) return -ExactConstant::atom(Expression::make(op, {mirrored}));
  return ExactConstant::atom(Expression::make(op, {e}));
}

}  // namespace

ExactConstant::ExactConstant(const Rational& x) {
  if (x != 0) terms_.emplace(Monomial{}, x);
}

ExactConstant ExactConstant::single(const Monomial& m, const Rational& coefficient) {
  ExactConstant r;
  Monomial kept;
  Rational c = coefficient;
  for (const auto& [atom, power] : m) {
    if (power == 0) continue;
    if (!atom.formula.is_number()) {
      kept.emplace(atom, power);
      continue;
    }
    const Integer whole = floor_of(power);
    c *= whole_power(atom.formula.value(), whole);
    if (power != Rational(whole)) kept.emplace(atom, Rational(power - Rational(whole)));
  }
  if (c != 0) r.terms_.emplace(std::move(kept), c);
  return r;
}

ExactConstant ExactConstant::atom(const Expression& e) {
  if (e.is_number()) return e.value();
  return single({{Atom{to_string(e), e}, Rational(1)}}, 1);
}

ExactConstant ExactConstant::number_power(const Rational& base, const Rational& exponent) {
  ExactConstant r = 1;
  for (const bool below : {false, true}) {
    Integer n = below ? denominator(base) : numerator(base);
    const Rational e = below ? Rational(-exponent) : exponent;
    for (int p = 2; p <= largest_prime && n > 1; ++p) {
      int times = 0;
      for (; n % p == 0; n /= p) ++times;
      if (times > 0) r *= single({{Atom{std::to_string(p), Expression(p)}, Rational(e * times)}}, 1);
    }
    if (n > 1) r *= single({{Atom{n.str(), Expression(Rational(n))}, e}}, 1);
  }
  return r;
}

ExactConstant ExactConstant::operator-() const {
  ExactConstant r = *this;
  for (auto& [m, c] : r.terms_) c = -c;
  return r;
}

ExactConstant& ExactConstant::operator+=(const ExactConstant& b) {
  for (const auto& [m, c] : b.terms_) {
    Rational& sum = terms_[m];
    sum += c;
    if (sum == 0) terms_.erase(m);
  }
  return *this;
}

ExactConstant operator*(const ExactConstant& a, const ExactConstant& b) {
  ExactConstant r;
  for (const auto& [m, c] : a.terms_) {
    for (const auto& [n, d] : b.terms_) {
      ExactConstant::Monomial product = m;
      for (const auto& [atom, power] : n) product[atom] += power;
      r += ExactConstant::single(product, c * d);
    }
  }
  return r;
}

ExactConstant ExactConstant::power(const Rational& exponent) const {
  if (exponent == 0) return 1;
  if (exponent == 1) return *this;
  if (terms_.empty()) {
    if (exponent < 0) throw NotReached("expansion: a division by 0");
    return 0;
  }
  if (terms_.size() > 1) {
    if (is_integer(exponent) && exponent > 0 && exponent <= 16) {
      ExactConstant r = *this;
      for (int k = 1; k < exponent; ++k) r = r * *this;
      return r;
    }
    if (!is_integer(exponent) && sign() < 0) throw NotReached("expansion: a root of the negative constant " + to_string(expression()));
    if (is_zero()) return ExactConstant().power(exponent);
    const Expression base = shorten(expression(), {});
    return single({{Atom{to_string(base), base}, exponent}}, 1);
  }
  const auto& [m, c] = *terms_.begin();
  if (!is_integer(exponent)) {
    for (const auto& [atom, power] : m) {
      const ExactConstant factor = ExactConstant::atom(atom.formula);
      if (!atom.formula.is_number() && factor.sign() < 0) throw NotReached("expansion: a root of a power of the negative constant " + atom.text);
    }
    if (c < 0) throw NotReached("expansion: a root of the negative constant " + to_string(expression()));
  }
  Monomial raised = m;
  for (auto& [atom, power] : raised) power *= exponent;
  if (is_integer(exponent)) return single(raised, whole_power(c, numerator(exponent)));
  return single(raised, 1) * number_power(c, exponent);
}

ExactConstant exp(const ExactConstant& u) {
  ExactConstant r = 1;
  for (const auto& [m, c] : u.terms_) {
    const Expression base = exp(ExactConstant::written(m, 1));
    r *= ExactConstant::single({{ExactConstant::Atom{to_string(base), base}, c}}, 1);
  }
  return r;
}

bool ExactConstant::has_letters() const { return !variables_of(expression()).empty(); }

int ExactConstant::sign() const {
  if (terms_.empty()) return 0;
  const auto& [m, c] = *terms_.begin();
  if (terms_.size() == 1 && (m.empty() || (m.size() == 1 && m.begin()->first.formula.op() == Op::pi))) return c > 0 ? 1 : -1;
  const Expression e = expression();
  if (has_letters()) open(e, "the sign of");
  const Precision precision(sign_bits);
  const Program program({e}, "x");
  const Ball value = Evaluator<Ball>(program).value(Ball(0));
  if (certainly_positive(value) == Truth::yes) return 1;
  if (certainly_negative(value) == Truth::yes) return -1;
  if (terms_.size() > 1 && value.is_finite() && is_identically_zero(e)) return 0;
  open(e, "the sign of");
}

bool ExactConstant::is_zero() const {
  if (terms_.size() < 2) return terms_.empty();
  if (has_letters()) return is_identically_zero(expression());
  return sign() == 0;
}

std::optional<Rational> ExactConstant::rational() const {
  if (terms_.empty()) return Rational(0);
  if (terms_.size() == 1 && terms_.begin()->first.empty()) return terms_.begin()->second;
  return std::nullopt;
}

Expression ExactConstant::written(const Monomial& m, const Rational& coefficient) {
  Expression above = Expression(Rational(coefficient)), below = 1;
  for (const auto& [atom, power] : m) {
    const Expression size = Expression(Rational(abs(power)));
    // Powers of exponentials are exponentials.
    const Expression factor = atom.formula.op() == Op::exp ? exp(size * atom.formula.argument()) : pow(atom.formula, size);
    (power > 0 ? above : below) = power > 0 ? above * factor : below * factor;
  }
  return above / below;
}

Expression ExactConstant::expression() const {
  Expression sum = 0;
  for (const auto& [m, c] : terms_) sum = sum + written(m, c);
  return sum;
}

ExactConstant ExactConstant::from(const Expression& e) {
  const auto at = [&](std::size_t i) { return from(e.argument(i)); };
  switch (e.op()) {
    case Op::number: return e.value();
    case Op::pi: case Op::variable: return atom(e);
    case Op::add: return at(0) + at(1);
    case Op::subtract: return at(0) - at(1);
    case Op::multiply: return at(0) * at(1);
    case Op::divide: return at(0) / at(1);
    case Op::negate: return -at(0);
    case Op::power: {
      const std::optional<Rational> exponent = at(1).rational();
      return exponent ? at(0).power(*exponent) : exp(at(1) * log(at(0)));
    }
    case Op::sqrt: return sqrt(at(0));
    case Op::exp: return exp(at(0));
    case Op::log: return log(at(0));
    case Op::sin: return sin(at(0));
    case Op::cos: return cos(at(0));
    case Op::tan: return tan(at(0));
    case Op::sinh: { const ExactConstant u = at(0); return (exp(u) - exp(-u)) / 2; }
    case Op::cosh: { const ExactConstant u = at(0); return (exp(u) + exp(-u)) / 2; }
    case Op::tanh: return tanh(at(0));
    case Op::asin: return asin(at(0));
    case Op::atan: return atan(at(0));
    case Op::asinh: return asinh(at(0));
    case Op::erf: return erf(at(0));
    case Op::erfc: return erfc(at(0));
    case Op::Phi: return Phi(at(0));
    case Op::sigmoid: return sigmoid(at(0));
    case Op::softplus: return softplus(at(0));
    case Op::gamma: return function(Op::gamma, at(0));
    case Op::owens_t:
      // T(h, 1) = Phi(h) Phi(-h) / 2
      if (const ExactConstant h = at(0), a = at(1); a.rational() == Rational(1)) {
        const ExactConstant w = erf(h / sqrt(ExactConstant(2)));
        return (ExactConstant(1) - w * w) / 8;
      }
      [[fallthrough]];
    case Op::erf_re: case Op::erf_im: return atom(Expression::make(e.op(), {at(0).expression(), at(1).expression()}));
    case Op::hyp2f1: return atom(hyp2f1(at(0).expression(), at(1).expression(), at(2).expression(), at(3).expression()));
    default: throw NotReached("expansion: the kinked function in " + to_string(e));
  }
}

ExactConstant log(const ExactConstant& u) {
  if (u.rational() == Rational(1)) return 0;
  if (u.sign() <= 0) throw NotReached("expansion: the logarithm of a constant that is not positive, " + to_string(u.expression()));
  return function(Op::log, u);
}
ExactConstant sqrt(const ExactConstant& u) { return u.power(Rational(1, 2)); }
ExactConstant sin(const ExactConstant& u) { return odd(Op::sin, u); }
ExactConstant cos(const ExactConstant& u) {
  const Expression e = u.expression(), mirrored = (-u).expression();
  return ExactConstant::atom(cos(to_string(e) < to_string(mirrored) ? mirrored : e));
}
ExactConstant tan(const ExactConstant& u) { return sin(u) / cos(u); }
ExactConstant tanh(const ExactConstant& u) { return odd(Op::tanh, u); }
ExactConstant asin(const ExactConstant& u) {
  if (u.rational() && abs(*u.rational()) == 1) return Constants<ExactConstant>::pi() * ExactConstant(Rational(*u.rational() / 2));
  if (u.rational() && abs(*u.rational()) == Rational(1, 2)) return Constants<ExactConstant>::pi() * ExactConstant(Rational(*u.rational() / 3));
  return odd(Op::asin, u);
}
ExactConstant asinh(const ExactConstant& u) { return odd(Op::asinh, u); }
ExactConstant atan(const ExactConstant& u) {
  if (u.rational() && abs(*u.rational()) == 1) return Constants<ExactConstant>::pi() * ExactConstant(Rational(*u.rational() / 4));
  return odd(Op::atan, u);
}
ExactConstant erf(const ExactConstant& u) { return odd(Op::erf, u); }
ExactConstant erfc(const ExactConstant& u) { return ExactConstant(1) - erf(u); }
ExactConstant Phi(const ExactConstant& u) { return (ExactConstant(1) + erf(u / sqrt(ExactConstant(2)))) / 2; }
// sigmoid(u) = 1/2 + tanh(u/2)/2
ExactConstant sigmoid(const ExactConstant& u) { return (ExactConstant(1) + tanh(u / 2)) / 2; }
ExactConstant softplus(const ExactConstant& u) { return u.rational() == Rational(0) ? log(ExactConstant(2)) : function(Op::softplus, u); }

}  // namespace infwidth
