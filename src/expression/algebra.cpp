// SPDX-License-Identifier: GPL-3.0-or-later
#include "algebra.hpp"

#include <algorithm>
#include <numeric>

namespace infwidth::algebra {

namespace {

/// c = p/q with q small enough to be the degree of a root.
int small_denominator(const Rational& c) {
  if (denominator(c) > 1000) throw GiveUp();
  return static_cast<int>(denominator(c));
}
int small_integer(const Rational& c) {
  if (denominator(c) != 1 || abs(numerator(c)) > 1 << 20) throw GiveUp();
  return static_cast<int>(numerator(c));
}

/// The prime factors below 1000 with their exponents; what is left counts as one more.
std::vector<std::pair<Integer, int>> factors(Integer n) {
  std::vector<std::pair<Integer, int>> result;
  for (unsigned p = 2; p < 1000 && n > 1; ++p) {
    int count = 0;
    for (; n % p == 0; n /= p) ++count;
    if (count > 0) result.emplace_back(p, count);
  }
  if (n > 1) result.emplace_back(n, 1);
  return result;
}

/// True if all its generators exist in this pass.
bool is_known(const Fraction& f, const Field& field) {
  const auto known = [&](const Polynomial& p) {
    return std::all_of(p.terms().begin(), p.terms().end(), [&](const auto& term) { return term.first.size() <= field.generators(); });
  };
  return known(f.numerator) && std::all_of(f.denominator.begin(), f.denominator.end(), [&](const auto& d) { return known(d.first); });
}

/// Splits p into a positive number, a monomial in positive generators, and the rest.
PrimitivePart positive_part(const Polynomial& p, const Field& field) {
  if (p.is_zero()) throw GiveUp();
  PrimitivePart part = primitive_part(p);
  Monomial positive = part.monomial, other = part.monomial;
  for (std::size_t g = 0; g < part.monomial.size(); ++g) (field.generator(g).positive ? other : positive)[g] = 0;
  part.monomial = product(positive, {});
  part.rest = part.rest.times(product(other, {}), part.coefficient < 0 ? -1 : 1);
  part.coefficient = abs(part.coefficient);
  return part;
}

}  // namespace

std::vector<Fraction> Algebra::fractions_of(const std::vector<Expression>& formulas) {
  for (int pass = 0; pass < 6; ++pass) {
    field_.clear();
    functions_.clear();
    variables_.clear();
    done_.clear();
    for (Family& family : families_) family.generator.reset();
    refined_ = false;
    std::vector<Fraction> result;
    for (const Expression& e : formulas) result.push_back(convert(e));
    if (!refined_) return result;
  }
  throw GiveUp();
}

Fraction Algebra::convert(const Expression& e) {
  const void* id = &e.arguments();  // one address a node
  if (const auto found = done_.find(id); found != done_.end()) return found->second;
  Fraction result = translate(e);
  done_.emplace(id, result);
  return result;
}

Fraction Algebra::translate(const Expression& e) {
  Field& f = field_;
  switch (e.op()) {
    case Op::number: return Fraction(e.value());
    case Op::pi: return f.generator_power(Field::root_of_pi, 2);
    case Op::variable: {
      auto found = variables_.find(e.name());
      if (found == variables_.end()) {
        Generator g{Generator::Kind::plain, e, 1, given_.positive.contains(e.name()), std::nullopt};
        g.not_negative = given_.not_negative.contains(e.name());
        found = variables_.emplace(e.name(), f.add_generator(std::move(g))).first;
      }
      return f.generator_power(found->second, 1);
    }
    default: break;
  }
  const Fraction u = convert(e.argument());
  switch (e.op()) {
    case Op::add: return f.add(u, convert(e.argument(1)));
    case Op::subtract: return f.subtract(u, convert(e.argument(1)));
    case Op::multiply: return f.multiply(u, convert(e.argument(1)));
    case Op::divide: return f.divide(u, convert(e.argument(1)));
    case Op::power:
      if (e.argument(1).is_number()) return power(u, e.argument(1).value());
      return exponential(f.multiply(convert(e.argument(1)), logarithm(u)));
    case Op::negate: return f.scaled(u, -1);
    case Op::exp: return exponential(u);
    case Op::log: return logarithm(u);
    case Op::sqrt: return power(u, Rational(1, 2));
    case Op::sin: case Op::cos: case Op::tan: {
      if (circular_ == Circular::functions) {
        const auto sine = [&] { return odd_function(Op::sin, u); };
        const auto cosine = [&] { return even_function(Op::cos, u); };
        return e.op() == Op::sin ? sine() : e.op() == Op::cos ? cosine() : f.divide(sine(), cosine());
      }
      const Fraction z = phase(u), w = phase(f.scaled(u, -1));
      const Fraction cosine = f.scaled(f.add(z, w), Rational(1, 2));
      if (e.op() == Op::cos) return cosine;
      const Fraction sine = f.multiply(f.scaled(imaginary(), Rational(-1, 2)), f.subtract(z, w));
      return e.op() == Op::sin ? sine : f.divide(sine, cosine);
    }
    case Op::sinh: case Op::cosh: {
      const Fraction z = exponential(u), w = exponential(f.scaled(u, -1));
      return f.scaled(e.op() == Op::sinh ? f.subtract(z, w) : f.add(z, w), Rational(1, 2));
    }
    case Op::tanh: {
      const Fraction z = exponential(f.scaled(u, 2));
      return f.divide(f.subtract(z, one()), f.add(z, one()));
    }
    case Op::sigmoid: {
      const Fraction z = exponential(u);
      return f.divide(z, f.add(z, one()));
    }
    case Op::softplus: return logarithm(f.add(exponential(u), one()));
    case Op::erfc: return f.subtract(one(), odd_function(Op::erf, u));
    case Op::Phi: return f.scaled(f.add(one(), odd_function(Op::erf, f.multiply(u, power_of_number(2, Rational(-1, 2))))), Rational(1, 2));
    case Op::erf: case Op::asin: case Op::atan: case Op::asinh: return odd_function(e.op(), u);
    case Op::gamma: return gamma(u);
    case Op::owens_t: case Op::erf_re: case Op::erf_im: return special_function(e.op(), u, convert(e.argument(1)));
    case Op::hyp2f1: return hypergeometric(u, convert(e.argument(1)), convert(e.argument(2)), convert(e.argument(3)));
    default: throw GiveUp();  // kinked functions
  }
}

Fraction Algebra::family_power(Family::Kind kind, const Fraction& key, const Rational& c) {
  Family* family = nullptr;
  for (Family& candidate : families_) {
    if (candidate.kind == kind && is_known(candidate.key, field_) && field_.equal(candidate.key, key)) family = &candidate;
  }
  if (family == nullptr) {
    families_.push_back({kind, key});
    family = &families_.back();
  }
  const int q = small_denominator(c);
  if (family->root % q != 0) {
    family->root = std::lcm(family->root, q);
    if (family->root > 1000) throw GiveUp();
    refined_ = true;  // powers of this family made before are too coarse: one more pass
    family->generator.reset();
  }
  if (!family->generator) {
    const Expression base = field_.formula(key);
    Generator g{Generator::Kind::exponential, base, family->root, true, std::nullopt};
    if (kind == Family::Kind::phase) g.kind = Generator::Kind::phase, g.positive = false;
    if (kind == Family::Kind::radical) {
      g.kind = Generator::Kind::plain;
      const bool number = key.denominator.empty() && key.numerator.is_number();
      g.positive = family->root % 2 == 0 || number;
      if (number) {
        g.number = base.value();
      } else {
        g.radicand = key;
      }
    }
    family->generator = field_.add_generator(std::move(g));
  }
  return field_.generator_power(*family->generator, small_integer(c * family->root));
}

Fraction Algebra::exponential_of_term(const Monomial& m, const Rational& c) {
  for (const Function& known : functions_) {  // exp(c log u) = u^c
    if (known.op == Op::log && m == generator_power(known.generator, 1)) {
      const Fraction u = known.arguments[0];  // a copy: `power` may add functions
      return power(u, c);
    }
  }
  if (exponent(m, Field::imaginary_unit) != 0) throw GiveUp();
  return family_power(Family::Kind::exponential, Fraction(Polynomial(m, 1)), c);
}

Fraction Algebra::exponential(const Fraction& argument) {
  const Fraction u = field_.reduced(argument);
  Fraction result = one();
  if (u.denominator.empty()) {
    for (const auto& [m, c] : u.numerator.terms()) result = field_.multiply(result, exponential_of_term(m, c));
    return result;
  }
  const Rational c = primitive_part(u.numerator).coefficient;
  return family_power(Family::Kind::exponential, field_.scaled(u, 1 / c), c);
}

Fraction Algebra::phase(const Fraction& argument) {
  const Fraction u = field_.reduced(argument);
  if (!u.denominator.empty()) {
    const Rational c = primitive_part(u.numerator).coefficient;
    return family_power(Family::Kind::phase, field_.scaled(u, 1 / c), c);
  }
  const Monomial pi = generator_power(Field::root_of_pi, 2);
  Fraction result = one();
  for (const auto& [m, c] : u.numerator.terms()) {
    if (m != pi || 12 % small_denominator(c) != 0) {
      result = field_.multiply(result, family_power(Family::Kind::phase, Fraction(Polynomial(m, 1)), c));
      continue;
    }
    // exp(i pi k / 12) = ((sqrt 6 + sqrt 2) / 4 + i (sqrt 6 - sqrt 2) / 4)^k
    const Fraction root2 = power_of_number(2, Rational(1, 2)), root6 = field_.multiply(root2, power_of_number(3, Rational(1, 2)));
    const Fraction step = field_.scaled(field_.add(field_.add(root6, root2), field_.multiply(imaginary(), field_.subtract(root6, root2))), Rational(1, 4));
    const Integer k = numerator(Rational(c * 12)) % 24;
    result = field_.multiply(result, field_.power(step, static_cast<int>(k < 0 ? Integer(k + 24) : k)));
  }
  return result;
}

Fraction Algebra::logarithm_of_number(const Rational& c) {
  Fraction result;
  const auto add = [&](const Integer& n, int sign) {
    for (const auto& [p, count] : factors(n)) {
      result = field_.add(result, field_.scaled(function(Op::log, {Fraction(Rational(p))}), sign * count));
    }
  };
  add(numerator(c), 1);
  add(denominator(c), -1);
  return result;
}

Fraction Algebra::logarithm_of_generator(std::size_t g) {
  const Generator generator = field_.generator(g);
  const Rational part(1, generator.root);
  if (generator.number) return field_.scaled(logarithm_of_number(*generator.number), part);
  if (generator.radicand) return field_.scaled(logarithm(*generator.radicand), part);
  if (g == Field::root_of_pi) return field_.scaled(function(Op::log, {field_.generator_power(g, 2)}), part);
  for (const Family& family : families_) {
    if (family.generator == g) return field_.scaled(family.key, part);
  }
  throw GiveUp();
}

Fraction Algebra::logarithm(const Fraction& argument) {
  const Fraction u = field_.reduced(argument);
  const PrimitivePart part = positive_part(u.numerator, field_);
  Fraction result = logarithm_of_number(part.coefficient);
  for (std::size_t g = 0; g < part.monomial.size(); ++g) {
    if (part.monomial[g] != 0) result = field_.add(result, field_.scaled(logarithm_of_generator(g), part.monomial[g]));
  }
  Fraction rest(part.rest);
  for (const auto& [base, n] : u.denominator) {
    if (field_.is_manifestly_positive(base)) {
      result = field_.subtract(result, field_.scaled(function(Op::log, {Fraction(base)}), n));
    } else {
      rest.denominator.emplace_back(base, n);
    }
  }
  if (rest.denominator.empty() && rest.numerator.is_one()) return result;
  return field_.add(result, function(Op::log, {rest}));
}

Fraction Algebra::power_of_number(const Rational& base, const Rational& c) {
  Fraction result = one();
  const auto multiply = [&](const Integer& n, int sign) {
    for (const auto& [p, count] : factors(n)) {
      const Rational e = c * sign * count;
      if (denominator(e) == 1) {
        result = field_.multiply(result, field_.power(Fraction(Rational(p)), small_integer(e)));
      } else {
        result = field_.multiply(result, family_power(Family::Kind::radical, Fraction(Rational(p)), e));
      }
    }
  };
  multiply(numerator(base), 1);
  multiply(denominator(base), -1);
  return result;
}

Fraction Algebra::power(const Fraction& argument, const Rational& c) {
  if (denominator(c) == 1) return field_.power(argument, small_integer(c));
  const Fraction u = field_.reduced(argument);
  const PrimitivePart part = positive_part(u.numerator, field_);
  Fraction result = power_of_number(part.coefficient, c);
  Fraction rest(part.rest);
  for (std::size_t g = 0; g < part.monomial.size(); ++g) {
    if (part.monomial[g] == 0) continue;
    const Generator generator = field_.generator(g);
    const Rational e = c * part.monomial[g];
    if (denominator(e) == 1) {
      result = field_.multiply(result, field_.generator_power(g, small_integer(e)));
    } else if (generator.kind == Generator::Kind::exponential) {
      result = field_.multiply(result, exponential(field_.scaled(logarithm_of_generator(g), e)));
    } else if (generator.number) {
      result = field_.multiply(result, power_of_number(*generator.number, e / generator.root));
    } else {  // positive: a root of its own
      result = field_.multiply(result, family_power(Family::Kind::radical, field_.generator_power(g, 1), e));
    }
  }
  for (const auto& [base, n] : u.denominator) {
    if (field_.is_manifestly_positive(base)) {
      result = field_.multiply(result, family_power(Family::Kind::radical, Fraction(base), -c * n));
    } else {
      rest.denominator.emplace_back(base, n);
    }
  }
  if (rest.denominator.empty() && rest.numerator.is_number()) {
    if (!rest.numerator.is_one()) throw GiveUp();  // the root of a negative number
    return result;
  }
  return field_.multiply(result, family_power(Family::Kind::radical, rest, c));
}

Fraction Algebra::odd_function(Op op, const Fraction& argument) {
  const Fraction u = field_.reduced(argument);
  if (u.numerator.is_zero()) return u;
  const Fraction mirrored = field_.scaled(u, -1);
  for (const Function& known : functions_) {
    if (known.op == op && field_.equal(known.arguments[0], mirrored)) return field_.scaled(field_.generator_power(known.generator, 1), -1);
  }
  return function(op, {u});
}

Fraction Algebra::even_function(Op op, const Fraction& argument) {
  const Fraction u = field_.reduced(argument), mirrored = field_.scaled(u, -1);
  if (u.numerator.is_zero()) return op == Op::cos ? one() : function(op, {u});
  for (const Function& known : functions_) {
    if (known.op == op && field_.equal(known.arguments[0], mirrored)) return field_.generator_power(known.generator, 1);
  }
  return function(op, {u});
}

Fraction Algebra::special_function(Op op, const Fraction& first, const Fraction& second) {
  const Fraction u = field_.reduced(first), v = field_.reduced(second);
  if (v.numerator.is_zero()) return op == Op::erf_re ? odd_function(Op::erf, u) : v;
  if (u.numerator.is_zero() && op == Op::erf_re) return u;
  if (u.numerator.is_zero() && op == Op::owens_t) {
    return field_.divide(odd_function(Op::atan, v), field_.scaled(field_.generator_power(Field::root_of_pi, 2), 2));
  }
  // erf_re is odd in u and even in v; owens_t and erf_im are even in u and odd in v
  for (const Function& known : functions_) {
    if (known.op != op) continue;
    for (const int s : {1, -1}) {
      if (!field_.equal(known.arguments[0], field_.scaled(u, s))) continue;
      for (const int t : {1, -1}) {
        if (!field_.equal(known.arguments[1], field_.scaled(v, t))) continue;
        return field_.scaled(field_.generator_power(known.generator, 1), op == Op::erf_re ? s : t);
      }
    }
  }
  return function(op, {u, v});
}

Fraction Algebra::hypergeometric(const Fraction& a, const Fraction& b, const Fraction& c, const Fraction& z) {
  const std::vector<Fraction> arguments = {field_.reduced(a), field_.reduced(b), field_.reduced(c), field_.reduced(z)};
  for (const std::size_t i : {0U, 1U, 3U}) {
    if (arguments[i].numerator.is_zero()) return one();
  }
  for (const Function& known : functions_) {  // symmetric in a and b
    if (known.op != Op::hyp2f1 || !field_.equal(known.arguments[2], arguments[2]) || !field_.equal(known.arguments[3], arguments[3])) continue;
    if (field_.equal(known.arguments[0], arguments[1]) && field_.equal(known.arguments[1], arguments[0])) return field_.generator_power(known.generator, 1);
  }
  return function(Op::hyp2f1, arguments);
}

Fraction Algebra::gamma(const Fraction& argument) {
  const Fraction u = field_.reduced(argument);
  if (!u.denominator.empty() || !u.numerator.is_number()) return function(Op::gamma, {u});
  Rational x = u.numerator.is_zero() ? Rational(0) : u.numerator.terms().begin()->second;
  if (abs(x) > 1000 || (x <= 0 && boost::multiprecision::denominator(x) == 1)) throw GiveUp();
  Rational product = 1;
  for (; x > 1; product *= x) x -= 1;
  for (; x <= 0; x += 1) product /= x;
  Fraction result(product);
  if (x == 1) return result;
  if (x == Rational(1, 2)) return field_.multiply(result, field_.generator_power(Field::root_of_pi, 1));
  return field_.multiply(result, function(Op::gamma, {Fraction(x)}));
}

Fraction Algebra::function(Op op, const std::vector<Fraction>& arguments) {
  const auto matches = [&](const Function& known) {
    if (known.op != op) return false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (!field_.equal(known.arguments[i], arguments[i])) return false;
    }
    return true;
  };
  for (const Function& known : functions_) {
    if (matches(known)) return field_.generator_power(known.generator, 1);
  }
  std::vector<Expression> formulas;
  for (const Fraction& u : arguments) formulas.push_back(field_.formula(u));
  const std::size_t g = field_.add_generator({Generator::Kind::plain, Expression::make(op, std::move(formulas)), 1, false, std::nullopt});
  functions_.push_back({op, arguments, g});
  return field_.generator_power(g, 1);
}

}  // namespace infwidth::algebra
