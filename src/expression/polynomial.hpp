// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "infwidth/real/rational.hpp"

namespace infwidth::algebra {

/// Thrown where a computation would grow beyond its bounds, or meets what the algebra does not know: nothing was proven.
struct GiveUp {};

/// The exponents of the generators, which may be negative; no zeros at the end.
using Monomial = std::vector<int>;

Monomial product(const Monomial& a, const Monomial& b);
Monomial power(const Monomial& m, int n);
inline int exponent(const Monomial& m, std::size_t generator) { return generator < m.size() ? m[generator] : 0; }
Monomial generator_power(std::size_t generator, int n);

/// A Laurent polynomial in generators with exact coefficients.
/// Own code and not a computer algebra system's: the cost of each step is known before it is done, so it can be refused.
class Polynomial {
 public:
  Polynomial() = default;
  explicit Polynomial(const Rational& c) { add(Monomial(), c); }
  Polynomial(const Monomial& m, const Rational& c) { add(m, c); }

  const std::map<Monomial, Rational>& terms() const { return terms_; }
  bool is_zero() const { return terms_.empty(); }
  bool is_one() const { return terms_.size() == 1 && terms_.begin()->first.empty() && terms_.begin()->second == 1; }
  bool is_number() const { return terms_.empty() || (terms_.size() == 1 && terms_.begin()->first.empty()); }
  bool operator==(const Polynomial&) const = default;

  /// Adds c m. Coefficients beyond 20000 bits are refused (GiveUp).
  void add(const Monomial& m, const Rational& c);
  void add(const Polynomial& p, const Rational& factor = 1);
  Polynomial times(const Monomial& m, const Rational& c) const;
  /// The least exponent of each generator over all terms.
  Monomial least_exponents() const;

 private:
  std::map<Monomial, Rational> terms_;
};

/// p = coefficient * monomial * rest, with the coefficients of `rest` whole, coprime, its last one positive, and all its least exponents 0.
struct PrimitivePart {
  Rational coefficient;
  Monomial monomial;
  Polynomial rest;
};
PrimitivePart primitive_part(const Polynomial& p);

/// Work counts term by term; when it is spent, GiveUp.
class Work {
 public:
  explicit Work(std::size_t terms) : left_(terms) {}
  void spend(std::size_t terms) {
    if (terms > left_) throw GiveUp();
    left_ -= terms;
  }

 private:
  std::size_t left_;
};

/// a / b if it is a polynomial (up to a monomial), by long division; b without negative exponents. Sets `exact`.
Polynomial quotient(const Polynomial& a, const Polynomial& b, Work& work, bool& exact);

}  // namespace infwidth::algebra
