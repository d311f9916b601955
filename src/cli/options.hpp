// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "infwidth/network/architecture.hpp"
#include "session.hpp"

namespace CLI {
class App;
}

namespace infwidth::cli {

enum class Engine { ball, number, mpfr };  // `number` is --engine double

/// Flags as they were typed: what they mean is found out when the command runs, so that every refusal has one form.
struct AnswerFlags {
  std::string digits, engine = "ball", format, output, timeout;
  bool quiet = false;

  /// 15 where none are asked for.
  long parsed_digits() const;
  Engine parsed_engine() const;
  /// From here on `format` is the one that --format or the ending of --output says.
  ///   checks_output   the command has other files than those of --format, and checks the name itself
  ///   Errors          UsageError: those of decided_format; a time limit that is no number
  SessionOptions session(const std::string& command, const std::string& command_line, bool checks_output = false);
};
void add_format_flags(CLI::App& command, AnswerFlags& flags);
void add_long_work_flags(CLI::App& command, AnswerFlags& flags);
void add_answer_flags(CLI::App& command, AnswerFlags& flags);

struct NetworkFlags {
  std::vector<std::string> activations;
  std::string depth, sigma_w2 = "1", sigma_b2 = "0", input_scaling = "unit", parameterization = "ntk", widths, residual;

  Architecture architecture() const;
  /// "tanh, depth 3, sigma_w2 = 3/2, sigma_b2 = 0.1"
  std::string description() const;
  /// The same as columns of CSV.
  Subject subject() const;

  /// Both variances as lists. `--sigma-b2 none` is one of 0, and a network without biases.
  struct Variances {
    std::vector<Rational> weights, biases;
    bool has_biases = true;
  };
  Variances variances() const;
  /// Input scaling, parameterization with its widths, and residual connections.
  void set_the_rest(Architecture& network) const;
};
void add_network_flags(CLI::App& command, NetworkFlags& flags);
/// --parameterization, --widths and --residual, for commands that know what they mean.
void add_parameterization_flags(CLI::App& command, NetworkFlags& flags);

/// The classical kernel beside its flags, as columns of CSV.
Subject kernel_subject(const std::string& kernel, const NetworkFlags& flags);

/// The network whose NNGP is the arc-cosine kernel K^L of `arc-cosine:n`; none for another word:
///     K^0 = x.y,  K^l = 2 E[u_+^n v_+^n],  (u, v) with the covariance sigma_b2 + sigma_w2 K^(l-1) at two inputs
/// with one value or L values of the variances: there is no readout beyond K^L.
///   Errors   UsageError naming --kernel for an order n < 0, the flags for what they say
std::optional<Architecture> arc_cosine_network(const std::string& kernel, const NetworkFlags& flags);
/// "kernel arc-cosine:1, depth 2, sigma_w2 = 2": what was asked for.
std::string kernel_description(const std::string& kernel, const NetworkFlags& flags);

/// A whole number between two bounds.  Errors  UsageError naming the flag
long parse_count(const std::string& text, long least, long most, const std::string& flag);
/// "100,50"; of no text none.  Errors  UsageError
std::vector<std::uint64_t> parsed_widths(const std::string& text);
/// `--threads`: all cores where it is not given.
int parsed_threads(const std::string& text);
/// A share, `0.01` or `1%`, in double precision.  Errors  UsageError naming the flag
double parsed_share(const std::string& flag, const std::string& text);
/// One of the words, by its place in the list.  Errors  UsageError naming the flag and all the words, with the nearest one
std::size_t choice(const std::string& flag, const std::string& text, const std::vector<std::string>& words);
/// What a word stands for.  Errors  as `choice`
template <class T>
T meaning(const std::string& flag, const std::string& text, const std::vector<std::pair<std::string, T>>& meanings) {
  std::vector<std::string> words;
  for (const auto& [word, value] : meanings) words.push_back(word);
  return meanings[choice(flag, text, words)].second;
}

/// The text is the answer of f, its refusals begin with the flag.
template <class F>
auto for_flag(const std::string& flag, F f) {
  try {
    return f();
  } catch (const UsageError& error) {
    throw UsageError(flag + ": " + error.what());
  }
}

/// How a command line would be typed again.
std::string command_line(int argc, const char* const* argv);

inline constexpr long most_digits = 100'000;

}  // namespace infwidth::cli
