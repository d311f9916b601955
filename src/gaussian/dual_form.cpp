// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/dual_form.hpp"

#include "integration_problem.hpp"
#include "pair_integral.hpp"

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

Expression DualForm::whole(const Expression& formula) const {
  Expression e = formula;
  for (const auto& [name, value] : constants) e = substitute(e, name, value);
  return e;
}

DualForm dual_form(const std::vector<FormulaPiece>& pieces, bool jumps, const Assumptions& given) {
  const IntegrationProblem problem(pieces, given, {"q1", "q2"});
  DualForm form;
  const auto attempt = [&](const Expression FormulaPiece::* member) -> std::optional<Expression> {
    try {
      return problem.shortened(dual(problem.read(member), problem.given));
    } catch (const OutsideClass& e) {
      if (form.outside.empty()) {
        form.outside = problem.constants.explained(e.term);
        if (e.open_sign) form.open_sign = problem.constants.whole(*e.open_sign);
      }
      return std::nullopt;
    }
  };
  form.kernel = attempt(&FormulaPiece::value);
  if (jumps) {
    if (form.kernel) form.derivative_kernel = problem.shortened(differentiate(*form.kernel, "c"));
  } else {
    form.derivative_kernel = attempt(&FormulaPiece::derivative);
  }
  for (const auto& letter : problem.constants.letters()) {
    const auto uses = [&](const std::optional<Expression>& e) { return e && e->depends_on(letter.first); };
    if (uses(form.kernel) || uses(form.derivative_kernel)) form.constants.push_back(letter);
  }
  return form;
}

DualForm dual_form(const Activation& phi) {
  DualForm form;
  try {
    form = dual_form(formula_pieces(phi), phi.jump().has_value());
    if (form.outside.empty()) return form;
  } catch (const OutsideClass& e) {
    form.outside = e.term;
  }
  if (const auto pieces = normal_form(phi)) return dual_form(*pieces, false);
  return form;
}

}  // namespace infwidth
