// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <set>
#include <unordered_map>

#include "algebra.hpp"
#include "infwidth/expression/simplify.hpp"
#include "product_form.hpp"
#include "samples.hpp"

namespace infwidth {

namespace {

using namespace algebra;

/// Functions that the algebra would take apart (1 - erf for erfc, which loses the tail), or does not know, as symbols of their own.
class OpaqueFunctions {
 public:
  explicit OpaqueFunctions(const Assumptions& given) : given_(given) {}

  const Assumptions& given() const { return given_; }
  Expression hidden(const Expression& e) {
    if (e.arguments().empty()) return e;
    const void* id = &e.arguments();  // one address a node
    if (const auto known = done_.find(id); known != done_.end()) return known->second;
    std::vector<Expression> arguments;
    const bool opaque = is_opaque(e.op());
    for (const Expression& a : e.arguments()) arguments.push_back(opaque ? simplify(a, given_) : hidden(a));
    Expression result = Expression::make(e.op(), std::move(arguments));
    if (opaque && result.op() == e.op()) result = symbol_of(result);
    done_.emplace(id, result);
    return result;
  }
  Expression shown(Expression e) const {
    for (const auto& [name, function] : symbols_) e = substitute(e, name, function);
    return e;
  }

 private:
  Assumptions given_;
  std::vector<std::pair<std::string, Expression>> symbols_;
  std::unordered_map<const void*, Expression> done_;

  static bool is_opaque(Op op) { return op == Op::erfc || op == Op::Phi; }
  Expression symbol_of(const Expression& function) {
    for (const auto& [name, known] : symbols_) {
      if (known == function) return Expression::variable(name);
    }
    const std::string name = "\\" + std::to_string(symbols_.size());  // no name that a formula has
    symbols_.emplace_back(name, function);
    given_.positive.insert(name);
    return Expression::variable(name);
  }
};

/// The one variable that exponents depend on, and whether they are linear in it with rational coefficients.
class Powers {
 public:
  /// e as a product of powers of sums and functions: base and exponent. GiveUp for exponents that are not linear in one variable.
  static Powers of(const Expression& e) {
    Powers p;
    p.take(e, {1, 0});
    return p;
  }
  const std::vector<std::pair<Expression, Exponent>>& parts() const { return parts_; }
  const std::string& variable() const { return variable_; }

 private:
  std::vector<std::pair<Expression, Exponent>> parts_;
  std::string variable_;

  void take(const Expression& e, const Exponent& power) {
    switch (e.op()) {
      case Op::multiply: case Op::divide:
        take(e.argument(0), power);
        take(e.argument(1), e.op() == Op::multiply ? power : power.times(-1));
        return;
      case Op::sqrt: return take(e.argument(), power.times(Rational(1, 2)));
      case Op::power: {
        const Exponent here = exponent(e.argument(1));
        if (power.slope != 0 && here.slope != 0) throw GiveUp();
        const Exponent product{Rational(power.constant * here.constant), Rational(power.constant * here.slope + power.slope * here.constant)};
        // (x^2)^(1/2) is not x: a whole power inside a broken one stays one base.
        if (!power.is_integer() && here.is_integer()) break;
        return take(e.argument(0), product);
      }
      default: break;
    }
    if (!power.is_integer()) {
      parts_.emplace_back(e, power);
      return;
    }
    const Exponent one{1, 0};
    const auto known = std::find_if(parts_.begin(), parts_.end(), [&](const auto& part) { return part.second == one; });
    const Expression factor = pow(e, Expression(power.constant));
    if (known == parts_.end()) {
      parts_.emplace_back(factor, one);
    } else {
      known->first = known->first * factor;
    }
  }

  Exponent exponent(const Expression& e) {
    if (e.is_number()) return {e.value(), 0};
    const std::set<std::string> names = variables_of(e);
    if (names.size() != 1 || (!variable_.empty() && variable_ != *names.begin())) throw GiveUp();
    variable_ = *names.begin();
    const auto coefficients = polynomial_coefficients(e, variable_);
    if (!coefficients || coefficients->size() != 2 || !(*coefficients)[0].is_number() || !(*coefficients)[1].is_number()) throw GiveUp();
    return {(*coefficients)[0].value(), (*coefficients)[1].value()};
  }
};

/// The terms of the numerator apart by their transcendental parts (functions, roots, exponentials), each over the denominator.
std::vector<Fraction> terms_of(const Fraction& f, const Field& field) {
  std::map<Monomial, Polynomial> parts;
  for (const auto& [m, c] : f.numerator.terms()) {
    Monomial transcendental = m;
    for (std::size_t g = 0; g < m.size(); ++g) {
      const Generator& generator = field.generator(g);
      const bool plain = generator.kind == Generator::Kind::plain && !generator.radicand &&
                         (generator.number || generator.base.op() == Op::variable || generator.base.op() == Op::pi);
      if (plain) transcendental[g] = 0;
    }
    parts[product(transcendental, {})].add(m, c);
  }
  std::vector<Fraction> terms;
  for (auto& [m, p] : parts) {
    terms.emplace_back(std::move(p));
    terms.back().denominator = f.denominator;
  }
  return terms;
}

Expression multiplied(const Expression& product, const Expression& sum) {
  if (product.op() == Op::divide) return product.argument(0) * sum / product.argument(1);
  return product * sum;
}

std::vector<Expression> candidates(const Expression& e, const Assumptions& given) {
  const Powers powers = Powers::of(e);
  Algebra algebra(given);
  Field& field = algebra.field();
  std::vector<Expression> bases;
  for (const auto& [base, power] : powers.parts()) bases.push_back(base);
  std::vector<Fraction> fractions = algebra.fractions_of(bases);
  FormulaWriter writer(field);
  for (Fraction& f : fractions) {
    f = field.reduced(f);
    if (f.numerator.is_zero()) return {Expression(0)};
  }
  std::vector<Expression> found;
  for (const bool decaying : {false, true}) {
    ProductForm product(writer, powers.variable(), decaying);
    for (std::size_t i = 0; i < fractions.size(); ++i) product.multiply(fractions[i], powers.parts()[i].second);
    found.push_back(product.formula());
  }
  if (fractions.size() != 1) return found;
  std::vector<ProductForm> terms;
  for (const Fraction& term : terms_of(fractions[0], field)) {
    terms.emplace_back(writer, powers.variable(), true);
    terms.back().multiply(term, {1, 0});
  }
  if (terms.size() < 2) return found;
  ProductForm common = terms.front().take_common(terms);
  const auto sum = [&](const Rational& factor) {
    std::vector<Expression> written;
    for (const ProductForm& term : terms) written.push_back(Expression(factor) * term.formula());
    std::stable_partition(written.begin(), written.end(), [](const Expression& term) { return to_string(term).front() != '-'; });
    Expression s = 0;
    for (const Expression& term : written) s = s + term;
    return s;
  };
  found.push_back(multiplied(common.formula(), sum(1)));
  const Rational number = common.take_number();  // 1/4 + q/2 beside (1 + 2 q)/4
  found.push_back(multiplied(common.formula(), sum(number)));
  return found;
}

}  // namespace

Expression simplify(const Expression& e, const Assumptions& given) {
  constexpr std::size_t largest = 20000;  // nodes, counted as a tree; shared ones are worked on once, and the work is bounded besides
  if (e.arguments().empty() || e.has_kinked_function() || e.size() > largest) return e;
  Expression best = e;
  std::size_t length = to_string(e).size() + 1;  // of two equally long, the product with its factors in order
  try {
    OpaqueFunctions functions(given);
    const Expression plain = functions.hidden(e);
    for (const Expression& found : candidates(plain, functions.given())) {
      const Expression candidate = functions.shown(found);
      const std::size_t its_length = to_string(candidate).size();
      if (its_length >= length || !agree_at_points(candidate, e, given)) continue;
      best = candidate;
      length = its_length;
    }
  } catch (const GiveUp&) {
    // too large, or not known to be real: nothing shorter was found
  } catch (const UsageError&) {
    // a division by 0 on the way
  }
  return best;
}

}  // namespace infwidth
