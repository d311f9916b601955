// SPDX-License-Identifier: GPL-3.0-or-later
// Words that the program does not know, and the shape of its help.
#include <cstdlib>
#include <sstream>

#include "catch.hpp"
#include "support/run_program.hpp"

using Catch::Matchers::ContainsSubstring;

namespace {

/// What is said of a command line that cannot be read: exit code 2, nothing on standard output.
std::string complaint(const std::vector<std::string>& words) {
  const Ran ran = run_program(words);
  CAPTURE(words, ran.out);
  CHECK(ran.code == 2);
  CHECK(ran.out.empty());
  return ran.err;
}

std::string help(const std::vector<std::string>& words, const char* columns) {
  if (columns == nullptr) ::unsetenv("COLUMNS");
  else ::setenv("COLUMNS", columns, 1);
  const Ran ran = run_program(words);
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  return ran.out;
}

}  // namespace

TEST_CASE("an unknown flag names the nearest one, and only that", "[cli]") {
  const std::string said = complaint({"metric", "--activaton", "tanh", "--at", "1,2"});
  CHECK(said == "infwidth metric: --activaton is unknown; did you mean --activation? See 'infwidth metric --help'\n");
  CHECK_THAT(complaint({"metric", "--activation", "tanh", "--at=1,2", "--digit=20"}), ContainsSubstring("--digit is unknown; did you mean --digits?"));
  CHECK_THAT(complaint({"metric", "--activation", "tanh", "--at", "1,2", "--frobnicate"}), ContainsSubstring("--frobnicate is unknown; see 'infwidth metric --help'"));
  CHECK_THAT(complaint({"metric", "--activation", "tanh", "--at", "1,2", "-depth", "3"}), ContainsSubstring("'-depth' is no flag; did you mean --depth?"));
  CHECK_THAT(complaint({"--activation", "tanh"}), ContainsSubstring("a command comes before its flags"));
}

TEST_CASE("what others call a flag leads to ours, a deviation to its square", "[cli]") {
  const auto at = [](const std::string& command, const std::vector<std::string>& more) {
    std::vector<std::string> words = {command, "--activation", "tanh"};
    words.insert(words.end(), more.begin(), more.end());
    return complaint(words);
  };
  CHECK_THAT(at("metric", {"--sigma-w", "1.5"}), ContainsSubstring("--sigma-w is unknown; --sigma-w2 2.25 is the variance"));
  CHECK_THAT(at("metric", {"--w_std=2,1/2"}), ContainsSubstring("--sigma-w2 4,0.25 is the variance"));
  CHECK_THAT(at("metric", {"--sigma-b", "large"}), ContainsSubstring("--sigma-b2 is the variance, the square"));
  CHECK_THAT(at("finite", {"--norm", "3"}), ContainsSubstring("--norm2 9 is |x|^2"));
  CHECK_THAT(at("train", {"--lr", "0.01"}), ContainsSubstring("--rate 0.01 is the learning rate"));
  CHECK_THAT(at("train", {"--optimizer", "adam"}), ContainsSubstring("--optimiser adam is the optimiser"));
  CHECK_THAT(at("kernel", {"--no-bias"}), ContainsSubstring("--sigma-b2 none is a network without biases"));
  CHECK_THAT(at("metric", {"--json"}), ContainsSubstring("--format json"));
  CHECK_THAT(complaint({"metric", "--activation", "swish", "--at", "1"}), ContainsSubstring("no 'swish' in the catalogue; did you mean silu? Write a name"));
  CHECK_THAT(complaint({"metric", "--activation", "frobnicate", "--at", "1"}), ContainsSubstring("no 'frobnicate' in the catalogue. Write a name"));
}

TEST_CASE("a word that is left over says how a list is written", "[cli]") {
  CHECK_THAT(complaint({"finite", "--activation", "tanh", "--widths", "100", "100", "--at", "1"}),
             ContainsSubstring("'100' belongs to no flag, as --widths takes one word; a list is written with commas, like --widths 100,100"));
  CHECK_THAT(complaint({"metric", "--activation", "tanh", "relu", "--at", "1"}), ContainsSubstring("'relu' belongs to no flag; each value has its own: --activation tanh --activation relu"));
  CHECK_THAT(complaint({"train", "--activation", "tanh", "--curvature", "yes"}), ContainsSubstring("'yes' belongs to no flag, as --curvature takes no value"));
  CHECK_THAT(complaint({"expectation", "-x^2", "--variance", "1"}), ContainsSubstring("parentheses: '(-x)'"));
}

TEST_CASE("an unknown command names the nearest one, and help follows either way", "[cli]") {
  CHECK(complaint({"metrc"}) == "infwidth: 'metrc' is no command; did you mean metric? See 'infwidth --help'\n");
  CHECK_THAT(complaint({}), ContainsSubstring("no command is given; it is metric, kernel,") && ContainsSubstring("see 'infwidth --help'"));
  CHECK_THAT(complaint({"metrc", "--help"}), ContainsSubstring("did you mean metric?"));
  CHECK_THAT(complaint({"help", "metrc"}), ContainsSubstring("did you mean metric?"));
  CHECK(help({"help", "metric"}, "90") == help({"metric", "--help"}, "90"));
  CHECK(help({"help"}, "90") == help({"--help"}, "90"));
}

TEST_CASE("help keeps to the terminal's width, 80 columns where there is none", "[cli]") {
  for (const char* columns : {"60", "120", static_cast<const char*>(nullptr)}) {
    for (const char* command : {"metric", "kernel", "predict", "finite", "expectation", "formula", "activations", "symmetry", "validate", "train", "reproduce", "verify"}) {
      const std::size_t width = columns == nullptr ? 80 : static_cast<std::size_t>(std::atoi(columns));
      std::istringstream lines(help({command, "--help"}, columns));
      for (std::string line; std::getline(lines, line);) {
        CAPTURE(command, line);
        const bool one_word = line.find(' ', line.find_first_not_of(' ')) == std::string::npos;
        CHECK((line.size() <= width || line.starts_with("  infwidth ") || one_word));
      }
    }
  }
  // A description goes on below its beginning.
  CHECK_THAT(help({"metric", "--help"}, "70"), ContainsSubstring("\n  --depth L                 the number of hidden layers; by default as\n                            many as activations\n"));
}
