// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/closed_form.hpp"

#include "integration_problem.hpp"

namespace infwidth {

namespace {

const Expression q = Expression::variable("q");

/// The integral of sum p_q, which is real.
Expression integral(const ExponentialSum& sum, const FormulaInterval& where, const Assumptions& given) {
  Expression total = 0;
  for (const ExponentialTerm& t : sum.terms()) {
    // Of two conjugate terms one, doubled.
    const Expression& frequency = t.a.im;
    const bool is_number = frequency.is_number() && !frequency.is_number(0);
    if (is_number && frequency.value() < 0) continue;
    total = total + Expression(is_number ? 2 : 1) * gaussian_integral(t, where, given).re;
  }
  return total;
}

/// E[f^2 x^n].
class MeanSquare {
 public:
  MeanSquare(const PiecewiseSum& f, const Assumptions& given) : given_(given), everywhere_(f.everywhere * f.everywhere) {
    for (const auto& [where, sum] : f.parts) parts_.emplace_back(where, sum * sum + (f.everywhere * sum).scaled({2, 0}));
  }

  Expression times_power(int n) const {
    Expression total = integral(everywhere_.times_power(n), {}, given_);
    for (const auto& [where, sum] : parts_) total = total + integral(sum.times_power(n), where, given_);
    return total;
  }

  /// The growth exp(b x^2), b > 0, limits q to below 1/(2b).
  std::optional<Expression> below() const {
    std::optional<Expression> least;
    const auto look = [&](const ExponentialSum& sum) {
      for (const ExponentialTerm& t : sum.terms()) {
        if (t.b.is_number(0) || sign_of(t.b, given_) <= 0) continue;
        const Expression bound = tidied(Expression(1) / (Expression(2) * t.b));
        if (!least || sign_of(tidied(*least - bound), given_) > 0) least = bound;
      }
    };
    look(everywhere_);
    for (const auto& [where, sum] : parts_) look(sum);
    return least;
  }

 private:
  Assumptions given_;
  ExponentialSum everywhere_;
  std::vector<std::pair<FormulaInterval, ExponentialSum>> parts_;
};

}  // namespace

Expression ClosedForm::whole(const Expression& formula) const {
  Expression e = formula;
  for (const auto& [name, value] : constants) e = substitute(e, name, value);
  return e;
}

ClosedForm closed_form(const std::vector<FormulaPiece>& pieces, bool jumps, const Assumptions& given) {
  const IntegrationProblem problem(pieces, given, {"q"});
  ClosedForm form;
  const auto attempt = [&](const Expression FormulaPiece::* member) -> std::optional<Expression> {
    try {
      const MeanSquare square(problem.read(member), problem.given);
      const Expression mean = problem.shortened(square.times_power(0));
      if (!form.below) form.below = square.below();
      return mean;
    } catch (const OutsideClass& e) {
      if (form.outside.empty()) {
        form.outside = problem.constants.explained(e.term);
        if (e.open_sign) form.open_sign = problem.constants.whole(*e.open_sign);
      }
      return std::nullopt;
    }
  };
  form.Q = attempt(&FormulaPiece::value);
  if (!jumps) form.chi = attempt(&FormulaPiece::derivative);
  for (const auto& letter : problem.constants.letters()) {
    const auto uses = [&](const std::optional<Expression>& e) { return e && e->depends_on(letter.first); };
    if (uses(form.Q) || uses(form.chi) || uses(form.below)) form.constants.push_back(letter);
  }
  return form;
}

ClosedForm closed_form(const Activation& phi) {
  ClosedForm form;
  try {
    form = closed_form(formula_pieces(phi), phi.jump().has_value());
    if (form.outside.empty()) return form;
  } catch (const OutsideClass& e) {
    form.outside = e.term;
  }
  if (const auto pieces = normal_form(phi)) return closed_form(*pieces, false);
  return form;
}

std::optional<Expression> closed_form_of_radial(const Activation& phi) {
  const auto of = [](const std::vector<FormulaPiece>& pieces) {
    const IntegrationProblem problem(pieces, {}, {"q"});
    ClosedForm form;
    form.constants = problem.constants.letters();
    return form.whole(problem.shortened(MeanSquare(problem.read(&FormulaPiece::derivative), problem.given).times_power(2) / q));
  };
  try {
    return of(formula_pieces(phi));
  } catch (const OutsideClass&) {
    // by the normal form
  }
  try {
    if (const auto pieces = normal_form(phi)) return of(*pieces);
  } catch (const OutsideClass&) {
    // there is none
  }
  return std::nullopt;
}

std::optional<TanhForm> tanh_form(const Recognised& phi) {
  if (phi.kind != Recognised::Kind::shape) return std::nullopt;
  if (phi.entry == "tanh") return TanhForm{TanhIntegrand::tanh, phi.a, phi.b, phi.c};
  // silu(x) = x sigmoid(x) = w (1 + tanh w), w = x/2
  if (phi.entry == "silu") return TanhForm{TanhIntegrand::silu, phi.a, phi.b / Expression(2), phi.c};
  return std::nullopt;
}

}  // namespace infwidth
