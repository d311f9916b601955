// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/catalogue.hpp"

#include <algorithm>
#include <cctype>

namespace infwidth {

namespace {

constexpr int largest_degree = 100;

/// What a parameter may be.
enum class Domain { none, any, positive, not_negative, degree };

struct Definition {
  CatalogueEntry entry;
  Domain domain;
  std::string example;  // of a parameter, for the cure in error messages
};

// SELU: alpha = -sqrt(2/pi)/(e^(1/2) erfc(2^(-1/2)) - 1) is the fixed point of mean 0, lambda = Q(1)^(-1/2) of ELU_alpha normalises the
// second moment (theory of ELU: Q(1) = 1/2 + alpha^2 [e^2 Phi(-2) - 2 e^(1/2) Phi(-1) + 1/2]).
const std::string selu_alpha = "(-sqrt(2/pi)/(exp(1/2)*erfc(1/sqrt(2)) - 1))";
const std::string selu_lambda = "(1/sqrt(1/2 + " + selu_alpha + "^2*(exp(2)*Phi(-2) - 2*exp(1/2)*Phi(-1) + 1/2)))";

const std::vector<Definition>& definitions() {
  static const std::vector<Definition> all = {
      {{"identity", "", "x", ""}, Domain::none, ""},
      {{"relu", "", "relu(x)", ""}, Domain::none, ""},
      {{"leaky_relu", "a", "max(x, 0) + a*min(x, 0)", "any real a"}, Domain::any, "1/5"},
      {{"abs", "", "abs(x)", ""}, Domain::none, ""},
      {{"step", "", "step(x)", ""}, Domain::none, ""},
      {{"sign", "", "sign(x)", ""}, Domain::none, ""},
      {{"relu_power", "n", "relu(x)^n", "n >= 0 (n = 0 is step)"}, Domain::not_negative, "2"},
      {{"erf", "", "erf(x)", ""}, Domain::none, ""},
      {{"normal_cdf", "", "Phi(x)", ""}, Domain::none, ""},
      {{"gelu", "", "x*Phi(x)", ""}, Domain::none, ""},
      {{"sin", "", "sin(x)", ""}, Domain::none, ""},
      {{"cos", "", "cos(x)", ""}, Domain::none, ""},
      {{"exp", "", "exp(x)", ""}, Domain::none, ""},
      {{"gaussian", "", "exp(-x^2)", ""}, Domain::none, ""},
      {{"tanh", "", "tanh(x)", ""}, Domain::none, ""},
      {{"sigmoid", "", "sigmoid(x)", ""}, Domain::none, ""},
      {{"softplus", "", "softplus(x)", ""}, Domain::none, ""},
      {{"silu", "", "x*sigmoid(x)", ""}, Domain::none, ""},
      {{"elu", "alpha", "max(x, 0) + alpha*(exp(min(x, 0)) - 1)", "any real alpha"}, Domain::any, "1"},
      {{"selu", "", selu_lambda + "*(max(x, 0) + " + selu_alpha + "*(exp(min(x, 0)) - 1))", ""}, Domain::none, ""},
      {{"hardtanh", "", "max(-1, min(1, x))", ""}, Domain::none, ""},
      {{"relu6", "", "min(max(x, 0), 6)", ""}, Domain::none, ""},
      {{"rbf", "g", "sqrt(2)*sin(sqrt(2*g)*x + pi/4)", "g > 0"}, Domain::positive, "1"},
      {{"monomial", "k", "x^k", "an integer k from 0 to 100"}, Domain::degree, "3"},
      {{"hermite", "k", "He_k(x), He_(k+1) = x He_k - k He_(k-1)", "an integer k from 0 to 100"}, Domain::degree, "4"},
  };
  return all;
}

const Definition* find(std::string_view name) {
  for (const Definition& d : definitions()) {
    if (d.entry.name == name) return &d;
  }
  return nullptr;
}

bool admissible(Domain domain, const Rational& p) {
  switch (domain) {
    case Domain::none: return false;
    case Domain::any: return true;
    case Domain::positive: return p > 0;
    case Domain::not_negative: return p >= 0 && p <= 1000;
    case Domain::degree: return denominator(p) == 1 && p >= 0 && p <= largest_degree;
  }
  return false;
}

[[noreturn]] void refuse(const Definition& d, const std::string& what) {
  const std::string& name = d.entry.name;
  if (d.domain == Domain::none) throw UsageError("activation " + name + ": " + what + "; it takes no parameter: write " + name);
  throw UsageError("activation " + name + ": " + what + "; its parameter " + d.entry.parameter + " (" + d.entry.domain +
                   ") has no default: write for example " + name + ":" + d.example);
}

/// The probabilists' Hermite polynomial as a sum of monomials in x.
Expression hermite(long k, const Expression& x) {
  std::vector<Rational> before = {1}, current = {0, 1};
  if (k == 0) return 1;
  for (long n = 1; n < k; ++n) {
    std::vector<Rational> next(current.size() + 1, 0);
    for (std::size_t i = 0; i < current.size(); ++i) next[i + 1] = current[i];
    for (std::size_t i = 0; i < before.size(); ++i) next[i] -= before[i] * n;
    before = std::move(current);
    current = std::move(next);
  }
  Expression sum = 0;
  for (std::size_t i = current.size(); i-- > 0;) {
    if (current[i] == 0) continue;
    const Expression term = Expression(Rational(abs(current[i]))) * pow(x, Expression(static_cast<int>(i)));
    sum = current[i] > 0 ? sum + term : sum - term;
  }
  return sum;
}

/// The entry's formula with x and its parameter put in.
Expression build(const Definition& d, const Expression& x, const std::optional<Rational>& parameter) {
  const std::string& name = d.entry.name;
  if (parameter && !admissible(d.domain, *parameter)) refuse(d, "the parameter " + to_string(*parameter) + " is not admissible");
  if (name == "hermite") return hermite(static_cast<long>(numerator(*parameter)), x);
  if (name == "relu_power" && *parameter == 0) return step(x);
  Language language;
  if (parameter) language.variables.push_back(d.entry.parameter);
  Expression formula = parse(d.entry.formula, language);
  if (parameter) formula = substitute(formula, d.entry.parameter, Expression(*parameter));
  return substitute(formula, "x", x);
}

/// The value of a parameter given to a catalogue name that is called as a function.
Rational constant_parameter(const Definition& d, const Expression& argument) {
  if (argument.is_number()) return argument.value();
  refuse(d, "the parameter '" + to_string(argument) + "' is not a number");
}

}  // namespace

const std::vector<CatalogueEntry>& catalogue() {
  static const std::vector<CatalogueEntry> entries = [] {
    std::vector<CatalogueEntry> list;
    for (const Definition& d : definitions()) list.push_back(d.entry);
    return list;
  }();
  return entries;
}

std::optional<Expression> catalogue_formula(std::string_view name_and_parameter) {
  const std::size_t colon = name_and_parameter.find(':');
  const Definition* d = find(name_and_parameter.substr(0, colon));
  if (d == nullptr) return std::nullopt;
  if (colon == std::string_view::npos) {
    if (d->domain != Domain::none) refuse(*d, "the parameter is missing");
    return build(*d, Expression::variable("x"), std::nullopt);
  }
  const std::string text(name_and_parameter.substr(colon + 1));
  if (d->domain == Domain::none) refuse(*d, "the parameter '" + text + "' is superfluous");
  std::optional<Rational> parameter;
  try {
    parameter = parse_rational(text);
  } catch (const std::invalid_argument&) {
    refuse(*d, "the parameter '" + text + "' is not a number");
  }
  return build(*d, Expression::variable("x"), parameter);
}

const Language& activation_language() {
  static const Language language = [] {
    static const std::vector<std::string> built_in = {"relu", "abs", "step", "sign", "erf", "sin", "cos", "exp", "tanh", "sigmoid", "softplus"};
    Language l;
    for (const Definition& d : definitions()) {
      if (std::find(built_in.begin(), built_in.end(), d.entry.name) != built_in.end()) continue;
      const Definition* entry = &d;
      const std::size_t arity = d.domain == Domain::none ? 1 : 2;
      l.functions.push_back({d.entry.name, arity, [entry](const std::vector<Expression>& arguments) {
                               std::optional<Rational> parameter;
                               if (arguments.size() > 1) parameter = constant_parameter(*entry, arguments[1]);
                               return build(*entry, arguments[0], parameter);
                             }});
    }
    return l;
  }();
  return language;
}

}  // namespace infwidth
