// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "support/zip.hpp"
#include "support/run_program.hpp"

using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

Ran validate(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"validate", "--quiet", "--threads", "2"});
  return run_program(flags);
}

void refused(const Ran& ran, int code, const char* why) {
  CAPTURE(ran.err, ran.out);
  CHECK(ran.code == code);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.err, ContainsSubstring(why));
}

}  // namespace

TEST_CASE("a true theory of kinked units is not called false for what no draw has seen", "[cli][validation]") {
  for (const char* widths : {"15", "50", "200"}) {
    for (const char* of : {"metric,volume,log-volume,kernel,ntk", "log-volume"}) {
      const Ran ran = validate({"--activation", "relu", "--widths", widths, "--at", "0.6,0.8", "--of", of, "--draws", "200"});
      CAPTURE(widths, of, ran.out);
      CHECK(ran.code == 0);
      CHECK_THAT(ran.out, ContainsSubstring("the theory stands"));
    }
  }
}

TEST_CASE("what validate says of itself is true", "[cli][validation]") {
  const Ran ran = validate({"--activation", "tanh", "--widths", "50,50", "--at", "0.6,0.8", "--draws", "200"});
  CHECK(ran.code == 0);
  CHECK_THAT(ran.out, ContainsSubstring("the theory stands in 4 of 8 rows: p = ") && ContainsSubstring(" for them together, alpha = 0.001"));
  CHECK_THAT(ran.out, ContainsSubstring("theory's next order, 1/n^2, may be as large as ") && ContainsSubstring("curvature    median; no theory at this width: outside the verdict; --extrapolate compares the limit"));
  CHECK_THAT(ran.out, !ContainsSubstring("so many draws"));
  // One mark, one meaning: each line of the legend is another mark's.
  std::set<std::string> marks;
  std::istringstream text(ran.out);
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("-  ")) CHECK(marks.insert(line).second);
  }
  CHECK(marks == std::set<std::string>{"-  outside the verdict, see the note"});
  const Ran json = validate({"--activation", "gelu", "--widths", "20,20", "--at", "0.6,0.8", "--draws", "50", "--of", "kernel", "--format", "json"});
  CHECK(json.code == 0);
  CHECK_THAT(json.out, ContainsSubstring(R"({"verdict":"none","p_value":null,"alpha":0.001,"tested":0,"rows":1,"reason":"no row takes part in it"})"));
}

TEST_CASE("heavy tails and what leaves double precision get no false verdict", "[cli][validation]") {
  const Ran exponential = validate({"--activation", "exp", "--sigma-w2", "100", "--widths", "5", "--at", "1,0", "--draws", "100"});
  CAPTURE(exponential.err);
  CHECK(exponential.code == 0);
  const Ran ninth = validate({"--activation", "x^9", "--widths", "5", "--at", "0.6,0.8", "--draws", "100"});
  CHECK(ninth.code == 0);
  CHECK_THAT(ninth.out, ContainsSubstring("a long tail (skewness "));
  CHECK(validate({"--activation", "hardtanh", "--widths", "50,50", "--at", "0.6,0.8", "--draws", "100"}).code == 0);
}

TEST_CASE("widths that no machine holds are refused by name", "[cli][validation]") {
  refused(validate({"--activation", "relu", "--widths", "1000000000000", "--at", "1,0"}), 2, "take smaller widths");
  refused(validate({"--activation", "tanh", "--widths", "5000000000,5000000000", "--at", "1,0"}), 2, "take smaller widths");
  refused(run_program({"symmetry", "--activation", "tanh", "--widths", "1000000000000", "--at", "1,0"}), 2, "take smaller widths");
}

TEST_CASE("at a kink that is certain a network has no metric", "[cli][validation]") {
  for (const char* kinked : {"relu", "abs", "leaky_relu:1/5", "selu", "max(x,x/2)"}) {
    CAPTURE(kinked);
    refused(run_program({"finite", "--activation", kinked, "--widths", "30", "--at", "0,0"}), 3, "where phi has no derivative");
    refused(validate({"--activation", kinked, "--widths", "30", "--at", "0,0", "--of", "metric"}), 3, "move the point, or give biases");
    refused(run_program({"symmetry", "--activation", kinked, "--widths", "30", "--at", "0,0", "--quiet"}), 3, "where phi has no derivative");
  }
  CHECK(run_program({"finite", "--activation", "relu", "--widths", "30", "--at", "0,0", "--sigma-b2", "1"}).code == 0);
  CHECK(validate({"--activation", "relu", "--widths", "30", "--at", "0,0", "--of", "kernel", "--draws", "50"}).code == 0);
}

TEST_CASE("a network of one's own: saturated, at a kink, or large", "[cli][weights]") {
  const fs::path folder = fs::temp_directory_path() / ("infwidth-validate-" + std::to_string(::getpid()));
  fs::create_directory(folder);
  const std::string path = (folder / "net.npz").string();
  const auto network = [&](const std::vector<double>& W1, const std::vector<double>& b1, const std::vector<double>& W2) {
    std::ofstream(path, std::ios::binary) << zip_file({{"W1.npy", npy_bytes({2, 2}, W1)}, {"b1.npy", npy_bytes({2}, b1)}, {"W2.npy", npy_bytes({2, 2}, W2)}, {"W3.npy", npy_bytes({1, 2}, std::vector<double>{1, 1})}});
  };
  const auto look = [&](const char* activation, std::vector<std::string> more) {
    more.insert(more.begin(), {"validate", "--weights", path, "--layout", "outputs-inputs", "--activation", activation});
    return run_program(more);
  };
  std::ofstream(path, std::ios::binary) << zip_file({{"W1.npy", npy_bytes({2, 2}, std::vector<double>{1, 0, 0, 1})}, {"b1.npy", npy_bytes({2}, std::vector<double>{20, 20})}});
  const Ran saturated = look("tanh", {"--no-readout", "--at", "0,0"});
  CHECK(saturated.code == 0);
  CHECK_THAT(saturated.out, ContainsSubstring("1.443881110e-34") && ContainsSubstring("-77.92055846"));

  network({1, 1, 1, 0}, {-2, 0}, {1, 1, 1, 2});
  refused(look("relu", {"--at", "1,1"}), 3, "hidden layer 1 is where phi has no derivative");
  std::ofstream((folder / "points.csv").string()) << "1,1\n3,1\n";
  const Ran two = look("relu", {"--data", (folder / "points.csv").string(), "--format", "json"});
  CHECK(two.code == 0);
  CHECK_THAT(two.out, ContainsSubstring(R"("volume_element":{"value":null,"reason":"a preactivation of hidden layer 1)") && ContainsSubstring(R"("volume_element":{"value":"0.)"));

  // The variances that the weights have leave double precision, or the reach of the limit: the network itself is answered.
  for (const double large : {1.1e154, 1e153}) {
    network({1, 0.5, 0.25, 1}, {0, 1}, {large, large, large, -large});
    const Ran ran = look("relu", {"--at", "1,2"});
    CAPTURE(large, ran.err, ran.out);
    CHECK(ran.code == 0);
    CHECK_THAT(ran.out, ContainsSubstring(large > 1e153 ? "symmetry-breaking index: none (" : "symmetry-breaking index 2.16") && !ContainsSubstring("nan") && ContainsSubstring("over its non-zero eigenvalues it is 35"));
  }
  fs::remove_all(folder);
}
