// SPDX-License-Identifier: GPL-3.0-or-later
// What is written where: the name of a file decides its form, in every command.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "support/run_program.hpp"

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

using Words = std::vector<std::string>;

/// A folder of this run, gone at its end.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("infwidth-formats-test-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return (path / name).string(); }
};

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

Ran with_output(Words command, const std::string& file, const Words& more = {}) {
  command.insert(command.end(), {"--output", file});
  command.insert(command.end(), more.begin(), more.end());
  return run_program(command);
}

const Words metric = {"metric", "--activation", "erf", "--norm2", "1", "--dim", "2"},
            formula = {"formula", "--quantity", "chi", "--activation", "erf"};

}  // namespace

TEST_CASE("the ending of --output is the format", "[cli]") {
  const Folder folder;
  const std::vector<std::pair<const char*, const char*>> tables = {
      {"a.csv", "norm2,dim,A"},  {"a.json", "{\"norm2\""}, {"a.jsonl", "{\"norm2\""}, {"a.TEX", "% Made by"},
      {"a.txt", "erf, depth 1"}, {"a", "erf, depth 1"},    {"a.1", "erf, depth 1"}};
  for (const auto& [name, begin] : tables) {
    INFO(name);
    CHECK(with_output(metric, folder.file(name)).code == 0);
    CHECK_THAT(text_of(folder.file(name)), StartsWith(begin));
  }
  const std::vector<std::pair<const char*, const char*>> formulas = {{"f.py", "# infwidth"},      {"f.m", "(* infwidth"},
                                                                     {"f.wl", "(* infwidth"},     {"f.tex", "% infwidth"},
                                                                     {"f.json", "{\"quantity\""}, {"f.txt", "chi(q)"}};
  for (const auto& [name, begin] : formulas) {
    INFO(name);
    CHECK(with_output(formula, folder.file(name)).code == 0);
    CHECK_THAT(text_of(folder.file(name)), StartsWith(begin));
  }
  // What --format says is text too.
  CHECK(with_output(metric, folder.file("b.txt"), {"--format", "csv"}).code == 0);
  CHECK_THAT(text_of(folder.file("b.txt")), StartsWith("norm2,"));
}

TEST_CASE("a name that the answer would belie is refused, in every command", "[cli]") {
  const Folder folder;
  const std::string data = folder.file("points.csv");
  std::ofstream(data) << "1,2\n3,4\n";
  const std::vector<Words> commands = {
      metric,
      {"activations"},
      {"expectation", "x^2", "--variance", "1"},
      {"kernel", "--activation", "erf", "--x", "1,0", "--y", "0,1"},
      {"finite", "--activation", "erf", "--widths", "10", "--at", "1,0"},
      {"validate", "--activation", "erf", "--widths", "10", "--at", "1,0", "--draws", "20"},
      {"validate", "--weights", "net.npz", "--activation", "erf", "--at", "1,0"},
      {"symmetry", "--activation", "erf", "--at", "1,0"},
      {"train", "--task", "xor", "--activation", "erf", "--widths", "10"},
      {"verify", "--quantity", "chi", "--activation", "erf", "--claim", "1"},
      {"reproduce", "xor"},
      formula,
  };
  for (const Words& command : commands) {
    for (const char* name : {"x.npy", "x.pdf", "x.xlsx"}) {
      INFO(command[0] << ' ' << name);
      const Ran ran = with_output(command, folder.file(name));
      CHECK(ran.code == 2);
      CHECK_THAT(ran.err,
                 ContainsSubstring("--output: ") && ContainsSubstring("is the name of a file that this answer is not; end it in .txt,"));
      CHECK_FALSE(fs::exists(folder.file(name)));
    }
    CHECK(with_output(command, folder.file("x.csv"), {"--format", "json"}).code == 2);
  }
  CHECK_THAT(with_output(metric, folder.file("x.csv"), {"--format", "json"}).err,
             ContainsSubstring("says csv by its ending, and --format json; leave --format out"));
  CHECK_THAT(with_output(metric, folder.file("x.py")).err, ContainsSubstring("end it in .txt, .json, .csv or .tex"));
  // Gram matrices are arrays.
  CHECK(with_output({"kernel", "--activation", "erf", "--of", "nngp", "--data", data}, folder.file("gram.npy")).code == 0);
  CHECK(fs::file_size(folder.file("gram.npy")) == 128 + 4 * 8);
}

TEST_CASE("rows of CSV say which network they are of", "[cli]") {
  const Words network = {"--activation", "tanh", "--activation", "erf", "--sigma-w2", "3/2", "--sigma-b2", "0.1,0.2", "--format", "csv"};
  const auto csv = [&](Words command) {
    command.insert(command.end(), network.begin(), network.end());
    return run_program(command).out;
  };
  const char* const about = ",tanh | erf,2,3/2,\"0.1,0.2\",unit,";
  for (const Words& command : {Words{"metric", "--at", "1,0"},
                               {"kernel", "--x", "1,0", "--y", "0,1"},
                               {"finite", "--widths", "10,10", "--at", "1,0"},
                               {"validate", "--widths", "10,10", "--at", "1,0", "--draws", "50"}}) {
    INFO(command[0]);
    const std::string out = csv(command);
    CHECK_THAT(out, ContainsSubstring(",activation,depth,sigma_w2,sigma_b2,input_scaling") && ContainsSubstring(about));
    CHECK_THAT(out, !ContainsSubstring("note,note"));
  }
}

TEST_CASE("the arrays of a network are chosen by flags, and named", "[cli][weights]") {
  const auto refused = [](Words flags, const std::string& why) {
    flags.insert(flags.begin(), {"validate", "--activation", "tanh", "--at", "1,0"});
    const Ran ran = run_program(flags);
    CHECK(ran.code == 2);
    CHECK_THAT(ran.err, ContainsSubstring(why));
  };
  refused({"--arrays", "W1"}, "--arrays: it is about the network of --weights; give that too");
  refused({"--without", "W1"}, "--without: it is about the network of --weights; give that too");
  refused({"--layout", "outputs-inputs"}, "--layout: it is about the network of --weights; give that too");
  refused({"--weights", "x.npz", "--layout", "rows"}, "--layout: 'rows' is unknown; it is outputs-inputs or inputs-outputs");
  refused({"--weights", "x.npz", "--arrays", "W1,,b1"}, "--arrays: 'W1,,b1' has an empty name");
}
