// SPDX-License-Identifier: GPL-3.0-or-later
#include "fraction.hpp"

#include <algorithm>

namespace infwidth::algebra {

namespace {

int floor_divide(int a, int b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

Rational integer_power(const Rational& base, int n) {
  const Rational b = n < 0 ? Rational(1 / base) : base;
  const unsigned e = static_cast<unsigned>(n < 0 ? -n : n);
  if (e > 10000) throw GiveUp();
  return {boost::multiprecision::pow(Integer(numerator(b)), e), boost::multiprecision::pow(Integer(denominator(b)), e)};
}

}  // namespace

Field::Field() { clear(); }

void Field::clear() {
  generators_.clear();
  generators_.push_back({Generator::Kind::plain, Expression(-1), 2, false, Rational(-1)});
  generators_.push_back({Generator::Kind::plain, Expression::pi(), 2, true, std::nullopt});
}

std::size_t Field::add_generator(Generator g) {
  constexpr std::size_t most = 64;
  if (generators_.size() == most) throw GiveUp();
  generators_.push_back(std::move(g));
  return generators_.size() - 1;
}

void Field::add_term(Polynomial& p, Monomial m, Rational c) const {
  for (std::size_t i = 0; i < m.size(); ++i) {
    const Generator& g = generators_[i];
    if (!g.number || (m[i] >= 0 && m[i] < g.root)) continue;
    const int whole = floor_divide(m[i], g.root);
    c *= integer_power(*g.number, whole);
    m[i] -= whole * g.root;
  }
  while (!m.empty() && m.back() == 0) m.pop_back();
  p.add(m, c);
}

Polynomial Field::multiply(const Polynomial& a, const Polynomial& b) {
  work_.spend(a.terms().size() * b.terms().size());
  Polynomial r;
  for (const auto& [m, c] : a.terms()) {
    for (const auto& [n, d] : b.terms()) add_term(r, product(m, n), c * d);
  }
  return r;
}

Polynomial Field::power(const Polynomial& p, int n) {
  if (p.terms().size() == 1) {
    const auto& [m, c] = *p.terms().begin();
    if (mpz_sizeinbase(numerator(c).backend().data(), 2) * static_cast<std::size_t>(n) > 100000) throw GiveUp();
    Polynomial r;
    add_term(r, algebra::power(m, n), integer_power(c, n));
    return r;
  }
  Polynomial r(1), base = p;
  for (; n > 0; n /= 2) {
    if (n % 2 == 1) r = multiply(r, base);
    if (n > 1) base = multiply(base, base);
  }
  return r;
}

Fraction Field::scaled(const Fraction& a, const Rational& c) const {
  Fraction r;
  r.numerator.add(a.numerator, c);
  if (!r.numerator.is_zero()) r.denominator = a.denominator;
  return r;
}

Fraction Field::add(const Fraction& a, const Fraction& b) {
  if (a.numerator.is_zero()) return b;
  if (b.numerator.is_zero()) return a;
  Fraction r;
  Polynomial left = a.numerator, right = b.numerator;
  r.denominator = a.denominator;
  for (const auto& [base, n] : b.denominator) {
    const auto same = std::find_if(r.denominator.begin(), r.denominator.end(), [&, &polynomial = base](const auto& d) { return d.first == polynomial; });
    const int here = same == r.denominator.end() ? 0 : same->second;
    if (n > here) {
      left = multiply(left, power(base, n - here));
      if (same == r.denominator.end()) {
        r.denominator.emplace_back(base, n);
      } else {
        same->second = n;
      }
    }
  }
  for (const auto& [base, n] : r.denominator) {
    int there = 0;
    for (const auto& [other, k] : b.denominator) {
      if (other == base) there = k;
    }
    if (n > there) right = multiply(right, power(base, n - there));
  }
  left.add(right);
  r.numerator = std::move(left);
  cancel(r);
  return r;
}

Fraction Field::multiply(const Fraction& a, const Fraction& b) {
  Fraction r(multiply(a.numerator, b.numerator));
  r.denominator = a.denominator;
  for (const auto& [base, n] : b.denominator) {
    const auto same = std::find_if(r.denominator.begin(), r.denominator.end(), [&, &polynomial = base](const auto& d) { return d.first == polynomial; });
    if (same == r.denominator.end()) {
      r.denominator.emplace_back(base, n);
    } else {
      same->second += n;
    }
  }
  cancel(r);
  return r;
}

void Field::cancel(Fraction& a) {
  if (a.numerator.is_zero()) a.denominator.clear();
  for (auto& [base, n] : a.denominator) {
    const Monomial& m = base.terms().rbegin()->first;
    bool free_of_roots = m.size() <= generators_.size();
    for (const auto& term : base.terms()) {
      for (std::size_t i = 0; i < term.first.size(); ++i) free_of_roots = free_of_roots && (term.first[i] == 0 || !generators_[i].number);
    }
    while (free_of_roots && n > 0) {  // with roots in the base the leading term of a product is not the product of leading terms
      bool exact = false;
      Polynomial q = quotient(a.numerator, base, work_, exact);
      if (!exact) break;
      a.numerator = std::move(q);
      --n;
    }
  }
  std::erase_if(a.denominator, [](const auto& d) { return d.second == 0; });
}

Polynomial Field::whole_denominator(const Fraction& a) {
  Polynomial r(1);
  for (const auto& [base, n] : a.denominator) r = multiply(r, power(base, n));
  return r;
}

Fraction Field::inverse(const Fraction& a) {
  if (a.numerator.is_zero()) throw GiveUp();
  const PrimitivePart part = primitive_part(a.numerator);
  Fraction r(whole_denominator(a));
  Polynomial front;
  add_term(front, algebra::power(part.monomial, -1), 1 / part.coefficient);
  r.numerator = multiply(r.numerator, front);
  if (!part.rest.is_one()) r.denominator.emplace_back(part.rest, 1);
  return r;
}

Fraction Field::power(const Fraction& a, int n) {
  if (n < 0) return power(inverse(a), -n);
  Fraction r(power(a.numerator, n));
  if (n > 0) r.denominator = a.denominator;
  for (auto& d : r.denominator) {
    if (static_cast<long long>(d.second) * n > 1000) throw GiveUp();
    d.second *= n;
  }
  return r;
}

Fraction Field::generator_power(std::size_t g, int n) {
  Fraction r;
  add_term(r.numerator, algebra::generator_power(g, n), 1);
  return r;
}

Fraction Field::reduced(const Fraction& a) {
  Fraction r = a;
  for (std::size_t g = generators_.size(); g-- > 0;) {  // a radicand holds earlier generators only
    if (!generators_[g].radicand) continue;
    const int degree = generators_[g].root;
    const auto is_low = [&](const auto& term) { return exponent(term.first, g) >= 0 && exponent(term.first, g) < degree; };
    if (std::all_of(r.numerator.terms().begin(), r.numerator.terms().end(), is_low)) continue;
    std::map<int, Polynomial> by_power;  // of the radicand
    for (const auto& [m, c] : r.numerator.terms()) {
      const int whole = floor_divide(exponent(m, g), degree);
      by_power[whole].add(product(m, algebra::generator_power(g, -whole * degree)), c);
    }
    const Fraction radicand = *generators_[g].radicand;
    Fraction sum;
    for (const auto& [n, p] : by_power) sum = add(sum, multiply(Fraction(p), power(radicand, n)));
    for (const auto& [base, n] : r.denominator) {
      Fraction over;
      over.numerator = Polynomial(1);
      over.denominator.emplace_back(base, n);
      sum = multiply(sum, over);
    }
    r = std::move(sum);
  }
  return r;
}

bool Field::is_manifestly_positive(const Polynomial& p) const {
  bool strictly = false;
  for (const auto& [m, c] : p.terms()) {
    if (c < 0) return false;
    bool positive = true;
    for (std::size_t i = 0; i < m.size(); ++i) {
      if (m[i] == 0 || generators_[i].positive) continue;
      const bool square = m[i] % 2 == 0 && generators_[i].kind != Generator::Kind::phase && i != imaginary_unit;
      if (!square && !generators_[i].not_negative) return false;
      positive = false;  // but not negative
    }
    strictly = strictly || positive;
  }
  return strictly;
}

Expression Field::formula(std::size_t g, int n) const {
  const Generator& generator = generators_[g];
  if (g == imaginary_unit || generator.kind == Generator::Kind::phase) throw GiveUp();
  const Rational power(n, generator.root);
  if (generator.kind == Generator::Kind::exponential) return exp(Expression(power) * generator.base);
  return pow(generator.base, Expression(power));
}

Expression Field::formula(const Polynomial& p) const {
  std::vector<std::pair<Monomial, Rational>> terms(p.terms().begin(), p.terms().end());
  std::stable_partition(terms.begin(), terms.end(), [](const auto& term) { return term.second > 0; });  // sqrt(2) - 1, not -1 + sqrt(2)
  Expression sum = 0;
  for (const auto& [m, c] : terms) {
    Expression above = Rational(numerator(c)), below = Rational(denominator(c));
    for (std::size_t g = 0; g < m.size(); ++g) {
      if (m[g] > 0 || (m[g] < 0 && generators_[g].kind == Generator::Kind::exponential)) above = above * formula(g, m[g]);
      if (m[g] < 0 && generators_[g].kind != Generator::Kind::exponential) below = below * formula(g, -m[g]);
    }
    sum = sum + above / below;
  }
  return sum;
}

Expression Field::formula(const Fraction& a) {
  Expression below = 1;
  for (const auto& [base, n] : a.denominator) below = below * pow(formula(base), Expression(n));
  return formula(a.numerator) / below;
}

}  // namespace infwidth::algebra
