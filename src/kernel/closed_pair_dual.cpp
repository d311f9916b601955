// SPDX-License-Identifier: GPL-3.0-or-later
#include "erf_pair_dual.hpp"
#include "exponential_pair_duals.hpp"
#include "gelu_pair_dual.hpp"
#include "infwidth/activation/recognise.hpp"
#include "infwidth/expression/program.hpp"
#include "slopes_pair_dual.hpp"

namespace infwidth {

namespace {

double number(const Expression& constant) {
  const Precision precision(128);
  const Program program({constant}, "x");
  return Evaluator<Ball>(program).value(Ball(0)).to_double();
}

}  // namespace

std::unique_ptr<PairDual> make_closed_pair_dual(const Activation& phi, const LayerPoints& points) {
  const std::optional<Recognised> form = recognise(phi);
  if (!form) return nullptr;
  using Kind = Recognised::Kind;
  if (form->kind == Kind::slopes) return std::make_unique<SlopesDual>(points, number(form->left), number(form->right));
  if (form->kind == Kind::sinusoid) return std::make_unique<SinusoidDual>(points, number(form->b), number(form->sine), number(form->cosine));
  if (form->kind != Kind::shape) return nullptr;
  const double a = number(form->a), b = number(form->b);
  if (form->entry == "erf") return std::make_unique<ErfDual>(points, a, b, number(form->c));
  if (form->entry == "gelu") return std::make_unique<GeluDual>(points, a, b);
  if (form->entry == "exp") return std::make_unique<ExpDual>(points, b);
  if (form->entry == "gaussian") return std::make_unique<GaussianDual>(points, a, b);
  return nullptr;
}

std::unique_ptr<PairDual> make_pair_dual(const Activation& phi, const LayerPoints& points, bool slope, const Budget& budget) {
  if (std::unique_ptr<PairDual> closed = make_closed_pair_dual(phi, points)) return closed;
  return make_series_pair_dual(phi, points, slope, budget);
}

}  // namespace infwidth
