// SPDX-License-Identifier: GPL-3.0-or-later
#include "catch.hpp"
#include "support/run_program.hpp"

using Catch::Matchers::ContainsSubstring;

namespace {

struct Refusal {
  std::vector<std::string> arguments;
  int code;
  std::string says;
  std::string input = "";
};

/// Exit code, nothing on standard output, one message that names the command.
void check_refusal(const Refusal& refusal) {
  std::string line;
  for (const std::string& word : refusal.arguments) line += word.substr(0, 80) + ' ';
  CAPTURE(line);
  const Ran ran = run_program(refusal.arguments, refusal.input);
  CHECK(ran.code == refusal.code);
  CHECK(ran.out.empty());
  CHECK(ran.err.starts_with("infwidth"));
  CHECK_THAT(ran.err, ContainsSubstring(refusal.says));
}

std::vector<std::string> metric(const std::vector<std::string>& more) {
  std::vector<std::string> r = {"metric"};
  r.insert(r.end(), more.begin(), more.end());
  return r;
}

}  // namespace

TEST_CASE("usage that makes no sense exits 2 and names the cure", "[cli]") {
  const std::vector<Refusal> refusals = {
      {{}, 2, "see 'infwidth --help'"},
      {{"nonsense"}, 2, "see 'infwidth --help'"},
      {metric({}), 2, "give one of --at"},
      {metric({"--norm2", "1", "--dim", "2"}), 2, "--activation tanh"},
      {metric({"--activation", "tanh", "--norm2", "1"}), 2, "--dim 2"},
      {metric({"--activation", "tanh", "--norm2", "1", "--dim", "0"}), 2, "--dim: 0 is out of range"},
      {metric({"--activation", "tanh", "--norm2", "-1", "--dim", "2"}), 2, "--norm2: -1 is negative"},
      {metric({"--activation", "tanh", "--norm2", "0:4", "--dim", "2"}), 2, "--norm2: '0:4' is not a range"},
      {metric({"--activation", "tanh", "--at", "1,2", "--dim", "3"}), 2, "--at: the point has 2 numbers, but --dim is 3"},
      {metric({"--activation", "tanh", "--at", "1,nan"}), 2, "--at: entry 2 of '1,nan'"},
      {metric({"--activation", "tanh", "--at", "1,2", "--norm2", "1"}), 2, "give one of --at"},
      {metric({"--activation", "tanh", "--at", "1", "--depth", "0"}), 2, "--depth: 0 is out of range"},
      {metric({"--activation", "tanh", "--at", "1", "--depth", "2", "--sigma-w2", "1,2,3,4"}), 2, "sigma_w2: 4 values"},
      {metric({"--activation", "tanh", "--at", "1", "--sigma-b2", "-1/10"}), 2, "-1/10; a variance is not negative"},
      {metric({"--activation", "tanh", "--activation", "relu", "--at", "1", "--depth", "3"}), 2, "activation: 2 formulas for depth 3"},
      {metric({"--activation", "tanh", "--at", "1", "--digits", "0"}), 2, "--digits: 0 is out of range; it goes from 1 to 100000\n"},
      {metric({"--activation", "tanh", "--at", "1", "--digits", "many"}), 2, "--digits: 'many' is not a whole number"},
      {metric({"--activation", "tanh", "--at", "1", "--engine", "abacus"}), 2, "it is ball, double or mpfr"},
      {metric({"--activation", "tanh", "--at", "1", "--engine", "double", "--digits", "50"}), 2, "take --engine ball"},
      {metric({"--activation", "tanh", "--at", "1", "--format", "xml"}), 2, "it is text, json, csv or latex"},
      {metric({"--activation", "tanh", "--at", "1", "--of", "tangent"}), 2, "it is feature, derivative, nngp or ntk"},
      {metric({"--activation", "tanh", "--at", "1", "--timeout", "0"}), 2, "--timeout"},
      {metric({"--activation", "tanh", "--at", "1", "--output", "/no/such/folder/x"}), 2, "/no/such/folder/x: cannot be made"},
      {metric({"--activation", "tanh", "--at", "1", "--frobnicate"}), 2, "--frobnicate"},
      {metric({"--activation", "tanh", "--data", "/no/such/file.csv"}), 2, "/no/such/file.csv: cannot be opened"},
      {{"expectation"}, 2, "give either a formula"},
      {{"expectation", "x^2"}, 2, "--variance 3/2"},
      {{"expectation", "x^2", "--variance", "-1"}, 2, "--variance: -1 is negative"},
      {{"expectation", "x^2", "--activation", "tanh", "--variance", "1"}, 2, "give either a formula"},
      {{"expectation", "-x^2", "--variance", "1"}, 2, "parentheses"},
      {{"expectation", "tanh(x)^2", "--variance", "1e-400", "--engine", "double"}, 2, "--variance: the number is too near to 0"},
      {{"expectation", "--activation", "tanh", "--variance", "1e-400", "--engine", "double"}, 2, "--variance: the number is too near to 0"},
      {{"expectation", "log(x)", "--variance", "1"}, 2, "log"},
      {{"expectation", "relu(sin(x))", "--variance", "1"}, 2, "infinitely many"},
  };
  for (const Refusal& refusal : refusals) check_refusal(refusal);
}

TEST_CASE("a typo in a formula points at its column and names the nearest function", "[cli]") {
  const Ran ran = run_program({"expectation", "1 + tnah(x)", "--variance", "1"});
  CHECK(ran.code == 2);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.err, ContainsSubstring("column 5"));
  CHECK_THAT(ran.err, ContainsSubstring("tanh"));
}

TEST_CASE("formulas meant to break the parser are refused", "[cli]") {
  const std::string parentheses(60000, '(');
  check_refusal({{"expectation", parentheses + "x" + std::string(60000, ')'), "--variance", "1"}, 2, "infwidth expectation:"});
  check_refusal({{"expectation", "9^(9^9)", "--variance", "1"}, 2, "infwidth expectation:"});
  check_refusal({{"activations", "x +"}, 2, "infwidth activations:"});
}

TEST_CASE("a flag without effect is refused with the reason", "[cli]") {
  const auto kernel = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"kernel", "--x", "1,2", "--y", "2,1"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const std::vector<Refusal> refusals = {
      {kernel({"--kernel", "rbf:1", "--sigma-w2", "2"}), 2, "--sigma-w2: rbf:1 has no layers; leave it out"},
      {kernel({"--kernel", "dot:exp(t)", "--of", "ntk"}), 2, "--of: dot:exp(t) is one kernel"},
      {kernel({"--kernel", "arc-cosine:1", "--parameterization", "standard", "--widths", "9"}), 2, "--parameterization: what is trained matters to the tangent kernel alone"},
      {kernel({"--activation", "tanh", "--residual", "1/2"}), 2, "--residual: it connects hidden layers, and there is one; leave it out, or ask for more with --depth"},
      {kernel({"--activation", "tanh", "--threads", "2"}), 2, "--threads: threads work on Gram matrices"},
      {{"kernel", "--activation", "tanh", "--data", "x.csv", "--output", "g.npy", "--digits", "20"}, 2, "--digits: Gram matrices of data files are in double precision"},
      {metric({"--activation", "tanh", "--at", "1,2", "--parameterization", "standard", "--widths", "9"}), 2, "add --of ntk"},
      {metric({"--kernel", "rbf:1", "--at", "1,2", "--depth", "2"}), 2, "--depth: rbf:1 has no layers; leave it out"},
      {{"formula", "--quantity", "chi", "--activation", "erf", "--of", "nngp"}, 2, "--of: chi is a map of one activation"},
      {{"formula", "--quantity", "kernel", "--activation", "erf", "--sigma-b2", "1"}, 2, "ask for the outputs' kernel, --of nngp"},
      {{"formula", "--quantity", "metric", "--activation", "erf", "--dim", "3"}, 2, "with --input-scaling fan-in alone"},
      {{"verify", "--quantity", "chi", "--activation", "erf", "--sigma-w2", "2", "--claim", "1"}, 2, "--sigma-w2: chi is a function of the variance q"},
      {{"verify", "claims.md", "--dim", "2"}, 2, "--dim: the claims of a document have flags of their own"},
      {{"verify", "-"}, 2, "-:2: --sigma-b2: Q is a function of the variance q", "```verify\nQ relu --sigma-b2 1 = q/2\n```\n"},
      {{"symmetry", "--activation", "erf", "--at", "1,2", "--draws", "100"}, 2, "add --widths"},
      {{"train", "--task", "xor", "--activation", "tanh", "--optimiser", "adam", "--momentum", "0.5"}, 2, "--momentum: it is that of sgd"},
      {{"train", "--task", "xor", "--activation", "tanh", "--validate", "--at", "1,2", "--rate", "0.5"}, 2, "--rate: --validate trains by gradient flow"},
      {{"reproduce", "xor", "--labels", "x.csv"}, 2, "--labels: it is about the study of digits"},
  };
  for (const Refusal& refusal : refusals) check_refusal(refusal);
}

TEST_CASE("a share of false alarms is written alike everywhere", "[cli]") {
  const std::vector<std::string> networks = {"--activation", "erf", "--widths", "8", "--at", "0.6,0.8", "--draws", "200"};
  for (const std::vector<std::string>& command : {std::vector<std::string>{"validate", "--of", "metric"}, {"symmetry"}, {"train", "--validate", "--task", "two-points", "--times", "1/4"}}) {
    const auto with = [&](const char* alpha) {
      std::vector<std::string> words = command;
      words.insert(words.end(), networks.begin(), networks.end());
      words.insert(words.end(), {"--alpha", alpha});
      return run_program(words);
    };
    const Ran percent = with("1%"), number = with("0.01"), bad = with("one");
    CAPTURE(percent.err);
    CHECK((percent.code == 0 || percent.code == 5));
    CHECK_THAT(percent.out, ContainsSubstring("alpha = 0.01"));
    CHECK(percent.out == number.out);
    CHECK_THAT(bad.err, ContainsSubstring("--alpha: 'one' is no number; write it like 0.01 or 1%"));
  }
}

TEST_CASE("what does not exist exits 3 and says why", "[cli]") {
  check_refusal({metric({"--activation", "step", "--at", "1,2"}), 3, "the features jump"});
  check_refusal({metric({"--activation", "step", "--at", "1,2", "--engine", "double"}), 3, "the features jump"});
  check_refusal({metric({"--activation", "step", "--data", "-"}), 3, "the features jump", "1,2\n"});
  check_refusal({metric({"--activation", "step", "--data", "-", "--engine", "double", "--format", "csv"}), 3, "the features jump", "1,2\n"});
  check_refusal({metric({"--activation", "atan(1/x)", "--at", "1,2"}), 3, "jump"});
  check_refusal({{"expectation", "exp(x^2)", "--variance", "4"}, 3, "infwidth expectation:"});
  check_refusal({{"expectation", "1/x", "--variance", "1"}, 3, "infwidth expectation:"});
}

TEST_CASE("what cannot be reached exits 4 and says so", "[cli]") {
  check_refusal({metric({"--activation", "tanh", "--at", "1", "--digits", "100001"}), 4, "--digits: 100001 are more than"});
  check_refusal({metric({"--activation", "exp", "--norm2", "1e9", "--dim", "2", "--engine", "double"}), 4, "--engine ball"});
}

TEST_CASE("bad rows of a file exit 2 and name the line", "[cli]") {
  for (const char* engine : {"ball", "double"}) {
    check_refusal({metric({"--activation", "relu", "--data", "-", "--engine", engine}), 2, "standard input: holds no point", ""});
    check_refusal({metric({"--activation", "relu", "--data", "-", "--engine", engine}), 2, "standard input, line 2, field 1 (column 1): 'nan'", "x,y\nnan,1\n"});
    check_refusal({metric({"--activation", "relu", "--data", "-", "--dim", "3", "--engine", engine}), 2, "--data: the point has 2 numbers", "1,2\n"});
  }
}

TEST_CASE("claims that cannot be held against anything are refused", "[cli]") {
  const auto claim = [](const std::vector<std::string>& more) {
    std::vector<std::string> r = {"verify", "--activation", "erf"};
    r.insert(r.end(), more.begin(), more.end());
    return r;
  };
  check_refusal({{"verify"}, 2, "no quantity is given"});
  check_refusal({{"verify", "--quantity", "chi", "--claim", "1"}, 2, "no activation is given"});
  check_refusal({claim({"--quantity", "chi"}), 2, "either --claim or --claim-file"});
  check_refusal({claim({"--quantity", "curvatur", "--claim", "0"}), 2, "--quantity: 'curvatur' is no quantity; did you mean curvature?"});
  check_refusal({claim({"--quantity", "chi", "--claim", "1+p"}), 2, "unknown name 'p'"});
  check_refusal({claim({"--quantity", "chi", "--claim", "1+p"}), 2, "known are q, pi"});
  check_refusal({claim({"--quantity", "volume", "--claim", "1"}), 2, "dim: volume depends on the dimension"});
  check_refusal({claim({"--quantity", "chi", "--claim", "1", "--digits", "5"}), 2, "--digits: 5 is out of range"});
  check_refusal({claim({"--quantity", "chi", "--claim", "1", "--points", "0"}), 2, "--points: 0 is out of range"});
  check_refusal({claim({"--quantity", "volume", "--dim", "2", "--claim", "1", "--of", "ntk"}), 2, "it is feature or nngp"});
  check_refusal({claim({"derivations.md"}), 2, "give either documents"});
  check_refusal({{"verify", "/no/such/file.md"}, 2, "/no/such/file.md: cannot be read"});
  check_refusal({{"verify", "-"}, 2, "-: no block fenced as ```verify", "no claims here\n"});
  check_refusal({{"verify", "-"}, 2, "has no end", "```verify\nchi erf = 1\n"});
  check_refusal({{"verify", "-"}, 2, "-:2: no '='", "```verify\nchi erf: 1\n```\n"});
  check_refusal({{"verify", "-"}, 2, "-:3: '--widths' is no flag here", "```verify\n# two lines\nchi erf --widths 2 = 1\n```\n"});
  check_refusal({{"verify", "-"}, 2, "-:2: claim: formula, column 3", "```verify\nchi erf = 1+p\n```\n"});
  check_refusal({{"verify", "-"}, 2, "-:2: a line that begins with a space continues another one", "```verify\n  1+q\n```\n"});
  check_refusal({{"verify", "--quantity", "chi", "--activation", "step", "--claim", "1"}, 3, "chi does not exist: the activation jumps at x = 0"});
}

TEST_CASE("the deadline and Ctrl-C stop a long computation", "[cli][slow]") {
  const std::vector<std::string> endless = metric({"--activation", "softplus", "--depth", "6", "--at", "1,2", "--digits", "100000"});
  std::vector<std::string> limited = endless;
  limited.insert(limited.end(), {"--timeout", "0.3"});
  check_refusal({limited, 4, "timeout: not finished within 0.3 s"});
  const Ran ran = run_program(endless, "", 0.5);
  CHECK(ran.code == 130);
  CHECK(ran.out.empty());
  CHECK(ran.err == "infwidth metric: interrupted\n");
}

TEST_CASE("formulas that are not asked for well, do not exist or are not known", "[cli]") {
  const auto formula = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"formula"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const std::vector<Refusal> refusals = {
      {formula({}), 2, "--quantity curvature"},
      {formula({"--quantity", "curvature"}), 2, "--activation erf"},
      {formula({"--quantity", "curl", "--activation", "erf"}), 2, "--quantity: 'curl' is unknown; it is Q, chi,"},
      {formula({"--quantity", "chi", "--activation", "erf", "--depth", "2"}), 2, "belongs to one activation"},
      {formula({"--quantity", "chi", "--activation", "erf", "--limit", "q->1"}), 2, "it is q->0 or q->oo"},
      {formula({"--quantity", "volume", "--activation", "erf", "--limit", "q->0"}), 2, "known for --quantity Q and chi"},
      {formula({"--quantity", "Q", "--activation", "erf", "--limit", "q->0", "--format", "python"}), 2, "it is text, latex or json"},
      {formula({"--quantity", "chi", "--activation", "step", "--limit", "q->0"}), 3, "jumps at x = 0"},
      {formula({"--quantity", "Q", "--activation", "x/(1+abs(x))", "--limit", "q->oo"}), 4, "logarithms of q"},
      {formula({"--quantity", "Q", "--activation", "erf(a*x)", "--limit", "q->0"}), 2, "the letter a of erf(a*x) has no value"},
      {formula({"--quantity", "Q", "--activation", "erf", "--limit", "q->0", "--assume", "a<1"}), 2, "leave --assume out"},
      {formula({"--quantity", "kernel", "--activation", "relu(x)^(3/2)+sin(x)"}), 4, "no closed form"},
      {formula({"--quantity", "volume", "--activation", "erf", "--sigma-w2", "w"}), 2, "no symbol, whose name begins with sigma_"},
      {formula({"--quantity", "volume", "--activation", "erf", "--sigma-w2", "1,2,3"}), 2, "--sigma-w2: 3 values for depth 1"},
      {formula({"--quantity", "volume", "--activation", "erf", "--sigma-b2", "-1"}), 2, "-1 is negative"},
      {formula({"--quantity", "volume", "--activation", "erf", "--sigma-w2", "0"}), 2, "no layer would see the input"},
      {formula({"--quantity", "volume", "--activation", "erf", "--format", "csv"}), 2, "text, latex, json, python or mathematica"},
      {formula({"--quantity", "chi", "--activation", "step"}), 3, "jumps at x = 0"},
      {formula({"--quantity", "volume", "--activation", "sign"}), 3, "jumps at x = 0"},
      {formula({"--quantity", "eigenvalues", "--activation", "erf", "--dim", "1"}), 3, "no direction is orthogonal to x"},
      {formula({"--quantity", "chi", "--activation", "erf(q*x)"}), 2, "the letter q is taken"},
      {formula({"--quantity", "chi", "--activation", "relu(a*x+b)"}), 2, "the sign of a is open; assume one: --assume 'a > 0' or 'a < 0'"},
      {formula({"--quantity", "chi", "--activation", "relu(x-t)-relu(x-u)"}), 2, "the sign of t - u is open"},
      {formula({"--quantity", "chi", "--activation", "erf(a*x)", "--assume", "a"}), 2, "--assume: the assumption 'a' is no comparison"},
      {formula({"--quantity", "chi", "--activation", "erf(a*x)", "--assume", "b>0"}), 2, "unknown name 'b'"},
      {formula({"--quantity", "chi", "--activation", "erf", "--assume", "b>0"}), 2, "no letter stands for a parameter"},
      {formula({"--quantity", "chi", "--activation", "a*step(x)"}), 3, "jumps at x = 0"},
      {formula({"--quantity", "chi", "--activation", "tanh(a*x)"}), 4, "no closed form in the class: the term tanh(a*x)"},
      {formula({"--quantity", "chi", "--activation", "tanh"}), 4, "no closed form in the class: the term tanh(x); use `infwidth expectation`"},
  };
  for (const Refusal& refusal : refusals) check_refusal(refusal);
}
