// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/closed_form.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/geometry/formula.hpp"
#include "infwidth/real/errors.hpp"
#include "open_signs.hpp"

namespace infwidth {

namespace {

LayerFormulas formulas(const ClosedForm& form, const std::string& no_chi) {
  if (!form.Q || (!form.chi && no_chi.empty())) {
    throw NotReached("no closed form in the class: the term " + form.outside + "; use `infwidth expectation`");
  }
  return {.Q = form.whole(*form.Q), .chi = form.chi ? form.whole(*form.chi) : Expression(0), .no_chi = no_chi};
}

LayerFormulas formulas_under(const ParametricActivation& activation, const Assumptions& given) {
  const ParametricPieces cut = parametric_pieces(activation, given);
  const ClosedForm form = closed_form(cut.pieces, cut.jump.has_value(), given);
  if (form.open_sign) throw OpenSign(*form.open_sign, given);
  return formulas(form, cut.jump ? "the activation jumps at x = " + to_string(*cut.jump) + ", so that E[phi'^2] is infinite" : "");
}

bool same(const LayerFormulas& a, const LayerFormulas& b) {
  return a.no_chi == b.no_chi && is_identically_zero(a.Q - b.Q) && is_identically_zero(a.chi - b.chi);
}

}  // namespace

LayerFormulas layer_formulas(const Activation& activation) {
  const VarianceMap map(activation);
  return formulas(map.closed_form(), map.why_chi_is_infinite());
}

LayerFormulas layer_formulas(const ParametricActivation& activation, const Assumptions& given) {
  if (activation.parameters.empty()) return layer_formulas(Activation::from_formula(activation.formula, activation.name));
  Assumptions all = activation.given;
  all.add(given);
  return for_open_signs(all, [&](const Assumptions& known) { return formulas_under(activation, known); }, same);
}

}  // namespace infwidth
