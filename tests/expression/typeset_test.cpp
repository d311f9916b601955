// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/typeset.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "infwidth/expression/latex_width.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/program.hpp"
#include "support/balls.hpp"
#include "support/paths.hpp"
#include "support/random_formulas.hpp"
#include "support/run_program.hpp"

using namespace infwidth;

namespace {

const std::vector<std::string> names = {"x", "y", "q", "q_1", "q_2", "dq_2", "ddq_2", "c", "d", "n", "k", "h", "a", "b", "rho", "alpha", "foo_2", "q1", "sigma_w2", "sigma_b2", "sigma_w2_1", "lambda", "N"};
Expression formula(const std::string& text) { return parse(text, {.variables = names, .functions = {}, .special_functions = true}); }

struct Golden {
  const char *text, *latex;
};
const std::vector<Golden> golden = {
    {"1/2", R"(\frac{1}{2})"},
    {"-3/2*q", R"(-\frac{3q}{2})"},
    {"2*pi*q", R"(2\pi q)"},
    {"pi*q*sqrt(1 + 2*q)", R"(\pi q\sqrt{1+2q})"},
    {"2/pi*asin(2*q/(1 + 2*q))", R"(\frac{2}{\pi}\arcsin\left(\frac{2q}{1+2q}\right))"},
    {"-8/(pi*(1 + 4*q)^(3/2))", R"(-\frac{8}{\pi(1+4q)^{3/2}})"},
    {"a/b/c", R"(\frac{a}{bc})"},
    {"a/b/(c/d)", R"(\frac{ad}{bc})"},
    {"1/4 + asin(q/(1 + q))/(2*pi) + q*(3 + 5*q)/(2*pi*(1 + q)*(1 + 2*q)^(3/2))",
     R"(\frac{1}{4}+\frac{1}{2\pi}\arcsin\left(\frac{q}{1+q}\right)+\frac{q(3+5q)}{2\pi(1+q)(1+2q)^{3/2}})"},
    {"1/2 + exp(2*q)*Phi(-2*sqrt(q))", R"(\frac{1}{2}+e^{2q}\Phi(-2\sqrt{q}))"},
    {"exp(-x^2/2)/sqrt(2*pi)", R"(\frac{e^{-x^2/2}}{\sqrt{2\pi}})"},
    {"1/exp(q)", "e^{-q}"},
    {"exp(-(1/q + 1)/(2*q))", R"(\exp\left(-\frac{1}{2q}\left(\frac{1}{q}+1\right)\right))"},
    {"exp((q_1 + q_2)/2 + c)", "e^{(q_1+q_2)/2+c}"},
    {"sqrt(2/(pi*q))*exp(-1/(2*q))", R"(\sqrt{\frac{2}{\pi q}}e^{-1/(2q)})"},
    {"sigma_b2 + sigma_w2*q_2/2", R"(\sigma_b^2+\frac{\sigma_w^2q_2}{2})"},
    {"x*ddq_2", R"(x\ddot q_2)"},
    {"sigma_w2^2*dq_2^2/sqrt(sigma_b2)", R"(\frac{\sigma_w^4\dot q_2^2}{\sigma_b})"},
    {"sigma_w2_1*sigma_w2^k/sigma_b2^(d/2)", R"(\frac{\sigma_{w,1}^2\sigma_w^{2k}}{\sigma_b^d})"},
    {"hyp2f1(1/2, -1/2, n + 3/2, (1 + rho)/2)", R"({}_2F_1\left(-\tfrac{1}{2},\tfrac{1}{2};n+\frac{3}{2};\frac{1+\rho}{2}\right))"},
    {"owens_t(1/sqrt(q), sqrt((1 - rho)/(1 + rho))) + owens_t(h, a)", R"(T\left(\frac{1}{\sqrt{q}},\sqrt{\frac{1-\rho}{1+\rho}}\right)+T(h,a))"},
    {"erf_re(sqrt(q), x/2)*exp(-q) + erf_im(1, 2*y)", R"(e^{-q}\operatorname{Re}\operatorname{erf}\left(\sqrt{q}+\frac{ix}{2}\right)+\operatorname{Im}\operatorname{erf}(1+2iy))"},
    {"(2*q)^n*gamma(n + 1/2)/(2*sqrt(pi))", R"(\frac{(2q)^n}{2\sqrt{\pi}}\Gamma\left(n+\frac{1}{2}\right))"},
    {"-(a*(b + c))", "-a(b+c)"},
    {"-((a + b)/c) - (a - b)", R"(-\frac{a+b}{c}-a+b)"},
    {"(a/b)^n*3*2^k", R"(3\cdot 2^k\left(\frac{a}{b}\right)^n)"},
    {"sin(2*q)^2 + erf(x)^3 + abs(x/2)", R"(\sin^2(2q)+\operatorname{erf}(x)^3+\left|\frac{x}{2}\right|)"},
    {"x*x*x/y*sqrt(y) + sqrt(sqrt(x)) + x^(2/3)", R"(\frac{x^3}{\sqrt{y}}+\sqrt[4]{x}+x^{2/3})"},
    {"alpha^2*exp(2*alpha*q)*lambda", R"(\alpha^2\lambda e^{2\alpha q})"},
    {"foo_2*q1^10", R"(\mathrm{foo}_2q_1^{10})"},
    {"sqrt(1/2)*sqrt(2)*sqrt(3)*x", R"(\sqrt{3}x)"},
    {"(2*pi)^(-d/2)*(x + 1)", R"(\frac{x+1}{(2\pi)^{d/2}})"},
    {"max(x, 0) + log(1 + exp(-x))", R"(\max(x,0)+\log(1+e^{-x}))"},
    {"-(a + b)^2*(2/3)^n", R"(-\left(\frac{2}{3}\right)^n(a+b)^2)"},
};

}  // namespace

TEST_CASE("LaTeX is what a person would write", "[typeset]") {
  for (const auto& [text, latex] : golden) {
    INFO(text);
    CHECK(to_latex(formula(text)) == latex);
  }
}

TEST_CASE("widths are those that LaTeX measures", "[typeset]") {
  // \\settowidth in pdfTeX 1.40.24, the class article at 10 pt, \\displaystyle.
  const std::pair<const char*, double> measured[] = {
      {R"(c)", 4.32756},
      {R"(\frac{c}{4}+\frac{c}{2\pi}\arcsin\left(\frac{c}{\sqrt{(1+q_1)(1+q_2)}}\right))", 158.1872},
      {R"(\frac{q_1q_2(1+q_1)(1+q_2)-c^2(q_1q_2-1)}{2\pi(1+q_1)(1+q_2)\sqrt{(1+q_1)(1+q_2)-c^2}})", 180.29575},
      {R"(-\frac{\pi\sigma_w^2s(d-1)(d+2)}{(1+4\sigma_b^2)\sqrt{1+4\sigma_b^2+4\sigma_w^2s}})", 127.6152},
      {R"(\Delta\log\sqrt{\det g})", 55.26732},
      {R"(\lambda_{\mathrm{tan}})", 17.86119},
      {R"(\sigma_w^2\dot q_2-\frac{1}{2}\Bigl(a+b)", 68.53185},
      {R"(e^{-x^2/2}\operatorname{erf}(x)+{}_2F_1\left(-\tfrac{1}{2},\tfrac{1}{2};n+\frac{3}{2};\frac{1+\rho}{2}\right))", 183.59532},
      {R"(-3.5 \times 10^{-7})", 53.51393},
      {R"(\Theta+\Sigma-K\chi+x^2\alpha\cdot 2^k)", 100.90942},
  };
  for (const auto& [latex, want] : measured) {
    INFO(latex << ": " << math_width(latex) << ", measured " << want);
    CHECK(math_width(latex) > 0.99 * want - 1);
    CHECK(math_width(latex) < 1.12 * want + 2);
  }
  const std::pair<const char*, double> of_text[] = {
      {R"(standard error of the mean, THE THEORY)", 192.5281},
      {R"(g\_11 $<$x$>$ --- 0123456789)", 109.43361},
      {R"(exact; leading 1/n \textbackslash{})", 87.50018},
  };
  for (const auto& [latex, want] : of_text) {
    INFO(latex << ": " << text_width(latex) << ", measured " << want);
    CHECK(text_width(latex) > 0.99 * want - 1);
    CHECK(text_width(latex) < 1.12 * want + 2);
  }
}

TEST_CASE("the LaTeX compiles", "[typeset][slow]") {
  if (run_command({"pdflatex", "--version"}).code != 0) {
    WARN("pdflatex is not here: LaTeX not compiled");
    return;
  }
  const auto folder = std::filesystem::temp_directory_path() / ("infwidth-typeset-test-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  {
    std::ofstream page(folder / "page.tex");
    page << "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n";
    for (const auto& [text, latex] : golden) page << '$' << to_latex(formula(text)) << "$\n\n";
    page << "\\end{document}\n";
  }
  const Ran ran = run_command({"pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-output-directory", folder.string(), (folder / "page.tex").string()});
  INFO(ran.out);
  CHECK(ran.code == 0);
  CHECK(std::filesystem::exists(folder / "page.pdf"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("Python and Mathematica get their own words", "[typeset]") {
  const std::vector<std::array<const char*, 3>> cases = {
      {"1/3 + 2*q", "mp.mpf(1)/3 + 2*q", "1/3 + 2*q"},
      {"2", "mp.mpf(2)", "2"},
      {"-x^2*pi^(-1/3)", "-x**2*mp.pi**(-mp.mpf(1)/3)", "-x^2*Pi^(-1/3)"},
      {"2^k", "mp.mpf(2)**k", "2^k"},
      {"sigma_w2_1*sigma_w2*lambda*N", "sigma_w2_1*sigma_w2*lambda_*N", "sigmaW2L1*sigmaW2*lambda*varN"},
      {"Phi(x)*asin(x/3)", "mp.ncdf(x)*mp.asin(x/3)", "CDF[NormalDistribution[], x]*ArcSin[x/3]"},
      {"erf_re(x, -y/2) + gamma(1/3)", "mp.re(mp.erf(mp.mpc(x, y/2))) + mp.gamma(mp.mpf(1)/3)", "Re[Erf[x + I*(y/2)]] + Gamma[1/3]"},
      {"step(x)*sigmoid(x)", "max(0, mp.sign(x))*(1/(1 + mp.exp(-(x))))", "Max[0, Sign[x]]*LogisticSigmoid[x]"}};
  for (const auto& [text, python, mathematica] : cases) {
    INFO(text);
    CHECK(to_python(formula(text)) == python);
    CHECK(to_mathematica(formula(text)) == mathematica);
  }
  CHECK(to_mathematica(formula("hyp2f1(1/2, n, 3, q)")) == "Hypergeometric2F1[1/2, n, 3, q]");
  CHECK(to_mathematica(formula("owens_t(h, a)")) == "OwenT[h, a]");
}

TEST_CASE("wide sums are broken between terms", "[typeset]") {
  using Lines = std::vector<std::string>;
  CHECK(to_latex_lines(formula("a + b"), 30) == Lines{"a+b"});
  CHECK(to_latex_lines(formula("alpha + b - c + d"), 32) == Lines{"\\alpha+b", "-c+d"});
  CHECK(to_latex_lines(formula("alpha + b - (c + d)*x"), 46) == Lines{"\\alpha+b", "-x(c+d)"});
  CHECK(to_latex_lines(formula("(a + b - x - y)/4"), 56) == Lines{"\\frac{1}{4}\\Bigl(a+b", "-x-y\\Bigr)"});
  CHECK(to_latex_lines(formula("a*(x - y + b)"), 45) == Lines{"a\\Bigl(x-y", "+b\\Bigr)"});
  // A term that is too wide itself.
  CHECK(to_latex_lines(formula("d + a*(x - y + b)/c"), 45) == Lines{"d", "+\\frac{a}{c}\\Bigl(x", "-y+b\\Bigr)"});
  CHECK(to_latex_lines(formula("d - a*(x - y + b)/c"), 45) == Lines{"d", "-\\frac{a}{c}\\Bigl(x", "-y+b\\Bigr)"});
  CHECK(to_latex_lines(formula("atan(a + b + x + y)"), 30).size() == 1);
}

TEST_CASE("the printed Python gives the digits of the balls", "[typeset]") {
  if (run_command({"python3", "-c", "import mpmath"}).code != 0) {
    WARN("python3 with mpmath is not here: its values not compared");
    return;
  }
  std::vector<std::string> texts;
  for (const auto& [text, latex] : golden) texts.emplace_back(text);
  for (const char* text : {"tan(x) + sinh(x) - cosh(y) + atan(q)", "erfc(3 + x)*softplus(-x)*sigmoid(x)", "min(x, y)*relu(x) - step(x)*sign(-x)", "owens_t(h, -a) + owens_t(7, 1/10) + owens_t(1/5, 30)",
                           "log(x)/7^k", "cos(x)*tanh(x/3)", "(1/3)^k"}) {
    texts.emplace_back(text);
  }
  std::string script = "import mpmath as mp\nmp.mp.dps = 60\n";
  const auto value = [](std::size_t i) { return Rational(static_cast<long>(3 + 2 * i), 31); };  // 3/31, 5/31 ..
  for (std::size_t i = 0; i < names.size(); ++i) script += to_python(Expression::variable(names[i])) + " = " + to_python(value(i)) + '\n';
  for (const std::string& text : texts) script += "print(mp.nstr(" + to_python(formula(text)) + ", 50))\n";
  const Ran ran = run_command({"python3", "-"}, script);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  std::istringstream lines(ran.out);
  const Precision precision(260);
  for (const std::string& text : texts) {
    std::string line;
    REQUIRE(std::getline(lines, line));
    Expression at_point = formula(text);
    for (std::size_t i = 0; i < names.size(); ++i) at_point = substitute(at_point, names[i], value(i));
    const Program program({at_point}, "");
    INFO(text << "\n" << line);
    CHECK_THAT(Evaluator<Ball>(program).value(Ball(0)), Holds(line, 40));
  }
}

TEST_CASE("what a reader reads in the LaTeX of random formulas has the value of the formula", "[typeset]") {
  if (run_command({"python3", "-c", "import mpmath"}).code != 0) {
    WARN("python3 with mpmath is not here: the LaTeX not read back");
    return;
  }
  const Precision precision(300);
  const Rational at(3, 7);
  Formulas formulas(5);
  std::vector<std::pair<Expression, Ball>> chosen;
  std::string input;
  while (chosen.size() < 400) {
    try {
      const Expression e = parse(formulas.grammar(6, false));
      const std::string text = to_string(e);
      if (e.size() > 60 || text.find("0000000000") != std::string::npos || text.find("1234567890") != std::string::npos) continue;  // too large for mpmath
      const Program program({substitute(e, "x", at)}, "");
      const Ball value = Evaluator<Ball>(program).value(Ball(0));
      if (!value.is_finite() || value.contains_zero() || arb_rel_accuracy_bits(value.get()) < 200 || std::abs(log2_magnitude(value)) > 200) continue;
      chosen.emplace_back(e, value);
      input += to_latex(e) + "\t3/7\n";
    } catch (const UsageError&) {
      continue;
    }
  }
  const Ran ran = run_command({"python3", (source_folder() / "tests/expression/read_latex.py").string()}, input);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  std::istringstream lines(ran.out);
  for (const auto& [e, value] : chosen) {
    std::string line;
    REQUIRE(std::getline(lines, line));
    INFO(to_string(e) << "\n" << to_latex(e) << "\n" << line);
    REQUIRE(line.find("not read") == std::string::npos);
    CHECK_THAT(value, Holds(line, 38));
  }
}
