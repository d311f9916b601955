// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/two_variables.hpp"

#include "infwidth/activation/catalogue.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

/// f(u) times g(v).
struct Factors {
  Expression of_u, of_v;
};
using Terms = std::vector<Factors>;

constexpr std::size_t most_terms = 64;

Terms product(const Terms& a, const Terms& b) {
  Terms terms;
  for (const Factors& s : a) {
    for (const Factors& t : b) terms.push_back({s.of_u * t.of_u, s.of_v * t.of_v});
  }
  if (terms.size() > most_terms) throw UsageError("the formula becomes more than " + std::to_string(most_terms) + " products f(u) g(v); split it");
  return terms;
}

Terms terms_of(const Expression& e) {
  const bool has_u = e.depends_on("u"), has_v = e.depends_on("v");
  if (!has_v) return {{e, 1}};
  if (!has_u) return {{1, e}};
  const auto argument = [&](std::size_t i) { return terms_of(e.argument(i)); };
  switch (e.op()) {
    case Op::negate: return product({{-1, 1}}, argument(0));
    case Op::add: case Op::subtract: {
      Terms terms = argument(0);
      for (const Factors& t : e.op() == Op::add ? argument(1) : product({{-1, 1}}, argument(1))) terms.push_back(t);
      return terms;
    }
    case Op::multiply: return product(argument(0), argument(1));
    case Op::divide: {
      const Terms divisor = argument(1);
      if (divisor.size() == 1) return product(argument(0), {{Expression(1) / divisor[0].of_u, Expression(1) / divisor[0].of_v}});
      break;
    }
    case Op::power: {
      const Terms base = argument(0);
      const Expression& n = e.argument(1);
      if (n.depends_on("u") || n.depends_on("v")) break;
      if (base.size() == 1) return {{pow(base[0].of_u, n), pow(base[0].of_v, n)}};
      if (!n.is_number() || denominator(n.value()) != 1 || n.value() < 2 || n.value() > 16) break;
      Terms terms = base;
      for (long k = 1; k < static_cast<long>(numerator(n.value())); ++k) terms = product(terms, base);
      return terms;
    }
    case Op::exp: {
      Terms terms = {{1, 1}};
      for (const Factors& t : argument(0)) {
        if (t.of_u.depends_on("u") && t.of_v.depends_on("v")) throw UsageError("the term " + to_string(e) + " mixes u and v; write a sum of products f(u) g(v)");
        terms = product(terms, t.of_v.depends_on("v") ? Terms{{1, exp(t.of_u * t.of_v)}} : Terms{{exp(t.of_u * t.of_v), 1}});
      }
      return terms;
    }
    default: break;
  }
  throw UsageError("the term " + to_string(e) + " mixes u and v; write a sum of products f(u) g(v)");
}

}  // namespace

std::vector<ProductOfTwo> products_of_two(std::string_view formula) {
  Language language = activation_language();
  language.variables = {"u", "v"};
  const Expression x = Expression::variable("x");
  std::vector<ProductOfTwo> products;
  for (const Factors& t : terms_of(parse(formula, language))) {
    const Expression f = simplify(substitute(t.of_u, "u", x)), g = simplify(substitute(t.of_v, "v", x));
    products.push_back({Activation::from_formula(f, to_string(f)), Activation::from_formula(g, to_string(g))});
  }
  return products;
}

TwoVariableExpectation::TwoVariableExpectation(const std::vector<ProductOfTwo>& sum) : sum_(sum) {
  for (const ProductOfTwo& p : sum_) of_product_.emplace_back(p.f.pieces(), p.g.pieces());
}

PairExpectation::Value TwoVariableExpectation::at(const PairVariance<Ball>& pair, const Budget& budget) const {
  PairExpectation::Value total{Ball(0), Ball(0), 0, ""};
  for (const PairExpectation& product : of_product_) {
    const PairExpectation::Value v = product.at(pair, budget);
    total.value += v.value;
    total.scale += v.scale;
    total.evaluations += v.evaluations;
    if (total.method.find(v.method) == std::string::npos) total.method += (total.method.empty() ? "" : " + ") + v.method;
  }
  return total;
}

Estimate<Digits> TwoVariableExpectation::at(const PairVariance<Digits>& pair, const Budget& budget) const {
  Estimate<Digits> total{Digits(0), Digits(0), false, 0, ""};
  for (const PairExpectation& product : of_product_) {
    const Estimate<Digits> v = product.at(pair, budget);
    total.value += v.value;
    total.error += v.error;
    total.evaluations += v.evaluations;
    if (total.method.find(v.method) == std::string::npos) total.method += (total.method.empty() ? "" : " + ") + v.method;
  }
  return total;
}

}  // namespace infwidth
