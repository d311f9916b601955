// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>
#include <cstdio>
#include <fstream>

#include "catch.hpp"
#include "infwidth/io/matrix.hpp"
#include "support/paths.hpp"
#include "support/run_program.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A file for as long as the test needs it.
class File {
 public:
  File(std::string name, const std::string& text) : name_(std::move(name)) { std::ofstream(name_, std::ios::binary) << text; }
  ~File() { std::remove(name_.c_str()); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  operator std::string() const { return name_; }  // NOLINT(google-explicit-constructor)

 private:
  std::string name_;
};

Ran predict(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"predict", "--quiet"});
  return run_program(flags);
}

/// The value objects of a row of JSON, in their order.
std::vector<double> values_of(const std::string& json) {
  std::vector<double> values;
  const std::string key = "\"value\":\"";
  for (std::size_t at = 0; (at = json.find(key, at)) != std::string::npos;) {
    at += key.size();
    values.push_back(std::stod(json.substr(at)));
  }
  return values;
}

/// Lines first, first + step, .. of one of the digits' files.
std::string lines_of(const std::string& name, std::size_t first, std::size_t step, std::size_t count) {
  std::ifstream file(source_folder() / "src/data/digits" / name);
  std::string text, line;
  for (std::size_t at = 0; count > 0 && std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    if (at >= first && (at - first) % step == 0) {
      text += line + '\n';
      --count;
    }
    ++at;
  }
  return text;
}

}  // namespace

TEST_CASE("predict gives the values of the derivation, in every format", "[cli][predict]") {
  // mpmath's values of kernel/regression_test.cpp: tests/reference/inline_kernels.py.
  const File x("predict_x.csv", "x1,x2\n1,1/5\n-3/10,4/5\n"), y("predict_y.csv", "1\n-1.5\n"), z("predict_z.csv", "3/5,4/5\n");
  const std::vector<std::string> network = {"--activation", "erf", "--sigma-w2", "3/2", "--sigma-b2", "0.1", "--train", x, "--targets", y, "--test", z};
  const auto with = [&](std::vector<std::string> flags) {
    flags.insert(flags.end(), network.begin(), network.end());
    return predict(flags);
  };
  struct Want {
    std::vector<std::string> flags;
    double mean, variance;
  };
  for (const Want& want : std::vector<Want>{{{"--of", "nngp"}, -0.1378934445738962, 0.1422502617433233},
                                            {{"--of", "nngp", "--noise", "1/100"}, -0.1357693641425374, 0.1504600260905291},
                                            {{"--of", "ntk", "--time", "1"}, -0.0867018456660965, 0.1729396979365739},
                                            {{"--of", "ntk", "--time", "inf"}, -0.1377048191808007, 0.1456044743683702}}) {
    std::vector<std::string> flags = want.flags;
    flags.insert(flags.end(), {"--format", "json"});
    const Ran ran = with(flags);
    REQUIRE(ran.code == 0);
    const std::vector<double> values = values_of(ran.out);
    REQUIRE(values.size() == 3);
    CHECK(std::abs(values[0] - want.mean) < 1e-13);
    CHECK(std::abs(values[1] - want.variance) < 1e-13);
    CHECK_THAT(ran.out, ContainsSubstring("\"row\":1") && ContainsSubstring("\"proven\":false"));
    CHECK_THAT(ran.err, ContainsSubstring("condition number"));
  }
  const Ran text = with({"--of", "ntk", "--time", "inf"});
  CHECK(text.code == 0);
  CHECK(text.err.empty());
  CHECK_THAT(text.out, ContainsSubstring("NTK gradient flow, time inf, noise 0; --train: 2 points of") && ContainsSubstring("-0.137704819"));
  const Ran csv = with({"--of", "nngp", "--format", "csv"});
  CHECK_THAT(csv.out, ContainsSubstring("row,mean,variance") && ContainsSubstring("\n1,-0.13789344457389"));
}

TEST_CASE("predict reads and writes .npy files", "[cli][predict]") {
  std::string train = npy_header(std::vector<std::uint64_t>{2, 2}), targets = npy_header(std::vector<std::uint64_t>{2, 2});
  append_npy(train, std::vector<double>{1, 0.2, -0.3, 0.8});
  append_npy(targets, std::vector<double>{1, 7, -1.5, 8});
  const File x("predict_x.npy", train), y("predict_y.npy", targets), z("predict_z.csv", "3/5,4/5\n1,0.2\n"), out("predict_out.npy", "");
  const Ran ran = predict({"--activation", "erf", "--sigma-w2", "3/2", "--sigma-b2", "0.1", "--of", "nngp", "--train", x, "--targets", y, "--test", z, "--output", out});
  REQUIRE(ran.code == 0);
  const DataMatrix m = read_matrix(out);
  REQUIRE((m.rows == 2 && m.columns == 3));
  CHECK(std::abs(m.values[0] - -0.1378934445738962) < 1e-14);
  CHECK(std::abs(m.values[2] - 0.1422502617433233) < 1e-14);
  CHECK(std::abs(m.values[4] - 7) < 1e-12);
  CHECK(ran.out.empty());
  // With the truth: at the second point both targets are met, so that the error is the first's alone.
  const File truth("predict_truth.csv", "0,7\n1,7\n");
  const Ran judged = predict({"--activation", "erf", "--of", "nngp", "--train", x, "--targets", y, "--test", z, "--test-targets", truth});
  CHECK_THAT(judged.out, ContainsSubstring("root mean square error") && ContainsSubstring("mean 2"));
}

TEST_CASE("handwritten digits are told apart", "[cli][predict]") {
  const File x("digits_x.csv", lines_of("digits.csv", 0, 3, 300)), y("digits_y.csv", lines_of("digits_labels.csv", 0, 3, 300));
  const File z("digits_z.csv", lines_of("digits.csv", 1, 3, 300)), t("digits_t.csv", lines_of("digits_labels.csv", 1, 3, 300));
  for (const std::vector<std::string>& how : {std::vector<std::string>{"--of", "nngp", "--noise", "0.1"}, {"--of", "ntk", "--time", "inf", "--noise", "0.1"}, {"--of", "ntk", "--time", "5"}}) {
    std::vector<std::string> flags = {"--activation", "relu", "--depth", "2", "--sigma-w2", "2", "--input-scaling", "fan-in", "--classes", "--train", x, "--targets", y, "--test", z, "--test-targets", t};
    flags.insert(flags.end(), how.begin(), how.end());
    const Ran ran = predict(flags);
    REQUIRE(ran.code == 0);
    const std::size_t at = ran.out.find("accuracy ");
    REQUIRE(at != std::string::npos);
    CHECK(std::stod(ran.out.substr(at + 9)) > 0.93);
    CHECK_THAT(ran.out, ContainsSubstring("of 300)") && ContainsSubstring("class"));
  }
}

TEST_CASE("predict refuses what does not fit, with the flag and the cure", "[cli][predict]") {
  const File x("predict_x.csv", "1,1/5\n-3/10,4/5\n"), y("predict_y.csv", "1\n-1.5\n"), z("predict_z.csv", "3/5,4/5\n"), wide("predict_wide.csv", "1,2,3\n"),
      same("predict_same.csv", "1,1/5\n1,0.2\n"), half("predict_half.csv", "1\n1/2\n"), one("predict_one.csv", "4\n4\n"), broken("predict_broken.npy", "\x93NUMPY\x01");
  const auto refusal = [&](std::vector<std::string> flags, int code = 2) {
    flags.insert(flags.begin(), {"--activation", "erf"});
    const Ran ran = predict(flags);
    CHECK(ran.code == code);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, ContainsSubstring("infwidth predict: "));
    return ran.err;
  };
  CHECK_THAT(refusal({"--train", x, "--targets", y, "--test", z}), ContainsSubstring("--of is missing"));
  CHECK_THAT(refusal({"--of", "feature", "--train", x, "--targets", y, "--test", z}), ContainsSubstring("'feature' is unknown; it is nngp or ntk"));
  CHECK_THAT(refusal({"--of", "nngp", "--targets", y, "--test", z}), ContainsSubstring("--train is missing"));
  CHECK_THAT(refusal({"--of", "nngp", "--time", "3", "--train", x, "--targets", y, "--test", z}), ContainsSubstring("has no time of training"));
  CHECK_THAT(refusal({"--of", "ntk", "--train", x, "--targets", y, "--test", z}), ContainsSubstring("--time is missing"));
  for (const char* time : {"0", "-1", "soon", "1e999"}) refusal({"--of", "ntk", "--time", time, "--train", x, "--targets", y, "--test", z});
  for (const char* noise : {"-1", "some"}) CHECK_THAT(refusal({"--of", "nngp", "--noise", noise, "--train", x, "--targets", y, "--test", z}), ContainsSubstring("--noise: "));
  CHECK_THAT(refusal({"--of", "nngp", "--train", x, "--targets", z, "--test", z}), ContainsSubstring("--targets: 1 row for the 2 points of --train"));
  CHECK_THAT(refusal({"--of", "nngp", "--train", x, "--targets", y, "--test", wide}), ContainsSubstring("--test: the points have 3 numbers, those of --train 2"));
  CHECK_THAT(refusal({"--of", "nngp", "--train", x, "--targets", y, "--test", z, "--test-targets", x}), ContainsSubstring("--test-targets: 2 rows for the 1 point"));
  CHECK_THAT(refusal({"--of", "nngp", "--classes", "--train", x, "--targets", half, "--test", z}), ContainsSubstring("0.5 is no class"));
  CHECK_THAT(refusal({"--of", "nngp", "--classes", "--train", x, "--targets", one, "--test", z}), ContainsSubstring("all of one class"));
  CHECK_THAT(refusal({"--of", "nngp", "--train", broken, "--targets", y, "--test", z}), ContainsSubstring("--train: predict_broken.npy"));
  CHECK_THAT(refusal({"--of", "nngp", "--train", "no.npy", "--targets", y, "--test", z}), ContainsSubstring("--train: no.npy: cannot be opened"));
  CHECK_THAT(refusal({"--of", "nngp", "--train", same, "--targets", y, "--test", z}), ContainsSubstring("rows 1 and 2 are equal: the matrix has the rank 1 at most"));
  CHECK_THAT(refusal({"--of", "nngp", "--format", "json", "--output", "x.npy", "--train", x, "--targets", y, "--test", z}), ContainsSubstring("a .npy file has no other"));
  CHECK_FALSE(std::ifstream("x.npy").good());
}

TEST_CASE("predict names the argument by which a matrix is singular", "[cli][predict]") {
  const File y("predict_sy.csv", "1\n2\n3\n"), z("predict_sz.csv", "3/5,4/5\n");
  const auto refusal = [&](const char* activation, const std::string& of, const std::string& points) {
    const File x("predict_sx.csv", points);
    std::vector<std::string> flags = {"--activation", activation, "--depth", "2", "--of", of, "--train", x, "--targets", y, "--test", z};
    if (of == "ntk") flags.insert(flags.end(), {"--time", "inf"});
    const Ran ran = predict(flags);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    return ran.err;
  };
  for (const std::string of : {"nngp", "ntk"}) {
    CHECK_THAT(refusal("relu", of, "1,0.3\n0.5,1\n2,0.6\n"), ContainsSubstring("rows 1 and 3 are x and 2 x, where this network is 2 times what it is at x: the matrix has the rank 2 at most"));
    CHECK_THAT(refusal("tanh", of, "1,0.3\n0.5,1\n-1,-0.3\n"), ContainsSubstring("rows 1 and 3 are x and -x, where this network is the negative of what it is at x"));
    CHECK_THAT(refusal("cos", of, "1,0.3\n0.5,1\n-1,-0.3\n"), ContainsSubstring("rows 1 and 3 are x and -x, where this network is the same: the matrix has the rank 2 at most"));
    CHECK_THAT(refusal("erf", of, "1,0.3\n0,0\n-1,0.3\n"), ContainsSubstring("row 2 is 0, where a network without biases is 0 too"));
  }
  // With biases nothing of that holds.
  const File x("predict_bx.csv", "1,0.3\n0.5,1\n2,0.6\n");
  CHECK(predict({"--activation", "relu", "--sigma-b2", "1", "--of", "nngp", "--train", x, "--targets", y, "--test", z}).code == 0);
}
