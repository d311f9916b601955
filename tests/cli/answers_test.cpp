// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "support/paths.hpp"
#include "support/run_program.hpp"
#include "support/text_pattern.hpp"
#include "support/zip.hpp"

using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

/// Standard output of a command that must succeed in silence.
std::string answer(const std::vector<std::string>& arguments, const std::string& input = "") {
  const Ran ran = run_program(arguments, input);
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  return ran.out;
}

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

/// The text with everything but JSON's keys and structure taken out.
std::string shape(const std::string& json) {
  return replaced(replaced(json, R"({"value":"*","error":"*","proven":?,"method":"*"})", "#"), R"({"value":null,"reason":"*"})", "-");
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the program says its version and helps", "[cli]") {
  CHECK_THAT(answer({"--version"}), ContainsSubstring("infwidth "));
  CHECK_THAT(answer({"--help"}), ContainsSubstring("metric"));
  for (const char* command : {"metric", "expectation", "formula", "verify"}) CHECK_THAT(answer({command, "--help"}), ContainsSubstring("Examples:"));
}

TEST_CASE("the metric of one ReLU layer is half the flat one, exactly", "[cli]") {
  // chi = 1/2 for every variance: A = 1/2, B = 0, sqrt(det g) = 1/2 in two dimensions, flat.
  const std::string json = answer({"metric", "--activation", "relu", "--at", "1,3/2", "--format", "json"});
  CHECK(lines(json) == 1);
  CHECK(shape(json) ==
        R"({"norm2":#,"dim":2,"A":#,"B":#,"eigenvalues":{"tangential":#,"radial":#},"volume_element":#,"log_volume_element":#,)"
        R"("curvature":{"radial":#,"tangential":-,"ricci_scalar":#},"metric":[[#,#],[#,#]],"digits":15})"
        "\n");
  CHECK_THAT(json, ContainsSubstring(R"("norm2":{"value":"3.25","error":"0","proven":true)"));
  CHECK_THAT(json, ContainsSubstring(R"("A":{"value":"0.5","error":"0","proven":true)"));
  CHECK_THAT(json, ContainsSubstring(R"("B":{"value":"0","error":"0","proven":true)"));
  CHECK_THAT(json, ContainsSubstring(R"("log_volume_element":{"value":"-0.693147180559945",)"));
  CHECK_THAT(json, ContainsSubstring(R"("ricci_scalar":{"value":"0","error":"0","proven":true)"));
}

TEST_CASE("three engines agree on a tanh network", "[cli]") {
  const auto number = [](const std::string& engine) {
    const std::string json = answer({"metric", "--activation", "tanh", "--depth", "2", "--norm2", "3/2", "--dim", "3", "--format", "json", "--engine", engine});
    CHECK_THAT(json, ContainsSubstring(engine == "ball" ? R"("proven":true)" : R"("proven":false)"));
    const std::vector<TextMatch> found = matches(json, R"("ricci_scalar":{"value":"*")");
    REQUIRE(found.size() == 1);
    const std::string& value = found[0].parts[0];
    return value.substr(0, value.find('.') + 10);  // nine decimals
  };
  CHECK(number("double") == number("ball"));
  CHECK(number("mpfr") == number("ball"));
}

TEST_CASE("expectations know their closed forms", "[cli]") {
  // E[x^2] = q; E[exp(x)] = exp(q/2)
  CHECK_THAT(answer({"expectation", "x^2", "--variance", "17/10", "--format", "json"}), ContainsSubstring(R"({"value":"1.7)"));
  const std::string e = answer({"expectation", "exp(x)", "--variance", "2", "--digits", "30", "--format", "json"});
  CHECK_THAT(e, ContainsSubstring(R"("value":"2.71828182845904523536028747135")"));
  CHECK(replaced(e, R"("value":"*","error":"*","proven":true,"method":"*","evaluations":#)", "#") == "{#,\"digits\":30}\n");
  const std::string maps = answer({"expectation", "--activation", "relu", "--variance", "3/2", "--format", "json"});
  CHECK(shape(maps) == R"({"variance":#,"Q":#,"dQ":#,"d2Q":#,"chi":#,"dchi":#,"d2chi":#,"digits":15})" "\n");
  CHECK_THAT(maps, ContainsSubstring(R"("Q":{"value":"0.75",)"));
}

TEST_CASE("limits are printed with what they leave out and how they were found", "[cli]") {
  const auto limit = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"formula"};
    words.insert(words.end(), more.begin(), more.end());
    return answer(words);
  };
  CHECK(limit({"--quantity", "Q", "--activation", "erf", "--limit", "q->oo"}) == "Q(q) = 1 - 2/(pi*sqrt(q)) + O(q^(-3/2)),  q -> oo\n");
  CHECK(limit({"--quantity", "Q", "--activation", "relu", "--limit", "q -> 0"}) == "Q(q) = q/2,  q -> 0\n");
  CHECK(limit({"--quantity", "Q", "--activation", "softplus", "--limit", "q->oo"}) ==
        "Q(q) = q/2 + c_1/sqrt(q) + O(q^(-3/2)),  q -> oo\nc_1 = 0.95910264423754533953  (numeric, error about 1e-20, not proven)\n");
  CHECK_THAT(limit({"--quantity", "chi", "--activation", "tanh", "--limit", "q->oo", "--format", "latex"}),
             ContainsSubstring("\\chi(q) = \\frac{2}{3}\\sqrt{\\frac{2}{\\pi q}}-\\frac{\\pi^2-6}{18q^{3/2}\\sqrt{2\\pi}} + O\\!\\left("));
  CHECK(limit({"--quantity", "chi", "--activation", "erf", "--limit", "q->0", "--format", "json"}) ==
        R"json({"quantity":"chi","activation":"erf","limit":"q->0","terms":[{"formula":"4/pi","latex":"\\frac{4}{\\pi}"},)json"
        R"json({"formula":"-8*q/pi","latex":"-\\frac{8q}{\\pi}"}],"remainder":{"formula":"q^2","latex":"q^2"},)json"
        R"json("beyond_powers":false,"constants":[],"exact":true,"fitted":false,"method":"closed form"})json"
        "\n");
}

TEST_CASE("formulas are printed in every form", "[cli]") {
  const auto formula = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"formula"};
    words.insert(words.end(), more.begin(), more.end());
    return answer(words);
  };
  CHECK(formula({"--quantity", "chi", "--activation", "relu"}) == "chi(q) = 1/2\n");
  CHECK(formula({"--quantity", "volume", "--activation", "relu"}) == "volume_element = (sigma_w2/2)^(d/2)\n");
  CHECK(formula({"--quantity", "volume", "--activation", "relu", "--sigma-w2", "4", "--dim", "3"}) == "volume_element = 2*sqrt(2)\n");
  CHECK(formula({"--quantity", "metric", "--activation", "relu", "--depth", "2", "--sigma-w2", "sigma_w2_1,sigma_w2_2", "--of", "nngp"}) ==
        "A = sigma_w2_1*sigma_w2_2/4\nB = 0\n");
  CHECK(formula({"--quantity", "curvature", "--activation", "erf", "--format", "json"}) ==
        R"json({"quantity":"curvature","activation":"erf","depth":1,"formulas":[{"name":"ricci_scalar",)json"
        R"json("formula":"-pi*sigma_w2*s*(d - 1)*(d + 2)/((1 + 4*sigma_b2)*sqrt(1 + 4*sigma_b2 + 4*sigma_w2*s))","latex_name":"R",)json"
        R"json("latex":"-\\frac{\\pi\\sigma_w^2s(d-1)(d+2)}{(1+4\\sigma_b^2)\\sqrt{1+4\\sigma_b^2+4\\sigma_w^2s}}"}],)json"
        R"json("where":[],"variables":["s","d","sigma_w2","sigma_b2"]})json"
        "\n");
  const std::string deep = formula({"--quantity", "curvature", "--activation", "erf", "--depth", "2", "--format", "latex"});
  CHECK_THAT(deep, ContainsSubstring("  \\ddot q_2 &= "));
  CHECK_THAT(deep, ContainsSubstring("K_{\\mathrm{rad}} &= "));
  CHECK_THAT(formula({"--quantity", "sectional-curvature", "--activation", "sin", "--format", "python"}), ContainsSubstring("def sectional_curvature(s, d, sigma_w2, sigma_b2):"));
  CHECK_THAT(formula({"--quantity", "Q", "--activation", "exp", "--format", "mathematica"}), ContainsSubstring("Q[q_] := Exp[2*q]"));
  CHECK(lines(formula({"--quantity", "volume", "--activation", "erf", "--depth", "2", "--expand"})) == 1);
}

TEST_CASE("letters in an activation are parameters of the formula, and of a claim", "[cli]") {
  CHECK(answer({"formula", "--quantity", "chi", "--activation", "erf(a*x)"}) == "chi(q) = 4*a^2/(pi*sqrt(1 + 4*a^2*q))\n");
  CHECK(answer({"formula", "--quantity", "chi", "--activation", "leaky_relu:a"}) == "chi(q) = (1 + a^2)/2\n");
  CHECK(answer({"formula", "--quantity", "volume", "--activation", "leaky_relu:a", "--depth", "2"}) == "volume_element = (sigma_w2*(1 + a^2)/2)^d\n");
  CHECK(answer({"formula", "--quantity", "Q", "--activation", "relu(a*x - b)", "--assume", "a>0", "--assume", "b<a,b>0"}).starts_with("Q(q) = "));
  CHECK_THAT(answer({"formula", "--quantity", "curvature", "--activation", "erf(a*x)", "--format", "json"}),
             ContainsSubstring(R"("variables":["s","d","sigma_w2","sigma_b2","a"])"));
  const std::string python = answer({"formula", "--quantity", "chi", "--activation", "a*sin(b*x)", "--assume", "b<0", "--format", "python"});
  CHECK_THAT(python, ContainsSubstring("def chi(q, a, b):"));
  CHECK_THAT(python, ContainsSubstring("    a: a parameter of the activation, any real number\n    b: a parameter of the activation, negative\n"));
  CHECK_THAT(answer({"verify", "--quantity", "chi", "--activation", "relu(x-t)-relu(x-u)", "--assume", "t<0<u", "--claim",
                     "(erf(u/sqrt(2*q)) - erf(t/sqrt(2*q)))/2", "--points", "2"}),
             ContainsSubstring("agrees at 2 points"));
}

TEST_CASE("sectional curvatures exist where planes do", "[cli]") {
  const auto at = [](const char* dim, const char* format) { return answer({"metric", "--activation", "erf", "--norm2", "1", "--dim", dim, "--format", format}); };
  const std::string none = R"({"value":null,"reason":"one dimension has no plane, and no sectional curvature"})";
  CHECK_THAT(at("1", "json"), ContainsSubstring(R"("curvature":{"radial":)" + none + R"(,"tangential":)" + none + R"(,"ricci_scalar":{"value":"0","error":"0")"));
  CHECK_THAT(at("2", "json"), ContainsSubstring(R"("tangential":{"value":null,"reason":"no plane is orthogonal to x in two dimensions"})"));
  CHECK_THAT(at("2", "text"), ContainsSubstring("tangential curvature    none: no plane is orthogonal to x in two dimensions"));
  CHECK_THAT(at("2", "csv"), ContainsSubstring(",,") && ContainsSubstring(",no plane is orthogonal to x in two dimensions\n"));
  CHECK_THAT(answer({"metric", "--activation", "erf", "--data", "-", "--engine", "double", "--format", "csv"}, "1,2\n"), ContainsSubstring("no plane is orthogonal to x in two dimensions"));
  CHECK_THAT(at("3", "json"), !ContainsSubstring("null"));
  CHECK_THAT(answer({"formula", "--quantity", "sectional-curvature", "--activation", "erf", "--dim", "2"}), ContainsSubstring("K_radial = ") && !ContainsSubstring("K_tangential"));
  CHECK(run_program({"verify", "--quantity", "curvature-tangential", "--activation", "erf", "--dim", "2", "--claim", "1"}).code == 3);
}

TEST_CASE("an arc-cosine kernel takes the variances of its layers", "[cli]") {
  const auto value = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"kernel", "--x", "1,2", "--y", "2,1", "--digits", "25", "--format", "json"});
    return answer(more);
  };
  CHECK_THAT(value({"--kernel", "arc-cosine:1", "--sigma-w2", "2", "--sigma-b2", "1"}), ContainsSubstring(R"("nngp":{"value":"9.258328422800251595013897")"));
  // K^2 = 2 E[u_+ v_+] with the covariance 1/2 + 3 K^1, K^1 with that of 1 + 2 x.y
  const std::string deep = value({"--kernel", "arc-cosine:1", "--depth", "2", "--sigma-w2", "2,3", "--sigma-b2", "1,1/2"});
  const std::string network = value({"--activation", "relu", "--depth", "2", "--sigma-w2", "2,6,2", "--sigma-b2", "1,1/2,0", "--of", "nngp"});
  CHECK(deep == network);
  CHECK_THAT(value({"--kernel", "arc-cosine:1", "--input-scaling", "fan-in"}), ContainsSubstring(R"("nngp":{"value":"2.067799299877)"));
  CHECK(run_program({"kernel", "--kernel", "arc-cosine:1", "--sigma-w2", "1,2", "--x", "1", "--y", "2"}).code == 2);
}

TEST_CASE("the standard parameterization without biases", "[cli]") {
  const auto ntk = [](const char* biases) {
    return answer({"kernel", "--activation", "relu", "--of", "ntk", "--parameterization", "standard", "--widths", "200", "--sigma-b2", biases, "--x", "1,2", "--y", "2,1", "--digits", "25"});
  };
  CHECK_THAT(ntk("none"), ContainsSubstring("no biases, standard parameterization, widths 200;") && ContainsSubstring("415.1501944460855538983527"));
  CHECK_THAT(ntk("0"), ContainsSubstring("416.5477780637359871725"));  // + 1 + E[phi' phi']
}

TEST_CASE("a range of |x|", "[cli]") {
  const auto rows = [](const std::string& flag, const std::string& range) { return answer({"metric", "--activation", "erf", flag, range, "--dim", "3", "--format", "csv"}); };
  const std::string norms = rows("--norm", "1:3:1"), squares = rows("--norm2", "1:9:1");
  CHECK(norms.starts_with("norm,norm2,dim,A,"));
  CHECK(lines(norms) == 4);
  for (const auto& [norm, norm2] : {std::pair{"\n1,", "\n1,3,"}, {"\n2,", "\n4,3,"}, {"\n3,", "\n9,3,"}}) {
    const std::size_t at = squares.find(norm2);
    REQUIRE(at != std::string::npos);
    CHECK_THAT(norms, ContainsSubstring(norm + squares.substr(at + 1, squares.find('\n', at + 1) - at - 1)));
  }
  CHECK_THAT(run_program({"metric", "--activation", "erf", "--norm", "-1", "--dim", "2"}).err, ContainsSubstring("--norm: -1 is negative; |x| is 0 or more"));
}

TEST_CASE("ranges, layers and files make rows", "[cli]") {
  CHECK(lines(answer({"metric", "--activation", "erf", "--norm2", "0:1:0.25", "--dim", "2", "--format", "csv"})) == 6);
  const std::string layers = answer({"metric", "--activation", "erf", "--depth", "3", "--layers", "all", "--norm2", "1", "--dim", "2", "--format", "csv"});
  CHECK_THAT(layers, ContainsSubstring("layer,norm2,dim,A,B,"));
  CHECK(lines(layers) == 4);
  const std::string points = "x,y\n1,3/2\n# a comment\n0.1,-2\n";
  for (const char* engine : {"ball", "double", "mpfr"})
    CHECK(lines(answer({"metric", "--activation", "erf", "--data", "-", "--format", "json", "--engine", engine}, points)) == 2);
  CHECK_THAT(answer({"metric", "--activation", "erf", "--norm2", "0:1:0.5", "--dim", "2", "--format", "latex"}), ContainsSubstring("\\bottomrule\n\\end{tabular}"));
  CHECK_THAT(answer({"activations"}), ContainsSubstring("gelu"));
  CHECK_THAT(answer({"activations", "max(-1, min(1, x))"}), ContainsSubstring("-1, 1") && ContainsSubstring("Delta = q1*q2 - c^2"));
  CHECK_THAT(answer({"activations", "relu_power:4/3"}), ContainsSubstring("*hyp2f1(1/2, 1/2, 17/6, (1 + c/sqrt(q1*q2))/2)"));
}

TEST_CASE("the fast CSV of double precision is the table writer's", "[cli]") {
  const std::string points = "0,0\n1,2\n3/2,1e-3\n-5,100\n";
  const std::vector<std::string> command = {"metric", "--activation", "tanh", "--activation", "gelu", "--data", "-", "--engine", "double"};
  std::vector<std::string> csv = command, json = command;
  csv.insert(csv.end(), {"--format", "csv"});
  json.insert(json.end(), {"--format", "json"});
  std::vector<std::string> from_csv, from_json;
  const std::string rows = answer(csv, points), objects = answer(json, points);
  for (std::size_t at = rows.find('\n') + 1; at < rows.size(); at = rows.find('\n', at) + 1) {
    const std::string row = rows.substr(at, rows.find(",tanh", at) - at);  // before what the rows are about
    std::vector<std::string> fields;
    std::istringstream line(row);
    for (std::string field; std::getline(line, field, ',');) {
      if (!field.empty()) fields.push_back(field);
    }
    REQUIRE(fields.size() == 10);  // in two dimensions there is no tangential curvature
    fields.erase(fields.begin() + 1);  // the dimension
    from_csv.insert(from_csv.end(), fields.begin(), fields.end());
  }
  for (std::size_t at = 0; at < objects.size(); at = objects.find('\n', at) + 1) {
    const std::string object = objects.substr(at, objects.find('\n', at) - at);
    const std::vector<TextMatch> values = matches(object, R"("value":"*","error)");
    REQUIRE(values.size() >= 9);
    for (std::size_t i = 0; i < 9; ++i) from_json.push_back(values[i].parts[0]);
  }
  CHECK(from_csv == from_json);
}

TEST_CASE("a stream stops at the first bad row, after the rows before it", "[cli]") {
  for (const char* engine : {"ball", "double"}) {
    const Ran ran = run_program({"metric", "--activation", "relu", "--data", "-", "--format", "csv", "--engine", engine}, "1,2\n3,4\n5,oops\n7,8\n");
    CHECK(ran.code == 2);
    CHECK(lines(ran.out) == 3);
    CHECK_THAT(ran.err, ContainsSubstring("line 3, field 2 (column 3): 'oops'"));
  }
}

TEST_CASE("many points without a metric are rows with reasons", "[cli]") {
  for (const char* engine : {"ball", "double"}) {
    const Ran ran = run_program({"metric", "--activation", "step", "--data", "-", "--format", "json", "--engine", engine}, "1,2\n3,4\n");
    CHECK(ran.code == 3);
    CHECK(lines(ran.out) == 2);
    CHECK_THAT(ran.out, ContainsSubstring(R"("A":{"value":null,"reason":")"));
    CHECK_THAT(ran.err, ContainsSubstring("none of 2 points has a metric"));
  }
}

TEST_CASE("a file appears whole or not at all", "[cli]") {
  const fs::path folder = fs::temp_directory_path() / ("infwidth-cli-test-" + std::to_string(::getpid()));
  fs::create_directory(folder);
  const std::string target = (folder / "answer.csv").string();
  const Ran bad = run_program({"metric", "--activation", "relu", "--data", "-", "--format", "csv", "--output", target}, "1,2\noops,1\n");
  CHECK(bad.code == 2);
  CHECK(fs::is_empty(folder));
  CHECK(answer({"metric", "--activation", "relu", "--data", "-", "--format", "csv", "--output", target}, "1,2\n").empty());
  CHECK(lines(text_of(target)) == 2);
  fs::remove_all(folder);
}

TEST_CASE("the manual page has every flag, and no other", "[cli]") {
  const auto flags_in = [](const std::string& text) {
    std::set<std::string> r;
    for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at)) {
      const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", at + 2);
      if (at + 2 < text.size() && std::islower(static_cast<unsigned char>(text[at + 2])) != 0) r.insert(text.substr(at, end - at));
      at = end;
    }
    return r;
  };
  std::string help = answer({"--help"});
  for (const char* command : {"metric", "kernel", "predict", "finite", "validate", "symmetry", "train", "reproduce", "expectation", "formula", "activations", "verify"}) help += answer({command, "--help"});
  std::string page = text_of(source_folder() / "docs" / "infwidth.1");
  page.erase(std::remove(page.begin(), page.end(), '\\'), page.end());
  CHECK(flags_in(page) == flags_in(help));
}

TEST_CASE("laws of finite width", "[cli][finite]") {
  const std::string text = answer({"finite", "--widths", "10,10", "--activation", "relu", "--sigma-w2", "2", "--sigma-b2", "1/10", "--at", "3/5,4/5"});
  CHECK_THAT(text, ContainsSubstring("relu, depth 2, sigma_w2 = 2, sigma_b2 = 1/10, widths 10,10; at (3/5,4/5)"));
  CHECK_THAT(text, ContainsSubstring("det g                1                 0.810000000000000    exact"));
  CHECK_THAT(text, ContainsSubstring("g[1,2]               0                 0                    exact"));
  const std::string json = answer({"finite", "--widths", "40", "--depth", "2", "--activation", "tanh", "--norm2", "1", "--dim", "2", "--format", "json", "--digits", "20"});
  CHECK(lines(json) == 6);
  CHECK_THAT(json, ContainsSubstring(R"("quantity":"volume element")") && ContainsSubstring(R"("mean_standing":"leading 1/n")") && ContainsSubstring(R"("deviation_standing")"));
  const std::string narrow = answer({"finite", "--widths", "10,2", "--activation", "tanh", "--norm2", "1", "--dim", "3", "--format", "csv"});
  CHECK_THAT(narrow, ContainsSubstring("volume element,") && ContainsSubstring(",0,exact,0,exact,") && ContainsSubstring("hidden layer 2 has 2 units, fewer than the 3 dimensions"));
  const std::string second = answer({"finite", "--widths", "40", "--activation", "gelu", "--norm2", "1", "--dim", "2", "--engine", "mpfr"});
  CHECK_THAT(second, ContainsSubstring("not proven: laws of finite width"));
  const auto refused = [](std::vector<std::string> flags, int code, const char* why) {
    flags.insert(flags.begin(), {"finite", "--activation", "tanh"});
    const Ran ran = run_program(flags);
    CAPTURE(ran.err);
    CHECK(ran.code == code);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, ContainsSubstring(why));
  };
  refused({"--at", "1,0"}, 2, "--widths: none are given");
  refused({"--widths", "10,20,30", "--depth", "2", "--at", "1,0"}, 2, "--widths: widths: 3 for a depth of 2");
  refused({"--widths", "10"}, 2, "--at");
  refused({"--widths", "10", "--norm2", "1"}, 2, "--dim");
  refused({"--widths", "10", "--at", "1,0", "--engine", "double"}, 2, "--engine");
  CHECK(run_program({"finite", "--widths", "10", "--activation", "step", "--at", "1,0"}).code == 3);
}

TEST_CASE("theory against networks", "[cli][validation]") {
  const std::vector<std::string> base = {"validate", "--activation", "erf", "--widths", "50", "--at", "0.6,0.8", "--draws", "400"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return run_program(more);
  };
  const Ran json = with({"--format", "json"});
  CHECK(json.code == 0);
  CHECK(lines(json.out) == 9);
  CHECK_THAT(json.out, ContainsSubstring(R"({"quantity":"g_11","theory":{"value":"0.4054199447)") && ContainsSubstring(R"({"verdict":"agrees","p_value":)"));
  const Ran caught = with({"--inject", "100%", "--of", "metric"});
  CHECK(caught.code == 5);
  CHECK_THAT(caught.out, ContainsSubstring("THE THEORY DISAGREES") && ContainsSubstring("power against the injected error"));
  CHECK(with({"--threads", "1", "--format", "csv"}).out == with({"--threads", "4", "--format", "csv"}).out);
  const Ran slopes = with({"--convergence", "1,2,4", "--of", "metric", "--format", "json"});
  CHECK(slopes.code == 0);
  CHECK(lines(slopes.out) == 15);
  CHECK_THAT(slopes.out, ContainsSubstring("g_11, slope of standard deviation"));
  const Ran narrow = run_program({"validate", "--activation", "relu", "--widths", "2", "--at", "0.6,0.8,1", "--draws", "100"});
  CHECK(narrow.code == 0);
  CHECK_THAT(narrow.out, !ContainsSubstring("volume"));
  const auto refused = [&](const std::vector<std::string>& more, const char* why) {
    const Ran ran = with(more);
    CAPTURE(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, ContainsSubstring(why));
  };
  refused({"--data", "x.csv"}, "either --at");
  refused({"--inject", "x"}, "--inject: 'x' is no number");
  refused({"--inject", "chi=1%"}, "into 'chi'");
  refused({"--of", "metrics"}, "--of");
  refused({"--resume"}, "from which file");
  refused({"--figure", "a.jpg"}, ".pdf, .svg or .png");
  refused({"--convergence", "1,2", "--extrapolate"}, "leave one of them out");
}

TEST_CASE("training, and what it says", "[cli][training]") {
  const fs::path folder = fs::temp_directory_path() / ("infwidth-train-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const std::string prefix = (folder / "run").string(), figure = (folder / "run.svg").string(), state = (folder / "state").string();
  const std::vector<std::string> base = {"train", "--task", "xor", "--activation", "sigmoid", "--sigma-b2", "1", "--widths", "20", "--rate", "0.1", "--grid", "12"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return run_program(more);
  };
  const Ran whole = with({"--epochs", "60", "--record", "0,20", "--curvature", "--save", prefix, "--figure", figure, "--format", "csv"});
  CAPTURE(whole.err);
  CHECK(whole.code == 0);
  CHECK(lines(whole.out) == 4);
  CHECK_THAT(whole.out, ContainsSubstring("epoch,loss,accuracy,contrast"));
  CHECK_THAT(text_of(figure), ContainsSubstring("epoch 20"));
  for (const char* name : {"log_volume", "curvature", "outputs", "margin", "entropy", "distance", "points", "rank", "epochs"}) CHECK(fs::exists(prefix + "." + name + ".npy"));
  // Interrupted after 30 epochs and resumed: the same answer.
  const Ran straight = with({"--epochs", "60", "--record", "0,20", "--format", "csv"});
  CHECK(with({"--epochs", "30", "--record", "0,20", "--format", "csv", "--checkpoint", state}).code == 0);
  const Ran resumed = with({"--epochs", "60", "--record", "0,20", "--format", "csv", "--checkpoint", state, "--resume"});
  const std::size_t last = straight.out.find("\n60,");
  CHECK(resumed.out.substr(0, last) == straight.out.substr(0, last));
  CHECK_THAT(resumed.out, ContainsSubstring(straight.out.substr(last)));
  const Ran other = with({"--epochs", "60", "--rate", "0.2", "--checkpoint", state, "--resume"});
  CHECK(other.code == 2);
  CHECK_THAT(other.err, ContainsSubstring("--rate") || ContainsSubstring("another question"));
  const auto refused = [&](const std::vector<std::string>& flags, const char* why) {
    const Ran ran = run_program(flags);
    CAPTURE(ran.err);
    CHECK(ran.code == 2);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, ContainsSubstring(why));
  };
  refused({"train", "--activation", "tanh"}, "give one of --task");
  refused({"train", "--activation", "tanh", "--task", "moons"}, "noisy-xor");
  refused({"train", "--activation", "tanh", "--task", "xor", "--line", "1,9", "--save", "unused"}, "numbered from 1 to 4");
  refused({"train", "--activation", "tanh", "--task", "xor", "--rate", "-1"}, "learning rate");
  refused({"train", "--activation", "tanh", "--task", "xor", "--schedule", "step"}, "step:FACTOR,EVERY");
  refused({"train", "--activation", "tanh", "--task", "xor", "--parameterization", "mup", "--gamma", "2"}, "--gamma");
  refused({"train", "--validate", "--activation", "tanh", "--task", "xor", "--at", "1,0", "--widths", "16"}, "one target each");
  const Ran blown = run_program({"train", "--activation", "x^3", "--task", "xor", "--loss", "squared", "--rate", "1e6", "--epochs", "50"});
  CHECK(blown.code == 4);
  CHECK_THAT(blown.err, ContainsSubstring("learning rate") || ContainsSubstring("no number"));
  const Ran theory = run_program({"train", "--validate", "--task", "two-points", "--activation", "tanh", "--widths", "16", "--at", "0.6,0.8", "--times", "1", "--draws", "40", "--format", "json"});
  CAPTURE(theory.err);
  CHECK(theory.code == 0);
  CHECK(lines(theory.out) == 15);
  const std::string studies = (folder / "study").string();
  const Ran study = run_program({"reproduce", "xor", "--seeds", "2", "--epochs", "40", "--folder", studies});
  CAPTURE(study.err);
  CHECK(study.code == 0);
  for (const char* name : {"table.txt", "table.csv", "table.tex", "w_10.pdf", "w_100.pdf", "w_250.pdf"}) CHECK(fs::exists(fs::path(studies) / name));
  refused({"reproduce", "mnist"}, "sinusoid-shallow");
  refused({"reproduce", "digits"}, "--points and --labels");
  fs::remove_all(folder);
}

TEST_CASE("symmetry of the limit and of networks", "[cli][validation]") {
  CHECK_THAT(answer({"symmetry", "--activation", "relu", "--at", "0.6,0.8"}), ContainsSubstring("the metric is invariant"));
  const std::string json = answer({"symmetry", "--activation", "tanh", "--widths", "40", "--at", "0.6,0.8", "--draws", "200", "--format", "json"});
  CHECK_THAT(json, ContainsSubstring(R"("quantity":"symmetry-breaking index")") && ContainsSubstring(R"({"verdict":"symmetric","p_value":)"));
  const Ran steep = run_program({"symmetry", "--activation", "erf", "--depth", "2", "--sigma-w2", "1e14", "--at", "2,1", "--format", "json"});
  CHECK(steep.code == 0);
  CHECK_THAT(steep.out, ContainsSubstring(R"({"verdict":"none","reason":"the metric changes over lengths too short)"));
  CHECK(run_program({"symmetry", "--activation", "erf", "--depth", "2", "--sigma-w2", "799,2", "--sigma-b2", "7.18e-07", "--at=2.634,-6.325e-05,3/5", "--seed", "964849"}).code == 0);
  CHECK(run_program({"symmetry", "--activation", "step", "--at", "1,0"}).code == 3);
  CHECK(run_program({"symmetry", "--activation", "tanh"}).code == 2);
  CHECK(run_program({"symmetry", "--activation", "tanh", "--widths", "10", "--at", "1"}).code == 2);
}

TEST_CASE("kernels between two points, by every engine", "[cli]") {
  // erf and tanh: tests/reference/inline_answers.py
  const std::string json = answer({"kernel", "--activation", "erf", "--sigma-w2", "3/2", "--sigma-b2", "1/10", "--depth", "3", "--x", "1,0", "--y", "3/5,4/5", "--digits", "25", "--format", "json"});
  CHECK_THAT(json, ContainsSubstring(R"("nngp":{"value":"0.4808291222173778479437085")"));
  CHECK_THAT(json, ContainsSubstring(R"("ntk":{"value":"1.531115263541402810758914")"));
  CHECK_THAT(json, ContainsSubstring(R"("derivative":{"value":)"));
  CHECK_THAT(answer({"kernel", "--activation", "erf", "--x", "1,0", "--y", "3/5,4/5", "--engine", "mpfr", "--of", "ntk"}), ContainsSubstring("not proven"));
  const std::string layers = answer({"kernel", "--activation", "relu", "--sigma-w2", "2", "--depth", "3", "--layers", "all", "--x", "1,0", "--y", "1,0", "--of", "ntk", "--format", "csv"});
  CHECK_THAT(layers, ContainsSubstring("1,4,") && ContainsSubstring("3,8,"));
  CHECK_THAT(answer({"kernel", "--activation", "tanh", "--x", "1,0", "--y", "3/5,4/5", "--depth", "3", "--engine", "double"}), ContainsSubstring("0.38005769780"));
  const Ran infinite = run_program({"kernel", "--activation", "step", "--x", "1,0", "--y", "1,0", "--of", "ntk"});
  CHECK(infinite.code == 3);
  CHECK(infinite.out.empty());
  CHECK(run_program({"kernel", "--activation", "tanh", "--x", "1,0"}).code == 2);
  CHECK(run_program({"kernel", "--activation", "tanh", "--x", "1,0", "--y", "1"}).code == 2);
  CHECK(run_program({"kernel", "--activation", "tanh", "--x", "1,0", "--y", "1,0", "--widths", "5"}).code == 2);
}

TEST_CASE("Gram matrices of data files", "[cli]") {
  const fs::path folder = fs::temp_directory_path() / ("infwidth-gram-test-" + std::to_string(::getpid()));
  fs::create_directory(folder);
  const std::string data = (folder / "points.csv").string(), target = (folder / "gram.npy").string();
  std::ofstream(data) << "1,0\n0.6,0.8\n-1,0\n";
  const std::string said = answer({"kernel", "--activation", "erf", "--data", data, "--output", target, "--format", "json"});
  CHECK_THAT(said, ContainsSubstring("gram.nngp.npy") && ContainsSubstring("gram.ntk.npy"));
  CHECK_THAT(said, ContainsSubstring(R"("matrices":1,"rows":3,"columns":3,"dimension":2,"q_1":{"value":"1",)"));
  // A transposed file is seen: how many points, of how many numbers, and what unit scaling makes of them.
  CHECK_THAT(answer({"kernel", "--activation", "erf", "--sigma-w2", "3", "--sigma-b2", "1", "--data", "-", "--output", (folder / "wide.npy").string()}, "1,2,2,4\n3,0,0,4\n"),
             ContainsSubstring("--data: 2 points of 4 numbers, q_1 = 76 at the median row (fan-in: 19.8); Gram matrices"));
  CHECK(fs::file_size(folder / "gram.nngp.npy") == 128 + 9 * 8);
  // an array is read as well as it is written: its rows, exactly
  const std::string array = (folder / "gram.nngp.npy").string();
  const std::string ball = answer({"metric", "--activation", "erf", "--data", array, "--format", "csv", "--digits", "12"});
  const std::string doubles = answer({"metric", "--activation", "erf", "--data", array, "--format", "csv", "--digits", "12", "--engine", "double"});
  CHECK(std::count(ball.begin(), ball.end(), '\n') == 4);
  CHECK(std::count(doubles.begin(), doubles.end(), '\n') == 4);
  CHECK(ball.substr(ball.find('\n'), 14) == doubles.substr(doubles.find('\n'), 14));
  (void)answer({"kernel", "--activation", "erf", "--data", data, "--data2", data, "--of", "feature", "--layers", "all", "--depth", "2", "--output", target});
  CHECK(fs::file_size(target) == 128 + 2 * 9 * 8);
  // nothing is left behind by a refusal
  std::ofstream(data) << "1,0\n0.6,nan\n";
  const std::string other = (folder / "other.npy").string();
  const Ran bad = run_program({"kernel", "--activation", "erf", "--data", data, "--output", other});
  CHECK(bad.code == 2);
  CHECK_THAT(bad.err, ContainsSubstring("nan"));
  CHECK(run_program({"kernel", "--activation", "exp", "--sigma-w2", "1e5", "--depth", "3", "--data", (folder / "points.csv").string(), "--output", other}).code != 0);
  CHECK_FALSE(fs::exists(other));
  CHECK(run_program({"kernel", "--activation", "erf", "--data", data, "--output", "gram.csv"}).code == 2);
  fs::remove_all(folder);
}

TEST_CASE("what cannot be printed leaves a reason in its place, and the rest is printed", "[cli]") {
  const std::vector<std::string> sine = {"expectation", "--activation", "sin", "--variance", "1e30"};
  const auto in = [&](const char* format) {
    std::vector<std::string> arguments = sine;
    arguments.insert(arguments.end(), {"--format", format});
    return answer(arguments);
  };
  for (const char* format : {"text", "json", "csv"}) {
    CAPTURE(format);
    CHECK_THAT(in(format), ContainsSubstring("0.500000000000000"));
  }
  CHECK_THAT(in("text"), ContainsSubstring("chi'    none: "));
  CHECK_THAT(in("text"), ContainsSubstring("cannot be printed"));
  CHECK_THAT(in("json"), ContainsSubstring("\"reason\":\"a value's decimal exponent is beyond 10^15: it cannot be printed\""));
}

TEST_CASE("small variances, far tails, logarithms and NumPy's names", "[cli]") {
  CHECK_THAT(answer({"expectation", "--activation", "atan(x)", "--variance", "1e-25"}), ContainsSubstring("chi''   18.0000000000000"));
  CHECK_THAT(answer({"expectation", "--activation", "arctan(x)", "--variance", "1e-25", "--engine", "double"}), ContainsSubstring("18.00000000"));
  CHECK_THAT(answer({"expectation", "--activation", "atan(x)", "--variance", "1e-25", "--engine", "mpfr"}), ContainsSubstring("18.0000000000000"));
  CHECK_THAT(answer({"expectation", "abs(x)^(-4/5)", "--variance", "1", "--digits", "25"}), ContainsSubstring("4.067745181949192121937829"));
  CHECK_THAT(answer({"expectation", "(1+erf(x-20))/2", "--variance", "1", "--digits", "25"}), ContainsSubstring("3.022603410042441047045868e-60"));
  CHECK_THAT(answer({"expectation", "log(abs(x))", "--variance", "1", "--digits", "25"}), ContainsSubstring("-0.6351814227307390850118721"));
  CHECK_THAT(answer({"expectation", "power(arccos(tanh(x)), 2)", "--variance", "1"}), ContainsSubstring("3.03403741956879"));
}

TEST_CASE("expectations of two variables", "[cli]") {
  CHECK_THAT(answer({"expectation", "tanh(u)*relu(v)", "--variance", "1,2", "--covariance", "1/2", "--digits", "20"}), ContainsSubstring("0.15142637740053970640"));
  CHECK_THAT(run_program({"expectation", "tanh(u)*v", "--variance", "1"}).err, ContainsSubstring("--covariance"));
  CHECK(run_program({"expectation", "tanh(u*v)", "--variance", "1", "--covariance", "0"}).code == 2);
  CHECK_THAT(answer({"expectation", "max(u,v)", "--variance", "1,2", "--covariance", "1/2", "--digits", "20"}), ContainsSubstring("0.56418958354775628695"));
  CHECK_THAT(answer({"expectation", "max(u,v)*tanh(u)", "--variance", "1,2", "--covariance", "1/2", "--engine", "mpfr"}), ContainsSubstring("0.454279132201619"));
  CHECK(run_program({"expectation", "u*v", "--variance", "1", "--covariance", "2"}).code == 2);
}

TEST_CASE("the geometry of a network of one's own", "[cli][weights]") {
  const fs::path folder = fs::temp_directory_path() / "infwidth_weights_test";
  fs::create_directory(folder);
  const std::string path = (folder / "net.npz").string();
  const std::vector<double> W1 = {0.5, -1, 1.5, 0.25, -0.75, 2}, b1 = {0.125, -0.5, 0.25}, W2 = {1, -0.5, 0.25, 0.75, 1.25, -1}, b2 = {0, 0.375}, W3 = {2, -3};
  const std::string file =
      zip_file({{"W1.npy", npy_bytes({3, 2}, W1), true}, {"b1.npy", npy_bytes({3}, b1)}, {"W2.npy", npy_bytes({2, 3}, W2)}, {"b2.npy", npy_bytes({2}, b2)}, {"W3.npy", npy_bytes({1, 2}, W3)}});
  std::ofstream(path, std::ios::binary) << file;
  const auto command = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"validate", "--weights", path});
    return flags;
  };
  // J = diag(phi') W2 diag(phi') W1, J^T J / 2: tests/reference/inline_answers.py
  const std::string json = answer(command({"--activation", "tanh", "--at", "0.6,0.8", "--format", "json"}));
  CHECK(lines(json) == 2);
  CHECK(shape(json.substr(0, json.find('\n'))) ==
        R"({"x_1":#,"x_2":#,"norm2":#,"dim":2,"volume_element":#,"log_volume_element":#,"rank":2,"curvature":{"ricci_scalar":#},"metric":[[#,#],[#,#]]})");
  CHECK_THAT(json, ContainsSubstring(R"("metric":[[{"value":"1.6308062835886)") && ContainsSubstring(R"({"value":"0.62812824301295)"));
  CHECK_THAT(json, ContainsSubstring(R"("log_volume_element":{"value":"-0.34985497475861)"));
  CHECK_THAT(json, ContainsSubstring(R"({"symmetry":{"index":{"value":")") && ContainsSubstring(R"("method":"leading 1/n"})") && ContainsSubstring(R"("points":1,"sigma_w2":["1.354166666666666)"));
  CHECK_THAT(json, ContainsSubstring(R"("measured":true},"weights":{"layers":[{"weights":"W1","biases":"b1"},)"));
  const std::string text = answer(command({"--activation", "tanh", "--at", "0.6,0.8", "--sigma-w2", "3/2"}));
  CHECK_THAT(text, ContainsSubstring("tanh, 2-3-2, readout 1 of ") && ContainsSubstring("measured against infinite width with sigma_w2 = 1.5,1.5,1.5, sigma_b2 = 0,0,0 (given)"));
  CHECK_THAT(text, ContainsSubstring("volume element       0.704790"));
  CHECK_THAT(answer(command({"--activation", "leaky_relu:1/5", "--at", "0.6,0.8"})), ContainsSubstring("none: hidden layer 1 (leaky_relu:1/5): phi' jumps at x = 0"));
  CHECK_THAT(answer(command({"--activation", "tanh", "--no-readout", "--at", "0.6,0.8"})), ContainsSubstring("2-3-2-1 of ") && ContainsSubstring("its rank is 1 of 2; over its non-zero eigenvalues it is "));
  CHECK_THAT(answer({"validate", "--weights", "-", "--activation", "tanh", "--at", "0.6,0.8"}, file), ContainsSubstring("0.6281282430"));
  CHECK_THAT(answer(command({"--activation", "tanh", "--at", "0.6,0.8", "--format", "latex"})), ContainsSubstring(R"($\log\sqrt{\det g}$ & $-0.34985)"));
  const Ran csv = run_program(command({"--activation", "tanh", "--data", "-", "--format", "csv"}), "0.6,0.8\n0,0\n");
  CHECK(csv.code == 0);
  CHECK(lines(csv.out) == 3);
  CHECK_THAT(csv.out, ContainsSubstring("x_1,x_2,norm2,dim,g_1_1,g_1_2,g_2_2,volume_element,log_volume_element,rank,curvature.ricci_scalar,activation,weights,note\n0.6,0.8,1,2,1.6308062835886"));
  CHECK_THAT(csv.err, ContainsSubstring("symmetry-breaking index ") && ContainsSubstring("of random networks "));
  const auto refused = [&](std::vector<std::string> flags, int code, const char* why) {
    const Ran ran = run_program(command(std::move(flags)));
    CAPTURE(ran.err);
    CHECK(ran.code == code);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, ContainsSubstring(why));
  };
  refused({"--activation", "tanh", "--at", "0.6,0.8", "--widths", "3,2"}, 2, "--widths: the network of --weights has its own");
  refused({"--activation", "tanh", "--at", "0.6,0.8", "--depth", "2"}, 2, "--depth: the network of --weights has its own");
  refused({"--activation", "tanh", "--at", "0.6,0.8", "--draws", "100"}, 2, "--draws: it is about networks drawn at random");
  refused({"--activation", "tanh", "--at", "0.6,0.8", "--input-scaling", "fan-in"}, 2, "--input-scaling: it says how --sigma-w2 is meant");
  refused({"--activation", "tanh", "--at", "0.6,0.8,1"}, 2, "--at: a point of 3 coordinates, and the network takes 2");
  refused({"--activation", "tanh"}, 2, "--at");
  refused({"--at", "0.6,0.8"}, 2, "no activation is given");
  refused({"--activation", "step", "--at", "0.6,0.8"}, 3, "hidden layer 1 (step): phi jumps at x = 0");
  CHECK_THAT(run_program({"validate", "--no-readout", "--activation", "tanh", "--at", "1,0"}).err, ContainsSubstring("--no-readout: it is about the network of --weights"));
  fs::remove_all(folder);
}
