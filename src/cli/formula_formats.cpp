// SPDX-License-Identifier: GPL-3.0-or-later
#include "formula_formats.hpp"

#include <algorithm>
#include <map>

#include "infwidth/expression/latex_width.hpp"
#include "infwidth/expression/typeset.hpp"
#include "infwidth/io/json.hpp"

namespace infwidth::cli {

namespace {

/// The sign of a result in a paper.
std::string latex_name(const std::string& name) {
  static const std::map<std::string, std::string> known = {
      {"Q", "Q(q)"},
      {"chi", "\\chi(q)"},
      {"eigenvalue_tangential", "\\lambda_{\\mathrm{tan}}"},
      {"eigenvalue_radial", "\\lambda_{\\mathrm{rad}}"},
      {"volume_element", "\\sqrt{\\det g}"},
      {"ricci_scalar", "R"},
      {"kernel", "K"},
      {"derivative_kernel", "\\dot K"},
      {"nngp", "\\Sigma"},
      {"ntk", "\\Theta"},
      {"K_radial", "K_{\\mathrm{rad}}"},
      {"K_tangential", "K_{\\mathrm{tan}}"},
  };
  const auto found = known.find(name);
  return found == known.end() ? to_latex(Expression::variable(name)) : found->second;
}

/// `K_radial` inside a formula as it stands before its equation.
std::string with_latex_names(std::string text) {
  for (const char* name : {"K_radial", "K_tangential"}) {
    const std::string printed = to_latex(Expression::variable(name)), wanted = latex_name(name);
    for (std::size_t at = text.find(printed); at != std::string::npos; at = text.find(printed, at + wanted.size())) text.replace(at, printed.size(), wanted);
  }
  return text;
}
std::string latex_formula(const Expression& e) { return with_latex_names(to_latex(e)); }

std::vector<Equation> in_order(const FormulaAnswer& answer) {
  std::vector<Equation> all = answer.formulas.where;
  all.insert(all.end(), answer.formulas.results.begin(), answer.formulas.results.end());
  return all;
}

std::string json_list(const std::vector<Equation>& equations) {
  std::string text;
  for (const Equation& e : equations) {
    text += (text.empty() ? "" : ",") + std::string("{\"name\":") + json_string(e.name) + ",\"formula\":" + json_string(to_string(e.formula)) +
            ",\"latex_name\":" + json_string(latex_name(e.name)) + ",\"latex\":" + json_string(latex_formula(e.formula)) + '}';
  }
  return '[' + text + ']';
}

std::string names_of(const std::vector<std::pair<std::string, std::string>>& arguments) {
  std::string text;
  for (const auto& [name, meaning] : arguments) text += (text.empty() ? "" : ", ") + to_python(Expression::variable(name));
  return text;
}

std::string docstring_text(std::string text) {
  for (std::size_t at = text.find_first_of("\\\""); at != std::string::npos; at = text.find_first_of("\\\"", at + 2)) text.insert(at, 1, '\\');
  return text;
}

}  // namespace

std::string formula_as_text(const FormulaAnswer& answer) {
  std::string text;
  for (const Equation& e : answer.formulas.where) text += e.name + " = " + to_string(e.formula) + '\n';
  for (const Equation& e : answer.formulas.results) text += e.name + (answer.is_map() ? "(q) = " : " = ") + to_string(e.formula) + '\n';
  return text;
}

std::string formula_as_latex(const FormulaAnswer& answer) {
  const std::vector<Equation> all = in_order(answer);
  std::string text = "% " + answer.command + "\n% needs \\usepackage{amsmath}\n";
  double left_side = 0;
  for (const Equation& e : all) left_side = std::max(left_side, math_width(latex_name(e.name)));
  const double most = latex_line - left_side - math_width("{}= ");
  std::vector<std::string> lines;
  bool fits = true;
  for (const Equation& e : all) {
    std::string left = latex_name(e.name) + " &= ";
    for (const std::string& line : to_latex_lines(e.formula, most)) {
      fits = fits && math_width(line) <= most;
      lines.push_back(left + with_latex_names(line));
      left = "&\\quad ";
    }
  }
  if (!fits) text += "% a line is wider than a page's 345 pt: where --expand was given, the formula without it has shorter ones\n";
  if (lines.size() == 1) return text + "\\[\n  " + latex_name(all[0].name) + " = " + latex_formula(all[0].formula) + "\n\\]\n";
  text += "\\begin{align*}\n";
  for (std::size_t i = 0; i < lines.size(); ++i) text += "  " + lines[i] + (i + 1 < lines.size() ? " \\\\\n" : "\n");
  return text + "\\end{align*}\n";
}

std::string formula_as_json(const FormulaAnswer& answer) {
  std::string variables;
  for (const auto& [name, meaning] : answer.arguments) variables += (variables.empty() ? "" : ",") + json_string(name);
  return "{\"quantity\":" + json_string(answer.quantity) + ",\"activation\":" + json_string(answer.activation) +
         ",\"depth\":" + std::to_string(answer.depth) + ",\"formulas\":" + json_list(answer.formulas.results) +
         ",\"where\":" + json_list(answer.formulas.where) + ",\"variables\":[" + variables + "]}\n";
}

std::string formula_as_python(const FormulaAnswer& answer) {
  std::string name = answer.quantity, returned, results;
  std::replace(name.begin(), name.end(), '-', '_');
  for (const Equation& e : answer.formulas.results) {
    returned += (returned.empty() ? "" : ", ") + e.name;
    results += (results.empty() ? "" : ", ") + to_python(e.formula);
  }
  const bool several = answer.formulas.results.size() > 1;
  std::string text = "# " + answer.command + "\nimport mpmath as mp\n\n\ndef " + name + '(' + names_of(answer.arguments) + "):\n";
  text += "    \"\"\"" + docstring_text(answer.subject) + ".\n\n    Returns " + (several ? '(' + returned + ')' : returned) + ", right to mpmath.mp.dps digits but for the last ones.\n\n";
  for (const auto& [argument, meaning] : answer.arguments) text += "    " + to_python(Expression::variable(argument)) + ": " + meaning + '\n';
  text += "    Numbers may be exact: '3/2' and '0.1' as strings.\n    \"\"\"\n    with mp.workdps(mp.mp.dps + 15):\n";
  for (const auto& [argument, meaning] : answer.arguments) {
    const std::string variable = to_python(Expression::variable(argument));
    text += "        " + variable + " = mp.mpf(" + variable + ")\n";
  }
  for (const Equation& e : answer.formulas.where) text += "        " + to_python(Expression::variable(e.name)) + " = " + to_python(e.formula) + '\n';
  if (several) return text + "        values = (" + results + ")\n    return tuple(+value for value in values)\n";
  return text + "        value = mp.mpf(" + results + ")\n    return +value\n";
}

std::string formula_as_mathematica(const FormulaAnswer& answer) {
  std::string text = "(* " + answer.command + " *)\n";
  for (const Equation& e : answer.formulas.where) text += to_mathematica(Expression::variable(e.name)) + " = " + to_mathematica(e.formula) + ";\n";
  for (const Equation& e : answer.formulas.results) {
    text += to_mathematica(Expression::variable(e.name)) + (answer.is_map() ? "[q_] := " : " = ") + to_mathematica(e.formula) + '\n';
  }
  return text;
}

}  // namespace infwidth::cli
