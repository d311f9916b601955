// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/activation/recognise.hpp"
#include "infwidth/gaussian/closed_form.hpp"
#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/geometry/formula.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

LayerFormulas layer_formulas(const Activation& activation) {
  const std::optional<Recognised> known = recognise(activation);
  const std::optional<ClosedForm> form = known ? closed_form(*known) : std::nullopt;
  if (!form) throw NotReached("no closed form in the class: the term " + activation.name() + "; use `infwidth expectation`");
  LayerFormulas layer{.Q = form->Q};
  if (form->chi) {
    layer.chi = *form->chi;
  } else {
    const Precision precision(64);
    layer.no_chi = VarianceMap(activation).at(Ball(1)).reason;
  }
  return layer;
}

}  // namespace infwidth
