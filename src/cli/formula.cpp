// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "commands.hpp"
#include "formula_formats.hpp"
#include "infwidth/expression/sign.hpp"
#include "infwidth/geometry/kernel_formula.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/network/architecture.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "limit_formats.hpp"
#include "options.hpp"
#include "output_format.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  std::vector<std::string> activations, assumptions;
  std::string quantity, depth, sigma_w2 = "sigma_w2", sigma_b2 = "sigma_b2", input_scaling = "unit", of, dim, limit, format;
  bool expand = false;
  AnswerFlags answer;
};

constexpr const char* command_name = "infwidth formula";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth formula --quantity chi --activation gelu\n"
    "  infwidth formula --quantity curvature --activation erf --format latex\n"
    "      the Ricci scalar of one hidden layer, for a paper\n"
    "  infwidth formula --quantity metric --activation erf --depth 3 --sigma-w2 3/2 --sigma-b2 0.1\n"
    "      q_2, A_2, .. are named: variance and metric of the preactivations of layer 2; dq_2 = dq_2/ds, s = |x|^2\n"
    "  infwidth formula --quantity Q --activation tanh --limit \"q->oo\"\n"
    "      the leading term and the next one, and the order of what is left out\n"
    "  infwidth formula --quantity volume --activation gelu --format python --output volume.py\n"
    "      a module with one function, volume(s, d, sigma_w2, sigma_b2), that needs mpmath\n"
    "  infwidth formula --quantity chi --activation 'relu(x-t) - relu(x-u)' --assume 't<u'\n"
    "      letters other than x are real parameters\n"
    "\n"
    "Quantities: Q(q) = E[phi(u)^2] and chi(q) = E[phi'(u)^2], u normal with variance q; kernel = E[phi(u) phi(v)], derivative-kernel =\n"
    "E[phi'(u) phi'(v)] and the tangent kernel ntk, u and v normal with variances q1, q2 and covariance c, those of the first layer; of the metric\n"
    "g = A I + B x x^T on R^d: metric (A, B), eigenvalues, volume (sqrt(det g)), curvature (the Ricci scalar), sectional-curvature (of planes that\n"
    "hold x, and from three dimensions on of those that do not).";

bool is_symbol(const std::string& text) {
  const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return text.starts_with("sigma_") && text.size() <= 40 && text.back() != '_' && text.find_first_not_of(letters) == std::string::npos;
}

/// The variances of L hidden layers and the readout, numbers or symbols.
std::vector<Expression> variances(const std::string& flag, const std::string& list, std::size_t layers, int of_readout, std::set<std::string>& symbols) {
  std::vector<Expression> given;
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    const std::string entry = list.substr(from, comma - from);
    from = comma + 1;
    if (is_symbol(entry)) {
      symbols.insert(entry);
      given.push_back(Expression::variable(entry));
      continue;
    }
    std::optional<Rational> value;
    try {
      value = parse_rational(entry);
    } catch (const std::invalid_argument&) {
      throw UsageError(flag + ": '" + shown(entry) + "' is no number like 3/2 or 0.1, and no symbol, whose name begins with sigma_");
    }
    if (*value < 0) throw UsageError(flag + ": " + entry + " is negative; a variance is 0 or more");
    given.emplace_back(*value);
  }
  return over_layers(flag, given, layers, Expression(of_readout));
}

struct Question {
  std::vector<ParametricActivation> activations;  // one a layer
  std::vector<std::string> parameters;            // of all of them
  Assumptions of_parameters;
  SymbolicNetwork network;
  MetricOf of = MetricOf::feature;
};

Question question(const Flags& flags) {
  if (flags.activations.empty()) throw UsageError("no activation is given; add one, like --activation erf");
  constexpr long most_layers = 100;
  const auto layers = flags.depth.empty() ? flags.activations.size() : static_cast<std::size_t>(parse_count(flags.depth, 1, most_layers, "--depth"));
  if (flags.activations.size() != 1 && flags.activations.size() != layers) {
    throw UsageError("activation: " + std::to_string(flags.activations.size()) + " formulas for depth " + std::to_string(layers) + "; give 1 (every hidden layer) or " +
                     std::to_string(layers));
  }
  Question asked;
  for (std::size_t l = 0; l < layers; ++l) {
    if (l > 0 && flags.activations.size() == 1) {
      asked.activations.push_back(asked.activations[0]);
      continue;
    }
    asked.activations.push_back(for_flag("--activation", [&] { return ParametricActivation::from_text(flags.activations[l]); }));
    for (const std::string& letter : asked.activations[l].parameters) {
      if (std::find(asked.parameters.begin(), asked.parameters.end(), letter) == asked.parameters.end()) asked.parameters.push_back(letter);
    }
    asked.of_parameters.add(asked.activations[l].given);
  }
  for (const std::string& text : flags.assumptions) for_flag("--assume", [&] { assume(asked.of_parameters, text, asked.parameters); });
  SymbolicNetwork& n = asked.network;
  n.given = asked.of_parameters;
  n.sigma_w2 = variances("--sigma-w2", flags.sigma_w2, layers, 1, n.given.positive);
  n.sigma_b2 = variances("--sigma-b2", flags.sigma_b2, layers, 0, n.given.not_negative);
  for (const std::string& name : n.given.positive) n.given.not_negative.erase(name);
  if (n.sigma_w2[0].is_number(0)) throw UsageError("--sigma-w2: the first layer's weight variance is 0: no layer would see the input; give a positive one");
  n.input_scaling = meaning<InputScaling>("--input-scaling", flags.input_scaling, {{"unit", InputScaling::unit}, {"fan-in", InputScaling::fan_in}});
  if (!flags.dim.empty()) n.dim = Expression(static_cast<int>(parse_count(flags.dim, 1, 1'000'000'000, "--dim")));
  return asked;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " | ") + word;
  return text;
}

void add_parameters(std::vector<std::pair<std::string, std::string>>& list, const Question& asked) {
  for (const std::string& letter : asked.parameters) {
    const auto sign = proven_sign(Expression::variable(letter), asked.of_parameters).value_or(0);
    list.emplace_back(letter, std::string("a parameter of the activation, ") + (sign > 0 ? "positive" : sign < 0 ? "negative" : "any real number"));
  }
}

/// The symbols of the network that are looked at, with their meanings.
std::vector<std::pair<std::string, std::string>> arguments(const Question& asked) {
  const SymbolicNetwork& n = asked.network;
  std::vector<std::pair<std::string, std::string>> list = {{"s", "|x|^2, the squared norm of the input, positive"}};
  if (n.dim.op() == Op::variable) list.emplace_back(n.dim.name(), "the dimension of the input space");
  const std::size_t seen = asked.of == MetricOf::nngp ? n.sigma_w2.size() : n.layers.size();
  const auto add = [&](const std::vector<Expression>& all, const std::string& meaning) {
    for (std::size_t l = 0; l < seen; ++l) {
      if (all[l].op() != Op::variable) continue;
      const std::string& name = all[l].name();
      if (std::none_of(list.begin(), list.end(), [&](const auto& entry) { return entry.first == name; })) list.emplace_back(name, meaning);
    }
  };
  add(n.sigma_w2, "a variance of the weights");
  add(n.sigma_b2, "a variance of the biases");
  add_parameters(list, asked);
  return list;
}

/// A kernel between two inputs.
void answer_kernel(FormulaAnswer& answer, const Question& asked, bool expand) {
  std::vector<KernelMaps> layers;
  for (const ParametricActivation& activation : asked.activations) {
    const bool same = !layers.empty() && activation.name == asked.activations[layers.size() - 1].name;
    layers.push_back(same ? layers.back() : kernel_maps(activation, asked.of_parameters));
  }
  const SymbolicNetwork& n = asked.network;
  answer.formulas = kernel_formula(layers, n.sigma_w2, n.sigma_b2, asked.of, expand);
  answer.arguments = {{"q1", "the variance of the first layer's preactivation u at one input"}, {"q2", "that of v, at the other"}, {"c", "the covariance of u and v"}};
  const std::size_t seen = asked.of == MetricOf::nngp || asked.of == MetricOf::ntk ? layers.size() + 1 : layers.size();
  for (const auto* list : {&n.sigma_w2, &n.sigma_b2}) {
    for (std::size_t l = 1; l < seen; ++l) {
      if ((*list)[l].op() != Op::variable) continue;
      const std::string& name = (*list)[l].name();
      const bool known = std::any_of(answer.arguments.begin(), answer.arguments.end(), [&](const auto& entry) { return entry.first == name; });
      if (!known) answer.arguments.emplace_back(name, list == &n.sigma_w2 ? "a variance of the weights" : "a variance of the biases");
    }
  }
  add_parameters(answer.arguments, asked);
  static const std::map<MetricOf, std::string> subjects = {{MetricOf::feature, "The kernel E[phi(u) phi(v)] of the features"},
                                                           {MetricOf::derivative, "The derivative kernel E[phi'(u) phi'(v)] of the features"},
                                                           {MetricOf::nngp, "The covariance of the outputs"},
                                                           {MetricOf::ntk, "The tangent kernel (ntk parameterization) of the outputs"}};
  answer.subject = subjects.at(asked.of) + answer.network();
}

const std::vector<std::pair<std::string, MetricOf>> kernels = {{"feature", MetricOf::feature}, {"derivative", MetricOf::derivative}, {"nngp", MetricOf::nngp}, {"ntk", MetricOf::ntk}};

/// Which kernel a quantity is: `kernel` leaves it to --of; none for what is no kernel.
std::optional<MetricOf> kernel_asked(const Flags& flags) {
  if (flags.quantity == "kernel") return meaning("--of", flags.of.empty() ? "feature" : flags.of, kernels);
  if (flags.quantity == "derivative-kernel") return MetricOf::derivative;
  if (flags.quantity == "ntk") return MetricOf::ntk;
  return std::nullopt;
}

FormulaAnswer found(const Flags& flags, const std::string& line) {
  static const std::vector<std::string> quantities = {"Q", "chi", "kernel", "derivative-kernel", "ntk", "metric", "eigenvalues", "volume", "curvature", "sectional-curvature"};
  if (flags.quantity.empty()) throw UsageError("no quantity is asked for; add one, like --quantity curvature");
  (void)choice("--quantity", flags.quantity, quantities);
  const bool chi = flags.quantity == "chi";
  Question asked = question(flags);
  FormulaAnswer answer;
  answer.quantity = flags.quantity;
  answer.activation = joined(flags.activations);
  answer.command = line;
  answer.depth = static_cast<int>(asked.activations.size());
  if (answer.is_map()) {
    if (asked.activations.size() != 1) throw UsageError("--quantity " + flags.quantity + " belongs to one activation; leave --depth out");
    answer.formulas = variance_map_formula(layer_formulas(asked.activations[0], asked.of_parameters), chi, asked.of_parameters, flags.expand);
    answer.arguments = {{"q", "the variance of u, positive"}};
    add_parameters(answer.arguments, asked);
    answer.subject = std::string(chi ? "E[phi'(u)^2]" : "E[phi(u)^2]") + " for u normal with mean 0 and variance q, phi = " + answer.activation;
    return answer;
  }
  if (const std::optional<MetricOf> of = kernel_asked(flags)) {
    asked.of = *of;
    answer_kernel(answer, asked, flags.expand);
    return answer;
  }
  asked.of = meaning<MetricOf>("--of", flags.of.empty() ? "feature" : flags.of, {{"feature", MetricOf::feature}, {"nngp", MetricOf::nngp}});
  for (std::size_t l = 0; l < asked.activations.size(); ++l) {
    const bool same = l > 0 && flags.activations.size() == 1;
    asked.network.layers.push_back(same ? asked.network.layers[0] : layer_formulas(asked.activations[l], asked.of_parameters));
  }
  const auto quantity = meaning<GeometryQuantity>("--quantity", flags.quantity,
                                                  {{"metric", GeometryQuantity::metric},
                                                   {"eigenvalues", GeometryQuantity::eigenvalues},
                                                   {"volume", GeometryQuantity::volume},
                                                   {"curvature", GeometryQuantity::curvature},
                                                   {"sectional-curvature", GeometryQuantity::sectional}});
  answer.formulas = geometry_formula(asked.network, quantity, asked.of, flags.expand);
  answer.arguments = arguments(asked);
  static const std::map<GeometryQuantity, std::string> subjects = {
      {GeometryQuantity::metric, "The metric A I + B x x^T"},
      {GeometryQuantity::eigenvalues, "The eigenvalues of the metric (orthogonal to x, along x)"},
      {GeometryQuantity::volume, "The volume element sqrt(det g) of the metric"},
      {GeometryQuantity::curvature, "The Ricci scalar of the metric"},
      {GeometryQuantity::sectional, "The sectional curvatures of the metric (planes that hold x, that do not)"}};
  answer.subject = subjects.at(quantity) + (asked.of == MetricOf::nngp ? " of the output kernel" : " of the features") + answer.network();
  return answer;
}

/// The limits of Q and chi.
std::string limit_text(const Flags& flags, const std::string& line, const Budget& budget) {
  LimitAnswer answer;
  std::string word = flags.limit;
  std::erase(word, ' ');
  answer.limit = meaning<Limit>("--limit", word, {{"q->0", Limit::zero}, {"q->oo", Limit::infinity}});
  if (flags.quantity != "Q" && flags.quantity != "chi") throw UsageError("--limit is known for --quantity Q and chi, the functions of q");
  if (flags.activations.size() != 1) throw UsageError("--limit takes one --activation");
  if (!flags.depth.empty()) throw UsageError("--quantity " + flags.quantity + " belongs to one activation; leave --depth out");
  const std::size_t form = choice("--format with --limit", flags.format, {"text", "latex", "json"});
  answer.quantity = flags.quantity;
  answer.activation = flags.activations[0];
  answer.command = line;
  const ParametricActivation typed = for_flag("--activation", [&] { return ParametricActivation::from_text(flags.activations[0]); });
  if (!typed.parameters.empty()) {
    throw UsageError("--limit: the letter " + typed.parameters[0] + " of " + typed.name + " has no value, and the limits of q need numbers; write a number for it, like 3/2");
  }
  if (!flags.assumptions.empty()) throw UsageError("--limit: there is nothing to assume, as the activation has no letters; leave --assume out");
  const Activation phi = for_flag("--activation", [&] { return Activation::from_text(flags.activations[0]); });
  answer.found = asymptotics(VarianceMap(phi), flags.quantity == "chi", answer.limit, budget);
  return std::vector<std::string (*)(const LimitAnswer&)>{limit_as_text, limit_as_latex, limit_as_json}[form](answer);
}

int answer_question(const Flags& flags, const std::string& line, Answer& answer) {
  if (!flags.limit.empty()) {
    answer.raw(limit_text(flags, line, answer.budget()));
    return answered;
  }
  const std::vector<std::string (*)(const FormulaAnswer&)> forms = {formula_as_text, formula_as_latex, formula_as_json, formula_as_python, formula_as_mathematica};
  const std::size_t form = choice("--format", flags.format, {"text", "latex", "json", "python", "mathematica"});
  answer.raw(forms[form](found(flags, line)));
  return answered;
}

}  // namespace

Run add_formula(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("formula", "the formula of a variance map, or of the metric, its volume element or its curvature");
  command.footer(examples);
  command.add_option("--quantity", flags->quantity, "Q, chi, kernel, derivative-kernel, ntk, metric, eigenvalues, volume, curvature or sectional-curvature")->type_name("K")->group("What");
  command.add_option("--of", flags->of, "of kernel: feature (the default), derivative, nngp or ntk; of the geometry: that of the last hidden layer's features (feature, the default), or of the output's kernel (nngp)")
      ->type_name("K")
      ->group("What");
  command.add_flag("--expand", flags->expand, "one formula, however long, without named quantities")->group("What");
  command.add_option("--limit", flags->limit, "of Q or chi: the leading term and the next for \"q->0\" or \"q->oo\" (text, latex, json)")->type_name("q->..")->group("What");
  command
      .add_option("--activation", flags->activations,
                  "a name ('infwidth activations' lists them) or a formula in x; once for all hidden layers, or once a layer. Other letters are real "
                  "parameters: erf(a*x), leaky_relu:a")
      ->type_name("F")
      ->group("Network")
      ->allow_extra_args(false);
  command
      .add_option("--assume", flags->assumptions, "what holds of the parameters, where the formula depends on it: a>0, or 0<a<=1,t<u; may be given again")
      ->type_name("R")
      ->group("Network")
      ->allow_extra_args(false);
  command.add_option("--depth", flags->depth, "the number of hidden layers; by default as many as activations")->type_name("L")->group("Network");
  command
      .add_option("--sigma-w2", flags->sigma_w2,
                  "variance of the weights: a number, or a symbol, whose name begins with sigma_ (sigma_w2 by default); one, L for the hidden layers, or L + 1 "
                  "with the readout's")
      ->type_name("v[,v..]")
      ->group("Network");
  command.add_option("--sigma-b2", flags->sigma_b2, "variance of the biases (sigma_b2 by default), in the same way")->type_name("v[,v..]")->group("Network");
  command.add_option("--input-scaling", flags->input_scaling, "unit (the default): first-layer weights have variance sigma_w2; fan-in: sigma_w2 / d")
      ->type_name("S")
      ->group("Network");
  command.add_option("--dim", flags->dim, "the dimension of the input space; by default the symbol d")->type_name("d")->group("Network");
  command.add_option("--format", flags->format, "text (the default), latex, json, python (a module that needs mpmath) or mathematica")->type_name("F")->group("Answer");
  command.add_option("--output", flags->answer.output, "write to a file, which appears whole or not at all")->type_name("FILE")->group("Answer");
  command.add_option("--timeout", flags->answer.timeout, "give up after so many seconds")->type_name("SECONDS")->group("Answer");
  return [flags](const std::string& line) {
    flags->format = decided_format(flags->format, flags->answer.output, {"text", "latex", "json", "python", "mathematica"});
    return run_session(flags->answer.session(command_name, line, true), [&](Answer& answer) { return answer_question(*flags, line, answer); });
  };
}

}  // namespace infwidth::cli
