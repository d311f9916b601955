// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the roundings of a recursion add up, to first order. Derivation D-052.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "arc_sine.hpp"
#include "gram_layers.hpp"
#include "independent_loop.hpp"

namespace infwidth {

namespace {

constexpr double unit = 0x1p-53;
// Of Q and chi at an exact q, relative: by a formula, and by a table of nodes; and of what a formula first makes of q.
constexpr double formula_rounding = 6 * unit, table_rounding = 12 * unit, of_arguments = 2 * unit;

/// log f's slope in log q.
double elasticity(double q, double slope, double value) { return value > 0 ? std::abs(q * slope / value) : 0; }

}  // namespace

/// What errors want of the variance map at the points of a batch: Q and chi with one derivative, and P = E[phi'^2 z^2] = chi + 2 q chi'.
void GramLayers::differentiate_for_errors(const VarianceMap& map, const Pack& q, const VarianceJet<Pack>& jet,
                                          const std::vector<std::size_t>& batch, std::vector<VarianceJet<double>>& jets,
                                          const Budget& budget) {
  VarianceJet<Pack> with = jet;
  const bool tabulated = jet.method != "closed form", differentiable = jet.chi_order >= 0 && q[0] > 0;
  if (tabulated && differentiable) {
    // The tables of `OfDoubles::values` have no derivative of chi: a difference, good to 1e-5.
    constexpr double step = 0x1p-8;
    const VarianceJet<Pack> above = map.at(q * Pack(1 + step), budget), below = map.at(q * Pack(1 - step), budget);
    with.dchi = (above.chi - below.chi) / (Pack(2 * step) * q);
    with.radial = jet.chi + Pack(2) * q * with.dchi;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const int lane = static_cast<int>(i);
    VarianceJet<double>& own = jets[batch[i]];
    if (tabulated) own.method = "table";
    own.Q = jet.Q[lane];
    own.dQ = jet.Q_order >= 1 ? jet.dQ[lane] : 0;
    if (!differentiable) continue;
    own.chi = jet.chi[lane];
    own.dchi = with.chi_order >= 1 ? with.dchi[lane] : 0;
    own.radial = with.chi_order >= 1 ? std::max(0.0, with.radial[lane]) : own.chi;
  }
}

void GramLayers::prepare_errors(std::size_t l, const std::vector<VarianceJet<double>>& jets) {
  Hidden& h = hidden_[l - 1];
  PointErrors& e = h.errors;
  const std::size_t n = jets.size();
  for (std::vector<double>* v : {&e.Q, &e.Q_of_q, &e.own_Q, &e.chi, &e.chi_of_q, &e.root_chi, &e.sway, &e.bend, &e.radial,
                                 &e.inverse_root_q, &e.inverse_fourth_root_q})
    v->resize(n);
  if (l == 1) {
    for (std::size_t p = 0; p < n; ++p) e.q.push_back(input_.variance_error(p));
    for (std::size_t p = 0; p < n && follows_ntk_; ++p) e.theta.push_back(e.q[p] * h.theta[p]);
  }
  PointErrors next;
  for (std::size_t p = 0; p < n; ++p) {
    const VarianceJet<double>& jet = jets[p];
    const double q = h.points.q[p], of_Q = elasticity(q, jet.dQ, jet.Q), of_chi = elasticity(q, jet.dchi, jet.chi), Q = h.points.Q[p];
    e.Q_of_q[p] = of_Q * (e.q[p] + of_arguments);
    const double map_rounding = jet.method.empty() ? formula_rounding : table_rounding;
    e.own_Q[p] = map_rounding;
    e.Q[p] = e.Q_of_q[p] + map_rounding;
    e.root_chi[p] = std::sqrt(h.points.chi[p]);
    e.inverse_root_q[p] = q > 0 ? 1 / h.points.root_q[p] : 0;
    e.inverse_fourth_root_q[p] = std::sqrt(e.inverse_root_q[p]);
    e.chi_of_q[p] = of_chi * (e.q[p] + of_arguments);
    e.chi[p] = e.chi_of_q[p] + map_rounding;
    e.sway[p] = Q > 0 ? std::sqrt(std::max(0.0, q * jet.radial / Q)) : 0;
    e.bend[p] = std::max({1.0, of_Q, 1 + of_chi});
    e.radial[p] = jet.chi > 0 && jet.radial > 0 ? jet.radial / jet.chi : 1;
    const Map& m = h.next;
    const double kept = m.keep * q, moved = m.w * Q, sum = kept + m.b + moved;
    next.q.push_back(sum > 0 ? (kept * e.q[p] + moved * e.Q[p]) / sum + 2 * unit : 0);
    if (!follows_ntk_) continue;
    const double theta = h.theta[p], chi = h.points.chi[p];
    next.theta.push_back(m.per_value * Q * (e.Q[p] + 2 * unit) + m.w * chi * (e.theta[p] + std::abs(theta) * (e.chi[p] + 4 * unit)) +
                         m.keep * e.theta[p] + 2 * unit * (m.plain + m.keep * std::abs(theta)));
  }
  if (l < hidden_.size()) hidden_[l].errors = std::move(next);
}

void GramLayers::first_errors(const StripRow& r) const {
  input_.tau_errors(r.first, r.second, r.count, r.tau, r.tau_error);
  if (!follows_ntk_) return;
  const double *const root = hidden_[0].points.root_q.data() + r.second, *const q_error = hidden_[0].errors.q.data() + r.second;
  const double root_of_first = hidden_[0].points.root_q[r.first], q_error_of_first = hidden_[0].errors.q[r.first];
  for (std::size_t j = 0; j < r.count; ++j) {
    const double m = root_of_first * root[j], error = m * (r.tau_error[j] + (q_error_of_first + q_error[j]) / 2 + 3 * unit);
    r.theta_error[j] = standard_ ? (error + 2 * unit * first_b_) / first_w_ + 2 * unit * std::abs(r.theta[j]) : error;
  }
}

/// What t's error does: no more than that of t, relative to itself (D-052), nor than the slope says. `of_value` and `of_slope` are filled; a t
/// that is not known by half goes by itself.
template <bool Slope>
void GramLayers::moved_by_tau(const Hidden& h, const StripRow& r, double* of_value, double* of_slope) const {
  const PointErrors& e = h.errors;
  const LayerPoints& at = h.points;
  const double root_q = at.root_q[r.first], root_chi = Slope ? e.root_chi[r.first] : 0;
  const double *const __restrict root_qs = at.root_q.data() + r.second, *const __restrict root_chis =
                                                                            Slope ? e.root_chi.data() + r.second : nullptr;
  const double *const __restrict tau = r.tau, *const __restrict gaps = r.gap, *const __restrict slopes = r.slope;
  double* const __restrict off = r.tau_error;
  std::uint64_t unknown = 0;
  INFWIDTH_INDEPENDENT_LOOP
  for (std::size_t j = 0; j < r.count; ++j) {
    const double t = std::abs(tau[j]), mq = root_q * root_qs[j];
    off[j] = mq > 0 ? off[j] : 0;  // where one of both is constant, rho means nothing
    const double ratio = off[j] / greater(t, 1e-300);
    of_value[j] = ratio * greater(gaps[j], 0.0);
    if constexpr (Slope) {
      const double slope = std::abs(slopes[j]);
      of_value[j] = smaller(of_value[j], mq * off[j] * slope);
      of_slope[j] = ratio * greater(root_chi * root_chis[j] - slope, 0.0);
    }
    unknown |= off[j] > 0.5 * greater(t, 1e-300) ? 1U : 0U;
  }
  if (unknown == 0) return;
  for (std::size_t j = 0; j < r.count; ++j) {
    const double t = std::abs(tau[j]);
    if (!(off[j] > 0.5 * t)) continue;
    const std::size_t k = r.second + j;
    const double mq = root_q * root_qs[j], m = at.root_Q[r.first] * at.root_Q[k], chi = Slope ? root_chi * root_chis[j] : 0;
    of_value[j] = t > 0 ? off[j] / t * std::max(gaps[j], 0.0) : m * std::sqrt(2 * off[j]);
    if constexpr (!Slope) continue;
    of_value[j] = std::min(of_value[j], mq * off[j] * chi);
    // Like the root of t where phi has a kink; else by E[phi''^2], of a phi' that grows like a power or an exponential 16 (P/chi - 1) chi/q
    // at most, of one that saturates max(1, chi)^2.
    const double larger = std::max(chi, 1.0), by_kink = chi * std::sqrt(2 * off[j]), radial = std::max(e.radial[r.first], e.radial[k]);
    const bool grows = std::min(e.radial[r.first], e.radial[k]) > 1.5;
    const double by_curvature = h.linear ? 0 : off[j] * (grows ? 16 * (radial - 1) * chi : 16 * chi + 4 * mq * larger * larger);
    of_slope[j] = h.smooth ? std::min(by_kink, by_curvature) : by_kink;
  }
}

template <bool Slope>
void GramLayers::dual_errors(const Hidden& h, const StripRow& r) const {
  std::array<double, longest_row> of_value, of_slope;
  moved_by_tau<Slope>(h, r, of_value.data(), of_slope.data());
  const PointErrors& e = h.errors;
  const LayerPoints& at = h.points;
  const PairRounding rounding = h.dual->rounding();
  const bool by_norms = rounding.distance > 0 || rounding.root > 0;
  const double of_norms = by_norms ? 4 : 0, of_root = rounding.root > 0 ? 1 : 0;
  const std::size_t i = r.first;
  const auto others = [&](const std::vector<double>& v) { return v.data() + r.second; };
  const double *const __restrict root_q = others(at.root_q), *const __restrict inverse = others(e.inverse_root_q);
  const double *const __restrict inverse_fourth = others(e.inverse_fourth_root_q), *const __restrict root_Q = others(at.root_Q);
  const double *const __restrict q_errors = others(e.q), *const __restrict radials = others(e.radial);
  const double *const __restrict sways = others(e.sway), *const __restrict bends = others(e.bend);
  const double *const __restrict own_Q = others(e.own_Q), *const __restrict Q_of_q = others(e.Q_of_q);
  const double *const __restrict chi_of_q = others(e.chi_of_q), *const __restrict root_chi = others(e.root_chi);
  const double *const __restrict tau = r.tau, *const __restrict gaps = r.gap, *const __restrict slopes = r.slope;
  const double own_root_q = at.root_q[i], own_root_Q = at.root_Q[i], own_inverse = e.inverse_root_q[i],
               own_inverse_fourth = e.inverse_fourth_root_q[i], own_q_error = e.q[i], own_radial = e.radial[i];
  const double own_bend = e.bend[i], own_sway = e.sway[i], own_map = e.own_Q[i], own_Q_of_q = e.Q_of_q[i], own_root_chi = e.root_chi[i],
               own_chi_of_q = e.chi_of_q[i];
  INFWIDTH_INDEPENDENT_LOOP
  for (std::size_t j = 0; j < r.count; ++j) {
    const double t = std::abs(tau[j]), mq = own_root_q * root_q[j], m = own_root_Q * root_Q[j], d = std::abs(own_root_q - root_q[j]),
                 gap = greater(gaps[j], 0.0);
    // The variances' errors: of the gap between points of one norm, and of different norms, whose share of the gap is that of d^2 radial/2 beside mq t.
    const double apart2 = mq > 0 ? d * d * own_inverse * inverse[j] : 1e200;
    const double q_error = greater(own_q_error, q_errors[j]) + of_arguments, radial = greater(own_radial, radials[j]),
                 of_norm = radial / greater(apart2 * radial / 2 + t, 1e-300);
    const double tilted =
        q_error * (greater(own_bend, bends[j]) * gap + greater(own_sway, sways[j]) * std::sqrt(m * gap * (apart2 * of_norm)));
    const double own = (own_map + own_Q[j]) / 2, d_of_Q = own_root_Q - root_Q[j];
    const double summed = unit * (rounding.gap * gap + rounding.root * std::sqrt(m * gap) + rounding.distance * m * (2 * t + apart2) +
                                  of_norms * d_of_Q * d_of_Q) +
                          own * gap;
    const double subtracted = (unit * rounding.value + own) * m;
    const bool is_summed = (gap < near_gap * m) & (!by_norms | (d * d < mq));
    r.gap_error[j] = of_value[j] + tilted + (is_summed ? summed : subtracted);
    r.value_error[j] = of_value[j] + tilted + m * ((own_Q_of_q + Q_of_q[j]) / 2 + unit * rounding.value + of_root * own);
    if constexpr (Slope) {
      const double chi = own_root_chi * root_chi[j], below = greater(chi - std::abs(slopes[j]), 0.0);
      // A squared distance of the norms below sqrt(chi1 chi2) - F': twice its share of the relative error of that distance, sqrt(sqrt(q1 q2))/d.
      const double by_norm = q_error * below * d * of_norm * own_inverse_fourth * inverse_fourth[j];
      r.slope_error[j] = of_slope[j] + by_norm + chi * (own_chi_of_q + chi_of_q[j] + unit * rounding.slope);
    }
  }
}

void GramLayers::dual_errors(std::size_t l, const StripRow& r) const {
  if (wants_slope_) {
    dual_errors<true>(hidden_[l - 1], r);
  } else {
    dual_errors<false>(hidden_[l - 1], r);
  }
}

/// Theta's next error, from r.theta before the step.
double GramLayers::ntk_error(const Map& map, const StripRow& r, std::size_t j) const {
  const double theta = std::abs(r.theta[j]), value = map.per_value * std::abs(r.value[j]), slope = map.w * std::abs(r.slope[j]);
  return map.per_value * r.value_error[j] + (map.keep + slope) * r.theta_error[j] + map.w * theta * r.slope_error[j] +
         4 * unit * (map.plain + value + (map.keep + slope) * theta);
}

void GramLayers::theta_errors(std::size_t l, const StripRow& r) const {
  if (!follows_ntk_) return;
  for (std::size_t j = 0; j < r.count; ++j) r.theta_error[j] = ntk_error(hidden_[l - 1].next, r, j);
}

template <bool Keep, bool Bias>
void GramLayers::tau_errors(const Hidden& h, const Hidden& after, const StripRow& r) const {
  const Map& map = h.next;
  const std::size_t i = r.first;
  const auto others = [&](const std::vector<double>& v) { return v.data() + r.second; };
  const double *const __restrict root_q = others(h.points.root_q), *const __restrict root_Q = others(h.points.root_Q);
  const double *const __restrict Q_errors = others(h.errors.Q), *const __restrict q_errors = others(h.errors.q);
  const double *const __restrict root_p = others(after.points.root_q), *const __restrict inverse = others(after.errors.inverse_root_q);
  const double* const __restrict p_errors = others(after.errors.q);
  const double *const __restrict tau = r.tau, *const __restrict gap_errors = r.gap_error;
  double* const __restrict errors = r.tau_error;
  const double of_first = greater(h.errors.Q[i], h.errors.q[i]);
  [[maybe_unused]] const double own_root_q = h.points.root_q[i], own_root_Q = h.points.root_Q[i],
                                own_inverse = after.errors.inverse_root_q[i], own_root_p = after.points.root_q[i],
                                own_p_error = after.errors.q[i], w = map.w, b = map.b, keep = map.keep;
  INFWIDTH_INDEPENDENT_LOOP
  for (std::size_t j = 0; j < r.count; ++j) {
    const double over_p = own_inverse * inverse[j], t = std::abs(tau[j]);  // 0 where p is
    double error = w * gap_errors[j];
    if constexpr (Keep) error += keep * own_root_q * root_q[j] * errors[j];
    error = error * over_p + t * ((own_p_error + p_errors[j]) / 2 + 6 * unit);
    if constexpr (Keep || Bias) {
      double apart = t;
      if constexpr (!Keep) {
        const double d = own_root_Q - root_Q[j], p = own_root_p * root_p[j];
        apart = smaller(t, b * w * d * d * over_p / greater(p + w * own_root_Q * root_Q[j] + b, 1e-300));
      }
      const double components = greater(of_first, greater(Q_errors[j], q_errors[j])) + 2 * unit;
      error += components * std::sqrt(2 * apart);
    }
    errors[j] = over_p > 0 ? error : 0;
  }
}

void GramLayers::tau_errors(std::size_t l, const StripRow& r) const {
  const Hidden &h = hidden_[l - 1], &after = hidden_[l];
  if (h.next.keep != 0) {
    tau_errors<true, true>(h, after, r);
  } else if (h.next.b != 0) {
    tau_errors<false, true>(h, after, r);
  } else {
    tau_errors<false, false>(h, after, r);
  }
}

void GramLayers::read_out_errors(std::size_t l, const StripRow& r, double* out) const {
  const Map& m = hidden_[l - 1].readout;
  for (std::size_t j = 0; j < r.count; ++j) out[j] = m.w * r.value_error[j] + 2 * unit * (m.b + m.w * std::abs(r.value[j]));
}

void GramLayers::read_out_ntk_errors(std::size_t l, const StripRow& r, double* out) const {
  for (std::size_t j = 0; j < r.count; ++j) out[j] = ntk_error(hidden_[l - 1].readout, r, j);
}

}  // namespace infwidth
