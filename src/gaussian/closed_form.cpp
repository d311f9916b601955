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

ClosedForm closed_form(const std::vector<FormulaPiece>& pieces, bool jumps, const Assumptions& given) {
  const IntegrationProblem problem(pieces, given, {"q"});
  ClosedForm form;
  const auto mean_square = [&](const Expression FormulaPiece::* member) {
    return problem.attempt(form, [&] {
      const MeanSquare square(problem.read(member), problem.given);
      const Expression mean = problem.shortened(square.times_power(0));
      if (!form.below) form.below = square.below();
      return mean;
    });
  };
  form.Q = mean_square(&FormulaPiece::value);
  if (!jumps) form.chi = mean_square(&FormulaPiece::derivative);
  form.constants = problem.used_in({form.Q, form.chi, form.below});
  return form;
}

ClosedForm closed_form(const Activation& phi) { return by_pieces_or_normal_form<ClosedForm>(phi, closed_form); }

std::optional<Expression> closed_form_of_radial(const Activation& phi) {
  const auto of = [](const std::vector<FormulaPiece>& pieces) {
    const IntegrationProblem problem(pieces, {}, {"q"});
    return problem.constants.whole(problem.shortened(MeanSquare(problem.read(&FormulaPiece::derivative), problem.given).times_power(2) / q));
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
