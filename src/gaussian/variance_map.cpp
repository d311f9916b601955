// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/variance_map.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <type_traits>

#include "closed_maps.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/gaussian/at_zero.hpp"
#include "infwidth/gaussian/boost_rule.hpp"
#include "infwidth/gaussian/closed_form.hpp"
#include "infwidth/gaussian/double_rule.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/gaussian/tanh_residue.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/refine.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

/// The nodes of the residue trapezoid grow like q^(1/4), the panels like log q: they meet near here.
constexpr double most_for_residues = 1e9;  // the variance of b x

/// Below this variance derivatives in q are taken by parts, by E h'' and the kinks: E[h He_4(z)] / 4q^2 would lose as many bits of q^2, and what the ball
/// around q does not say of q by 1/q^2.
const Ball& largest_by_parts() {
  static const Ball q = power_of_two(-10);
  return q;
}

/// Extra bits where He weights cancel: E[h He_4] is of the order q^2 E h for small q.
long bits_for_small_variance(const Ball& q) {
  const long e = log2_magnitude(q);
  return e >= 0 ? 0 : std::min(-2 * e + 8, 2000000L);
}

/// The same jet in another number.
template <class To, class Convert>
VarianceJet<To> converted(const VarianceJet<Ball>& jet, Convert convert) {
  VarianceJet<To> r;
  r.Q = convert(jet.Q);
  r.dQ = convert(jet.dQ);
  r.d2Q = convert(jet.d2Q);
  r.chi = convert(jet.chi);
  r.dchi = convert(jet.dchi);
  r.d2chi = convert(jet.d2chi);
  r.radial = convert(jet.radial);
  r.dradial = convert(jet.dradial);
  r.Q_order = jet.Q_order;
  r.chi_order = jet.chi_order;
  r.reason = jet.reason;
  r.method = jet.method;
  return r;
}

/// Whether the radius of q comes from before, and not from the rounding of a few operations.
bool has_grown(const Ball& q) {
  constexpr long of_a_layer = 12;
  return !q.is_exact() && log2_magnitude(q.radius()) > log2_magnitude(q) - Precision::bits() + of_a_layer;
}

/// Values over a ball of variances, from those at its midpoint and a bound of their slopes over the ball, by which the radius grows no faster than
/// the maps make it grow; where values over the ball are the narrower ones, those. The second derivatives, which no later layer's variance depends
/// on, stay.
VarianceJet<Ball> tighter(VarianceJet<Ball> over, const VarianceJet<Ball>& middle, const Ball& radius) {
  const auto by_mean_value = [&](Ball& value, const Ball& at_middle, const Ball& slope) {
    const Ball other = at_middle.widened(radius * slope);
    if (other.is_finite() && (!value.is_finite() || certainly_positive(value.radius() - other.radius()) == Truth::yes)) value = other;
  };
  by_mean_value(over.Q, middle.Q, over.dQ);
  by_mean_value(over.dQ, middle.dQ, over.d2Q);
  by_mean_value(over.chi, middle.chi, over.dchi);
  by_mean_value(over.dchi, middle.dchi, over.d2chi);
  over.evaluations += middle.evaluations;
  return over;
}

template <class Field>
void set_lane(VarianceJet<Pack>& into, int lane, const Field& from) {
  into.Q[lane] = from.Q;
  into.dQ[lane] = from.dQ;
  into.d2Q[lane] = from.d2Q;
  into.chi[lane] = from.chi;
  into.dchi[lane] = from.dchi;
  into.d2chi[lane] = from.d2chi;
  into.radial[lane] = from.radial;
  into.dradial[lane] = from.dradial;
  for (std::size_t i = 0; i < from.sizes.size(); ++i) into.sizes[i][lane] = from.sizes[i];
}

}  // namespace

std::string reason_of_infinite_chi(const Activation& phi) {
  if (phi.jump()) {
    return "the activation jumps at x = " + short_text(phi.jump()->approximately()) +
           ": the features jump, their squared distances shrink like |dx|, not |dx|^2, and E[phi'^2] is infinite";
  }
  for (const Piece& piece : phi.pieces()) {
    for (const auto& end : {piece.left, piece.right}) {
      if (end && (end->kind == EndKind::algebraic || end->kind == EndKind::logarithmic) && end->derivative_order <= Rational(-1, 2)) {
        return "phi' grows like |x - t|^(" + to_string(end->derivative_order) + ") at t = " + short_text(end->at.approximately()) + ": E[phi'^2] is infinite";
      }
    }
  }
  return "";
}

struct VarianceMap::State {
  Activation activation;
  std::string infinite_chi;
  ClosedForm form;
  std::optional<CompiledForm> closed;
  std::optional<Ball> below;  // where the closed form ends
  std::optional<TanhForm> tanh;
  mutable std::mutex mutex;
  mutable std::unique_ptr<const FormOnPacks> closed_on_packs;
  mutable bool tried_on_packs = false;
  mutable std::unique_ptr<const PanelRule> panels;
  mutable std::unique_ptr<const DoubleRule> doubles;
  DoubleRule::Purpose of_doubles;
  mutable std::optional<VarianceJet<double>> zero;

  State(const Activation& a, DoubleRule::Purpose purpose) : activation(a), infinite_chi(reason_of_infinite_chi(a)), of_doubles(purpose) {
    form = infwidth::closed_form(a);
    if (!form.Q || (!form.chi && infinite_chi.empty())) {
      if (const std::optional<Recognised> normal_form = recognise(a)) tanh = tanh_form(*normal_form);
      return;
    }
    closed.emplace(outputs());
    if (!form.below) return;
    const Program bound({form.whole(*form.below)}, "q");
    below = Evaluator<Ball>(bound).value(Ball(0));
  }

  std::vector<Expression> outputs() const {
    std::vector<Expression> out = {well_conditioned(form.whole(*form.Q))};
    if (infinite_chi.empty()) out.push_back(well_conditioned(form.whole(*form.chi)));
    return out;
  }

  /// Is q where the closed form is the expectation? If not, the panels find the integral divergent.
  bool has_closed_form(const Ball& q) const { return closed && (!below || certainly_positive(*below - q) == Truth::yes); }

  /// The closed form for doubles, if it is good for them.
  const FormOnPacks* on_packs() const {
    const std::lock_guard lock(mutex);
    if (closed && !tried_on_packs) {
      std::vector<Expression> out = outputs();
      if (out.size() == 2) {
        if (const std::optional<Expression> radial = closed_form_of_radial(activation)) out.push_back(well_conditioned(*radial));
      }
      auto packs = std::make_unique<const FormOnPacks>(out);
      if (!below && holds_in_double(packs->compiled, packs->evaluator)) closed_on_packs = std::move(packs);
    }
    tried_on_packs = true;
    return closed_on_packs.get();
  }

  const PanelRule& panel_rule() const {
    const std::lock_guard lock(mutex);
    if (!panels) {
      const Integrands wanted = infinite_chi.empty() ? Integrands::square_and_slope_square : Integrands::square;
      panels = std::make_unique<const PanelRule>(activation.pieces(), wanted, activation.parity());
    }
    return *panels;
  }
  const DoubleRule& double_rule() const {
    const std::lock_guard lock(mutex);
    if (!doubles) doubles = std::make_unique<const DoubleRule>(activation, of_doubles);
    return *doubles;
  }
  const VarianceJet<double>& jet_at_zero() const {
    const std::lock_guard lock(mutex);
    if (!zero) {
      const Precision p(192);
      zero = converted<double>(variance_jet_at_zero(activation), [](const Ball& x) { return x.to_double(); });
    }
    return *zero;
  }

  /// All values over the ball q, by the best route there is.
  VarianceJet<Ball> over(const Ball& q, const Budget& budget) const {
    if (has_closed_form(q)) {
      VarianceJet<Ball> jet = q.is_exact() ? closed_at_point(closed->program, q) : evaluate_closed(Evaluator<Jet<Ball, 2>>(closed->program), q);
      if (jet.d2Q.is_finite() && jet.d2chi.is_finite()) return jet;
      // (a point where a formula has a removable singularity)
    }
    if (is_small(q)) return by_parts(q, budget);
    return tanh ? by_tanh(q, budget) : by_panels(q, budget);
  }

  /// By the residue trapezoid where it is the faster one, else by panels.
  VarianceJet<Ball> by_tanh(const Ball& q, const Budget& budget) const {
    const auto value = [](const Expression& e) {
      const Program program({e}, "q");
      return Evaluator<Ball>(program).value(Ball(0));
    };
    const Ball a = value(tanh->a), b = value(tanh->b), c = value(tanh->c);
    const Ball a2 = a * a, b2 = b * b, v = b2 * q, two_v = Ball(2) * v;
    if (v.to_double() > most_for_residues) return by_panels(q, budget);
    const TanhExpectations e = tanh_expectations(tanh->integrand, v, budget);
    const bool silu = tanh->integrand == TanhIntegrand::silu;
    VarianceJet<Ball> jet;
    jet.Q = c * c + a2 * ((silu ? v : Ball(0)) + e.square[0]);
    jet.dQ = a2 * b2 * ((silu ? Ball(1) : Ball(0)) + e.square[1] / two_v);
    jet.d2Q = a2 * b2 * b2 * e.square[2] / (two_v * two_v);
    const Ball scale = a2 * b2;
    jet.chi = scale * ((silu ? Ball(1) : Ball(0)) + e.slope_square[0]);
    jet.dchi = scale * b2 * e.slope_square[1] / two_v;
    jet.d2chi = scale * b2 * b2 * e.slope_square[2] / (two_v * two_v);
    jet.method = "residue trapezoid";
    jet.evaluations = e.nodes + e.poles;
    return jet;
  }

  bool is_small(const Ball& q) const { return certainly_positive(largest_by_parts() - q) == Truth::yes && panel_rule().has_derivatives(); }

  VarianceJet<Ball> by_parts(const Ball& q, const Budget& budget) const {
    const auto result = panel_rule().derivatives(q, Precision::bits(), budget);
    VarianceJet<Ball> jet;
    const auto set = [](const std::array<Ball, 3>& m, Ball& f, Ball& df, Ball& d2f) {
      f = m[0];
      df = m[1];
      d2f = m[2];
    };
    set(result.integrals[0].moment, jet.Q, jet.dQ, jet.d2Q);
    if (result.integrals.size() > 1) set(result.integrals[1].moment, jet.chi, jet.dchi, jet.d2chi);
    jet.method = "Gauss-Legendre panels, by parts";
    jet.evaluations = result.evaluations;
    return jet;
  }

  VarianceJet<Ball> by_panels(const Ball& q, const Budget& budget) const {
    const auto result = panel_rule().integrate(q, Precision::bits() + bits_for_small_variance(q), 2, budget);
    const Precision working(Precision::bits() + bits_for_small_variance(q) + 20);
    const Ball two_q = Ball(2) * q;
    const auto derivatives = [&](const std::array<Ball, 3>& m, Ball& f, Ball& df, Ball& d2f) {
      f = m[0];
      df = (m[1] - m[0]) / two_q;
      d2f = (m[2] - Ball(6) * m[1] + Ball(3) * m[0]) / (two_q * two_q);
    };
    VarianceJet<Ball> jet;
    derivatives(result.integrals[0].moment, jet.Q, jet.dQ, jet.d2Q);
    if (result.integrals.size() > 1) derivatives(result.integrals[1].moment, jet.chi, jet.dchi, jet.d2chi);
    jet.method = "Gauss-Legendre panels";
    jet.evaluations = result.evaluations;
    return jet;
  }
};

VarianceMap::VarianceMap(const Activation& activation, OfDoubles of_doubles)
    : state_(std::make_unique<const State>(activation, of_doubles == OfDoubles::all ? DoubleRule::Purpose::variance_maps : DoubleRule::Purpose::values)) {}
VarianceMap::~VarianceMap() = default;
VarianceMap::VarianceMap(VarianceMap&&) noexcept = default;
VarianceMap& VarianceMap::operator=(VarianceMap&&) noexcept = default;

const Activation& VarianceMap::activation() const { return state_->activation; }
const ClosedForm& VarianceMap::closed_form() const { return state_->form; }
const std::string& VarianceMap::why_chi_is_infinite() const { return state_->infinite_chi; }

VarianceJet<Ball> VarianceMap::at(const Ball& q, const Budget& budget) const {
  VarianceJet<Ball> jet;
  if (q.is_exact_zero()) {
    jet = variance_jet_at_zero(state_->activation);
  } else {
    if (!q.is_finite()) throw Undecided("the variance of a layer has no finite bound at this precision");
    if (certainly_positive(q) != Truth::yes) throw Undecided("the variance of a layer cannot be told from 0 at this precision");
    jet = state_->over(q, budget);
    if (has_grown(q)) jet = tighter(jet, state_->over(q.mid(), budget), q.radius());
    add_radial_by_sum(jet, q);  // balls lose nothing that precision does not bring back
  }
  if (!state_->infinite_chi.empty()) {
    jet.chi_order = -1;
    jet.reason = state_->infinite_chi;
  }
  jet.proven = true;
  return jet;
}

VarianceJet<Pack> VarianceMap::at(const Pack& q, const Budget& budget) const {
  VarianceJet<Pack> jet;
  bool any_zero = false;
  for (int i = 0; i < Pack::size; ++i) any_zero = any_zero || q[i] == 0;
  if (const FormOnPacks* const closed = state_->on_packs()) {
    Pack positive = q;
    for (int i = 0; i < Pack::size; ++i) positive[i] = q[i] == 0 ? 1 : q[i];
    jet = evaluate_closed(closed->evaluator, positive);
  } else {
    jet.method = "Gauss-Legendre panels, double";
    for (int i = 0; i < Pack::size; ++i) {
      budget.check();
      if (q[i] == 0) continue;
      if (!(q[i] > 0) || !std::isfinite(q[i])) {  // an overflow in an earlier layer goes on as one
        const double nan = std::nan("");
        set_lane(jet, i, VarianceJet<double>{nan, nan, nan, nan, nan, nan, nan, nan});
        continue;
      }
      set_lane(jet, i, state_->double_rule().at(q[i]));
    }
    if (state_->of_doubles == DoubleRule::Purpose::values) {
      jet.Q_order = 1;
      jet.chi_order = 0;
      jet.reason = "derivatives were not asked for";
    }
  }
  if (any_zero) {
    const VarianceJet<double>& zero = state_->jet_at_zero();
    for (int i = 0; i < Pack::size; ++i) {
      if (q[i] == 0) set_lane(jet, i, zero);
    }
    if (zero.Q_order <= jet.Q_order || zero.chi_order <= jet.chi_order) jet.reason = zero.reason;
    jet.Q_order = std::min(jet.Q_order, zero.Q_order);
    jet.chi_order = std::min(jet.chi_order, zero.chi_order);
  }
  if (!state_->infinite_chi.empty()) {
    jet.chi_order = -1;
    jet.reason = state_->infinite_chi;
  }
  return jet;
}

VarianceJet<Digits> VarianceMap::at(const Digits& q, const Budget& budget) const {
  VarianceJet<Digits> jet;
  if (q == 0) {
    const Precision p(Precision::bits_for(Digits::default_precision()) + 32);
    jet = converted<Digits>(variance_jet_at_zero(state_->activation), [](const Ball& x) { return to_digits(x); });
  } else if (state_->infinite_chi.empty()) {
    jet = boost_variance_jet(state_->activation, q, budget);
  } else {
    jet.Q = boost_expectation_of_square(state_->activation, q, budget);
    jet.method = "Boost exp_sinh";
  }
  if (!state_->infinite_chi.empty()) {
    jet.chi_order = -1;
    jet.reason = state_->infinite_chi;
  }
  return jet;
}

}  // namespace infwidth
