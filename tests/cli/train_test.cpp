// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "infwidth/finite/geometry.hpp"
#include "infwidth/finite/read_network.hpp"
#include "infwidth/io/npy.hpp"
#include "infwidth/io/source.hpp"
#include "infwidth/run/memory.hpp"
#include "support/run_program.hpp"
#include "support/sanitized.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

/// A folder of its own, removed at the end.
struct Folder {
  fs::path path;
  explicit Folder(const char* name) : path(fs::temp_directory_path() / ("infwidth-" + std::string(name) + "-" + std::to_string(::getpid()))) { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& file) const { return (path / file).string(); }
  std::size_t files() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator())); }
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

DataMatrix array_of(const std::string& path) { return read_npy(open_source(path)); }

void refused(const std::vector<std::string>& words, const std::string& why, int code = 2) {
  const Ran ran = run_program(words);
  CAPTURE(ran.err, words.back());
  CHECK(ran.code == code);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.err, ContainsSubstring(why));
}

double seconds_since(std::chrono::steady_clock::time_point start) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }

}  // namespace

TEST_CASE("dead units end in an answer with counts and reasons", "[cli][training]") {
  const std::vector<std::vector<std::string>> cases = {{"--activation", "relu", "--widths", "3", "--seed", "3"},
                                                       {"--activation", "hardtanh", "--widths", "10", "--sigma-w2", "10"},
                                                       {"--activation", "tanh", "--widths", "16", "--sigma-w2", "1e4"}};
  for (std::vector<std::string> words : cases) {
    words.insert(words.begin(), {"train", "--task", "xor", "--epochs", "20", "--timeout", "60", "--format", "json"});
    const Ran ran = run_program(words);
    CAPTURE(ran.out, ran.err);
    CHECK(ran.code == 0);
    CHECK_THAT(ran.out, ContainsSubstring("\"singular_points\":") && !ContainsSubstring("nan") && !ContainsSubstring("inf\""));
  }
  const Ran text = run_program({"train", "--task", "xor", "--activation", "relu", "--widths", "3", "--seed", "3", "--epochs", "20"});
  CHECK_THAT(text.out, ContainsSubstring("the metric is singular at up to ") && ContainsSubstring(" of 3600 points, which are left out"));
}

TEST_CASE("activations without a slope are refused by their names", "[cli][training]") {
  for (const char* phi : {"step", "sign"}) refused({"train", "--task", "xor", "--activation", phi, "--epochs", "5", "--timeout", "30"}, std::string(phi) + " has no slope to learn by");
  refused({"train", "--task", "xor", "--activation", "x+step(x)", "--epochs", "5"}, "they do not see its jump");
}

TEST_CASE("a time-out and Ctrl-C hold in every part of a training", "[cli][training]") {
  // Large maps with boundaries, layer by layer: minutes of work.
  const std::vector<std::string> maps = {"train", "--task", "spirals", "--activation", "tanh", "--widths", "300,300", "--epochs", "3", "--record", "0,1,2", "--grid", "1200", "--quiet"};
  std::vector<std::string> timed = maps;
  timed.insert(timed.end(), {"--timeout", sanitized ? "10" : "1"});  // the three epochs are over by then
  auto start = std::chrono::steady_clock::now();
  const Ran late = run_program(timed);
  CAPTURE(late.err, seconds_since(start));
  CHECK(late.code == 4);
  CHECK_THAT(late.err, ContainsSubstring("stopped after"));
  CHECK_THAT(late.out, ContainsSubstring("stopped before it was looked at"));
  CHECK(seconds_since(start) < (sanitized ? 60 : 15));
  start = std::chrono::steady_clock::now();
  const Ran interrupted = run_program(maps, "", 1);
  CAPTURE(interrupted.err);
  CHECK(interrupted.code == 130);
  CHECK(seconds_since(start) < 15);
}

TEST_CASE("an answer that is being written is not taken back by a deadline", "[cli][session]") {
  // 90 kB fit into the program's buffer, but not into a pipe whose reader comes late: all is computed, and waits.
  const Folder folder("late-reader");
  const std::string script = R"(("$0" metric --activation erf --engine double --dim 2 --norm2 1:100:1 --format json --timeout 2; echo $? > "$1") | (sleep 4; cat > "$2"))";
  const Ran ran = run_command({"sh", "-c", script, program_path().string(), folder / "code", folder / "out"});
  CHECK(ran.err.empty());
  CHECK(text_of(folder / "code") == "0\n");
  const std::string out = text_of(folder / "out");
  CHECK(out.size() > 70'000);
  CHECK(out.size() < 131'072);
  CHECK(std::count(out.begin(), out.end(), '\n') == 100);
}

TEST_CASE("a checkpoint is of the data's contents, and is not overwritten in silence", "[cli][training]") {
  const Folder folder("checkpoint");
  const std::string points = folder / "p.csv", labels = folder / "l.csv", state = folder / "state";
  write(points, "0,1\n2,3\n4,5\n1,1\n");
  write(labels, "0\n1\n1\n0\n");
  const auto train = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "--train", points, "--labels", labels, "--activation", "tanh", "--widths", "8", "--grid", "0", "--checkpoint", state});
    return run_program(more);
  };
  CHECK(train({"--epochs", "5"}).code == 0);
  const std::string kept = text_of(state);
  const Ran again = train({"--epochs", "5"});
  CHECK(again.code == 2);
  CHECK_THAT(again.err, ContainsSubstring("--checkpoint: ") && ContainsSubstring("is there already") && ContainsSubstring("--resume"));
  CHECK(text_of(state) == kept);
  CHECK(train({"--epochs", "8", "--resume"}).code == 0);
  write(points, "0,1\n2,3\n4,5\n1,1.5\n");
  const Ran other = train({"--epochs", "9", "--resume"});
  CHECK(other.code == 2);
  CHECK_THAT(other.err, ContainsSubstring("another question"));
  write(points, "0,1\n2,3\n4,5\n1,1\n");
  write(labels, "0\n1\n0\n0\n");
  CHECK(train({"--epochs", "9", "--resume"}).code == 2);
  write(labels, "0\n1\n1\n0\n");
  fs::rename(points, folder / "moved.csv");
  CHECK(run_program({"train", "--train", folder / "moved.csv", "--labels", labels, "--activation", "tanh", "--widths", "8", "--grid", "0", "--checkpoint", state, "--epochs", "9", "--resume"}).code == 0);

  // The studies: the file, and those of the wider networks beside it.
  const std::string study = folder / "study", more = folder / "more";
  const auto validate = [&](const std::string& file, std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"validate", "--activation", "erf", "--widths", "20", "--data", folder / "moved.csv", "--of", "metric", "--draws", "64", "--checkpoint", file});
    return run_program(flags);
  };
  CHECK(validate(study, {}).code == 0);
  CHECK(validate(study, {}).code == 2);
  CHECK(validate(study, {"--resume"}).code == 0);
  write(folder / "moved.csv", "0,1\n2,3\n4,5\n1,2\n");
  CHECK_THAT(validate(study, {"--resume"}).err, ContainsSubstring("another question"));
  write(more + ".2", "a state");
  CHECK_THAT(validate(more, {}).err, ContainsSubstring("more.2 is there already"));
  write(more + ".2", "");
  CHECK(validate(more, {}).code == 0);
  CHECK_THAT(run_program({"train", "--validate", "--task", "two-points", "--activation", "tanh", "--at", "1,0", "--checkpoint", state}).err, ContainsSubstring("is there already"));
}

TEST_CASE("a fault of the labels is said of the labels", "[cli][training]") {
  const Folder folder("labels");
  write(folder / "p.csv", "0,1\n2,3\n");
  write(folder / "few.csv", "0\n");
  write(folder / "half.csv", "0\n0.5\n");
  const auto with = [&](const std::string& points, const std::string& labels) { return run_program({"train", "--activation", "tanh", "--train", folder / points, "--labels", folder / labels}).err; };
  for (const char* labels : {"few.csv", "half.csv", "none.csv"}) CHECK_THAT(with("p.csv", labels), ContainsSubstring("train: --labels: "));
  CHECK_THAT(with("none.csv", "few.csv"), ContainsSubstring("train: --train: "));
}

TEST_CASE("numbers that doubles do not hold are refused, not rounded to 0 or infinity", "[cli][training]") {
  const std::vector<std::string> theory = {"train", "--validate", "--task", "two-points", "--activation", "tanh", "--widths", "16", "--draws", "20"}, training = {"train", "--task", "xor", "--activation", "tanh"};
  const auto with = [](std::vector<std::string> words, const std::string& flag, const std::string& value, bool at) {
    if (at) words.insert(words.end(), {"--at", "1,0"});
    words.push_back(flag + "=" + value);
    return words;
  };
  for (const char* flag : {"--noise", "--alpha", "--times"}) {
    for (const char* value : {"1e-400", "1e-310", "1e400", "-1e400"}) refused(with(theory, flag, value, true), std::string(flag) == "--alpha" ? "--alpha: the number is" : std::string(flag) + ": '" + value + "': the number is");
  }
  refused(with(theory, "--at", "1,1e-400", false), "--at: '1e-400': the number is too near to 0");
  for (const char* flag : {"--rate", "--momentum", "--decay", "--window", "--gamma"}) {
    for (const char* value : {"1e-400", "1e400"}) refused(with(training, flag, value, false), std::string(flag) + ": '" + value + "': the number is");
  }
  refused({"validate", "--activation", "erf", "--widths", "20", "--at", "1,0", "--alpha", "1e-400"}, "--alpha: the number is too near to 0");
  refused({"validate", "--activation", "erf", "--widths", "20", "--at", "1,0", "--inject", "1e400%"}, "--inject: the number is beyond");
  refused({"symmetry", "--activation", "erf", "--widths", "20", "--at", "1,0", "--alpha", "1e-400"}, "--alpha: ");
}

TEST_CASE("flags that would change nothing are refused", "[cli][training]") {
  const auto with = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "--task", "xor", "--activation", "tanh", "--epochs", "1"});
    return more;
  };
  refused(with({"--labels", "l.csv"}), "--labels: ");
  refused(with({"--images", "5"}), "--images: ");
  for (const char* flag : {"--at", "--times", "--draws", "--noise", "--alpha"}) refused(with({flag, "1"}), std::string(flag) + ": it is about the theory of training");
  refused(with({"--optimiser", "adam", "--momentum", "0.5"}), "--momentum: it is that of sgd; adam has its own");
  refused(with({"--line", "1,2", "--window", "2"}), "--window: ");
  refused(with({"--grid", "1"}), "--grid: one point a side");
  for (const char* flag : {"--spectrum", "--all-layers", "--curvature"}) refused(with({flag}), std::string(flag) + ": ");
  refused({"train", "--validate", "--task", "two-points", "--activation", "tanh", "--at", "1,0", "--rate", "0.1"}, "--rate: --validate trains by gradient flow");
  refused({"reproduce", "digits", "--seeds", "2", "--points", "p", "--labels", "l"}, "--seeds: ");
  refused({"reproduce", "xor", "--points", "p"}, "--points: it is about the study of digits");
}

TEST_CASE("what cannot be written is refused before the work", "[cli][training]") {
  const Folder folder("outputs");
  const auto start = std::chrono::steady_clock::now();
  // The answer's file and the study's folder of one name: the folder is made, and the file cannot be renamed to it.
  const std::string same = folder / "study";
  refused({"reproduce", "xor", "--folder", same, "--output", same}, "--output: ");
  fs::create_directories(folder.path / "folder" / "table.csv");
  refused({"reproduce", "xor", "--folder", folder / "folder"}, "table.csv");
  refused({"reproduce", "xor", "--folder", folder / "other", "--output", folder / "other/table.txt"}, "check the name and the permissions of its folder");
  refused({"reproduce", "xor", "--folder", folder / "folder2", "--output", folder / "folder2/../folder2/table.txt"}, "check the name");
  fs::create_directories(folder.path / "third");
  refused({"reproduce", "xor", "--folder", folder / "third", "--output", folder / "third/../third/table.txt"}, "two outputs of this command would go there");
  refused({"train", "--task", "xor", "--activation", "tanh", "--epochs", "1000000", "--save", folder / "no/such/prefix"}, "--save: ");
  refused({"train", "--task", "xor", "--activation", "tanh", "--epochs", "1000000", "--figure", folder / "a.svg", "--output", folder / "a.svg"}, "a.svg is the name of a");
  CHECK(seconds_since(start) < 20);
  CHECK_FALSE(fs::exists(folder.path / "a.svg"));
}

TEST_CASE("a trained network is saved as --weights reads it, with the epoch of each row", "[cli][training]") {
  const Folder folder("save");
  const std::string prefix = folder / "run";
  const Ran ran = run_program({"train", "--task", "circles", "--activation", "tanh", "--sigma-b2", "1/4", "--widths", "12,9", "--parameterization", "mup", "--rate", "0.05", "--epochs", "30", "--record", "0,10", "--grid", "6",
                               "--save", prefix});
  CAPTURE(ran.err);
  REQUIRE(ran.code == 0);
  CHECK(array_of(prefix + ".epochs.npy").values == std::vector<double>{0, 10, 30});
  const FiniteNetwork network = read_network(prefix + ".weights.npz", {.activations = {Activation::from_text("tanh")}}).network;
  CHECK(shape_text(network) == "2-12-9, readout 2");
  // It is the network of the last row: the same volumes and, the readout being divided by gamma, the same outputs.
  const DataMatrix points = array_of(prefix + ".points.npy"), volumes = array_of(prefix + ".log_volume.npy"), ranks = array_of(prefix + ".rank.npy");
  const FiniteGeometry g = finite_geometry(network, {points.values.data(), points.rows, 2}, {.volume = true, .features = true});
  REQUIRE(volumes.rows == 3);
  for (std::size_t p = 0; p < points.rows; ++p) CHECK(std::abs(volumes.row(2)[p] - g.log_volume[p]) < 1e-12);
  for (const double rank : ranks.values) CHECK(rank == 2);
  const DataMatrix margins = array_of(prefix + ".margin.npy");
  for (std::size_t p = 0; p < points.rows; ++p) {
    double difference = network.layers[2].biases[0] - network.layers[2].biases[1];
    for (std::size_t u = 0; u < 9; ++u) difference += (network.layers[2].weights[u] - network.layers[2].weights[9 + u]) * g.features[p * 9 + u];
    CHECK(std::abs(std::abs(difference) - margins.row(2)[p]) < 1e-12);
  }
  const Ran weights = run_program({"validate", "--weights", prefix + ".weights.npz", "--activation", "tanh", "--at", "1,0"});
  CAPTURE(weights.err);
  CHECK(weights.code == 0);
  // Without a plane there are weights and epochs.
  const Ran blind = run_program({"train", "--task", "xor", "--activation", "relu", "--widths", "5", "--grid", "0", "--epochs", "3", "--save", folder / "blind"});
  CHECK(blind.code == 0);
  CHECK(read_network(folder / "blind.weights.npz", {.activations = {Activation::from_text("relu")}}).network.layers[1].outputs == 2);
  CHECK(array_of(folder / "blind.epochs.npy").values == std::vector<double>{0, 3});
  CHECK_FALSE(fs::exists(folder / "blind.log_volume.npy"));
  // A residual network is no chain of layers, and is not taken for one.
  CHECK(run_program({"train", "--task", "xor", "--activation", "tanh", "--widths", "5,5", "--residual", "1/2", "--grid", "0", "--epochs", "1", "--save", folder / "residual"}).code == 0);
  CHECK_THROWS_WITH(read_network(folder / "residual.weights.npz", {.activations = {Activation::from_text("tanh")}}), ContainsSubstring("residual"));
}

TEST_CASE("more threads than the system gives are no end of the program", "[cli][session]") {
  if (sanitized) return;  // the program does not start under such a limit
  const std::vector<std::string> words = {"validate", "--activation", "erf", "--widths", "20", "--at", "0.6,0.8", "--of", "metric", "--draws", "2000", "--threads"};
  std::vector<std::string> few = words, many = {"sh", "-c", R"(ulimit -v 1200000; exec "$0" "$@")", program_path().string()};
  few.push_back("2");
  many.insert(many.end(), words.begin(), words.end());
  many.push_back("400");
  const Ran some = run_program(few), all = run_command(many);
  CAPTURE(all.err);
  CHECK(all.code == 0);
  CHECK(all.out == some.out);
}

TEST_CASE("train: a network whose training has no room is refused before it is made", "[cli]") {
  const std::uint64_t available = available_memory().value_or(0);
  if (available == 0) return;
  // Tanh on the plane with one output: 4 numbers a unit, so that 3 copies have room and 6 do not.
  const Ran ran = run_program({"train", "--task", "xor", "--activation", "tanh", "--widths", std::to_string(available / (8 * 4 * 4)), "--epochs", "1", "--timeout", "60"});
  CHECK(ran.code == 2);
  CHECK_THAT(ran.err, ContainsSubstring("this training needs ") && ContainsSubstring("take smaller widths"));
}
