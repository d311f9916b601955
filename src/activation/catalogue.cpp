// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/catalogue.hpp"

#include <algorithm>
#include <cctype>

#include "infwidth/expression/sign.hpp"

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

/// The entry's formula with x and its parameter put in. What is asked of a parameter with letters goes to `given`; null: there are none.
Expression build(const Definition& d, const Expression& x, const std::optional<Expression>& parameter, Assumptions* given) {
  const std::string& name = d.entry.name;
  if (parameter && parameter->is_number()) {
    if (!admissible(d.domain, parameter->value())) refuse(d, "the parameter " + to_string(*parameter) + " is not admissible");
    if (name == "hermite") return hermite(static_cast<long>(numerator(parameter->value())), x);
    if (name == "relu_power" && parameter->is_number(0)) return step(x);
  } else if (parameter) {
    const bool may_have_letters = given != nullptr && (d.domain == Domain::any || d.domain == Domain::positive);
    if (!may_have_letters || parameter->depends_on("x")) refuse(d, "the parameter '" + to_string(*parameter) + "' is not a number");
    const std::vector<std::string> letters = letters_of(*parameter);
    if (letters.empty() && d.domain == Domain::positive && proven_sign(*parameter, {}) != 1) refuse(d, "the parameter " + to_string(*parameter) + " is not admissible");
    if (!letters.empty() && d.domain == Domain::positive) assume(*given, to_string(*parameter) + " > 0", letters);
  }
  Language language;
  if (parameter) language.variables.push_back(d.entry.parameter);
  Expression formula = parse(d.entry.formula, language);
  if (parameter) formula = substitute(formula, d.entry.parameter, *parameter);
  return substitute(formula, "x", x);
}

Language language_with(Assumptions* given) {
  static const std::vector<std::string> built_in = {"relu", "abs", "step", "sign", "erf", "sin", "cos", "exp", "tanh", "sigmoid", "softplus"};
  Language l;
  for (const Definition& d : definitions()) {
    if (std::find(built_in.begin(), built_in.end(), d.entry.name) != built_in.end()) continue;
    const Definition* entry = &d;
    const std::size_t arity = d.domain == Domain::none ? 1 : 2;
    l.functions.push_back({d.entry.name, arity, [entry, given](const std::vector<Expression>& arguments) {
                             return build(*entry, arguments[0], arguments.size() > 1 ? std::optional(arguments[1]) : std::nullopt, given);
                           }});
  }
  return l;
}

std::optional<Expression> formula_of_name(std::string_view name_and_parameter, Assumptions* given) {
  const std::size_t colon = name_and_parameter.find(':');
  const Definition* d = find(name_and_parameter.substr(0, colon));
  if (d == nullptr) return std::nullopt;
  const Expression x = Expression::variable("x");
  if (colon == std::string_view::npos) {
    if (d->domain != Domain::none) refuse(*d, "the parameter is missing");
    return build(*d, x, std::nullopt, given);
  }
  const std::string text(name_and_parameter.substr(colon + 1));
  if (d->domain == Domain::none) refuse(*d, "the parameter '" + text + "' is superfluous");
  std::optional<Expression> parameter;
  try {
    parameter = parse_rational(text);
  } catch (const std::invalid_argument&) {
    if (given == nullptr) refuse(*d, "the parameter '" + text + "' is not a number");
    Language letters;
    letters.variables.clear();
    letters.no_parameter = reason_against_letter;
    parameter = parse(text, letters);
  }
  return build(*d, x, parameter, given);
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

std::optional<Expression> catalogue_formula(std::string_view name_and_parameter) { return formula_of_name(name_and_parameter, nullptr); }
std::optional<Expression> catalogue_formula(std::string_view name_and_parameter, Assumptions& given) { return formula_of_name(name_and_parameter, &given); }

const Language& activation_language() {
  static const Language language = language_with(nullptr);
  return language;
}

Language parametric_language(Assumptions& given) {
  Language l = language_with(&given);
  l.no_parameter = reason_against_letter;
  return l;
}

std::string reason_against_letter(std::string_view name) {
  const std::string word(name);
  const auto reserved = [&](const std::string& meaning) { return "the letter " + word + " is taken: it stands for " + meaning + "; use another one for a parameter"; };
  if (word == "e") return "the letter e is taken; write exp(...) for powers of Euler's number, or use another letter";
  if (word == "oo") return "infinity is no parameter";
  if (word == "q" || word == "q1" || word == "q2" || word == "c") return reserved("a variance or covariance");
  if (word == "s") return reserved("|x|^2");
  if (word == "d") return reserved("the dimension of the input space");
  if (word.starts_with("sigma_")) return reserved("a variance of the network");
  static const std::vector<std::string> results = {"Q", "chi", "A", "B", "C", "P", "dQ", "dchi", "K_radial", "K_tangential", "volume_element", "ricci_scalar",
                                                   "eigenvalue_tangential", "eigenvalue_radial", "kernel", "derivative_kernel", "nngp", "ntk", "dq", "ddq", "value", "values"};
  if (std::find(results.begin(), results.end(), word) != results.end()) return reserved("a quantity of the formulas");
  const std::size_t bar = word.find('_');
  static const std::vector<std::string> heads = {"c", "k", "q", "q1", "q2", "theta", "A", "B", "C", "dq", "ddq", "dA", "ddA", "dB", "ddB", "dC", "ddC"};
  const bool numbered = bar != std::string::npos && bar + 1 < word.size() && word.find_first_not_of("0123456789", bar + 1) == std::string::npos;
  if (numbered && std::find(heads.begin(), heads.end(), word.substr(0, bar)) != heads.end()) return reserved("a named quantity of the formulas");
  static const std::vector<std::string> functions = {"gamma", "owens_t", "erf_re", "erf_im", "hyp2f1"};
  if (std::find(functions.begin(), functions.end(), word) != functions.end()) return reserved("a function");
  return "";
}

}  // namespace infwidth
