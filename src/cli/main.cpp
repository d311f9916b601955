// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "idle_flags.hpp"
#include "infwidth/real/errors.hpp"
#include "options.hpp"
#include "unread_words.hpp"
#include "wrapped_text.hpp"

namespace infwidth::cli {

namespace {

constexpr const char* description =
    "The exact geometry of infinitely wide neural networks: the metric that a random network's features induce on input\n"
    "space, its volume element and its curvature, to any number of proven digits.";

constexpr const char* examples =
    "Examples:\n"
    "  infwidth metric --activation tanh --depth 3 --norm2 1 --dim 2\n"
    "  infwidth metric --activation 'erf(x/sqrt(2))' --at 1,0,3/5 --digits 50\n"
    "  infwidth kernel --activation tanh --depth 3 --x 1,0 --y 3/5,4/5\n"
    "  infwidth predict --activation relu --of nngp --train X.npy --targets y.npy --test Z.npy\n"
    "  infwidth finite --widths 100,100 --activation tanh --at 1,0\n"
    "  infwidth expectation 'tanh(x)^2' --variance 17/10 --digits 50\n"
    "  infwidth formula --quantity curvature --activation erf\n"
    "  infwidth validate --activation erf --widths 100 --at 0.6,0.8 --draws 10000\n"
    "  infwidth activations\n"
    "  infwidth verify --quantity chi --activation erf --claim '4/(pi*sqrt(1+4*q))'\n"
    "\n"
    "Each command explains itself with --help.\n"
    "Exit codes: 0 answered, 1 a fault of infwidth, 2 usage or bad data, 3 no such quantity, 4 not reached, 5 a claim disagrees,\n"
    "130 interrupted.";

/// `infwidth help metric` is `infwidth metric --help`.
std::vector<std::string> words_of(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words[0] != "help") return words;
  words.erase(words.begin());
  if (words.size() > 1) words.resize(1);
  words.emplace_back("--help");
  return words;
}

/// What is wrong with the words, and where help is.
std::string refusal(const CLI::App& program, const CLI::ParseError& error, const std::vector<std::string>& words, const std::string& name) {
  std::string what = unread_words(program, words);
  if (what.empty()) what = error.what();
  while (!what.empty() && (what.back() == '\n' || what.back() == '.')) what.pop_back();
  return what + (what.ends_with('?') ? " See '" : "; see '") + name + " --help'";
}

TypedFlags typed_flags(const CLI::App& command) {
  TypedFlags typed;
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() > 0) typed[option->get_name()] = option->results();
  }
  return typed;
}

int run(int argc, const char* const* argv) {
  CLI::App program{description, "infwidth"};
  program.require_subcommand(1);
  program.set_version_flag("--version", "infwidth " INFWIDTH_VERSION);
  program.get_formatter()->column_width(28);
  program.footer(examples);
  const std::vector<std::pair<std::string, Run>> commands = {
      {"metric", add_metric(program)},
      {"kernel", add_kernel(program)},
      {"predict", add_predict(program)},
      {"finite", add_finite(program)},
      {"expectation", add_expectation(program)},
      {"formula", add_formula(program)},
      {"activations", add_activations(program)},
      {"symmetry", add_symmetry(program)},
      {"validate", add_validate(program)},
      {"train", add_train(program)},
      {"reproduce", add_reproduce(program)},
      {"verify", add_verify(program)}};
  const std::vector<std::string> words = words_of(argc, argv);
  const auto name = [&] {
    for (const auto& [word, unused] : commands)
      if (program.got_subcommand(word)) return "infwidth " + word;
    return std::string("infwidth");
  };
  try {
    program.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them from the end
  } catch (const CLI::ParseError& error) {
    const bool names_a_command = !words.empty() && !words[0].starts_with('-'), help = dynamic_cast<const CLI::CallForHelp*>(&error) != nullptr;
    // The help of a command that there is not is none: `infwidth metrc --help`.
    if (help && (!names_a_command || name() != "infwidth")) {
      std::fputs(wrapped(program.help(), terminal_width()).c_str(), stdout);
      return answered;
    }
    if (!help && error.get_exit_code() == 0) return program.exit(error);  // --version
    complain(name(), refusal(program, error, words, name()));
    return usage;
  }
  for (const auto& [word, command] : commands) {
    if (!program.got_subcommand(word)) continue;
    try {
      refuse_idle_flags(word, typed_flags(*program.get_subcommand(word)));
      return command(command_line(argc, argv));
    } catch (const UsageError& error) {
      complain(name(), error.what());
      return usage;
    } catch (const NotReached& error) {
      complain(name(), error.what());
      return not_reached;
    }
  }
  return bug;
}

}  // namespace

}  // namespace infwidth::cli

int main(int argc, char** argv) {
  try {
    return infwidth::cli::run(argc, argv);
  } catch (const std::exception& error) {
    infwidth::cli::complain("infwidth", std::string("a fault in infwidth, please report it with the command: ") + error.what());
    return infwidth::cli::bug;
  }
}
