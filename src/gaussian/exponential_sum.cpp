// SPDX-License-Identifier: GPL-3.0-or-later
#include "exponential_sum.hpp"

#include <optional>

#include "infwidth/expression/simplify.hpp"

namespace infwidth {

namespace {

constexpr std::size_t most_terms = 60;
constexpr long largest_power = 40;

const Expression half = Rational(1, 2);

/// c0 + c1 x + c2 x^2, the coefficients free of x.
std::optional<std::vector<Expression>> quadratic(const Expression& e) {
  std::optional<std::vector<Expression>> c = polynomial_coefficients(e, "x");
  if (!c || c->size() > 3) return std::nullopt;
  c->resize(3, Expression(0));
  for (Expression& k : *c) k = tidied(k);
  return c;
}

ExponentialSum one_term(ExponentialTerm term) {
  ExponentialSum sum;
  sum.add(term);
  return sum;
}
ExponentialSum constant_sum(const ComplexFormula& c) {
  ExponentialTerm t;
  t.coefficients.emplace(0, c);
  return one_term(t);
}

/// exp(c0 + c1 x + c2 x^2), or with i in front of c0 and c1.
ExponentialSum exponential(const Expression& c0, const Expression& c1, const Expression& c2) {
  ExponentialTerm t;
  t.a = {c1, 0};
  t.b = c2;
  t.coefficients.emplace(0, ComplexFormula{tidied(exp(c0)), 0});
  return one_term(t);
}
ExponentialSum phase(const Expression& c0, const Expression& c1) {
  ExponentialTerm t;
  t.a = {0, c1};
  t.coefficients.emplace(0, ComplexFormula{tidied(cos(c0)), tidied(sin(c0))});
  return one_term(t);
}

class Reader {
 public:
  explicit Reader(bool positive) : positive_(positive) {}

  ExponentialSum read(const Expression& e) const {
    if (!e.depends_on("x")) return constant_sum({tidied(e), 0});
    switch (e.op()) {
      case Op::variable: return constant_sum({1, 0}).times_power(1);
      case Op::add: return read(e.argument(0)) + read(e.argument(1));
      case Op::subtract: return read(e.argument(0)) + read(e.argument(1)).scaled({-1, 0});
      case Op::negate: return read(e.argument()).scaled({-1, 0});
      case Op::multiply: return read(e.argument(0)) * read(e.argument(1));
      case Op::divide: return read(e.argument(0)) * read_power(e, e.argument(1), -1);
      case Op::power: return read_power_node(e);
      case Op::sqrt: return read_power(e, e.argument(), Rational(1, 2));
      case Op::exp: {
        const auto c = quadratic(e.argument());
        if (!c) outside(e);
        return exponential((*c)[0], (*c)[1], (*c)[2]);
      }
      case Op::sinh: case Op::cosh: {
        const auto c = quadratic(e.argument());
        if (!c) outside(e);
        const ExponentialSum up = exponential((*c)[0], (*c)[1], (*c)[2]), down = exponential(-(*c)[0], -(*c)[1], -(*c)[2]);
        return (up + down.scaled({e.op() == Op::cosh ? 1 : -1, 0})).scaled({half, 0});
      }
      case Op::sin: case Op::cos: {
        const auto c = linear(e);
        const ExponentialSum z = phase((*c)[0], (*c)[1]), w = phase(-(*c)[0], -(*c)[1]);
        if (e.op() == Op::cos) return (z + w).scaled({half, 0});
        return (z + w.scaled({-1, 0})).scaled({0, -half});
      }
      case Op::Phi: {
        const auto c = linear(e);
        return normal((*c)[1], (*c)[0]);
      }
      case Op::erf: case Op::erfc: {
        const auto c = linear(e);
        const bool complement = e.op() == Op::erfc;
        const Expression root2 = complement ? -sqrt(Expression(2)) : sqrt(Expression(2));
        const ExponentialSum twice = normal(tidied(root2 * (*c)[1]), tidied(root2 * (*c)[0])).scaled({2, 0});
        return complement ? twice : twice + constant_sum({-1, 0});
      }
      default: outside(e);
    }
  }

 private:
  bool positive_;

  [[noreturn]] static void outside(const Expression& e) { throw OutsideClass{to_string(e)}; }

  static std::optional<std::vector<Expression>> linear(const Expression& e) {
    auto c = quadratic(e.argument());
    if (!c || !(*c)[2].is_number(0)) outside(e);
    return c;
  }

  static ExponentialSum normal(const Expression& slope, const Expression& offset) {
    if (slope.is_number(0)) return constant_sum({tidied(Phi(offset)), 0});
    ExponentialTerm t;
    t.normals.push_back({slope, offset});
    t.coefficients.emplace(0, ComplexFormula{1, 0});
    return one_term(t);
  }

  ExponentialSum read_power_node(const Expression& e) const {
    const Expression &base = e.argument(0), &n = e.argument(1);
    if (n.is_number()) return read_power(e, base, n.value());
    if (base.depends_on("x")) outside(e);
    const auto c = quadratic(n);  // base^(c0 + c1 x + c2 x^2)
    if (!c) outside(e);
    const Expression rate = log(base);
    return exponential(tidied(rate * (*c)[0]), tidied(rate * (*c)[1]), tidied(rate * (*c)[2]));
  }

  /// base^n, a part of `e`.
  ExponentialSum read_power(const Expression& e, const Expression& base, const Rational& n) const {
    if (!base.depends_on("x")) return constant_sum({tidied(pow(base, Expression(n))), 0});
    const ExponentialSum b = read(base);
    if (denominator(n) == 1 && n >= 0 && n <= largest_power) {
      ExponentialSum result = constant_sum({1, 0});
      for (Rational k = n; k > 0; k -= 1) result = result * b;
      return result;
    }
    if (b.terms().size() != 1) outside(e);
    const ExponentialTerm& t = b.terms()[0];
    if (!t.normals.empty() || t.coefficients.size() != 1 || !t.a.im.is_number(0)) outside(e);
    const auto& [exponent, coefficient] = *t.coefficients.begin();
    if (!coefficient.im.is_number(0)) outside(e);
    ExponentialTerm power;
    power.a = {tidied(Expression(n) * t.a.re), 0};
    power.b = tidied(Expression(n) * t.b);
    if (exponent == 0) {
      power.coefficients.emplace(0, ComplexFormula{tidied(pow(coefficient.re, Expression(n))), 0});
    } else {
      if (!positive_) outside(e);
      power.coefficients.emplace(exponent * n, ComplexFormula{tidied(pow(coefficient.re, Expression(n))), 0});
    }
    return one_term(power);
  }
};

}  // namespace

ComplexFormula exp(const ComplexFormula& z) {
  const Expression size = exp(z.re);
  if (z.im.is_number(0)) return {size, 0};
  return {size * cos(z.im), size * sin(z.im)};
}

Expression tidied(const Expression& constant) { return constant.arguments().empty() ? constant : simplify(constant); }

bool ExponentialTerm::same_kind(const ExponentialTerm& other) const {
  return a.re == other.a.re && a.im == other.a.im && b == other.b && normals == other.normals;
}

ExponentialSum ExponentialSum::from(const Expression& e, bool positive) { return Reader(positive).read(e); }

void ExponentialSum::add(const ExponentialTerm& term) {
  for (ExponentialTerm& known : terms_) {
    if (!known.same_kind(term)) continue;
    for (const auto& [n, c] : term.coefficients) {
      const auto [place, is_new] = known.coefficients.emplace(n, c);
      if (is_new) continue;
      place->second = {tidied(place->second.re + c.re), tidied(place->second.im + c.im)};
      if (place->second.is_zero()) known.coefficients.erase(place);
    }
    if (known.coefficients.empty()) terms_.erase(terms_.begin() + (&known - terms_.data()));
    return;
  }
  ExponentialTerm fresh = term;
  std::erase_if(fresh.coefficients, [](const auto& c) { return c.second.is_zero(); });
  if (fresh.coefficients.empty()) return;
  if (terms_.size() == most_terms) throw OutsideClass{"a sum of more than " + std::to_string(most_terms) + " different exponentials"};
  terms_.push_back(std::move(fresh));
}

ExponentialSum ExponentialSum::times_power(int n) const {
  ExponentialSum result = *this;
  for (ExponentialTerm& t : result.terms_) {
    std::map<Rational, ComplexFormula> moved;
    for (const auto& [k, c] : t.coefficients) moved.emplace(k + n, c);
    t.coefficients = std::move(moved);
  }
  return result;
}

ExponentialSum ExponentialSum::scaled(const ComplexFormula& c) const {
  ExponentialSum result;
  for (ExponentialTerm t : terms_) {
    for (auto& [k, value] : t.coefficients) {
      const ComplexFormula product = c * value;
      value = {tidied(product.re), tidied(product.im)};
    }
    result.add(t);
  }
  return result;
}

ExponentialSum operator+(const ExponentialSum& a, const ExponentialSum& b) {
  ExponentialSum result = a;
  for (const ExponentialTerm& t : b.terms_) result.add(t);
  return result;
}

ExponentialSum operator*(const ExponentialSum& a, const ExponentialSum& b) {
  ExponentialSum result;
  for (const ExponentialTerm& s : a.terms_) {
    for (const ExponentialTerm& t : b.terms_) {
      ExponentialTerm product;
      product.a = {tidied(s.a.re + t.a.re), tidied(s.a.im + t.a.im)};
      product.b = tidied(s.b + t.b);
      product.normals = s.normals;
      product.normals.insert(product.normals.end(), t.normals.begin(), t.normals.end());
      if (product.normals.size() > 2) {
        throw OutsideClass{"a product of three or more normal distribution functions"};
      }
      if (product.normals.size() == 2 && to_string(product.normals[1].slope) + "," + to_string(product.normals[1].offset) <
                                             to_string(product.normals[0].slope) + "," + to_string(product.normals[0].offset)) {
        std::swap(product.normals[0], product.normals[1]);
      }
      for (const auto& [m, c] : s.coefficients) {
        for (const auto& [n, d] : t.coefficients) {
          if (m + n > 4 * largest_power) throw OutsideClass{"a power beyond x^" + std::to_string(4 * largest_power)};
          const ComplexFormula value = c * d;
          const auto [place, is_new] = product.coefficients.emplace(m + n, ComplexFormula{tidied(value.re), tidied(value.im)});
          if (!is_new) place->second = {tidied(place->second.re + value.re), tidied(place->second.im + value.im)};
        }
      }
      result.add(product);
    }
  }
  return result;
}

}  // namespace infwidth
