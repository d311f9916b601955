// SPDX-License-Identifier: GPL-3.0-or-later
#include "catch.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/simplify.hpp"

using namespace infwidth;

namespace {

std::string shortest(const char* formula, const Assumptions& given = {.positive = {"w", "s", "q", "d"}, .not_negative = {"b"}}) {
  const Language language{.variables = {"w", "s", "q", "d", "b", "x"}, .functions = {}};
  return to_string(simplify(parse(formula, language), given));
}

}  // namespace

TEST_CASE("powers with a symbol in the exponent are collected", "[expression]") {
  CHECK(shortest("(w/2)^((d-1)/2)*sqrt(w/2)") == "(w/2)^(d/2)");
  CHECK(shortest("(27*w^2)^((d-1)/2)*sqrt(135*w^2)") == "sqrt(5)*(27*w^2)^(d/2)");
  CHECK(shortest("(w/(1+q))^((d-1)/2)/sqrt(1+q)") == "w^((d - 1)/2)/(1 + q)^(d/2)");
  CHECK(shortest("exp(q)^(d-1)*exp(q)") == "exp(d*q)");
  CHECK(shortest("(4*w)^d/(2*w)^d") == "2^d");
}

TEST_CASE("a power of what may be negative stays whole", "[expression]") {
  CHECK(shortest("(x*(x-1))^(d/2)") == "(x*(x - 1))^(d/2)");
  CHECK(shortest("sqrt(x^2)") == "sqrt(x^2)");
  CHECK(shortest("sqrt(w^2)") == "w");
  CHECK(shortest("sqrt(b^2)*sqrt(w^2)") == "b*w");
  CHECK(shortest("sqrt((q-1)^2)") == "sqrt((q - 1)^2)");
}

TEST_CASE("radicals are carried through polynomials, and common factors found", "[expression]") {
  CHECK(shortest("4*w/sqrt(1+4*(b+w*s)) - 16*s*w^2/(1+4*(b+w*s))^(3/2)") == "4*w*(1 + 4*b)/(1 + 4*b + 4*s*w)^(3/2)");
  CHECK(shortest("w/4 + w*asin(q/(1+q))/4") == "w*(1 + asin(q/(1 + q)))/4");
  CHECK(shortest("(exp(2*q)+1)*exp(-2*q)/2") == "(1 + exp(-2*q))/2");
  CHECK(shortest("(q^2-1)/(q-1)") == "1 + q");
}

TEST_CASE("tails of the normal distribution are not turned into differences", "[expression]") {
  CHECK(shortest("4*w*exp(2*q)*Phi(-2*sqrt(q)) - w*exp(2*q)*Phi(-2*sqrt(q))") == "3*w*Phi(-2*sqrt(q))*exp(2*q)");
  CHECK(shortest("2*erfc(q) + erfc(q)*w") == "(2 + w)*erfc(q)");
}

TEST_CASE("what is not shorter, has kinks or is not known stays as it is", "[expression]") {
  CHECK(shortest("abs(x) + relu(x)") == "abs(x) + relu(x)");
  CHECK(shortest("sin(q)") == "sin(q)");
  CHECK(shortest("q^(d^2)*q") == "q^d^2*q");
}
