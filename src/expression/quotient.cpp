// SPDX-License-Identifier: GPL-3.0-or-later
#include "quotient.hpp"

#include <algorithm>
#include <string>

namespace infwidth::algebra {

namespace {

bool is_negative(const Expression& e) { return to_string(e).front() == '-'; }

/// The dimension, then the variances of the network, then s = |x|^2, then what has been named.
int rank_of_variable(const std::string& name) {
  if (name == "d") return 2;
  if (name.starts_with("sigma")) return 3;
  if (name == "s") return 4;
  return name.front() == '\\' ? 8 : 5;  // a function under an assumed name
}

/// A factor's place in a product.
struct Place {
  Expression factor;
  int rank;
  std::string text;

  Place(const Expression& base, Expression power) : factor(std::move(power)), rank(0), text(to_string(base)) {
    switch (base.op()) {
      case Op::number: rank = 0; break;
      case Op::pi: rank = 1; break;
      case Op::variable: rank = rank_of_variable(base.name()); break;
      case Op::sqrt: rank = 6; break;
      default: rank = base.op() >= Op::exp ? 8 : 7;
    }
  }
  bool operator<(const Place& other) const {
    if (rank != other.rank) return rank < other.rank;
    if (text.size() != other.text.size()) return text.size() < other.text.size();
    return std::lexicographical_compare(text.begin(), text.end(), other.text.begin(), other.text.end(), [](char a, char b) {
      return (a == '-' ? '!' : a) < (b == '-' ? '!' : b);  // (d - 1) (d + 2)
    });
  }
};

void flatten_product(const Expression& e, std::vector<Expression>& factors) {
  if (e.op() != Op::multiply) return factors.push_back(e);
  flatten_product(e.argument(0), factors);
  flatten_product(e.argument(1), factors);
}

}  // namespace

Expression sum_of(std::vector<Expression> terms) {
  std::stable_partition(terms.begin(), terms.end(), [](const Expression& term) { return !is_negative(term); });
  Expression sum = 0;
  for (const Expression& term : terms) sum = sum + term;
  return sum;
}

Expression shared_factors(std::vector<Expression>& products) {
  if (products.size() < 2) return 1;
  std::vector<std::vector<Expression>> factors(products.size());
  for (std::size_t i = 0; i < products.size(); ++i) flatten_product(products[i], factors[i]);
  Expression shared = 1;
  for (const Expression& factor : std::vector<Expression>(factors[0])) {
    const auto has_it = [&](const auto& list) { return std::find(list.begin(), list.end(), factor) != list.end(); };
    if (!std::all_of(factors.begin(), factors.end(), has_it)) continue;
    shared = shared * factor;
    for (auto& list : factors) list.erase(std::find(list.begin(), list.end(), factor));
  }
  for (std::size_t i = 0; i < products.size(); ++i) {
    products[i] = 1;
    for (const Expression& factor : factors[i]) products[i] = products[i] * factor;
  }
  return shared;
}

void Quotient::multiply(const Expression& base, const Rational& exponent) { (exponent > 0 ? above_ : below_).push_back({base, Rational(abs(exponent))}); }

void Quotient::multiply(const Integer& base, const Integer& exponent) {
  Integer& side = exponent > 0 ? number_above_ : number_below_;
  side *= boost::multiprecision::pow(base, static_cast<unsigned>(abs(exponent)));
}

Quotient Quotient::inverse() const {
  Quotient r = *this;
  std::swap(r.number_above_, r.number_below_);
  std::swap(r.above_, r.below_);
  return r;
}

Expression Quotient::product(const Integer& number, const std::vector<Factor>& factors) {
  std::vector<Place> sorted;
  for (const Factor& f : factors) sorted.emplace_back(f.base, pow(f.base, Expression(f.exponent)));
  std::sort(sorted.begin(), sorted.end());
  Expression result = Rational(number);
  for (const Place& place : sorted) result = result * place.factor;
  return result;
}

Expression Quotient::formula() const { return product(number_above_, above_) / product(number_below_, below_); }

}  // namespace infwidth::algebra
