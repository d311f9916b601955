// SPDX-License-Identifier: GPL-3.0-or-later
#include "unread_words.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "infwidth/expression/parse.hpp"
#include "infwidth/io/json.hpp"
#include "infwidth/io/range.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth::cli {

namespace {

/// What other programs call a flag.
///   ours     its names here: the first that the command has
///   says     what the value is, in words
///   squared  ours takes the square of what is meant
///   value    one that goes without saying
struct Synonym {
  std::vector<std::string> theirs, ours;
  std::string says;
  bool squared = false;
  std::string value = {};
};

const std::vector<Synonym>& synonyms() {
  static const std::vector<Synonym> all = {
      {{"lr", "learning-rate", "eta", "step-size"}, {"--rate"}, "the learning rate"},
      {{"optimizer", "opt", "solver"}, {"--optimiser"}, "the optimiser, sgd or adam"},
      {{"weight-decay", "wd"}, {"--decay"}, "the weight decay"},
      {{"batch-size", "minibatch"}, {"--batch"}, "the number of points a step"},
      {{"criterion", "objective"}, {"--loss"}, "the loss"},
      {{"scheduler", "lr-schedule"}, {"--schedule"}, "the schedule of the learning rate"},
      {{"sigma-w", "w-std", "weight-std", "std-w", "sw"}, {"--sigma-w2"}, "the variance", true},
      {{"sigma-b", "b-std", "bias-std", "std-b", "sb"}, {"--sigma-b2"}, "the variance", true},
      {{"std", "sigma", "init-std", "gain"}, {"--sigma-w2"}, "the variance of the weights", true},
      {{"w-var", "weight-variance", "var-w", "cw"}, {"--sigma-w2"}, "the variance of the weights"},
      {{"b-var", "bias-variance", "var-b", "cb"}, {"--sigma-b2"}, "the variance of the biases"},
      {{"no-bias", "bias-free", "no-biases"}, {"--sigma-b2"}, "a network without biases", false, "none"},
      {{"norm", "radius"}, {"--norm", "--norm2"}, "|x|^2", true},
      {{"nonlinearity", "non-linearity", "act", "phi", "transfer"}, {"--activation"}, "the activation"},
      {{"n-layers", "num-layers", "layers", "hidden-layers", "l"}, {"--depth"}, "the number of hidden layers"},
      {{"hidden", "hidden-size", "hidden-units", "units", "neurons", "num-hidden", "n", "width"}, {"--widths"}, "the list of the widths"},
      {{"point", "input", "x0"}, {"--at", "--x"}, "the point"},
      {{"d", "dimension", "input-dim", "in-features"}, {"--dim"}, "the dimension of the input space"},
      {{"samples", "trials", "networks", "n-samples", "num-samples", "ensemble"}, {"--draws"}, "the number of networks"},
      {{"random-state", "random-seed", "rng"}, {"--seed"}, "the seed"},
      {{"jobs", "j", "n-jobs", "num-threads", "workers", "cores"}, {"--threads"}, "the number of threads"},
      {{"precision", "prec", "dps", "decimals", "accuracy"}, {"--digits"}, "the number of digits"},
      {{"out", "o", "outfile", "save-to"}, {"--output"}, "the file of the answer"},
      {{"json"}, {"--format"}, "the form of the answer", false, "json"},
      {{"csv"}, {"--format"}, "the form of the answer", false, "csv"},
      {{"latex", "tex"}, {"--format"}, "the form of the answer", false, "latex"},
      {{"ntk"}, {"--of"}, "the tangent kernel", false, "ntk"},
      {{"nngp"}, {"--of"}, "the outputs' kernel", false, "nngp"},
      {{"ridge", "regularization", "diag-reg", "obs-noise"}, {"--noise"}, "the variance of the noise"},
      {{"var", "q"}, {"--variance"}, "the variance"},
      {{"cov"}, {"--covariance"}, "the covariance"},
      {{"significance", "level"}, {"--alpha"}, "the false-alarm rate"},
      {{"x-train", "train-x"}, {"--train"}, "the file of the training points"},
      {{"y-train", "train-y", "y"}, {"--targets", "--labels"}, "the file of what is learned"},
      {{"x-test", "test-x"}, {"--test"}, "the file of the test points"},
      {{"y-test", "test-y"}, {"--test-targets"}, "the file of what is true there"},
      {{"param"}, {"--parameterization"}, "what is trained"}};
  return all;
}

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional()) names.push_back(option->get_name());
  }
  return names;
}

bool is_flag(const std::string& word) { return word.size() > 2 && word.starts_with("--"); }

/// "1.5,2" to "2.25,4"; none of what is no list of numbers.
std::optional<std::string> squares(const std::string& list) {
  try {
    std::string text;
    for (const Rational& x : parse_list(list)) text += (text.empty() ? "" : ",") + exact_text(Rational(x * x));
    return text;
  } catch (const UsageError&) {
    return std::nullopt;
  }
}

/// "--sigma-w2 2.25 is the variance", for --sigma-w 1.5; none for a word without synonym in this command.
std::optional<std::string> by_synonym(const CLI::App& command, const std::string& flag, const std::string& value) {
  std::string word = flag.substr(2);
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
  const std::vector<std::string> flags = flags_of(command);
  for (const Synonym& s : synonyms()) {
    if (std::find(s.theirs.begin(), s.theirs.end(), word) == s.theirs.end()) continue;
    for (const std::string& ours : s.ours) {
      if (std::find(flags.begin(), flags.end(), ours) == flags.end()) continue;
      if (!s.value.empty()) return ours + ' ' + s.value + " is " + s.says;
      if (!s.squared) return ours + (value.empty() ? "" : ' ' + shown(value)) + " is " + s.says;
      if (const auto square = value.empty() ? std::nullopt : squares(value)) return ours + ' ' + *square + " is " + s.says;
      return ours + " is " + s.says + ", the square";
    }
  }
  return std::nullopt;
}

std::string unknown_flag(const CLI::App& command, const std::string& word, const std::string& next) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string flag = word.substr(0, equals), value = equals < word.size() ? word.substr(equals + 1) : is_flag(next) ? "" : next;
  const std::string unknown = shown(flag) + " is unknown";
  if (const auto known = by_synonym(command, flag, value)) return unknown + "; " + *known;
  const std::string nearest = nearest_word(flag, flags_of(command));
  return unknown + (nearest.empty() ? "" : "; did you mean " + nearest + "?");
}

/// A word that belongs to no flag. `flag` and `value` stand before it, if any do.
std::string left_over(const CLI::App& command, const std::string& word, const std::string& flag, const std::string& value) {
  if (word.size() > 1 && word[0] == '-') {
    const bool letters = std::all_of(word.begin() + 1, word.end(), [](unsigned char c) { return std::isalpha(c) != 0 || c == '-'; });
    const std::string nearest = letters ? nearest_word('-' + word, flags_of(command)) : "";
    if (!nearest.empty()) return "'" + shown(word) + "' is no flag; did you mean " + nearest + "?";
    return "'" + shown(word) + "' is no flag; a list that begins with a minus is written like --x=-1,0, and a formula stands in parentheses: '(-x)'";
  }
  std::string text = "'" + shown(word) + "' belongs to no flag";
  if (flag.empty()) return text;
  const CLI::Option* option = command.get_option_no_throw(flag);
  if (option->get_items_expected_min() == 0) return text + ", as " + flag + " takes no value";
  if (option->get_items_expected_max() > 1) return text + "; each value has its own: " + flag + ' ' + shown(value) + ' ' + flag + ' ' + shown(word);
  return text + ", as " + flag + " takes one word; a list is written with commas, like " + flag + ' ' + shown(value) + ',' + shown(word);
}

std::string unread_words_of(const CLI::App& command, const std::vector<std::string>& words) {
  std::size_t room = 0;  // for words without a flag
  for (const CLI::Option* option : command.get_options()) {
    if (!option->nonpositional()) room += static_cast<std::size_t>(option->get_items_expected_max());
  }
  std::string flag, value;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string next = i + 1 < words.size() ? words[i + 1] : "";
    if (word == "--") return "";
    if (is_flag(word)) {
      const std::size_t equals = std::min(word.find('='), word.size());
      const CLI::Option* option = command.get_option_no_throw(word.substr(0, equals));
      if (option == nullptr) return unknown_flag(command, word, next);
      flag = word.substr(0, equals);
      value = equals < word.size() ? word.substr(equals + 1) : next;
      if (equals == word.size() && option->get_items_expected_min() > 0) ++i;
      continue;
    }
    const bool dashed = word.size() > 1 && word[0] == '-';
    if (word == "-h") continue;
    if (dashed || room == 0) return left_over(command, word, flag, value);
    --room;
  }
  return "";
}

}  // namespace

std::string unread_words(const CLI::App& program, const std::vector<std::string>& words) {
  const std::vector<const CLI::App*> commands = program.get_subcommands([](const CLI::App*) { return true; });
  std::vector<std::string> names;
  std::string list;
  for (const CLI::App* command : commands) {
    names.push_back(command->get_name());
    list += (list.empty() ? "" : command == commands.back() ? " or " : ", ") + command->get_name();
  }
  if (words.empty()) return "no command is given; it is " + list;
  const auto command = std::find(names.begin(), names.end(), words[0]);
  if (command != names.end()) return unread_words_of(*commands[static_cast<std::size_t>(command - names.begin())], {words.begin() + 1, words.end()});
  if (words[0].starts_with('-')) return "a command comes before its flags, and '" + shown(words[0]) + "' is none; it is " + list;
  const std::string nearest = nearest_word(words[0], names);
  return "'" + shown(words[0]) + "' is no command; " + (nearest.empty() ? "it is " + list : "did you mean " + nearest + "?");
}

}  // namespace infwidth::cli
