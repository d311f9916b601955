// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/named_parts.hpp"

#include "catch.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/simplify.hpp"

using namespace infwidth;

namespace {

Expression formula(const std::string& text) { return parse(text, {.variables = {"q1", "q2", "c", "q1_2", "q2_2", "c_2", "a", "u_1"}, .functions = {}, .special_functions = true}); }

std::string laid_out(const std::string& text) {
  std::set<std::string> taken;
  const PartedFormula p = named_parts(formula(text), taken);
  std::string lines;
  for (const auto& [name, value] : p.parts) lines += name + " = " + to_string(value) + "; ";
  return lines + to_string(p.formula);
}

}  // namespace

TEST_CASE("parts of long formulas get names", "[named_parts]") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"c + 1/a", "c + 1/a"},
      {"sqrt(q1*q2 - c^2) + c*atan(c/sqrt(q1*q2 - c^2))", "Delta = q1*q2 - c^2; sqrt(Delta) + c*atan(c/sqrt(Delta))"},
      {"exp((c^2 - q1*q2)/q1)*(q1*q2 - c^2)", "Delta = q1*q2 - c^2; exp(-Delta/q1)*Delta"},
      {"(1 + c_2/sqrt(q1_2*q2_2))/2*hyp2f1(1/2, 1/2, 2, (1 + c_2/sqrt(q1_2*q2_2))/2)", "t_2 = (1 + c_2/sqrt(q1_2*q2_2))/2; t_2*hyp2f1(1/2, 1/2, 2, t_2)"},
      {"asin(c/sqrt(q1*q2)) + sqrt(1 - c/sqrt(q1*q2))", "rho = c/sqrt(q1*q2); asin(rho) + sqrt(1 - rho)"},
      {"erfc((a + q1)/(q2 + 1)) + c*erfc((a + q1)/(q2 + 1)) + u_1", "u_2 = erfc((a + q1)/(q2 + 1)); u_2 + c*u_2 + u_1"}};
  for (const auto& [text, want] : cases) CHECK(laid_out(text) == want);
}

TEST_CASE("terms with one exponential stand behind it, with what they have in common", "[named_parts]") {
  CHECK(laid_out("1 + a*exp(c)*q1 - a*exp(c)*q2/2 + exp(2*c) + c") == "1 + c + exp(c)*a*(q1 - q2/2) + exp(2*c)");
  CHECK(laid_out("(a - exp(c)*erf(a) - exp(c)*erf(q1))/4") == "(a - exp(c)*(erf(a) + erf(q1)))/4");
}

TEST_CASE("the named parts put together are the formula", "[named_parts]") {
  const Expression whole = formula("exp(c)*a*sqrt(q1*q2-c^2)*erfc((a+q1)/(q2+1)) - exp(c)*erf(a/sqrt(q1*q2-c^2))*erfc((a+q1)/(q2+1)) + c*erfc((a+q1)/(q2+1)) + owens_t(a*q1+c, c)/owens_t(a*q1+c, c+a)^2*owens_t(a*q1+c, c)");
  std::set<std::string> taken;
  PartedFormula p = named_parts(whole, taken);
  CHECK(p.parts.size() == 2);
  for (std::size_t i = p.parts.size(); i-- > 0;) p.formula = substitute(p.formula, p.parts[i].first, p.parts[i].second);
  CHECK(is_identically_zero(p.formula - whole));
}
