// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "algebra.hpp"
#include "apart.hpp"
#include "factor.hpp"
#include "infwidth/expression/simplify.hpp"
#include "samples.hpp"

namespace infwidth {

namespace {

using namespace algebra;

/// The sign in front of a formula as it is written.
bool starts_with_minus(const Expression& e) {
  switch (e.op()) {
    case Op::number: return e.value() < 0;
    case Op::negate: return true;
    case Op::add: case Op::subtract: case Op::multiply: case Op::divide: return starts_with_minus(e.argument());
    default: return false;
  }
}

/// A term: a coefficient and powers of formulas, to be written with one fraction bar and one square root over all that has a half-odd power.
struct Product {
  Rational coefficient;
  std::vector<std::pair<Expression, Rational>> factors;  // different bases, powers not 0

  void multiply(const Expression& base, const Rational& power) {
    if (power == 0 || base.is_number(1)) return;
    for (auto it = factors.begin(); it != factors.end(); ++it) {
      if (it->first != base) continue;
      it->second += power;
      if (it->second == 0) factors.erase(it);
      return;
    }
    factors.emplace_back(base, power);
  }

  /// -(a - b) as b - a.
  Product with_plus() const {
    Product turned = *this;
    for (auto& [base, power] : turned.factors) {
      if (coefficient > 0 || denominator(power) != 1 || numerator(power) % 2 == 0 || base.op() != Op::subtract || starts_with_minus(base) || base.argument(0).op() == Op::add || base.argument(0).op() == Op::subtract) continue;
      base = base.argument(1) - base.argument(0);
      turned.coefficient = -coefficient;
      break;
    }
    return turned;
  }

  /// Without its sign.
  Expression written() const {
    Rational c = abs(coefficient);
    Integer number_above = 1, number_below = 1;  // under the roots
    std::vector<Expression> above, below, root_above, root_below;
    std::vector<std::pair<Expression, Rational>> ordered = factors;
    const auto comes_first = [](const auto& a, const auto& b) {
      const int rank_a = rank(a.first, a.second), rank_b = rank(b.first, b.second);
      if (rank_a != rank_b || (rank_a != letter && rank_a != root && rank_a != function)) return rank_a < rank_b;
      return to_string(a.first) < to_string(b.first);
    };
    std::stable_sort(ordered.begin(), ordered.end(), comes_first);
    for (const auto& [base, power] : ordered) {
      if (base.is_number() && denominator(base.value()) == 1 && power == Rational(1, 2)) {
        const Integer n = numerator(base.value());
        if (denominator(c) % n == 0) {  // sqrt(n) / n is 1 / sqrt(n)
          c *= n;
          number_below *= n;
        } else {
          number_above *= n;
        }
      } else if (abs(power) == Rational(1, 2)) {
        (power > 0 ? root_above : root_below).push_back(base);
      } else {
        (power > 0 ? above : below).push_back(pow(base, Expression(Rational(abs(power)))));
      }
    }
    const Expression over = together(Rational(number_above), root_above), under = together(Rational(number_below), root_below);
    if (!over.is_number(1) && !under.is_number(1)) {
      above.push_back(sqrt(over / under));
    } else {
      if (!over.is_number(1)) above.push_back(sqrt(over));
      if (!under.is_number(1)) below.push_back(sqrt(under));
    }
    return together(Rational(numerator(c)), above) / together(Rational(denominator(c)), below);
  }

 private:
  /// Numbers, pi, letters, sums by rising power, functions.
  static constexpr int letter = 2, root = 4, function = 6;
  static int rank(const Expression& base, const Rational& power) {
    switch (base.op()) {
      case Op::number: return 0;
      case Op::pi: return 1;
      case Op::variable: return letter;
      case Op::add: case Op::subtract: case Op::multiply: case Op::divide: case Op::power: return denominator(power) == 1 ? 3 : root;
      case Op::exp: return 5;
      default: return function;
    }
  }
  static Expression together(const Rational& number, const std::vector<Expression>& parts) {
    Expression product = number;
    for (const Expression& f : parts) product = product * f;
    return product;
  }
};

/// Added terms first, then the short ones: an order that does not depend on the one in which they were found.
Expression written_sum(const std::vector<Product>& terms) {
  struct Term {
    bool negative;
    Expression formula;
    std::string text;
    std::tuple<bool, std::size_t, const std::string&> order() const { return {negative, text.size(), text}; }
  };
  std::vector<Term> written;
  for (const Product& term : terms) {
    const Product t = term.with_plus();
    const Expression formula = t.written();
    written.push_back({t.coefficient < 0, formula, to_string(formula)});
  }
  std::sort(written.begin(), written.end(), [](const Term& a, const Term& b) { return a.order() < b.order(); });
  Expression sum = 0;
  for (const Term& t : written) sum = t.negative ? sum - t.formula : sum + t.formula;
  return sum;
}

/// What all terms have in common, taken out of them.
Product take_common_factor(std::vector<Product>& terms) {
  Product common{terms[0].coefficient, terms[0].factors};
  Integer above = numerator(terms[0].coefficient), below = denominator(terms[0].coefficient);
  for (const Product& t : terms) {
    above = gcd(above, numerator(t.coefficient));
    below = lcm(below, denominator(t.coefficient));
    std::erase_if(common.factors, [&](auto& factor) {
      for (const auto& [base, power] : t.factors) {
        if (base != factor.first || (power > 0) != (factor.second > 0)) continue;
        if (abs(power) < abs(factor.second)) factor.second = power;
        return false;
      }
      return true;
    });
  }
  common.coefficient = Rational(abs(above), below);
  for (Product& t : terms) {
    t.coefficient /= common.coefficient;
    for (const auto& [base, power] : common.factors) t.multiply(base, -power);
  }
  return common;
}

/// Of two forms the shorter one is taken, then the one of fewer fractions: (1 - exp(-2 q))/2, but 1/4 + asin(..)/(2 pi).
std::pair<std::size_t, std::ptrdiff_t> reading_effort(const Expression& e) {
  const std::string text = to_string(e);
  return {text.size(), std::count(text.begin(), text.end(), '/')};
}

class Shortener {
 public:
  explicit Shortener(const Assumptions& given) : given_(given), algebra_(given, Algebra::Circular::functions) {}

  Expression shortened(const Expression& e) {
    std::vector<Expression> letters_first;  // in the order of the alphabet
    for (const std::string& name : variables_of(e)) letters_first.push_back(Expression::variable(name));
    letters_first.push_back(taken_apart(e, given_));
    const Fraction f = field().reduced(algebra_.fractions_of(letters_first).back());
    for (const auto& [m, c] : f.numerator.terms()) groups_[split(m).first].numerator.add(split(m).second, c);
    for (auto& [key, g] : groups_) {
      g.denominator = f.denominator;
      split_denominator(g);
      g = field().multiply(Fraction(Rational(1)), g);
    }
    complement_error_functions();
    std::vector<Product> terms;
    for (const auto& [key, g] : groups_) {
      if (!g.numerator.is_zero()) terms.push_back(product_of(key, g));
    }
    if (terms.empty()) return 0;
    const Expression sum = written_sum(terms);
    Product whole = take_common_factor(terms);
    if (terms.size() == 1) return sum;
    whole.multiply(written_sum(terms), 1);
    const Expression factored = whole.written();
    return reading_effort(factored) < reading_effort(sum) ? factored : sum;
  }

 private:
  Assumptions given_;
  Algebra algebra_;
  Work work_{100'000};
  std::map<Monomial, Fraction> groups_;       // coefficients, in the letters alone, by the monomial in everything else
  struct ErrorFunction {
    std::string text;
    std::size_t generator;
    bool mirrored;  // the generator is minus the function of this text
  };
  std::vector<ErrorFunction> error_functions_;  // by their texts
  std::map<Monomial, Monomial> complements_;  // of a key: the error functions erf(u) in it that stand for erfc(u) (+1) or erfc(-u) (-1)

  Field& field() { return algebra_.field(); }
  bool is_letter(std::size_t g) {
    const Generator& generator = field().generator(g);
    return g > Field::root_of_pi && generator.kind == Generator::Kind::plain && generator.base.op() == Op::variable && generator.root == 1;
  }

  /// Everything but letters, and the letters.
  std::pair<Monomial, Monomial> split(const Monomial& m) {
    Monomial key = m, letters = m;
    for (std::size_t g = 0; g < m.size(); ++g) (is_letter(g) ? key : letters)[g] = 0;
    return {product(key, {}), product(letters, {})};
  }

  /// Denominators multiplied out are divided by the polynomials whose roots are here, and take their signs.
  void split_denominator(Fraction& f) {
    Fraction split(f.numerator);
    const auto divide_by = [&](const Polynomial& base, int n) {
      for (auto& [known, power] : split.denominator) {
        if (known == base) {
          power += n;
          return;
        }
      }
      split.denominator.emplace_back(base, n);
    };
    for (const auto& [whole, n] : f.denominator) {
      Polynomial rest = whole;
      for (std::size_t g = 0; g < field().generators(); ++g) {
        const auto& radicand = field().generator(g).radicand;
        if (!radicand || !radicand->denominator.empty() || radicand->numerator.terms().size() < 2) continue;
        for (bool exact = true; exact;) {
          const Polynomial part = quotient(rest, radicand->numerator, work_, exact);
          if (!exact) break;
          rest = part;
          divide_by(radicand->numerator, n);
        }
      }
      if (rest.terms().size() > 1) {
        divide_by(rest, n);
        continue;
      }
      const auto& [m, c] = *rest.terms().begin();
      split.numerator = field().multiply(split.numerator, field().power(Polynomial(power(m, -1), 1 / c), n));
    }
    f = std::move(split);
  }

  std::size_t length(const Monomial& key, const Fraction& g) { return g.numerator.is_zero() ? 0 : product_of(key, g).written().size() + 1; }

  bool is_error_function(std::size_t g) { return field().generator(g).kind == Generator::Kind::plain && field().generator(g).base.op() == Op::erf; }

  void complement_error_functions() {
    // Products of several first: what they leave goes to a product of fewer, which must not stand for a complement yet.
    // Else in the order of their texts: that of the generators is how the formula has them, and another writing of it changes that.
    for (std::size_t g = 0; g < field().generators(); ++g) {
      bool negative = false;
      if (!is_error_function(g)) continue;
      const std::string text = to_string(written_function(field().generator(g).base, 0, negative));
      error_functions_.push_back({text, g, negative});
    }
    if (error_functions_.empty()) return;
    std::sort(error_functions_.begin(), error_functions_.end(), [](const auto& a, const auto& b) { return a.text < b.text; });
    std::vector<std::tuple<std::ptrdiff_t, std::string, Monomial>> keys;
    for (const auto& [key, g] : groups_) {
      const auto has = [&key = key](const auto& function) { return exponent(key, function.generator) != 0; };
      const std::ptrdiff_t count = std::count_if(error_functions_.begin(), error_functions_.end(), has);
      if (count != 0) keys.emplace_back(-count, to_string(product_of(key, Fraction(Rational(1))).written()), key);
    }
    std::sort(keys.begin(), keys.end());
    for (bool changed = true; changed;) {  // one may be worth it only after another, which has changed c0
      changed = false;
      for (const auto& [count, text, key] : keys) changed = complement_one_of(key) || changed;
    }
  }

  /// c0 + c1 erf(u) as (c0 + c1) - c1 erfc(u) or (c0 - c1) + c1 erfc(-u), where that is shorter.
  bool complement_one_of(const Monomial& key) {
    if (complements_.contains(key)) return false;
    for (const auto& [text, g, mirrored] : error_functions_) {
      if (exponent(key, g) != 1) continue;
      const Monomial without = product(key, generator_power(g, -1));
      if (complements_.contains(without)) continue;
      const Fraction c0 = groups_[without], c1 = groups_[key];
      std::size_t best = length(without, c0) + length(key, c1);
      int way = 0;
      for (const int sign : mirrored ? std::array{-1, +1} : std::array{+1, -1}) {  // of two as short as each other erfc(u), not erfc(-u)
        const Fraction rest = sign > 0 ? field().add(c0, c1) : field().subtract(c0, c1);
        const std::size_t here = length(without, rest) + length(key, c1);
        if (here < best) best = here, way = sign;
      }
      if (way == 0) continue;
      groups_[without] = way > 0 ? field().add(c0, c1) : field().subtract(c0, c1);
      groups_[key] = field().scaled(c1, -way);
      Monomial& marks = complements_[key];
      marks.resize(g + 1);
      marks[g] = way;
      return true;
    }
    return false;
  }

  Product product_of(const Monomial& key, const Fraction& g) {
    const PrimitivePart part = primitive_part(g.numerator);
    Product product{part.coefficient, {}};
    if (exponent(key, Field::imaginary_unit) != 0) throw GiveUp();
    for (std::size_t i = 0; i < part.monomial.size(); ++i) {
      if (part.monomial[i] != 0) product.multiply(field().generator(i).base, part.monomial[i]);
    }
    if (!part.rest.is_one()) {
      Polynomial rest = part.rest;
      if (starts_with_minus(written_polynomial(rest))) {
        rest = rest.times({}, -1);
        product.coefficient = -product.coefficient;
      }
      product.multiply(written_polynomial(rest), 1);
    }
    for (const auto& [base, n] : g.denominator) product.multiply(written_polynomial(base), -n);
    product.multiply(Expression::pi(), Rational(exponent(key, Field::root_of_pi), 2));
    const Monomial marks = complements_.count(key) != 0 ? complements_[key] : Monomial();
    Expression exponents = 0;
    std::vector<std::pair<Expression, int>> functions;
    for (std::size_t i = Field::root_of_pi + 1; i < key.size(); ++i) {
      if (key[i] == 0) continue;
      const Generator& generator = field().generator(i);
      if (generator.kind == Generator::Kind::phase) throw GiveUp();
      if (generator.kind == Generator::Kind::exponential) {
        exponents = exponents + Expression(Rational(key[i], generator.root)) * generator.base;
      } else if (generator.number || generator.radicand) {
        product.multiply(generator.radicand && generator.radicand->denominator.empty() ? written_polynomial(generator.radicand->numerator) : generator.base,
                         Rational(key[i], generator.root));
      } else {
        bool negative = false;
        const Expression f = written_function(generator.base, exponent(marks, i), negative);
        if (negative && key[i] % 2 != 0) product.coefficient = -product.coefficient;
        functions.emplace_back(f, key[i]);
      }
    }
    if (!exponents.is_number(0)) product.multiply(exp(shorten(exponents, given_)), 1);
    for (const auto& [f, power] : functions) product.multiply(f, power);
    return product;
  }

  /// Factored, or by powers of one letter with their coefficients factored, where that is shorter: (1 + q1)*(1 + q2) - c^2.
  Expression written_polynomial(const Polynomial& p) {
    Expression best = written_terms(p);
    if (p.terms().size() < 3) return best;
    const auto take_if_shorter = [&](const Expression& other) {
      if (to_string(other).size() < to_string(best).size()) best = other;
    };
    take_if_shorter(factored(p));
    constexpr std::size_t most_terms = 30;
    for (std::size_t g = Field::root_of_pi + 1; p.terms().size() > 3 && p.terms().size() <= most_terms && g < field().generators(); ++g) {
      std::map<int, Polynomial> by_power;
      for (const auto& [m, c] : p.terms()) by_power[exponent(m, g)].add(m, c);
      if (by_power.size() != 2) continue;
      std::vector<Expression> parts;
      for (const auto& [power, part] : by_power) parts.push_back(factored(part));
      std::stable_sort(parts.begin(), parts.end(), [](const Expression& a, const Expression& b) { return starts_with_minus(a) < starts_with_minus(b); });
      if (!starts_with_minus(parts[0])) take_if_shorter(parts[0] + parts[1]);
    }
    return best;
  }

  Expression factored(const Polynomial& p) {
    const PrimitivePart part = primitive_part(p);
    Rational number = part.coefficient;
    std::vector<std::pair<Expression, int>> written;
    for (const auto& [factor, n] : irreducible_factors(part.rest)) {
      written.emplace_back(written_terms(factor), n);
      if (starts_with_minus(written.back().first) && n % 2 != 0) number = -number, written.back().first = -written.back().first;
    }
    std::sort(written.begin(), written.end(), [](const auto& a, const auto& b) { return to_string(a.first) < to_string(b.first); });
    Expression product = field().formula(Polynomial(part.monomial, 1));
    for (auto& [factor, n] : written) {
      if (number < 0 && n % 2 != 0 && factor.op() == Op::subtract) number = -number, factor = -factor;
      product = product * pow(factor, Expression(n));
    }
    return Expression(number) * product;
  }

  /// By rising powers, or by falling ones if only so it begins with a plus.
  Expression written_terms(const Polynomial& p) {
    std::vector<std::pair<Monomial, Rational>> terms(p.terms().begin(), p.terms().end());
    const auto degree = [](const auto& term) {
      int sum = 0;
      for (const int e : term.first) sum += e;
      return sum;
    };
    std::sort(terms.begin(), terms.end(), [&](const auto& a, const auto& b) { return degree(a) != degree(b) ? degree(a) < degree(b) : a.first > b.first; });
    if (terms.front().second < 0 && terms.back().second > 0) std::reverse(terms.begin(), terms.end());
    Expression sum = 0;
    for (const auto& [m, c] : terms) sum = sum + field().formula(Polynomial(m, c));
    return sum;
  }

  /// `negative`: minus the function, of the mirrored argument, is meant.
  Expression written_function(const Expression& f, int complement, bool& negative) {
    std::vector<Expression> arguments;
    for (const Expression& a : f.arguments()) arguments.push_back(shorten(complement < 0 ? -a : a, given_));
    if (complement != 0) return erfc(arguments[0]);
    if (f.op() == Op::erf || f.op() == Op::asin || f.op() == Op::atan || f.op() == Op::sin) {
      negative = starts_with_minus(arguments[0]);
      if (negative) arguments[0] = -arguments[0];
    } else if (f.op() == Op::cos) {
      if (starts_with_minus(arguments[0])) arguments[0] = -arguments[0];
    } else if (f.op() == Op::owens_t) {
      if (starts_with_minus(arguments[0])) arguments[0] = -arguments[0];
      negative = starts_with_minus(arguments[1]);
      if (negative) arguments[1] = -arguments[1];
    }
    return Expression::make(f.op(), arguments);
  }
};

}  // namespace

Expression shorten(const Expression& e, const Assumptions& given) {
  if (e.arguments().empty() || e.has_kinked_function()) return e;
  try {
    const Expression candidate = Shortener(given).shortened(e);
    if (candidate.size() <= 2 * e.size() + 4 && agree_at_points(candidate, e, given)) return candidate;
  } catch (const GiveUp&) {
    // too large, or nothing that the algebra knows
  }
  return e;
}

}  // namespace infwidth
