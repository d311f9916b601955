// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/variance_map.hpp"

/// The values of variance maps that have closed forms.

namespace infwidth {

/// Q, then chi where it exists, then P = chi + 2 q chi' if it is there, compiled.
struct CompiledForm {
  Program program;
  explicit CompiledForm(const std::vector<Expression>& outputs) : program(outputs, "q") {}
  CompiledForm(const CompiledForm&) = delete;
  CompiledForm& operator=(const CompiledForm&) = delete;
};

/// The same for doubles: with its constants computed once and for all, so that a copy is ready to run.
struct FormOnPacks {
  CompiledForm compiled;
  Evaluator<Jet<Pack, 2>> evaluator;
  explicit FormOnPacks(const std::vector<Expression>& outputs) : compiled(outputs), evaluator(compiled.program) {}
};

/// P and P' from chi and its derivatives.
template <class Real>
void add_radial_by_sum(VarianceJet<Real>& jet, const Real& q) {
  const Real two_q = Real(2) * q;
  jet.radial = jet.chi + two_q * jet.dchi;
  jet.dradial = Real(3) * jet.dchi + two_q * jet.d2chi;
}

template <class Real>
VarianceJet<Real> evaluate_closed(Evaluator<Jet<Real, 2>> evaluate, const Real& q) {
  const auto out = evaluate(Jet<Real, 2>::variable(q));
  VarianceJet<Real> jet;
  jet.Q = out[0][0];
  jet.dQ = out[0][1];
  jet.d2Q = Real(2) * out[0][2];
  jet.method = "closed form";
  if (out.size() == 1) return jet;
  jet.chi = out[1][0];
  jet.dchi = out[1][1];
  jet.d2chi = Real(2) * out[1][2];
  if (out.size() > 2) {
    jet.radial = out[2][0];
    jet.dradial = out[2][1];
  } else {
    add_radial_by_sum(jet, q);
  }
  return jet;
}

/// The closed form at an exact variance, with as many more bits as its terms cancel. Not finite where the formula divides 0 by 0.
VarianceJet<Ball> closed_at_point(const Program& program, const Ball& q);

/// asin(u) as atan(u / sqrt(1 - u^2)), whose argument algebra finds without a difference: asin loses sqrt(q) roundings where u tends to 1.
Expression well_conditioned(const Expression& e);

/// Does the closed form keep 13 digits, of each value or of its scale f / max(1, q)^k, from q = 1e-6 to 1e8? Where a term
/// cancels or underflows beside another it does not, and the tabulated panels do.
bool holds_in_double(const CompiledForm& form, const Evaluator<Jet<Pack, 2>>& on_packs);

}  // namespace infwidth
