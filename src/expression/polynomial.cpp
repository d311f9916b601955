// SPDX-License-Identifier: GPL-3.0-or-later
#include "polynomial.hpp"

#include <algorithm>

namespace infwidth::algebra {

namespace {

constexpr std::size_t largest_limbs = 20000 / 64;
constexpr int largest_exponent = 1 << 20;

void trim(Monomial& m) {
  while (!m.empty() && m.back() == 0) m.pop_back();
}

}  // namespace

Monomial product(const Monomial& a, const Monomial& b) {
  Monomial r(std::max(a.size(), b.size()));
  for (std::size_t i = 0; i < r.size(); ++i) {
    r[i] = exponent(a, i) + exponent(b, i);
    if (r[i] > largest_exponent || r[i] < -largest_exponent) throw GiveUp();
  }
  trim(r);
  return r;
}

Monomial power(const Monomial& m, int n) {
  Monomial r = m;
  for (int& e : r) {
    const long long product = static_cast<long long>(e) * n;
    if (product > largest_exponent || product < -largest_exponent) throw GiveUp();
    e = static_cast<int>(product);
  }
  trim(r);
  return r;
}

Monomial generator_power(std::size_t generator, int n) {
  if (n > largest_exponent || n < -largest_exponent) throw GiveUp();
  Monomial r(generator + 1);
  r[generator] = n;
  trim(r);
  return r;
}

void Polynomial::add(const Monomial& m, const Rational& c) {
  if (c == 0) return;
  if (mpz_size(numerator(c).backend().data()) + mpz_size(denominator(c).backend().data()) > largest_limbs) throw GiveUp();
  const auto [place, is_new] = terms_.try_emplace(m, c);
  if (is_new) return;
  place->second += c;
  if (place->second == 0) terms_.erase(place);
}

void Polynomial::add(const Polynomial& p, const Rational& factor) {
  for (const auto& [m, c] : p.terms_) add(m, Rational(c * factor));
}

Polynomial Polynomial::times(const Monomial& m, const Rational& c) const {
  Polynomial r;
  for (const auto& [n, d] : terms_) r.add(product(m, n), Rational(c * d));
  return r;
}

Monomial Polynomial::least_exponents() const {
  if (terms_.empty()) return {};
  std::size_t generators = 0;
  for (const auto& term : terms_) generators = std::max(generators, term.first.size());
  Monomial least(generators);
  for (std::size_t i = 0; i < generators; ++i) {
    least[i] = exponent(terms_.begin()->first, i);
    for (const auto& term : terms_) least[i] = std::min(least[i], exponent(term.first, i));
  }
  trim(least);
  return least;
}

PrimitivePart primitive_part(const Polynomial& p) {
  Integer n = 0, d = 1;
  for (const auto& term : p.terms()) {
    n = gcd(n, Integer(numerator(term.second)));
    d = lcm(d, Integer(denominator(term.second)));
  }
  PrimitivePart r{Rational(n, d), p.least_exponents(), {}};
  if (p.terms().rbegin()->second < 0) r.coefficient = -r.coefficient;
  r.rest = p.times(power(r.monomial, -1), Rational(1 / r.coefficient));
  return r;
}

Polynomial quotient(const Polynomial& a, const Polynomial& b, Work& work, bool& exact) {
  exact = false;
  if (a.is_zero()) {
    exact = true;
    return a;
  }
  const Monomial shift = a.least_exponents();
  Polynomial remainder = a.times(power(shift, -1), 1), result;
  const auto& [leading, leading_coefficient] = *b.terms().rbegin();
  const Monomial inverse = power(leading, -1);
  while (!remainder.is_zero()) {  // exponents are >= 0, so the order of the map is the lexicographic one, and each step lowers the leading term
    work.spend(b.terms().size());
    const auto [m, c] = *remainder.terms().rbegin();
    const Monomial step = product(m, inverse);
    if (std::any_of(step.begin(), step.end(), [](int e) { return e < 0; })) return {};
    const Rational factor = c / leading_coefficient;
    result.add(step, factor);
    remainder.add(b.times(step, 1), Rational(-factor));
  }
  exact = true;
  return result.times(shift, 1);
}

}  // namespace infwidth::algebra
