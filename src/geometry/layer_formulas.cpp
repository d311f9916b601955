// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/closed_form.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/geometry/formula.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

LayerFormulas layer_formulas(const Activation& activation) {
  const VarianceMap map(activation);
  const ClosedForm& form = map.closed_form();
  const std::string infinite = map.why_chi_is_infinite();
  if (!form.Q || (!form.chi && infinite.empty())) {
    throw NotReached("no closed form in the class: the term " + form.outside + "; use `infwidth expectation`");
  }
  return {.Q = form.whole(*form.Q), .chi = form.chi ? form.whole(*form.chi) : Expression(0), .no_chi = infinite};
}

}  // namespace infwidth
