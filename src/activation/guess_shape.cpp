// SPDX-License-Identifier: GPL-3.0-or-later
#include <array>
#include <cmath>

#include "infwidth/activation/match.hpp"
#include "infwidth/activation/polynomial.hpp"
#include "infwidth/activation/rewrite.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth {

namespace {

constexpr std::array<double, 5> test_points = {0.31, -0.57, 0.83, -1.21, 1.72};
constexpr double agreement = 1e-9;  // well above rounding, well below what two different functions share at five points
constexpr std::size_t most_rates = 40;
constexpr std::size_t largest_formula = 300;  // beyond it the algebra is too slow to be worth a try

double number(const Expression& constant) {
  const Program program({constant}, "x");
  Evaluator<double> value(program);
  return value.value(0.0);
}

void add_rate(std::vector<Expression>& rates, std::vector<double>& values, const Expression& b) {
  const double v = number(b);
  if (!std::isfinite(v) || v == 0 || rates.size() >= most_rates) return;
  for (double known : values) {
    if (std::abs(known - v) <= agreement * std::abs(v)) return;
  }
  rates.push_back(b);
  values.push_back(v);
}

void collect_rates(const Expression& e, std::vector<Expression>& rates, std::vector<double>& values) {
  if (e.op() >= Op::exp) {
    const auto w = constant_coefficients(e.argument());
    if (w && w->size() == 2) {
      const Expression& b = (*w)[1];
      const Expression root = sqrt(Expression(2));
      for (const Expression& c : {b, b * 2, b / 2, b / root, b * root}) {
        add_rate(rates, values, c);
        add_rate(rates, values, -c);
      }
    }
    if (w && w->size() == 3 && sign_class((*w)[2]) == SignClass::negative) add_rate(rates, values, sqrt(-(*w)[2]));
  }
  for (const Expression& argument : e.arguments()) collect_rates(argument, rates, values);
}

struct Entry {
  const char* name;
  bool takes_constant;
  Expression (*formula)(const Expression&);
};
const std::array<Entry, 7> entries = {{
    {"erf", true, [](const Expression& u) { return erf(u); }},
    {"tanh", true, [](const Expression& u) { return tanh(u); }},
    {"softplus", false, [](const Expression& u) { return softplus(u); }},
    {"silu", false, [](const Expression& u) { return u * sigmoid(u); }},
    {"gelu", false, [](const Expression& u) { return u * Phi(u); }},
    {"exp", false, [](const Expression& u) { return exp(u); }},
    {"gaussian", false, [](const Expression& u) { return exp(-pow(u, 2)); }},
}};

using Samples = std::array<double, test_points.size()>;
Samples sample(const Expression& e) {
  const Program program({e}, "x");
  Evaluator<double> value(program);
  Samples y;
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = value.value(test_points[i]);
  return y;
}

/// Is y - c a multiple of g at all test points?
bool proportional(const Samples& y, double c, const Samples& g) {
  const double ratio = (y[0] - c) / g[0];
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!(std::abs(y[i] - c - ratio * g[i]) <= agreement * (std::abs(y[i]) + std::abs(c)))) return false;
  }
  return ratio != 0;
}

std::optional<Recognised> guess_sinusoid(const Expression& f, const Samples& y, const Expression& b, const Expression& at_zero) {
  const Expression x = Expression::variable("x");
  const Expression slope = substitute(differentiate(f, "x"), "x", 0);
  const Expression sine = slope / b;
  const Expression wave = sine * sin(b * x) + at_zero * cos(b * x);
  const Samples g = sample(wave);
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!(std::abs(y[i] - g[i]) <= agreement * (std::abs(y[i]) + std::abs(g[i])))) return std::nullopt;
  }
  if (!is_identically_zero(f - wave)) return std::nullopt;
  Recognised r{Recognised::Kind::sinusoid};
  r.sine = tidy(sine);
  r.cosine = tidy(at_zero);
  r.b = tidy(b);
  return r;
}

}  // namespace

std::optional<Recognised> guess_shape(const Expression& f) {
  if (f.size() > largest_formula) return std::nullopt;
  std::vector<Expression> rates;
  std::vector<double> values;
  collect_rates(f, rates, values);
  if (rates.empty()) return std::nullopt;
  const Expression x = Expression::variable("x");
  const Samples y = sample(f);
  const Expression at_zero = tidy(substitute(f, "x", 0));  // one piece: analytic at 0
  const double constant = number(at_zero);
  for (const Expression& b : rates) {
    for (const Entry& entry : entries) {
      const Expression g = entry.formula(b * x);
      if (!proportional(y, entry.takes_constant ? constant : 0, sample(g))) continue;
      const Expression c = entry.takes_constant ? at_zero : Expression(0);
      const auto a = constant_ratio(f - c, g, "x");
      if (!a) continue;
      Recognised r{Recognised::Kind::shape};
      r.entry = entry.name;
      r.a = *a;
      r.b = tidy(b);
      r.c = c;
      return r;
    }
    if (auto r = guess_sinusoid(f, y, b, at_zero)) return r;
  }
  return std::nullopt;
}

}  // namespace infwidth
