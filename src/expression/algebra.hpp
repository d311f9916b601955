// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "fraction.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth::algebra {

/// Writes formulas as fractions of polynomials in as few independent generators as it can see, so that equal formulas become equal
/// fractions: hyperbolic functions and sigmoid by exp, circular ones by complex exponentials, Phi and erfc by erf, softplus by log;
/// exp(sum c m) by powers of one generator for each monomial m; logarithms of positive products by sums; roots by relations.
/// gamma of numbers by gamma of (0, 1]; Owen's T and the parts of erf(x + i y) are functions of their own, with their parities.
/// Everything holds where all of the formula is real and defined. Not known: kinked functions (GiveUp).
class Algebra {
 public:
  /// Whether sines and cosines are written by complex exponentials, so that they can be compared, or stay functions of their own.
  enum class Circular { exponentials, functions };
  explicit Algebra(Assumptions given = {}, Circular circular = Circular::exponentials) : given_(std::move(given)), circular_(circular) {}

  /// The formulas over one set of generators.
  std::vector<Fraction> fractions_of(const std::vector<Expression>& formulas);
  Field& field() { return field_; }

 private:
  /// A family of powers of one thing: exp(c key), exp(i c key) or key^c for rational c, all powers of one generator.
  struct Family {
    enum class Kind { exponential, phase, radical } kind;
    Fraction key;
    int root = 1;                            // the common denominator of all c met so far
    std::optional<std::size_t> generator = {};  // in this pass
  };
  struct Function {
    Op op;
    std::vector<Fraction> arguments;
    std::size_t generator;
  };

  Assumptions given_;
  Circular circular_;
  Field field_;
  std::vector<Family> families_;  // survive from pass to pass, so that the roots are fine enough in the last one
  bool refined_ = false;
  std::vector<Function> functions_;
  std::unordered_map<std::string, std::size_t> variables_;
  std::unordered_map<const void*, Fraction> done_;

  Fraction convert(const Expression& e);
  Fraction translate(const Expression& e);
  Fraction one() const { return Fraction(Rational(1)); }
  Fraction imaginary() { return field_.generator_power(Field::imaginary_unit, 1); }

  Fraction family_power(Family::Kind kind, const Fraction& key, const Rational& c);
  Fraction exponential(const Fraction& u);
  Fraction exponential_of_term(const Monomial& m, const Rational& c);
  Fraction phase(const Fraction& u);
  Fraction logarithm(const Fraction& u);
  Fraction logarithm_of_number(const Rational& c);
  Fraction logarithm_of_generator(std::size_t g);
  Fraction power(const Fraction& u, const Rational& c);
  Fraction power_of_number(const Rational& base, const Rational& c);
  Fraction odd_function(Op op, const Fraction& u);
  Fraction even_function(Op op, const Fraction& u);
  Fraction special_function(Op op, const Fraction& u, const Fraction& v);
  Fraction gamma(const Fraction& u);
  Fraction hypergeometric(const Fraction& a, const Fraction& b, const Fraction& c, const Fraction& z);
  Fraction function(Op op, const std::vector<Fraction>& arguments);
};

}  // namespace infwidth::algebra
