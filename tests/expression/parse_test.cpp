// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/parse.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/expression/program.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

double at(std::string_view text, double x) {
  const Program program({parse(text)}, "x");
  return Evaluator<double>(program).value(x);
}

std::string refusal(std::string_view text, const Language& language = {}) {
  try {
    parse(text, language);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("operators bind as in a text book", "[parse]") {
  CHECK(at("-x^2", 3) == -9);
  CHECK(at("2^3^2", 0) == 512);
  CHECK(at("2**3", 0) == 8);
  CHECK(at("2^-1", 0) == 0.5);
  CHECK(at("8/4/2", 0) == 1);
  CHECK(at("8 - 4 - 2", 0) == 2);
  CHECK(at("-3*-x", 2) == 6);
  CHECK(at("2 + 3*x^2", 2) == 14);
  CHECK(at("+x", 2) == 2);
  CHECK(at(" ( x+1 ) * ( x-1 ) ", 3) == 8);
  CHECK(at("pi", 0) == std::acos(-1.0));
}

TEST_CASE("numbers are exact", "[parse]") {
  CHECK(parse("0.1").value() == Rational(1, 10));
  CHECK(parse("1.25e-2").value() == Rational(1, 80));
  CHECK(parse(".5").value() == Rational(1, 2));
  CHECK(parse("5.").value() == 5);
  CHECK(parse("010").value() == 10);
  CHECK(parse("1E3").value() == 1000);
  CHECK(parse("1e1000").value() == pow(Integer(10), 1000));
  CHECK(parse("3/2").value() == Rational(3, 2));
}

TEST_CASE("every function of the language is the one of its name", "[parse]") {
  const double t = 0.3;
  const std::vector<std::pair<const char*, double>> values = {
      {"exp(x)", std::exp(t)}, {"log(x)", std::log(t)}, {"sqrt(x)", std::sqrt(t)}, {"sin(x)", std::sin(t)}, {"cos(x)", std::cos(t)}, {"tan(x)", std::tan(t)},
      {"sinh(x)", std::sinh(t)}, {"cosh(x)", std::cosh(t)}, {"tanh(x)", std::tanh(t)}, {"asin(x)", std::asin(t)}, {"atan(x)", std::atan(t)}, {"asinh(x)", std::asinh(t)}, {"erf(x)", std::erf(t)},
      {"erfc(x)", std::erfc(t)}, {"Phi(x)", std::erfc(-t / std::sqrt(2.0)) / 2}, {"sigmoid(x)", 1 / (1 + std::exp(-t))}, {"softplus(x)", std::log1p(std::exp(t))}};
  for (const auto& [text, want] : values) {
    INFO(text);
    CHECK(std::abs(at(text, t) - want) < 1e-15);
  }
}

TEST_CASE("NumPy's names are read", "[parse]") {
  const double t = 0.3;
  const std::vector<std::pair<const char*, double>> values = {
      {"acos(x)", std::acos(t)}, {"arccos(x)", std::acos(t)}, {"arcsin(x)", std::asin(t)}, {"arctan(x)", std::atan(t)}, {"arcsinh(x)", std::asinh(t)}, {"arctanh(x)", std::atanh(t)}, {"power(x, 3)", t * t * t},
      {"square(x)", t * t}, {"reciprocal(x)", 1 / t}, {"negative(x)", -t}, {"pow(2, x)", std::pow(2, t)}};
  for (const auto& [text, want] : values) {
    CAPTURE(text);
    CHECK(std::abs(at(text, t) - want) < 1e-15);
  }
  CHECK(parse("absolute(x)") == parse("abs(x)"));
  CHECK(parse("fabs(x)") == parse("abs(x)"));
  CHECK(parse("maximum(x, 0)") == parse("max(x, 0)"));
  CHECK(parse("minimum(x, 1)") == parse("min(x, 1)"));
  CHECK(parse("clip(x, -1, 1)") == parse("min(max(x, -1), 1)"));
  CHECK(parse("heaviside(x, 0)") == parse("step(x)"));
  CHECK(parse("heaviside(x, 1)") == parse("1 - step(-x)"));
  CHECK(parse("heaviside(x, 1/2)") == parse("1/2 + 1/2*step(x) - 1/2*step(-x)"));
  CHECK_THAT(refusal("heaviside(x)"), ContainsSubstring("takes 2 arguments"));
  CHECK_THAT(refusal("arctan x"), ContainsSubstring("needs its argument in parentheses"));
  Language letters;
  letters.no_parameter = [](std::string_view) { return std::string(); };
  CHECK(parse("power*x", letters) == Expression::variable("power") * Expression::variable("x"));
}

TEST_CASE("a mistake is shown under its column, with the cure", "[parse]") {
  CHECK(refusal("1 + tahn(x)") == "formula, column 5: unknown function 'tahn'; did you mean tanh?\n  1 + tahn(x)\n      ^");
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "column 1: the formula is empty"}, {"   ", "the formula is empty"}, {"x +", "column 4: the formula ends where"}, {"(x+1", "column 1: this '(' is never closed"},
      {"x)", "column 2: this ')' has no '('"}, {"()", "column 2: nothing between"}, {"2x", "column 2: an operator is missing: to multiply, write 2*x"},
      {"2(x+1)", "column 2: an operator is missing: to multiply, write 2*(...)"}, {"(x+1)(x-1)", "column 6: an operator is missing"}, {"x x", "column 3: an operator is missing"},
      {"tanh x", "column 1: tanh needs its argument in parentheses: tanh(x)"}, {"1 + sin", "column 5: sin needs its argument"}, {"sin^2(x)", "column 4: the argument of sin comes first"},
      {"x(x+1)", "column 2: x is not a function; to multiply, write x*(...)"}, {"y + 1", "unknown name 'y'; known are x, pi"}, {"ln(x)", "did you mean log?"},
      {"max(x)", "max takes 2 arguments, not 1"}, {"exp(x, 2)", "exp takes 1 argument, not 2"}, {"exp()", "exp takes 1 argument, not 0"}, {"x, 2", "a ',' only stands between"},
      {"1/0", "column 2: division by zero"}, {"1/(x - x*1 + 0*x)*0^(-1)", "division by zero"}, {"1.2.3", "column 4: a second '.'"}, {"x + .", "column 5: a '.' without digits"},
      {"x # 2", "column 3: '#' is not an operator"}, {"[x]", "parentheses are written ( and )"}, {"3 \u2212 x", "column 3: '\u2212' is not in the language; write -"},
      {"\u03c0*y", "write pi"}, {"x\xff", "column 2: the character of code 0xff"}, {"x\x1b[31m", "column 2: the character of code 0x1b"}, {"x*/2", "column 3: '/' where a number"},
      {"swish(x)", "unknown function 'swish'"}, {"quux(x)", "unknown function 'quux'"}};
  for (const auto& [text, want] : cases) {
    INFO(text);
    CHECK_THAT(refusal(text), ContainsSubstring(want));
  }
  CHECK_THAT(refusal(std::string_view("x\0+1", 4)), ContainsSubstring("column 2: the character of code 0x00"));
}

TEST_CASE("columns count characters, not bytes, and control characters are not echoed", "[parse]") {
  CHECK(refusal("\u03c0 + 1") == "formula, column 1: '\u03c0' is not in the language; write pi\n  \u03c0 + 1\n  ^");
  CHECK_THAT(refusal("x + \u00d7\u00d7 2"), ContainsSubstring("\n  x + \u00d7\u00d7 2\n      ^"));
  CHECK(refusal("x\x1b[31m").find('\x1b') == std::string::npos);
}

TEST_CASE("of a long formula only the neighbourhood of the mistake is shown", "[parse]") {
  std::string sum = "x";
  for (int i = 0; i < 100; ++i) sum += " + x";
  const std::string message = refusal(sum + " + foo(x)" + sum.substr(1));
  CHECK_THAT(message, ContainsSubstring("column 405: unknown function 'foo'"));
  CHECK(message.size() < 300);
  const std::size_t line = message.find("\n  ") + 3, caret = message.rfind('^') - message.rfind('\n') - 3;
  CHECK(message.substr(line + caret, 3) == "foo");
  CHECK(message.substr(line, 3) == "...");
}

TEST_CASE("formulas are bounded in length, depth, size, exponents and numbers", "[parse]") {
  const auto times = [](const std::string& part, int n) {
    std::string r;
    for (int i = 0; i < n; ++i) r += part;
    return r;
  };
  CHECK_THAT(refusal(times("(", 200000)), ContainsSubstring("it has 200000 characters; at most 10000"));
  CHECK_THAT(refusal(times("(", 5000)), ContainsSubstring("nested deeper than 100 levels"));
  CHECK_THAT(refusal(times("-", 5000) + "x"), ContainsSubstring("nested deeper than 100 levels"));
  CHECK_THAT(refusal(times("x^", 2000) + "x"), ContainsSubstring("nested deeper than 100 levels"));
  CHECK_THAT(refusal(times("sin(", 200)), ContainsSubstring("nested deeper than 100 levels"));
  CHECK_THAT(refusal(times("x+", 3000) + "x"), ContainsSubstring("beyond 2000 terms"));
  CHECK(parse(times("(", 100) + "x" + times(")", 100)) == Expression::variable("x"));
  CHECK(parse(times("x+", 999) + "x").size() == 1999);
  for (const char* text : {"9^(9^9)", "9^9^9", "x^100000", "x^1001", "2^2000"}) CHECK_THAT(refusal(text), ContainsSubstring("an exponent larger than 1000"));
  for (const char* text : {"1e999999999", "1e1001", "1e-1001"}) CHECK_THAT(refusal(text), ContainsSubstring("exponent beyond 1000"));
  for (const char* text : {"10^1000*10", "1e1000^2", "(1e-1000)/10", "9^1000^2"}) CHECK_THAT(refusal(text), ContainsSubstring("column"));
  CHECK_THAT(refusal(times("9", 1200)), ContainsSubstring("more than 1000 digits"));
  const Language doubling{{"x"}, {{"twice", 1, [](const std::vector<Expression>& a) { return a[0] + a[0]; }}}};
  CHECK_THAT(refusal(times("twice(", 60) + "x" + times(")", 60), doubling), ContainsSubstring("beyond 2000 terms"));
}

TEST_CASE("a language brings its own variables and functions", "[parse]") {
  const Language language{{"x", "a"}, {{"leaky", 2, [](const std::vector<Expression>& u) { return max(u[0], 0) + u[1] * min(u[0], 0); }},
                                       {"strict", 1, [](const std::vector<Expression>&) -> Expression { throw UsageError("strict is never satisfied"); }}}};
  CHECK(to_string(parse("leaky(x, 1/5) + a", language)) == "max(x, 0) + 1/5*min(x, 0) + a");
  CHECK_THAT(refusal("leaky(x)", language), ContainsSubstring("leaky takes 2 arguments, not 1"));
  CHECK_THAT(refusal("x + laeky(x, 1)", language), ContainsSubstring("column 5: unknown function 'laeky'; did you mean leaky?"));
  CHECK_THAT(refusal("1 + strict(x)", language), ContainsSubstring("column 5: strict is never satisfied"));
  CHECK_THAT(refusal("b", language), ContainsSubstring("known are x, a, pi"));
}

TEST_CASE("the nearest word is near", "[parse]") {
  const std::vector<std::string> words = {"tan", "tanh", "sigmoid", "relu", "x", "log", "leaky_relu"};
  CHECK(nearest_word("tahn", words) == "tanh");
  CHECK(nearest_word("Sigmiod", words) == "sigmoid");
  CHECK(nearest_word("realu", words) == "relu");
  CHECK(nearest_word("leakyrellu", words) == "leaky_relu");
  CHECK(nearest_word("y", words).empty());
  CHECK(nearest_word("foo", words).empty());
  CHECK(nearest_word("completely", words).empty());
  CHECK(nearest_word("", words).empty());
}
