// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/dual_form.hpp"

#include "integration_problem.hpp"
#include "pair_integral.hpp"
#include "power_dual.hpp"

namespace infwidth {

namespace {

/// phi as a sum of terms, each on the whole line or on a half line.
std::vector<GatedTerm> gated_terms(const PiecewiseSum& f) {
  std::vector<GatedTerm> result;
  const auto add = [&](const ExponentialSum& sum, const std::optional<StepFactor>& step) {
    for (const ExponentialTerm& t : sum.terms()) {
      if (t.normals.size() + (step ? 1 : 0) > 1) throw OutsideClass{"a normal distribution function on a half line"};
      result.push_back({t, step});
    }
  };
  add(f.everywhere, std::nullopt);
  for (const auto& [where, sum] : f.parts) {
    if (where.left) add(sum, StepFactor{*where.left, +1});
    if (where.right) add(where.left ? sum.scaled({-1, 0}) : sum, StepFactor{*where.right, where.left ? +1 : -1});
    if (!where.left && !where.right) add(sum, std::nullopt);
  }
  return result;
}

Expression dual(const PiecewiseSum& f, const Assumptions& given) {
  const std::vector<GatedTerm> terms = gated_terms(f);
  PairTable table(given);
  Expression total = 0;
  for (const GatedTerm& s : terms) {
    for (const GatedTerm& t : terms) total = total + table.integral(s, t).re;
  }
  return total;
}

}  // namespace

DualForm dual_form(const std::vector<FormulaPiece>& pieces, bool jumps, const Assumptions& given) {
  const IntegrationProblem problem(pieces, given, {"q1", "q2"});
  DualForm form;
  const auto of = [&](const Expression FormulaPiece::* member) {
    return problem.attempt(form, [&] {
      const std::optional<SidedPowers> powers = problem.read_powers(member);
      if (powers && wants_power_dual(*powers)) return power_dual(*powers, problem.given);
      return problem.shortened(dual(problem.read(member), problem.given));
    });
  };
  form.kernel = of(&FormulaPiece::value);
  if (jumps) {
    if (form.kernel) form.derivative_kernel = problem.shortened(differentiate(*form.kernel, "c"));
  } else {
    form.derivative_kernel = of(&FormulaPiece::derivative);
  }
  form.constants = problem.used_in({form.kernel, form.derivative_kernel});
  return form;
}

DualForm dual_form(const Activation& phi) { return by_pieces_or_normal_form<DualForm>(phi, dual_form); }

}  // namespace infwidth
