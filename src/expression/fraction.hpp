// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "infwidth/expression/expression.hpp"
#include "polynomial.hpp"

namespace infwidth::algebra {

/// numerator / product of base^exponent. Bases are primitive, of two terms or more; single terms live in the numerator.
struct Fraction {
  Polynomial numerator;
  std::vector<std::pair<Polynomial, int>> denominator;

  Fraction() = default;
  explicit Fraction(const Rational& c) : numerator(c) {}
  explicit Fraction(Polynomial n) : numerator(std::move(n)) {}
};

/// What a symbol of the polynomials stands for: base^(1/root), or exp(base/root), or exp(i base/root).
struct Generator {
  enum class Kind { plain, exponential, phase };
  Kind kind = Kind::plain;
  Expression base;
  int root = 1;
  bool positive = false;                  // on every real argument where the formula is defined
  std::optional<Rational> number;         // relation: its root-th power is this number (roots of primes; the imaginary unit)
  std::optional<Fraction> radicand = {};  // relation: its root-th power is this
  bool not_negative = false;              // as `positive`, but it may be 0
};

/// The field that the fractions live in: its generators, and arithmetic by their relations. Bounded in work: GiveUp.
class Field {
 public:
  static constexpr std::size_t imaginary_unit = 0, root_of_pi = 1;

  Field();
  std::size_t add_generator(Generator g);
  const Generator& generator(std::size_t i) const { return generators_[i]; }
  std::size_t generators() const { return generators_.size(); }
  /// Back to the first two generators.
  void clear();

  Polynomial multiply(const Polynomial& a, const Polynomial& b);
  Polynomial power(const Polynomial& p, int n);
  Fraction add(const Fraction& a, const Fraction& b);
  Fraction subtract(const Fraction& a, const Fraction& b) { return add(a, scaled(b, -1)); }
  Fraction multiply(const Fraction& a, const Fraction& b);
  Fraction inverse(const Fraction& a);
  Fraction divide(const Fraction& a, const Fraction& b) { return multiply(a, inverse(b)); }
  Fraction power(const Fraction& a, int n);
  Fraction scaled(const Fraction& a, const Rational& c) const;
  Fraction generator_power(std::size_t g, int n);
  /// Powers of roots brought below their degree by their relations.
  Fraction reduced(const Fraction& a);
  bool is_zero(const Fraction& a) { return reduced(a).numerator.is_zero(); }
  bool equal(const Fraction& a, const Fraction& b) { return is_zero(subtract(a, b)); }
  /// The denominator multiplied out.
  Polynomial whole_denominator(const Fraction& a);

  /// Positive wherever it is defined, seen by sign alone: all terms are, and one does not vanish.
  bool is_manifestly_positive(const Polynomial& p) const;

  /// As formulas. GiveUp if something complex is left.
  Expression formula(const Polynomial& p) const;
  Expression formula(const Fraction& a);

 private:
  std::vector<Generator> generators_;
  Work work_{400'000};  // a few tenths of a second

  void add_term(Polynomial& p, Monomial m, Rational c) const;
  void cancel(Fraction& a);
  Expression formula(std::size_t g, int n) const;
};

}  // namespace infwidth::algebra
