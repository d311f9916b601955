// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <memory>
#include <set>

#include "commands.hpp"
#include "infwidth/activation/catalogue.hpp"
#include "infwidth/expression/named_parts.hpp"
#include "infwidth/gaussian/dual_form.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/text.hpp"
#include "options.hpp"

namespace infwidth::cli {

namespace {

struct Flags {
  std::string activation;
  AnswerFlags answer;
};

constexpr const char* examples =
    "Examples:\n"
    "  infwidth activations\n"
    "  infwidth activations gelu\n"
    "      one of them, with the closed forms of Q(q) = E[phi(u)^2] and chi(q) = E[phi'(u)^2], u normal with variance q\n"
    "  infwidth activations 'max(-1, min(1, x))'\n"
    "      the same for a formula: its kinks, and which closed form is recognised\n"
    "\n"
    "A formula is built from x, numbers, pi, + - * / ^, parentheses, and\n"
    "exp log sqrt sin cos tan sinh cosh tanh asin acos atan asinh erf erfc Phi sigmoid softplus relu step sign abs min max,\n"
    "under NumPy's names too (arcsin, arccos, arctan, arcsinh, arctanh, absolute, maximum, minimum, clip, power, square, reciprocal, heaviside(x, 1/2)),\n"
    "and all names above are functions too, their parameter second: gelu(2*x) + leaky_relu(x, 1/5).";

std::string kinks_of(const Activation& activation) {
  std::string text;
  for (const Piece& piece : activation.pieces()) {
    if (!piece.left) continue;
    const RealPoint& at = piece.left->at;
    char number[longest_double_text];
    text += (text.empty() ? "" : ", ") + (at.exact() ? exact_text(*at.exact()) : std::string(number, write_double(number, at.approximately())));
  }
  return text;
}

std::string or_none(const std::string& text) { return text.empty() ? "none" : text; }

/// A formula for one line of a table: the whole one stands in `infwidth activations NAME`.
std::string in_short(const CatalogueEntry& entry) {
  constexpr std::size_t longest = 64;
  if (entry.formula.size() > longest) return entry.formula.substr(0, longest - 4) + " ...";
  return entry.parameter.empty() ? entry.formula : entry.formula + "   (" + entry.parameter + ": " + entry.domain + ")";
}

/// Which closed forms there are, in short.
Cell known_forms(const VarianceMap& map) {
  std::string text;
  const auto add = [&](bool known, const char* name) {
    if (known) text += (text.empty() ? "" : ", ") + std::string(name);
  };
  add(map.closed_form().Q.has_value(), "Q");
  add(map.closed_form().chi.has_value(), "chi");
  add(dual_form(map.activation()).kernel.has_value(), "kernel");
  return or_none(text);
}

/// A formula and, after it, the constants that it names.
std::string with_constants(const ExpectationFormulas& form, const std::optional<Expression>& formula) {
  if (!formula) return "none";
  constexpr std::size_t one_line = 160;
  std::string text = to_string(*formula);
  if (text.size() > one_line) {
    std::set<std::string> taken;
    const PartedFormula parted = named_parts(*formula, taken);
    text = to_string(parted.formula);
    for (const auto& [name, value] : parted.parts) text += ", " + name + " = " + to_string(value);
  }
  for (const auto& [name, value] : form.constants) {
    if (formula->depends_on(name)) text += ", " + name + " = " + to_string(value);
  }
  return text;
}

Cell closed_form_Q(const VarianceMap& map) { return with_constants(map.closed_form(), map.closed_form().Q); }
Cell closed_form_chi(const VarianceMap& map) {
  return map.activation().jump() ? "infinite: phi jumps" : with_constants(map.closed_form(), map.closed_form().chi);
}

Cell closed_form_kernel(const VarianceMap& map) {
  const DualForm form = dual_form(map.activation());
  return with_constants(form, form.kernel);
}

std::vector<Column> columns(bool whole) {
  std::vector<Column> r = {{"name", "name", "\\mathrm{name}"}, {"formula", "formula", "\\phi(x)"}, {"kinks", "kinks", "\\mathrm{kinks}"}};
  if (whole) {
    r.push_back({"closed_form_Q", "Q(q)", "Q(q)"});
    r.push_back({"closed_form_chi", "chi(q)", "\\chi(q)"});
    r.push_back({"closed_form_kernel", "kernel(q1, q2, c)", "K(q_1,q_2,c)"});
  } else {
    r.push_back({"closed_forms", "closed forms", "\\mathrm{closed forms}"});
  }
  return r;
}

/// An entry, with a parameter that every one of them takes: kinks and closed forms need a number.
Activation example_of(const CatalogueEntry& entry) { return Activation::from_text(entry.parameter.empty() ? entry.name : entry.name + ":2"); }

int answer_question(const Flags& flags, Answer& answer) {
  const bool whole = !flags.activation.empty() || flags.answer.format == "json" || flags.answer.format == "csv";
  answer.begin(columns(whole), flags.activation.empty() ? "activations known by name" : "an activation and its closed forms");
  if (!flags.activation.empty()) {
    const VarianceMap map(Activation::from_text(flags.activation));
    const auto known = catalogue_formula(flags.activation);
    answer.row({flags.activation, known ? to_string(*known) : flags.activation, or_none(kinks_of(map.activation())), closed_form_Q(map), closed_form_chi(map), closed_form_kernel(map)});
    return answered;
  }
  for (const CatalogueEntry& entry : catalogue()) {
    answer.budget().check();
    const bool fixed = entry.parameter.empty();
    const VarianceMap map(example_of(entry));
    std::vector<Cell> cells = {fixed ? entry.name : entry.name + ':' + entry.parameter,
                               whole ? entry.formula : in_short(entry), or_none(kinks_of(map.activation()))};
    if (!whole) {
      cells.push_back(known_forms(map));
    } else if (fixed) {
      cells.push_back(closed_form_Q(map));
      cells.push_back(closed_form_chi(map));
      cells.push_back(closed_form_kernel(map));
    } else {
      cells.resize(cells.size() + 3, Missing{"depends on " + entry.parameter + ": ask for it with a value, like " + map.activation().name()});
    }
    answer.row(std::move(cells));
  }
  return answered;
}

}  // namespace

Run add_activations(CLI::App& program) {
  const auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("activations", "the activations known by name, their kinks and closed forms");
  command.footer(examples);
  command.add_option("activation", flags->activation, "only this one: a name or a formula in x")->type_name("");
  add_format_flags(command, flags->answer);
  return [flags](const std::string& line) {
    return run_session(flags->answer.session("infwidth activations", line), [&](Answer& answer) { return answer_question(*flags, answer); });
  };
}

}  // namespace infwidth::cli
