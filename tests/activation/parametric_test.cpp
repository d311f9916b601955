// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/parametric.hpp"

#include "catch.hpp"
#include "infwidth/expression/sign.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// "x < -b/a: 0 | x > -b/a: a*x + b"
std::string cut(const std::string& text, const std::string& assumptions = "") {
  const ParametricActivation phi = ParametricActivation::from_text(text);
  Assumptions given = phi.given;
  if (!assumptions.empty()) assume(given, assumptions, phi.parameters);
  const ParametricPieces cut = parametric_pieces(phi, given);
  std::string result = cut.jump ? "jumps at " + to_string(*cut.jump) + ": " : "";
  for (std::size_t i = 0; i < cut.pieces.size(); ++i) {
    const FormulaPiece& p = cut.pieces[i];
    if (i > 0) {
      CHECK(p.left == cut.pieces[i - 1].right);
      result += " | " + to_string(*p.left) + " | ";
    }
    CHECK(p.derivative == differentiate(p.value, "x"));
    result += to_string(p.value);
  }
  return result;
}

std::string joined(const std::vector<std::string>& letters) {
  std::string text;
  for (const std::string& letter : letters) text += letter + ' ';
  return text;
}

std::string complaint(const std::string& text, const std::string& assumptions = "") {
  try {
    cut(text, assumptions);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("letters other than x are parameters, in the order of their first use", "[activation]") {
  const auto parameters = [](const char* text) { return joined(ParametricActivation::from_text(text).parameters); };
  CHECK(parameters("erf(a*x)") == "a ");
  CHECK(parameters("b2*sin(omega*x) + relu(x - t)") == "b2 omega t ");
  CHECK(parameters("leaky_relu:slope") == "slope ");
  CHECK(parameters("elu:alpha/2") == "alpha ");
  CHECK(parameters("elu(b*x, alpha)") == "b alpha ");
  CHECK(parameters("gelu") == "");
  CHECK(parameters("max(0, x) + pi") == "");
  CHECK(ParametricActivation::from_text("rbf:g").given.positive.contains("g"));
}

TEST_CASE("letters that cannot be parameters are refused with the reason", "[activation]") {
  CHECK_THAT(complaint("erf(q*x)"), ContainsSubstring("the letter q is taken: it stands for a variance"));
  CHECK_THAT(complaint("erf(s*x)"), ContainsSubstring("|x|^2"));
  CHECK_THAT(complaint("d*x"), ContainsSubstring("the dimension"));
  CHECK_THAT(complaint("erf(sigma_w2*x)"), ContainsSubstring("a variance of the network"));
  CHECK_THAT(complaint("erf(c_1*x)"), ContainsSubstring("a named quantity"));
  CHECK_THAT(complaint("x*dq_2"), ContainsSubstring("a named quantity"));
  CHECK_THAT(complaint("rbf:-pi"), ContainsSubstring("not admissible"));
  CHECK_THAT(complaint("e^x"), ContainsSubstring("write exp(...)"));
  CHECK_THAT(complaint("gamma*x"), ContainsSubstring("a function"));
  CHECK_THAT(complaint("erf*x"), ContainsSubstring("needs its argument in parentheses"));
  CHECK_THAT(complaint("gellu(a*x)"), ContainsSubstring("unknown function 'gellu'; did you mean gelu?"));
  CHECK_THAT(complaint("gleu"), ContainsSubstring("did you mean gelu?"));
  CHECK_THAT(complaint("relu(y)"), ContainsSubstring("does not hold x"));
  CHECK_THAT(complaint("leaky_relu:x"), ContainsSubstring("is not a number"));
  CHECK_THAT(complaint("hermite:k"), ContainsSubstring("is not a number"));
  CHECK_THAT(complaint("relu_power(x, n)"), ContainsSubstring("is not a number"));
  CHECK_THAT(complaint("elu:q"), ContainsSubstring("the letter q is taken"));
}

TEST_CASE("kinks are formulas in the parameters, in their order", "[activation]") {
  CHECK(cut("erf(a*x)") == "erf(a*x)");
  CHECK(cut("leaky_relu:a") == "a*x | 0 | x");
  CHECK(cut("relu(x - t)") == "0 | t | x - t");
  CHECK(cut("relu(a*x + b)", "a > 0") == "0 | -b/a | a*x + b");
  CHECK(cut("relu(a*x + b)", "a < 0") == "a*x + b | -b/a | 0");
  CHECK(cut("max(-a, min(a, x))", "a > 0") == "-a | -a | x | a | a");
  CHECK(cut("relu(x - t) - relu(x - u)", "t < u") == "0 | t | x - t | u | x - t - (x - u)");
  CHECK(cut("abs(a)*x", "a < 0") == "-a*x");
  CHECK(cut("max(x, a*x)", "0 < a < 1") == "a*x | 0 | x");
  CHECK(cut("relu(x - a) + relu(x - a - 1)").starts_with("0 | a | x - a | "));
  CHECK(cut("relu(x^2 - 1) + a*x").starts_with("x^2 - 1 + a*x | -1 | a*x | 1 | "));
  CHECK(cut("relu((1 + a^2)*x)") == "0 | 0 | (1 + a^2)*x");
}

TEST_CASE("jumps are found where neighbours do not meet", "[activation]") {
  CHECK(cut("a*step(x - t)") == "jumps at t: 0 | t | a");
  CHECK(cut("(x - t)*step(x - t)") == "0 | t | x - t");
  CHECK(cut("(x + a)*(x - a)*sign(x - a)").starts_with("-"));
  CHECK(cut("step(x) + a*sin(x)").starts_with("jumps at 0: "));
}

TEST_CASE("signs that are open are named, with the cure", "[activation]") {
  CHECK_THAT(complaint("relu(a*x)"), ContainsSubstring("activation: the sign of a is open; assume one: --assume 'a > 0' or 'a < 0'"));
  CHECK_THAT(complaint("relu(x - t) + relu(x)"), ContainsSubstring("the sign of t is open"));
  CHECK_THAT(complaint("relu(x - t) - relu(x - u)"), ContainsSubstring("is open"));
  CHECK_THAT(complaint("abs(a)*x"), ContainsSubstring("the sign of a is open"));
  CHECK_THAT(complaint("max(x, a*x)", "a > 0"), ContainsSubstring("the sign of 1 - a is open"));
  CHECK_THROWS_AS(cut("relu(x^2 - a)"), NotReached);
}
