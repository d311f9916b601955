// SPDX-License-Identifier: GPL-3.0-or-later
#include "product_form.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <set>

#include "factor.hpp"
#include "quotient.hpp"

namespace infwidth::algebra {

namespace {

std::size_t length(const Expression& e) { return to_string(e).size(); }

std::size_t variables(const Expression& e) {
  if (e.op() == Op::variable) return 1;
  std::size_t sum = 0;
  for (const Expression& a : e.arguments()) sum += variables(a);
  return sum;
}

bool is_one_generator(const Polynomial& p) { return p.terms().size() == 1; }

/// As many terms as possible are added, not subtracted.
bool has_more_minus_than_plus(const Polynomial& p) {
  int balance = 0;
  for (const auto& term : p.terms()) balance += term.second > 0 ? 1 : -1;
  return balance < 0;
}

Integer whole_part(const Rational& c) { return Integer(numerator(c) / denominator(c)); }  // towards 0

Rational greatest_common_divisor(const Rational& a, const Rational& b) {
  return {gcd(Integer(numerator(a) * denominator(b)), Integer(numerator(b) * denominator(a))), Integer(denominator(a) * denominator(b))};
}

}  // namespace

const std::vector<std::pair<Polynomial, int>>& FormulaWriter::factors(const Polynomial& primitive) {
  auto found = factors_.find(primitive.terms());
  if (found == factors_.end()) found = factors_.emplace(primitive.terms(), irreducible_factors(primitive)).first;
  return found->second;
}

Expression FormulaWriter::plain(const Polynomial& p) {
  std::vector<std::pair<int, Expression>> terms;  // by degree; the dimension first, as in d + 2
  for (const auto& [m, c] : p.terms()) {
    ProductForm term(*this, "");
    term.multiply(Fraction(Polynomial(m, c)), {1, 0});
    int order = 0;
    for (std::size_t g = 0; g < m.size(); ++g) {
      const Generator& generator = field_.generator(g);
      const bool dimension = generator.base.op() == Op::variable && generator.base.name() == "d";
      order += dimension ? -1000 * m[g] : std::abs(m[g]);
    }
    terms.emplace_back(order, term.formula());
  }
  std::stable_sort(terms.begin(), terms.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : to_string(a.second).size() < to_string(b.second).size();
  });
  std::vector<Expression> sorted;
  for (auto& term : terms) sorted.push_back(std::move(term.second));
  return sum_of(std::move(sorted));
}

std::optional<Expression> FormulaWriter::collected(const Polynomial& p, std::size_t generator) {
  std::map<int, Polynomial> by_power;
  for (const auto& [m, c] : p.terms()) by_power[exponent(m, generator)].add(m, c);
  if (by_power.size() < 2 || by_power.size() == p.terms().size()) return std::nullopt;
  std::vector<std::pair<int, Polynomial>> parts(by_power.begin(), by_power.end());
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return std::abs(a.first) < std::abs(b.first); });
  std::vector<Expression> terms;
  for (const auto& [power, part] : parts) {
    ProductForm term(*this, "");
    term.multiply(Fraction(part), {1, 0});
    terms.push_back(term.formula());
  }
  return sum_of(std::move(terms));
}

Expression FormulaWriter::polynomial(const Polynomial& p) {
  constexpr std::size_t largest = 60;  // terms; beyond it no short form is to be hoped for
  if (const auto known = written_.find(p.terms()); known != written_.end()) return known->second;
  const Expression sum = plain(p);
  std::optional<Expression> best;
  const auto size = [](const Expression& e) { return std::pair(length(e), variables(e)); };
  if (p.terms().size() <= largest) {
    std::size_t generators = 0;
    for (const auto& term : p.terms()) generators = std::max(generators, term.first.size());
    for (std::size_t g = 0; g < generators; ++g) {
      const std::optional<Expression> other = collected(p, g);
      if (other && (!best || size(*other) < size(*best))) best = *other;
    }
  }
  if (!best || size(sum) <= size(*best)) best = sum;
  written_.emplace(p.terms(), *best);
  return *best;
}

void ProductForm::multiply(const Fraction& f, const Exponent& e) {
  if (e.is_zero()) return;
  multiply_polynomial(f.numerator, e);
  for (const auto& [base, n] : f.denominator) multiply_polynomial(base, e.times(-n));
}

void ProductForm::multiply_polynomial(const Polynomial& p, const Exponent& e) {
  if (p.is_zero()) throw GiveUp();
  const Field& field = writer_->field();
  PrimitivePart part = primitive_part(p);
  if (part.rest.terms().rbegin()->second < 0) {  // the order of the terms has changed with the negative exponents: factors have their last term positive
    part.rest = part.rest.times({}, -1);
    part.coefficient = -part.coefficient;
  }
  std::vector<std::pair<Polynomial, int>> factors;
  if (!part.rest.is_one()) factors = writer_->factors(part.rest);
  Rational number = part.coefficient;
  for (auto& [base, n] : factors) {
    if (!has_more_minus_than_plus(base)) continue;
    base = base.times({}, -1);
    if (n % 2 != 0) number = -number;
  }
  if (!e.is_integer()) {
    // p is positive; so are its parts if at most one of them is not seen to be, with its sign turned if need be. (x^2)^(1/2) is not x.
    int doubtful = 0;
    const auto doubt = [&](int n) {
      if (n % 2 == 0) throw GiveUp();
      ++doubtful;
    };
    for (std::size_t g = 0; g < part.monomial.size(); ++g) {
      const Generator& generator = field.generator(g);
      if (part.monomial[g] != 0 && !generator.positive && !generator.not_negative) doubt(part.monomial[g]);
    }
    for (auto& [base, n] : factors) {
      if (field.is_manifestly_positive(base)) continue;
      doubt(n);
      if (number > 0) continue;
      base = base.times({}, -1);
      number = -number;
    }
    if (doubtful > 1 || number < 0) throw GiveUp();
  }
  multiply_number(number, e);
  for (std::size_t g = 0; g < part.monomial.size(); ++g) {
    if (part.monomial[g] != 0) multiply_generator(g, part.monomial[g], e);
  }
  for (auto& [base, n] : factors) {
    for (std::size_t g = 0; decaying_ && g < field.generators(); ++g) {
      if (field.generator(g).kind != Generator::Kind::exponential) continue;
      int most = 0;
      for (const auto& term : base.terms()) most = std::max(most, exponent(term.first, g));
      if (most == 0) continue;
      base = base.times(generator_power(g, -most), 1);
      multiply_generator(g, most * n, e);
    }
    multiply_base(base, e.times(n));
  }
}

void ProductForm::multiply_number(const Rational& c, const Exponent& e) {
  if (c < 0) {
    if (!e.is_integer()) throw GiveUp();
    negative_ = negative_ != (numerator(e.constant) % 2 != 0);
  }
  const auto add = [&](const Integer& base, const Exponent& power) {
    const auto known = std::find_if(numbers_.begin(), numbers_.end(), [&](const auto& entry) { return entry.first == base; });
    if (known == numbers_.end()) {
      numbers_.emplace_back(base, power);
    } else {
      known->second = known->second.plus(power);
      if (known->second.is_zero()) numbers_.erase(known);
    }
  };
  const auto factorise = [&](Integer n, const Exponent& power) {
    for (unsigned p = 2; p < 1000 && n > 1; ++p) {
      for (; n % p == 0; n /= p) add(p, power);
    }
    if (n > 1) add(n, power);
  };
  factorise(abs(numerator(c)), e);
  factorise(denominator(c), e.times(-1));
}

void ProductForm::multiply_generator(std::size_t g, int n, const Exponent& e) {
  const Generator generator = writer_->field().generator(g);
  if (g == Field::imaginary_unit || generator.kind == Generator::Kind::phase) throw GiveUp();
  const Exponent power = e.times(Rational(n, generator.root));
  if (generator.kind == Generator::Kind::exponential) {
    const auto known = std::find_if(exponential_.begin(), exponential_.end(), [&](const auto& entry) { return entry.first == generator.base; });
    if (known == exponential_.end()) {
      exponential_.emplace_back(generator.base, power);
    } else {
      known->second = known->second.plus(power);
      if (known->second.is_zero()) exponential_.erase(known);
    }
    return;
  }
  if (generator.number) return multiply_number(*generator.number, power);
  if (generator.radicand) return multiply(*generator.radicand, power);
  multiply_base(Polynomial(generator_power(g, generator.root), 1), power);
}

void ProductForm::multiply_base(const Polynomial& base, const Exponent& e) {
  const auto known = std::find_if(powers_.begin(), powers_.end(), [&](const auto& entry) { return entry.first == base; });
  if (known == powers_.end()) {
    powers_.emplace_back(base, e);
    return;
  }
  known->second = known->second.plus(e);
  if (known->second.is_zero()) powers_.erase(known);
}

ProductForm ProductForm::take_common(std::vector<ProductForm>& with) {
  ProductForm common(*writer_, variable_, decaying_);
  if (std::all_of(with.begin(), with.end(), [](const ProductForm& f) { return f.negative_; })) {
    common.negative_ = true;
    for (ProductForm& f : with) f.negative_ = false;
  }
  const std::vector<std::pair<Polynomial, Exponent>> bases = with.front().powers_;
  for (const auto& [base, first] : bases) {
    std::optional<Exponent> shared = first;
    for (const ProductForm& f : with) {
      const auto& polynomial = base;
      const auto here = std::find_if(f.powers_.begin(), f.powers_.end(), [&](const auto& entry) { return entry.first == polynomial; });
      if (here == f.powers_.end() || !shared) {
        shared.reset();
        break;
      }
      const Exponent& e = here->second;
      if (e == *shared) continue;
      if (e.slope != 0 || shared->slope != 0 || (e.constant > 0) != (shared->constant > 0)) {
        shared.reset();
      } else if (abs(e.constant) < abs(shared->constant)) {
        shared = e;
      }
    }
    if (!shared) continue;
    common.multiply_base(base, *shared);
    for (ProductForm& f : with) f.multiply_base(base, shared->times(-1));
  }
  const auto exponent = with.front().exponential_;
  if (!exponent.empty() && std::all_of(with.begin(), with.end(), [&](const ProductForm& f) { return f.exponential_ == exponent; })) {
    common.exponential_ = exponent;
    for (ProductForm& f : with) f.exponential_.clear();
  }
  Rational content = 0;
  for (ProductForm& f : with) {
    Rational c = 1;
    for (const auto& [p, e] : f.numbers_) {
      if (!e.is_integer()) continue;
      const int n = static_cast<int>(numerator(e.constant));
      const Integer power = boost::multiprecision::pow(p, static_cast<unsigned>(n < 0 ? -n : n));
      c *= n > 0 ? Rational(power) : Rational(1, power);
    }
    content = greatest_common_divisor(content, c);
  }
  common.multiply_number(content, {1, 0});
  for (ProductForm& f : with) f.multiply_number(content, {-1, 0});
  return common;
}

Rational ProductForm::take_number() {
  Rational c = negative_ ? -1 : 1;
  negative_ = false;
  std::erase_if(numbers_, [&](const auto& entry) {
    if (!entry.second.is_integer()) return false;
    const int n = static_cast<int>(numerator(entry.second.constant));
    const Integer power = boost::multiprecision::pow(entry.first, static_cast<unsigned>(n < 0 ? -n : n));
    c *= n > 0 ? Rational(power) : Rational(1, power);
    return true;
  });
  return c;
}

Expression ProductForm::written(const Exponent& e) const {
  const Integer below = lcm(Integer(denominator(e.constant)), Integer(denominator(e.slope)));
  if (e.slope == 0) return Expression(e.constant);
  const Expression v = Expression::variable(variable_), slope = Rational(e.slope * below), constant = Rational(e.constant * below);
  const Expression above = e.slope > 0 || e.constant <= 0 ? slope * v + constant : constant + slope * v;
  return above / Expression(Rational(below));
}

Expression ProductForm::base_formula(const Polynomial& base) const {
  if (!is_one_generator(base)) return writer_->polynomial(base);
  const Monomial& m = base.terms().begin()->first;
  return writer_->field().generator(m.size() - 1).base;
}

/// Factors of one exponent whose product is shorter than they are, multiplied out: d^2 - 1.
void ProductForm::join_binomials() {
  for (std::size_t i = 0; i < powers_.size(); ++i) {
    for (std::size_t j = i + 1; j < powers_.size(); ++j) {
      if (powers_[i].second != powers_[j].second || is_one_generator(powers_[i].first) || is_one_generator(powers_[j].first)) continue;
      Polynomial both = writer_->field().multiply(powers_[i].first, powers_[j].first);
      if (both.terms().size() > 2) continue;
      powers_[i].first = std::move(both);
      powers_.erase(powers_.begin() + static_cast<std::ptrdiff_t>(j));
      j = i;
    }
  }
}

Expression ProductForm::formula() const {
  ProductForm joined = *this;
  joined.join_binomials();
  return joined.quotient();
}

Expression ProductForm::quotient() const {
  Quotient all, roots;  // `roots`: what stands together under one square root
  struct Member {
    Expression base;
    std::optional<Integer> number;
    Exponent exponent;
  };
  std::map<Rational, std::vector<Member>> symbolic;  // by the direction of the exponent: constant / slope
  for (const auto& [base, e] : powers_) {
    const Expression written_base = base_formula(base);
    if (e.slope != 0) {
      symbolic[Rational(e.constant / e.slope)].push_back({written_base, std::nullopt, e});
    } else if (abs(e.constant) == Rational(1, 2) && is_one_generator(base)) {
      roots.multiply(written_base, Rational(e.constant * 2));
    } else {
      all.multiply(written_base, e.constant);
    }
  }
  for (auto [p, e] : numbers_) {
    if (e.slope != 0) {
      const Rational direction = e.constant / e.slope;
      const bool joins = symbolic.contains(direction);
      symbolic[joins ? direction : Rational(0)].push_back({Expression(Rational(p)), p, joins ? e : Exponent{0, e.slope}});
      if (joins) continue;
    }
    const Integer whole = whole_part(e.constant);
    if (whole != 0) all.multiply(p, whole);
    const Rational rest = e.constant - Rational(whole);
    if (rest == 0) continue;
    if (denominator(rest) == 2) {
      roots.multiply(p, Integer(rest > 0 ? 1 : -1));
    } else {
      all.multiply(Expression(Rational(p)), rest);
    }
  }
  if (!roots.is_one()) {
    const bool below = roots.is_inverse();
    if (below) roots = roots.inverse();
    all.multiply(sqrt(roots.formula()), below ? -1 : 1);
  }
  for (const auto& [direction, members] : symbolic) {
    Rational unit = 0;
    for (const Member& m : members) unit = greatest_common_divisor(unit, Rational(abs(m.exponent.slope)));
    const bool below = std::all_of(members.begin(), members.end(), [](const Member& m) { return m.exponent.slope < 0; });
    Quotient inside;
    for (const Member& m : members) {
      const Rational times = m.exponent.slope / (below ? Rational(-unit) : unit);
      if (m.number) {
        inside.multiply(*m.number, Integer(numerator(times)));
      } else {
        inside.multiply(m.base, times);
      }
    }
    const Expression power = pow(inside.formula(), written(Exponent{Rational(unit * direction), unit}));
    all.multiply(power, below ? -1 : 1);
  }
  if (!exponential_.empty()) {
    std::vector<std::pair<Exponent, std::vector<Expression>>> by_factor;
    for (const auto& [base, e] : exponential_) {
      const auto& factor = e;
      auto same = std::find_if(by_factor.begin(), by_factor.end(), [&](const auto& group) { return group.first == factor; });
      if (same == by_factor.end()) same = by_factor.insert(same, {e, {}});
      same->second.push_back(base);
    }
    std::vector<Expression> terms;
    for (auto& [e, bases] : by_factor) {
      std::stable_sort(bases.begin(), bases.end(), [](const Expression& a, const Expression& b) { return a.size() < b.size(); });
      const Expression shared = shared_factors(bases);
      const Expression rest = shared * sum_of(std::move(bases));
      terms.push_back(e.slope == 0 ? Expression(Rational(numerator(e.constant))) * rest / Expression(Rational(denominator(e.constant))) : written(e) * rest);
    }
    all.multiply(exp(sum_of(std::move(terms))), 1);
  }
  const Expression result = all.formula();
  return negative_ ? -result : result;
}

}  // namespace infwidth::algebra
