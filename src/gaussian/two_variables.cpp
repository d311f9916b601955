// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/two_variables.hpp"

#include <algorithm>
#include <cmath>

#include "infwidth/gaussian/expectation.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

void add_method(std::string& methods, const std::string& method) {
  if (methods.find(method) == std::string::npos) methods += (methods.empty() ? "" : " + ") + method;
}

}  // namespace

ExactCovariance ExactCovariance::of_combinations(const Rational& a, const Rational& b, const Rational& a2, const Rational& b2) const {
  const auto between = [&](const Rational& m, const Rational& n, const Rational& m2, const Rational& n2) -> Rational { return m * m2 * q1 + (m * n2 + n * m2) * c + n * n2 * q2; };
  return {between(a, b, a, b), between(a2, b2, a2, b2), between(a, b, a2, b2)};
}

TwoVariableExpectation::TwoVariableExpectation(const std::vector<ProductOfTwo>& sum) {
  for (const ProductOfTwo& product : sum) {
    Term term{product, nullptr, nullptr};
    if (product.size() < 2) {
      const Expression f = product.empty() ? Expression(1) : product[0].f;
      term.alone = std::make_shared<const Activation>(Activation::integrand_from_formula(f, to_string(f)));
      if (product.empty()) term.product = {{1, 0, f}};
    } else {
      const auto pieces = [](const FactorOfTwo& factor) { return Activation::from_formula(factor.f, to_string(factor.f)).pieces(); };
      term.pair = std::make_shared<const PairExpectation>(pieces(product[0]), pieces(product[1]));
    }
    terms_.push_back(std::move(term));
  }
}

PairExpectation::Value TwoVariableExpectation::at(const ExactCovariance& covariance, const Budget& budget) const {
  PairExpectation::Value total{Ball(0), Ball(0), 0, ""};
  for (const Term& term : terms_) {
    const FactorOfTwo &s = term.product.front(), &t = term.product.back();
    const ExactCovariance of_term = covariance.of_combinations(s.of_u, s.of_v, t.of_u, t.of_v);
    PairExpectation::Value v;
    if (term.pair) {
      v = term.pair->at(of_term.as<Ball>(), budget);
    } else {
      const Expectation e = expectation(*term.alone, Ball(of_term.q1), budget);
      v = {e.estimate.value, std::isfinite(e.log2_scale) ? power_of_two(static_cast<long>(std::clamp(e.log2_scale, -1e6, 1e6))) : Ball(0), e.estimate.evaluations, e.estimate.method};
    }
    total.value += v.value;
    total.scale += v.scale;
    total.evaluations += v.evaluations;
    add_method(total.method, v.method);
  }
  return total;
}

Estimate<Digits> TwoVariableExpectation::by_digits(const ExactCovariance& covariance, const Budget& budget) const {
  Estimate<Digits> total{Digits(0), Digits(0), false, 0, ""};
  for (const Term& term : terms_) {
    const FactorOfTwo &s = term.product.front(), &t = term.product.back();
    const ExactCovariance of_term = covariance.of_combinations(s.of_u, s.of_v, t.of_u, t.of_v);
    const Estimate<Digits> v = term.pair ? term.pair->at(of_term.as<Digits>(), budget) : expectation(*term.alone, constant<Digits>(of_term.q1), budget);
    total.value += v.value;
    total.error += v.error;
    total.evaluations += v.evaluations;
    add_method(total.method, v.method);
  }
  return total;
}

}  // namespace infwidth
