// SPDX-License-Identifier: GPL-3.0-or-later
#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "support/run_program.hpp"

using Catch::Matchers::ContainsSubstring;

namespace {

const std::string curvature_of_erf = "(d-1)*(d+2)*pi*sigma_w2*s/((1+4*sigma_b2)*sqrt(1+4*sigma_b2+4*sigma_w2*s))";

}  // namespace

TEST_CASE("verify: a right claim is one line and exit code 0", "[cli]") {
  const Ran ran = run_program({"verify", "--quantity", "chi", "--activation", "gelu", "--claim",
                               "1/4+(asin(q/(1+q))+2*q/((1+q)*sqrt(1+2*q))+q/(1+2*q)^(3/2))/(2*pi)"});
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  CHECK(ran.out == "chi of gelu: the claim agrees at 8 points to 40 digits\n");
}

TEST_CASE("verify: the curvature with -3/4 is found to be 3 times the value", "[cli]") {
  const std::vector<std::string> slip = {"verify", "--quantity", "curvature", "--activation", "erf", "--points", "2", "--digits", "20", "--claim", "-3*" + curvature_of_erf};
  const Ran ran = run_program(slip);
  CHECK(ran.code == 5);
  CHECK(ran.err.empty());
  CHECK_THAT(ran.out, ContainsSubstring("curvature of erf: the claim disagrees, at 2 of 2 points; it is 3 times the value\n  first at d = "));
  CHECK_THAT(ran.out, ContainsSubstring("\n    claim   -") && ContainsSubstring("\n    value   -"));
  std::vector<std::string> known = slip;
  known.insert(known.end(), {"--expect-factor", "3"});
  CHECK(run_program(known).code == 0);
}

TEST_CASE("verify: an expected factor is asked of the numbers, however few digits or points", "[cli]") {
  const auto code = [](std::vector<std::string> more) {
    std::vector<std::string> words = {"verify", "--quantity", "Q", "--activation", "relu", "--claim", "q", "--expect-factor"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words).code;
  };
  CHECK(code({"2", "--points", "3", "--digits", "10"}) == 0);
  CHECK(code({"2", "--points", "1"}) == 0);
  CHECK(code({"4/2", "--points", "2", "--digits", "12"}) == 0);
  CHECK(code({"3", "--points", "1"}) == 5);
  CHECK(code({"200000001/100000000", "--points", "3", "--digits", "12"}) == 5);
  CHECK(code({"s", "--points", "1"}) == 2);
  const auto of_curvature = [](const char* factor) {
    return run_program({"verify", "--quantity", "curvature", "--activation", "erf", "--points", "1", "--digits", "12", "--claim", "d*" + curvature_of_erf, "--expect-factor", factor}).code;
  };
  CHECK(of_curvature("-d") == 0);
  CHECK(of_curvature("-1/2") == 5);
}

TEST_CASE("verify: JSON tells verdict, factor and the first point", "[cli]") {
  const std::vector<std::string> command = {"verify", "--quantity", "Q", "--activation", "relu", "--points", "3", "--digits", "15", "--format", "json", "--claim"};
  const auto json_of = [&](const char* claim) {
    std::vector<std::string> words = command;
    words.emplace_back(claim);
    return run_program(words);
  };
  const Ran right = json_of("q/2");
  CHECK(right.code == 0);
  CHECK_THAT(right.out, ContainsSubstring(R"("quantity":"Q","network":"relu","claim":"q/2","verdict":"agrees","points":3,"disagreements":0,"digits":15)"));
  const Ran wrong = json_of("2*q");
  CHECK(wrong.code == 5);
  CHECK_THAT(wrong.out, ContainsSubstring(R"("verdict":"disagrees","points":3,"disagreements":3,"digits":15,"factor":"4",)") &&
                            ContainsSubstring(R"("first":{"at":"q = )") && ContainsSubstring(R"(,"claim":{"value":")"));
  CHECK_THAT(json_of("log(-q)").out, ContainsSubstring(R"("claim":{"value":null,"reason":"not a finite real number"})"));
}

TEST_CASE("verify: claims of documents and of files", "[cli]") {
  const std::string document =
      "# A title\n\n```cpp\nchi erf = nonsense\n```\n\n```verify\n# a comment\nQ relu = q/2\nQ relu --expect-factor 3 =  # goes on\n  r = 3*q;\n  r/2\n```\n"
      "text\n```verify\nmetric-A relu | 2*x --sigma-w2 3,1/2 = 3\n```\n";
  const Ran good = run_program({"verify", "-", "--points", "2", "--digits", "12"}, document);
  CHECK(good.code == 0);
  CHECK(good.out ==
        "-:9: Q of relu: the claim agrees at 2 points to 12 digits\n"
        "-:10: Q of relu: the claim disagrees, as expected, at 2 of 2 points; it is 3 times the value\n"
        "-:16: metric-A of relu | 2*x, sigma_w2 = 3,1/2: the claim agrees at 2 points to 12 digits\n");
  CHECK(run_program({"verify", "-", "--points", "2", "--digits", "12"}, "```verify\nQ relu --expect-factor 2 = 3/2*q\n```\n").code == 5);
  CHECK(run_program({"verify", "-", "--points", "2", "--digits", "12"}, "```verify\nQ relu --expect-factor 3 = q/2\n```\n").code == 5);
  const Ran bad = run_program({"verify", "-", "--points", "2", "--digits", "12"}, "```verify\nQ relu = q\nQ abs = q\n```\n");
  CHECK(bad.code == 5);
  CHECK_THAT(bad.out, ContainsSubstring("-:3: Q of abs: the claim agrees"));
  CHECK(run_program({"verify", "--quantity", "Q", "--activation", "relu", "--points", "2", "--digits", "12", "--claim-file", "-"}, "r = q\nQ(q) = r/2\n").code == 0);
}

TEST_CASE("verify: a document's claim may assume what holds of the letters", "[cli]") {
  const auto of = [](const std::string& line) { return run_program({"verify", "-", "--points", "2", "--digits", "12"}, "```verify\n" + line + "\n```\n"); };
  const std::string claim = " = F = Phi(-t/sqrt(q)); G = Phi(-u/sqrt(q)); F - G";
  CHECK(of("chi relu(x-t)-relu(x-u) --assume t<u" + claim).code == 0);
  CHECK(of("chi relu(x-t)-relu(x-u) --assume t<=u --assume t>=0,u<=3" + claim).code == 0);
  CHECK(of("chi relu(x-t)-relu(x-u) --assume u<t" + claim).code == 5);
  CHECK_THAT(of("chi relu(x-t) --assume t=0" + claim).err, ContainsSubstring("is no comparison"));
  CHECK_THAT(of("chi relu(x-t) --assume = q").err, ContainsSubstring("--assume: no value follows"));
  CHECK_THAT(of("chi relu(x-t) --layers = q").err, ContainsSubstring("they are --assume, --depth, "));
}

TEST_CASE("verify reads what formula prints", "[cli]") {
  const std::vector<std::string> network = {"--activation", "erf", "--activation", "sin"};
  for (const auto& [formula, quantity, last] : {std::tuple{"metric", "metric-B", "B"}, {"curvature", "curvature", ""}, {"volume", "volume", ""}}) {
    CAPTURE(quantity);
    std::vector<std::string> print = {"formula", "--quantity", formula}, check = {"verify", "--quantity", quantity, "--points", "1", "--digits", "20", "--claim-file", "-"};
    print.insert(print.end(), network.begin(), network.end());
    check.insert(check.end(), network.begin(), network.end());
    const Ran ran = run_program(check, run_program(print).out + last);
    CHECK(ran.err.empty());
    CHECK(ran.code == 0);
  }
}

TEST_CASE("verify reads the kernels that formula prints, and --of chooses them", "[cli]") {
  struct Kernel {
    std::vector<std::string> formula, claim;
    const char* name;
  };
  const std::vector<Kernel> kernels = {{{"--quantity", "ntk"}, {"--quantity", "ntk"}, "ntk"},
                                       {{"--quantity", "kernel", "--of", "ntk"}, {"--quantity", "kernel", "--of", "ntk"}, "ntk"},
                                       {{"--quantity", "kernel", "--of", "nngp"}, {"--quantity", "kernel", "--of", "nngp"}, "nngp"},
                                       {{"--quantity", "kernel"}, {"--quantity", "kernel", "--of", "feature"}, "kernel"},
                                       {{"--quantity", "kernel", "--of", "derivative"}, {"--quantity", "derivative-kernel"}, "derivative_kernel"}};
  for (const auto& [activation, depth] : {std::pair{"erf", "1"}, {"relu", "2"}}) {
    for (const Kernel& kernel : kernels) {
      std::vector<std::string> print = {"formula", "--activation", activation, "--depth", depth}, check = {"verify", "--activation", activation, "--depth", depth, "--points", "2", "--digits", "20", "--claim-file", "-"};
      print.insert(print.end(), kernel.formula.begin(), kernel.formula.end());
      check.insert(check.end(), kernel.claim.begin(), kernel.claim.end());
      const Ran printed = run_program(print), checked = run_program(check, printed.out);
      CAPTURE(printed.out, checked.out);
      CHECK_THAT(printed.out, ContainsSubstring(std::string(kernel.name) + " = "));
      CHECK(checked.err.empty());
      CHECK(checked.code == 0);
    }
  }
}

TEST_CASE("verify stops at the deadline and at Ctrl-C", "[cli][slow]") {
  const std::vector<std::string> long_work = {"verify", "--quantity", "curvature", "--activation", "softplus", "--depth", "4", "--dim", "2", "--claim", "0", "--digits", "900"};
  std::vector<std::string> limited = long_work;
  limited.insert(limited.end(), {"--timeout", "0.3"});
  const Ran late = run_program(limited);
  CHECK(late.code == 4);
  CHECK_THAT(late.err, ContainsSubstring("timeout: not finished within 0.3 s"));
  CHECK(run_program(long_work, "", 0.5).code == 130);
}
