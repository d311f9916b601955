// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <thread>

#include "infwidth/io/json.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"

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
  throw UsageError(flag + ": '" + shown(text) + "' is unknown; it is " + list);
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

long AnswerFlags::parsed_digits() const {
  if (digits.empty()) return default_digits;
  const long value = parse_count(digits, 1, 1'000'000'000'000, "--digits");
  if (value > most_digits) throw NotReached("--digits: " + digits + " are more than this program computes; ask for at most " + std::to_string(most_digits));
  return value;
}

Engine AnswerFlags::parsed_engine() const { return static_cast<Engine>(choice("--engine", engine, {"ball", "double", "mpfr"})); }

SessionOptions AnswerFlags::session(const std::string& command, const std::string& line) const {
  SessionOptions options;
  options.command = command;
  options.command_line = line;
  options.format = static_cast<Format>(choice("--format", format, {"text", "json", "csv", "latex"}));
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
  command.add_option("--format", flags.format, "text (the default), json (one object a line), csv, or latex (a booktabs table)")->type_name("F")->group("Answer");
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
  command.add_option("--sigma-b2", flags.sigma_b2, "variance of the biases (0), in the same way")->type_name("v[,v..]")->group("Network");
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

Architecture NetworkFlags::architecture() const {
  if (activations.empty()) throw UsageError("no activation is given; add one, like --activation tanh");
  const int layers = depth.empty() ? static_cast<int>(activations.size()) : static_cast<int>(parse_count(depth, 1, 1'000'000, "--depth"));
  std::vector<Activation> functions;
  for (const std::string& text : activations) functions.push_back(for_flag("--activation", [&] { return Activation::from_text(text); }));
  const auto variances_w = for_flag("--sigma-w2", [&] { return parse_list(sigma_w2); });
  const auto variances_b = for_flag("--sigma-b2", [&] { return parse_list(sigma_b2); });
  const auto scaling = static_cast<InputScaling>(choice("--input-scaling", input_scaling, {"unit", "fan-in"}));
  Architecture network = make_architecture(layers, std::move(functions), variances_w, variances_b, scaling);
  network.parameterization = static_cast<Parameterization>(choice("--parameterization", parameterization, {"ntk", "standard"}));
  if (!residual.empty()) {
    const std::vector<Rational> alpha = for_flag("--residual", [&] { return parse_list(residual); });
    if (alpha.size() != 1) throw UsageError("--residual: " + shown(residual) + " is more than one number; it is one alpha for all layers");
    network.residual = alpha[0];
  }
  set_widths(network, for_flag("--widths", [&] { return parsed_widths(widths); }));
  return network;
}

std::string NetworkFlags::description() const {
  std::string text;
  for (const std::string& activation : activations) text += (text.empty() ? "" : " | ") + activation;
  text += ", depth " + (depth.empty() ? std::to_string(activations.size()) : depth) + ", sigma_w2 = " + sigma_w2 + ", sigma_b2 = " + sigma_b2;
  if (input_scaling != "unit") text += ", input scaling " + input_scaling;
  if (parameterization != "ntk") text += ", " + parameterization + " parameterization, widths " + widths;
  if (!residual.empty()) text += ", residual alpha = " + residual;
  return text;
}

std::optional<Architecture> arc_cosine_network(const std::string& kernel, const std::string& depth) {
  constexpr std::string_view word = "arc-cosine:";
  if (!kernel.starts_with(word)) return std::nullopt;
  const std::vector<Rational> order = for_flag("--kernel", [&] { return parse_list(kernel.substr(word.size())); });
  if (order.size() != 1 || order[0] < 0) throw UsageError("--kernel: '" + shown(kernel) + "' is no arc-cosine kernel; its order is a number n >= 0, like arc-cosine:1 or arc-cosine:3/2");
  const int layers = depth.empty() ? 1 : static_cast<int>(parse_count(depth, 1, 1'000'000, "--depth"));
  const Activation phi = Activation::from_text(order[0] == 0 ? "step" : "relu_power:" + to_string(order[0]));
  std::vector<Rational> variances(static_cast<std::size_t>(layers) + 1, Rational(2));
  variances[0] = 1;
  return make_architecture(layers, {phi}, variances, {0});
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
