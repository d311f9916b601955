// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/geometry/kernel_formula.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "infwidth/expression/named_parts.hpp"
#include "infwidth/expression/sign.hpp"
#include "infwidth/gaussian/dual_form.hpp"
#include "infwidth/real/errors.hpp"
#include "open_signs.hpp"

namespace infwidth {

namespace {

/// The preactivations of one layer at two inputs.
struct Covariance {
  Expression q1, q2, c;
};

Expression at(Expression formula, const Covariance& k) {
  // at once: the new formulas may hold the old names
  const char* old_names[] = {"q1", "q2", "c"};
  const char* hidden_names[] = {"\\q1", "\\q2", "\\c"};
  const Expression* values[] = {&k.q1, &k.q2, &k.c};
  for (std::size_t i = 0; i < 3; ++i) formula = substitute(formula, old_names[i], Expression::variable(hidden_names[i]));
  for (std::size_t i = 0; i < 3; ++i) formula = substitute(formula, hidden_names[i], *values[i]);
  return formula;
}

/// The maps with their constants put in, or with names that no other constant has.
KernelMaps named(KernelMaps maps, std::vector<Equation>& constants, bool expand) {
  for (const auto& [letter, value] : maps.constants) {
    Expression name = value;
    if (!expand) {
      auto known = std::find_if(constants.begin(), constants.end(), [&, &constant = value](const Equation& e) { return e.formula == constant; });
      if (known == constants.end()) known = constants.insert(known, {"k_" + std::to_string(constants.size() + 1), value});
      name = Expression::variable(known->name);
    }
    maps.dual = substitute(maps.dual, letter, name);
    maps.slope = substitute(maps.slope, letter, name);
  }
  return maps;
}

KernelMaps maps_of(const ClosedForm& variance, const DualForm& dual) {
  if (!variance.Q || !dual.kernel || !dual.derivative_kernel) {
    const std::string& term = dual.outside.empty() ? variance.outside : dual.outside;
    throw NotReached("no closed form in the class: the term " + term + "; use `infwidth expectation`");
  }
  return {variance.whole(*variance.Q), *dual.kernel, *dual.derivative_kernel, dual.constants};
}

KernelMaps maps_under(const ParametricActivation& activation, const Assumptions& given) {
  const ParametricPieces cut = parametric_pieces(activation, given);
  const ClosedForm variance = closed_form(cut.pieces, cut.jump.has_value(), given);
  if (variance.open_sign) throw OpenSign(*variance.open_sign, given);
  const DualForm dual = dual_form(cut.pieces, cut.jump.has_value(), given);
  if (dual.open_sign) throw OpenSign(*dual.open_sign, given);
  return maps_of(variance, dual);
}

bool same(const KernelMaps& a, const KernelMaps& b) {
  const auto equal = [&](const Expression KernelMaps::* map) {
    const auto whole = [&](const KernelMaps& maps) { return with_constants(maps.*map, maps.constants); };
    return is_identically_zero(whole(a) - whole(b));
  };
  return equal(&KernelMaps::Q) && equal(&KernelMaps::dual) && equal(&KernelMaps::slope);
}

/// Does it hold a hypergeometric function? Its argument stays as it is written.
bool has_series(const Expression& e) {
  return e.op() == Op::hyp2f1 || std::any_of(e.arguments().begin(), e.arguments().end(), has_series);
}

/// Long formulas and hypergeometric functions get named parts.
NamedFormulas with_named_parts(const NamedFormulas& f) {
  constexpr std::size_t one_line = 160;  // characters
  std::set<std::string> taken = {"kernel", "derivative_kernel", "nngp", "ntk"};
  for (const Equation& e : f.where) taken.insert(e.name);
  for (const auto* list : {&f.where, &f.results}) {
    for (const Equation& e : *list) {
      for (const std::string& letter : letters_of(e.formula)) taken.insert(letter);
    }
  }
  NamedFormulas result;
  const auto parted = [&](const Equation& e) -> Equation {
    if (!has_series(e.formula) && to_string(e.formula).size() <= one_line) return e;
    const PartedFormula p = named_parts(e.formula, taken);
    for (const auto& [name, value] : p.parts) result.where.push_back({name, value});
    return {e.name, p.formula};
  };
  for (const Equation& e : f.where) result.where.push_back(parted(e));
  for (const Equation& e : f.results) result.results.push_back(parted(e));
  return result;
}

}  // namespace

KernelMaps kernel_maps(const Activation& activation) { return maps_of(closed_form(activation), dual_form(activation)); }

KernelMaps kernel_maps(const ParametricActivation& activation, const Assumptions& given) {
  if (activation.parameters.empty()) return kernel_maps(Activation::from_formula(activation.formula, activation.name));
  Assumptions all = activation.given;
  all.add(given);
  return for_open_signs(all, [&](const Assumptions& known) { return maps_under(activation, known); }, same);
}

NamedFormulas kernel_formula(const std::vector<KernelMaps>& layers, const std::vector<Expression>& sigma_w2, const std::vector<Expression>& sigma_b2, MetricOf of,
                             bool expand) {
  NamedFormulas f;
  std::vector<KernelMaps> maps;
  for (const KernelMaps& layer : layers) maps.push_back(named(layer, f.where, expand));
  const auto shorter = [](const Expression& e) { return has_series(e) ? e : shorten(e, {}); };
  Covariance here{Expression::variable("q1"), Expression::variable("q2"), Expression::variable("c")};
  Expression theta = here.c;
  for (std::size_t l = 0; l < maps.size(); ++l) {
    const bool last = l + 1 == maps.size();
    const Expression &w = sigma_w2[l + 1], &b = sigma_b2[l + 1];
    const auto through = [&](const Expression& kernel) { return b + shorter(w * kernel); };  // what it is in the next preactivations
    const auto next = [&](const std::string& name, const Expression& formula) {
      if (expand) return formula;
      const std::string full = name + '_' + std::to_string(l + 2);
      f.where.push_back({full, formula});
      return Expression::variable(full);
    };
    const Expression dual = at(maps[l].dual, here), slope = at(maps[l].slope, here);
    if (last) {
      switch (of) {
        case MetricOf::feature: f.results = {{"kernel", dual}}; break;
        case MetricOf::derivative: f.results = {{"derivative_kernel", slope}}; break;
        case MetricOf::nngp: f.results = {{"nngp", through(dual)}}; break;
        case MetricOf::ntk: f.results = {{"ntk", through(dual) + shorter(w * slope * theta)}}; break;
      }
      break;
    }
    const Expression q1 = next("q1", through(substitute(maps[l].Q, "q", here.q1))), q2 = next("q2", through(substitute(maps[l].Q, "q", here.q2)));
    const Expression c = next("c", through(dual));
    if (of == MetricOf::ntk) theta = next("theta", c + shorter(w * slope * theta));
    here = {q1, q2, c};
  }
  return expand ? f : with_named_parts(f);
}

}  // namespace infwidth
