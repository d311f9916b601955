// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/dual_map.hpp"

#include <array>
#include <mutex>
#include <optional>

#include "infwidth/gaussian/bivariate_rule.hpp"
#include "infwidth/gaussian/pair_expectation.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/in_domain.hpp"

namespace infwidth {

namespace {

std::vector<Piece> slopes(std::vector<Piece> pieces) {
  for (Piece& p : pieces) {
    p.value = p.derivative;
    for (std::optional<PieceEnd>* end : {&p.left, &p.right}) {
      if (*end) (*end)->order = (*end)->derivative_order;
    }
  }
  return pieces;
}

Ball indeterminate() { return Ball(1) / Ball(0); }

}  // namespace

struct DualMap::State {
  Activation activation;
  VarianceMap map;
  DualForm form;
  std::optional<Program> kernel, derivative_kernel;  // of q1, q2, c
  PairExpectation of_values, of_slopes;
  mutable std::mutex mutex;
  mutable std::unique_ptr<const PairRule> rule;

  explicit State(const Activation& a) : activation(a), map(a), form(dual_form(a)), of_values(a.pieces(), a.pieces()), of_slopes(slopes(a.pieces()), slopes(a.pieces())) {
    const std::vector<std::string> variables = {"q1", "q2", "c"};
    if (form.kernel) kernel.emplace(std::vector<Expression>{form.whole(*form.kernel)}, variables);
    if (form.derivative_kernel) derivative_kernel.emplace(std::vector<Expression>{form.whole(*form.derivative_kernel)}, variables);
  }

  const PairRule& pair_rule() const {
    const std::lock_guard lock(mutex);
    if (!rule) rule = std::make_unique<const PairRule>(activation.pieces(), activation.pieces(), activation.jump() ? PairRule::Of::values : PairRule::Of::values_and_slopes);
    return *rule;
  }
};

DualMap::DualMap(const Activation& activation) : state_(std::make_unique<const State>(activation)) {}
DualMap::~DualMap() = default;
DualMap::DualMap(DualMap&&) noexcept = default;
DualMap& DualMap::operator=(DualMap&&) noexcept = default;

const Activation& DualMap::activation() const { return state_->activation; }
const VarianceMap& DualMap::variance_map() const { return state_->map; }
const DualForm& DualMap::closed_form() const { return state_->form; }

DualValue<Ball> DualMap::at(const PairVariance<Ball>& pair, const Budget& budget) const {
  const State& s = *state_;
  DualValue<Ball> dual;
  const auto without_derivative = [&](const std::string& why, bool infinite) {
    dual.no_derivative = why;
    dual.derivative_is_infinite = infinite;
    return dual;
  };
  const bool coincident = (pair.ratio && *pair.ratio == 1) || (pair.q1.is_exact_zero() && pair.q2.is_exact_zero());
  if (coincident) {
    const VarianceJet<Ball> jet = s.map.at(pair.q1, budget);
    dual = {jet.Q, jet.chi, "", false, jet.method, jet.evaluations};
    return jet.chi_order < 0 ? without_derivative(jet.reason, true) : dual;
  }
  if (pair.ratio || pair.q1.is_exact_zero() || pair.q2.is_exact_zero()) {
    const PairExpectation::Value value = s.of_values.at(pair, budget);
    dual = {value.value, Ball(0), "", false, value.method, value.evaluations};
    if (s.activation.jump()) return without_derivative(s.map.why_chi_is_infinite(), true);
    const PairExpectation::Value slope = s.of_slopes.at(pair, budget);
    dual.derivative = slope.value;
    dual.evaluations += slope.evaluations;
    return dual;
  }
  const bool is_regular = certainly_positive(pair.q1) == Truth::yes && certainly_positive(pair.q2) == Truth::yes;
  if (!is_regular) {
    dual.value = dual.derivative = indeterminate();
    return dual;
  }
  const std::array<InDomain, 3> arguments = {pair.q1, pair.q2, pair.c};
  const auto closed = [&](const std::optional<Program>& program) { return program ? Ball(Evaluator<InDomain>(*program)(arguments)[0]) : indeterminate(); };
  dual.value = closed(s.kernel);
  dual.derivative = closed(s.derivative_kernel);
  dual.method = "closed form";
  if (dual.value.is_finite() && dual.derivative.is_finite()) return dual;
  if (certainly_positive(pair.beside) != Truth::yes) {  // (not known well enough for any rule; the caller raises the precision)
    return dual;
  }
  const bool jumps = s.activation.jump().has_value();
  if (dual.value.is_finite() && jumps) return without_derivative(s.map.why_chi_is_infinite(), false);
  const PairRule::Result result = s.pair_rule().integrate(pair, Precision::bits(), budget);
  if (!dual.value.is_finite()) dual.value = result.values[0];
  dual.method = "Gauss-Legendre products";
  dual.evaluations = result.evaluations;
  if (jumps) return without_derivative("E[phi' phi'] of an activation that jumps is known by formula alone, and there is none for " + s.activation.name(), false);
  if (!dual.derivative.is_finite()) dual.derivative = result.values[1];
  return dual;
}

DualValue<Digits> DualMap::at(const PairVariance<Digits>& pair, const Budget& budget) const {
  const State& s = *state_;
  DualValue<Digits> dual;
  const auto infinite = [&] {
    dual.no_derivative = s.map.why_chi_is_infinite();
    dual.derivative_is_infinite = true;
    return dual;
  };
  const bool jumps = s.activation.jump().has_value();
  if ((pair.ratio && *pair.ratio == 1) || (pair.q1 == 0 && pair.q2 == 0)) {
    const VarianceJet<Digits> jet = s.map.at(pair.q1, budget);
    dual = {jet.Q, jet.chi, "", false, jet.method, jet.evaluations};
    return jet.chi_order < 0 ? infinite() : dual;
  }
  if (pair.ratio || pair.q1 == 0 || pair.q2 == 0) {
    const Estimate<Digits> value = s.of_values.at(pair, budget);
    dual = {value.value, Digits(0), "", false, value.method, value.evaluations};
    if (jumps) return infinite();
    const Estimate<Digits> slope = s.of_slopes.at(pair, budget);
    dual.derivative = slope.value;
    dual.evaluations += slope.evaluations;
    return dual;
  }
  const Estimate<Digits> value = bivariate_expectation(s.activation, BivariateOf::value, pair.q1, pair.q2, pair.c, budget);
  const Estimate<Digits> slope = bivariate_expectation(s.activation, BivariateOf::derivative, pair.q1, pair.q2, pair.c, budget);
  return {value.value, slope.value, "", false, value.method, value.evaluations + slope.evaluations};
}

}  // namespace infwidth
