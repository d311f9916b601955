// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <thread>

#include "infwidth/expression/parse.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "output_format.hpp"

namespace infwidth::cli {

namespace {

constexpr long default_digits = 15;

}  // namespace

std::size_t choice(const std::string& flag, const std::string& text, const std::vector<std::string>& words) {
  std::string list;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (text == words[i]) return i;
    list += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  const std::string nearest = words.size() > 1 ? nearest_word(text, words) : "";
  throw UsageError(flag + ": '" + shown(text) + "' is unknown" + (nearest.empty() ? "" : "; did you mean " + nearest + "?") + "; it is " + list);
}

long parse_count(const std::string& text, long least, long most, const std::string& flag) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole && error != std::errc::result_out_of_range) throw UsageError(flag + ": '" + shown(text) + "' is not a whole number");
  if (whole && value >= least && value <= most) return value;
  throw UsageError(flag + ": " + shown(text) + " is out of range; it goes from " + std::to_string(least) + " to " + std::to_string(most));
}

std::vector<std::uint64_t> parsed_widths(const std::string& text) {
  std::vector<std::uint64_t> widths;
  if (text.empty()) return widths;
  for (const Rational& w : parse_list(text)) {
    if (denominator(w) != 1 || w < 1 || w > 1'000'000'000'000) throw UsageError(to_string(w) + " is no width; write whole numbers from 1, like 1000 or 500,300");
    widths.push_back(static_cast<std::uint64_t>(numerator(w)));
  }
  return widths;
}

int parsed_threads(const std::string& text) {
  constexpr long most = 4096;
  return text.empty() ? static_cast<int>(std::max(1U, std::thread::hardware_concurrency())) : static_cast<int>(parse_count(text, 1, most, "--threads"));
}

double parsed_share(const std::string& flag, const std::string& text) {
  const bool percent = text.ends_with('%');
  return (percent ? 0.01 : 1) * for_flag(flag, [&] {
           Rational share;
           try {
             share = parse_rational(percent ? text.substr(0, text.size() - 1) : text);
           } catch (const UsageError&) {
             throw UsageError("'" + shown(text) + "' is no number; write it like 0.01 or 1%");
           }
           return nearest_double(share);
         });
}

long AnswerFlags::parsed_digits() const {
  if (digits.empty()) return default_digits;
  long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (whole && value > most_digits) throw NotReached("--digits: " + digits + " are more than this program computes; ask for at most " + std::to_string(most_digits));
  return parse_count(digits, 1, most_digits, "--digits");
}

Engine AnswerFlags::parsed_engine() const { return meaning<Engine>("--engine", engine, {{"ball", Engine::ball}, {"double", Engine::number}, {"mpfr", Engine::mpfr}}); }

SessionOptions AnswerFlags::session(const std::string& command, const std::string& line, bool checks_output) {
  static const std::vector<std::string> formats = {"text", "json", "csv", "latex"};
  format = decided_format(format, checks_output ? "" : output, formats);
  SessionOptions options;
  options.command = command;
  options.command_line = line;
  options.format = meaning<Format>("--format", format, {{"text", Format::text}, {"json", Format::json}, {"csv", Format::csv}, {"latex", Format::latex}});
  options.output = output;
  options.quiet = quiet;
  if (timeout.empty()) return options;
  double seconds = 0;
  const auto [end, error] = std::from_chars(timeout.data(), timeout.data() + timeout.size(), seconds);
  if (error != std::errc() || end != timeout.data() + timeout.size() || !std::isfinite(seconds) || seconds <= 0)
    throw UsageError("--timeout: '" + shown(timeout) + "' is not a number of seconds; write it like 60 or 0.5");
  options.timeout = seconds;
  return options;
}

void add_format_flags(CLI::App& command, AnswerFlags& flags) {
  command.add_option("--format", flags.format, "text (the default), json (one object a line), csv, or latex (a booktabs table); an --output FILE.csv, .json, .tex says it too")->type_name("F")->group("Answer");
  command.add_option("--output", flags.output, "write to a file, which appears whole or not at all")->type_name("FILE")->group("Answer");
}

void add_answer_flags(CLI::App& command, AnswerFlags& flags) {
  command.add_option("--digits", flags.digits, "significant digits, 1 to 100000; 15 by default")->type_name("N")->group("Accuracy");
  command
      .add_option("--engine", flags.engine,
                  "ball (the default): proven digits; double: fast, 12 digits, not proven; mpfr: a second, independent route, not proven")
      ->type_name("E")
      ->group("Accuracy");
  add_format_flags(command, flags);
  add_long_work_flags(command, flags);
}

void add_long_work_flags(CLI::App& command, AnswerFlags& flags) {
  command.add_option("--timeout", flags.timeout, "give up after so many seconds")->type_name("SECONDS")->group("Long work");
  command.add_flag("--quiet", flags.quiet, "no progress bar")->group("Long work");
}

void add_network_flags(CLI::App& command, NetworkFlags& flags) {
  command
      .add_option("--activation", flags.activations,
                  "a name ('infwidth activations' lists them) or a formula in x; once for all hidden layers, or once a layer")
      ->type_name("F")
      ->group("Network")
      ->allow_extra_args(false);
  command.add_option("--depth", flags.depth, "the number of hidden layers; by default as many as activations")->type_name("L")->group("Network");
  command
      .add_option("--sigma-w2", flags.sigma_w2, "variance of the weights (1): one value, L values for the hidden layers, or L + 1 with the readout's")
      ->type_name("v[,v..]")
      ->group("Network");
  command.add_option("--sigma-b2", flags.sigma_b2, "variance of the biases (0), in the same way; none: there are no biases, which the standard parameterization tells from biases that begin at 0")
      ->type_name("v[,v..]")
      ->group("Network");
  command
      .add_option("--input-scaling", flags.input_scaling, "unit (the default): first-layer weights have variance sigma_w2; fan-in: sigma_w2 / d")
      ->type_name("S")
      ->group("Network");
}

void add_parameterization_flags(CLI::App& command, NetworkFlags& flags) {
  command
      .add_option("--parameterization", flags.parameterization, "what is trained, for the NTK: ntk (the default; weights and biases in units of their deviation) or standard (themselves)")
      ->type_name("P")
      ->group("Network");
  command.add_option("--widths", flags.widths, "the widths of the hidden layers, which the standard parameterization's NTK grows with: one for all, or L")
      ->type_name("n[,n..]")
      ->group("Network");
  command.add_option("--residual", flags.residual, "residual connections between hidden layers: h + alpha (W phi(h) + b)")->type_name("alpha")->group("Network");
}

NetworkFlags::Variances NetworkFlags::variances() const {
  Variances v;
  v.weights = for_flag("--sigma-w2", [&] { return parse_list(sigma_w2); });
  v.has_biases = sigma_b2 != "none";
  v.biases = v.has_biases ? for_flag("--sigma-b2", [&] { return parse_list(sigma_b2); }) : std::vector<Rational>{0};
  return v;
}

void NetworkFlags::set_the_rest(Architecture& network) const {
  network.input_scaling = meaning<InputScaling>("--input-scaling", input_scaling, {{"unit", InputScaling::unit}, {"fan-in", InputScaling::fan_in}});
  network.parameterization =
      meaning<Parameterization>("--parameterization", parameterization, {{"ntk", Parameterization::ntk}, {"standard", Parameterization::standard}});
  if (!residual.empty()) {
    const std::vector<Rational> alpha = for_flag("--residual", [&] { return parse_list(residual); });
    if (alpha.size() != 1) throw UsageError("--residual: " + shown(residual) + " is more than one number; it is one alpha for all layers");
    network.residual = alpha[0];
  }
  set_widths(network, for_flag("--widths", [&] { return parsed_widths(widths); }));
}

Architecture NetworkFlags::architecture() const {
  if (activations.empty()) throw UsageError("no activation is given; add one, like --activation tanh");
  const int layers = depth.empty() ? static_cast<int>(activations.size()) : static_cast<int>(parse_count(depth, 1, 1'000'000, "--depth"));
  std::vector<Activation> functions;
  for (const std::string& text : activations) functions.push_back(for_flag("--activation", [&] { return Activation::from_text(text); }));
  const Variances v = variances();
  Architecture network = make_architecture(layers, std::move(functions), v.weights, v.biases);
  network.has_biases = v.has_biases;
  set_the_rest(network);
  return network;
}

namespace {

/// What a network has beside activations, depth and variances, where it is not the usual.
std::string the_rest(const NetworkFlags& n) {
  std::string text;
  if (n.input_scaling != "unit") text += ", input scaling " + n.input_scaling;
  if (n.parameterization != "ntk") text += ", " + n.parameterization + " parameterization" + (n.widths.empty() ? "" : ", widths " + n.widths);
  if (!n.residual.empty()) text += ", residual alpha = " + n.residual;
  return text;
}

std::string biases_of(const NetworkFlags& n) { return n.sigma_b2 == "none" ? ", no biases" : ", sigma_b2 = " + n.sigma_b2; }

}  // namespace

std::string NetworkFlags::description() const {
  std::string text;
  for (const std::string& activation : activations) text += (text.empty() ? "" : " | ") + activation;
  return text + ", depth " + (depth.empty() ? std::to_string(activations.size()) : depth) + ", sigma_w2 = " + sigma_w2 + biases_of(*this) + the_rest(*this);
}

Subject NetworkFlags::subject() const {
  std::string names;
  for (const std::string& activation : activations) names += (names.empty() ? "" : " | ") + activation;
  Subject all = {{"activation", names}, {"depth", depth.empty() ? std::to_string(activations.size()) : depth}, {"sigma_w2", sigma_w2}, {"sigma_b2", sigma_b2}, {"input_scaling", input_scaling}};
  if (parameterization != "ntk") all.emplace_back("parameterization", parameterization);
  if (!residual.empty()) all.emplace_back("residual", residual);
  return all;
}

Subject kernel_subject(const std::string& kernel, const NetworkFlags& flags) {
  Subject all = {{"kernel", kernel}, {"depth", flags.depth}};
  if (arc_cosine_network(kernel, flags)) all.insert(all.end(), {{"sigma_w2", flags.sigma_w2}, {"sigma_b2", flags.sigma_b2}});
  return all;
}

std::optional<Architecture> arc_cosine_network(const std::string& kernel, const NetworkFlags& flags) {
  constexpr std::string_view word = "arc-cosine:";
  if (!kernel.starts_with(word)) return std::nullopt;
  const std::vector<Rational> order = for_flag("--kernel", [&] { return parse_list(kernel.substr(word.size())); });
  if (order.size() != 1 || order[0] < 0) throw UsageError("--kernel: '" + shown(kernel) + "' is no arc-cosine kernel; its order is a number n >= 0, like arc-cosine:1 or arc-cosine:3/2");
  const auto layers = static_cast<std::size_t>(flags.depth.empty() ? 1 : parse_count(flags.depth, 1, 1'000'000, "--depth"));
  const Activation phi = Activation::from_text(order[0] == 0 ? "step" : "relu_power:" + to_string(order[0]));
  NetworkFlags::Variances v = flags.variances();
  for (const auto& [flag, list] : {std::pair{"--sigma-w2", &v.weights}, std::pair{"--sigma-b2", &v.biases}}) {
    if (list->size() == 1) list->resize(layers, Rational((*list)[0]));
    if (list->size() == layers) continue;
    throw UsageError(std::string(flag) + ": " + std::to_string(list->size()) + " values for " + kernel + " of depth " + std::to_string(layers) + ", which has no readout; give 1 (every layer)" +
                     (layers == 1 ? "" : " or " + std::to_string(layers)));
  }
  for (std::size_t l = 1; l < layers; ++l) v.weights[l] *= 2;
  v.weights.emplace_back(2);
  v.biases.emplace_back(0);
  Architecture network = make_architecture(static_cast<int>(layers), {phi}, v.weights, v.biases);
  network.has_biases = v.has_biases;
  flags.set_the_rest(network);
  return network;
}

std::string kernel_description(const std::string& kernel, const NetworkFlags& flags) {
  std::string text = "kernel " + kernel;
  if (!flags.depth.empty()) text += ", depth " + flags.depth;
  if (flags.sigma_w2 != "1") text += ", sigma_w2 = " + flags.sigma_w2;
  if (flags.sigma_b2 != "0") text += biases_of(flags);
  return text + the_rest(flags);
}

std::string command_line(int argc, const char* const* argv) {
  std::string line = "infwidth";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool bare = !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%") == std::string::npos;
    line += ' ';
    if (bare) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? "'\\''" : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace infwidth::cli
