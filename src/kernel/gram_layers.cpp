// SPDX-License-Identifier: GPL-3.0-or-later
#include "gram_layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "arc_sine.hpp"
#include "independent_loop.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

namespace {

constexpr const char* cure = "; rescale the points or the variances, or leave double precision";

bool same_function(const Activation& a, const Activation& b) {
  const auto same_end = [](const std::optional<PieceEnd>& p, const std::optional<PieceEnd>& q) {
    if (!p || !q) return !p && !q;
    return p->at.exact() && q->at.exact() && *p->at.exact() == *q->at.exact();
  };
  return a.name() == b.name() && std::equal(a.pieces().begin(), a.pieces().end(), b.pieces().begin(), b.pieces().end(),
                                            [&](const Piece& p, const Piece& q) { return same_end(p.left, q.left) && same_end(p.right, q.right) && p.value == q.value; });
}

}  // namespace

GramLayers::GramLayers(const Architecture& network, const InputPairs& input, const GramRequest& request, const Budget& budget) : input_(input) {
  standard_ = network.parameterization == Parameterization::standard;
  follows_ntk_ = request.ntk;
  follows_errors_ = request.errors != GramRequest::Errors::none;
  // A slope also says how a rounding of tau goes on: with errors it is taken along where it costs little.
  const bool has_slopes = std::all_of(network.activations.begin(), network.activations.end(),
                                      [](const Activation& phi) { return reason_of_infinite_chi(phi).empty() && make_closed_pair_dual(phi, {}) != nullptr; });
  wants_slope_ = request.ntk || request.derivative || (follows_errors_ && has_slopes);
  const std::size_t depth = network.activations.size(), n = input.points();
  if (standard_ && follows_ntk_ && network.widths.size() != depth) throw UsageError("gram: the standard parameterization's NTK needs a width for each of the " + std::to_string(depth) + " hidden layers");
  const double dimension_scale = network.input_scaling == InputScaling::fan_in ? 1 / static_cast<double>(input.dimension()) : 1;
  first_w_ = constant<double>(network.sigma_w2[0]) * dimension_scale;
  first_b_ = constant<double>(network.sigma_b2[0]);
  own_bias_ = network.ntk_of_biases();
  const Rational alpha2 = network.residual ? Rational(*network.residual * *network.residual) : Rational(1);

  std::vector<VarianceMap> maps;
  std::vector<std::size_t> map_of_layer;
  for (const Activation& phi : network.activations) {
    const auto known = std::find_if(maps.begin(), maps.end(), [&](const VarianceMap& m) { return same_function(m.activation(), phi); });
    map_of_layer.push_back(static_cast<std::size_t>(known - maps.begin()));
    if (known == maps.end()) maps.emplace_back(phi, VarianceMap::OfDoubles::values);
  }
  if (wants_slope_) {
    for (const VarianceMap& map : maps) {
      if (!map.why_chi_is_infinite().empty()) throw NoSuchQuantity("gram: " + map.activation().name() + ": " + map.why_chi_is_infinite());
    }
  }

  hidden_.resize(depth);
  for (std::size_t l = 1; l <= depth; ++l) {
    const bool last = l == depth;
    const Rational scale = last ? Rational(1) : alpha2;
    Map& map = hidden_[l - 1].next;
    map.keep = !last && network.residual ? 1 : 0;
    map.w = constant<double>(scale * network.sigma_w2[l]);
    map.b = constant<double>(scale * network.sigma_b2[l]);
    map.plain = standard_ ? own_bias_ * constant<double>(scale) : map.b;
    map.per_value = standard_ && follows_ntk_ ? constant<double>(scale) * static_cast<double>(network.widths[l - 1]) : map.w;
    Map& readout = hidden_[l - 1].readout;
    readout.w = constant<double>(network.sigma_w2[l]);
    readout.b = constant<double>(network.sigma_b2[l]);
    readout.plain = standard_ ? own_bias_ : readout.b;
    readout.per_value = standard_ && follows_ntk_ ? static_cast<double>(network.widths[l - 1]) : readout.w;
  }

  hidden_[0].points.q = input.variances();
  if (follows_ntk_) {
    hidden_[0].theta = hidden_[0].points.q;
    for (std::size_t p = 0; p < n && standard_; ++p) hidden_[0].theta[p] = input.norms2()[p] + own_bias_;
  }
  for (std::size_t l = 1; l <= depth; ++l) {
    prepare_points(l, maps[map_of_layer[l - 1]], budget);
    const std::vector<Piece>& pieces = network.activations[l - 1].pieces();
    hidden_[l - 1].smooth = pieces.size() == 1;
    hidden_[l - 1].linear = pieces.size() == 1 && !pieces[0].derivative.depends_on("x");
    // Layers of one activation and one variance each share nothing but the code: q differs.
    hidden_[l - 1].dual = make_pair_dual(network.activations[l - 1], hidden_[l - 1].points, wants_slope_, budget);
    if (request.gap && (request.all_layers || l == depth)) {
      hidden_[l - 1].root_output.resize(n);
      for (std::size_t p = 0; p < n; ++p) hidden_[l - 1].root_output[p] = std::sqrt(output_variance(l, p));
    }
  }
}

std::string GramLayers::name_of(std::size_t p) const {
  const std::size_t first = input_.first_set();
  return p < first ? "point " + std::to_string(p + 1) : "point " + std::to_string(p - first + 1) + " of the second set";
}

void GramLayers::prepare_points(std::size_t l, const VarianceMap& map, const Budget& budget) {
  Hidden& h = hidden_[l - 1];
  LayerPoints& at = h.points;
  const std::size_t n = at.q.size();
  at.Q.resize(n);
  at.chi.assign(n, 0);
  std::vector<VarianceJet<double>> jets(follows_errors_ ? n : 0);
  // The lanes of a pack share what exists, which at q = 0 may be less: zeros go by themselves.
  std::vector<std::size_t> batch;
  const auto evaluate = [&] {
    if (batch.empty()) return;
    Pack q(at.q[batch[0]]);
    for (std::size_t i = 0; i < batch.size(); ++i) q[static_cast<int>(i)] = at.q[batch[i]];
    const VarianceJet<Pack> jet = map.at(q, budget);
    if (jet.Q_order < 0) throw NoSuchQuantity("gram: layer " + std::to_string(l) + ": " + jet.reason);
    if (wants_slope_ && jet.chi_order < 0) throw NoSuchQuantity("gram: layer " + std::to_string(l) + ", " + name_of(batch[0]) + ": " + jet.reason);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const int lane = static_cast<int>(i);
      at.Q[batch[i]] = jet.Q[lane];
      if (wants_slope_) at.chi[batch[i]] = jet.chi[lane];
    }
    if (follows_errors_) differentiate_for_errors(map, q, jet, batch, jets, budget);
    batch.clear();
    budget.check();
  };
  for (const bool zeros : {false, true}) {
    for (std::size_t p = 0; p < n; ++p) {
      if ((at.q[p] == 0) != zeros) continue;
      batch.push_back(p);
      if (batch.size() == Pack::size) evaluate();
    }
    evaluate();
  }
  const auto roots = [](const std::vector<double>& v) {
    std::vector<double> r(v.size());
    for (std::size_t i = 0; i < v.size(); ++i) r[i] = std::sqrt(v[i]);
    return r;
  };
  const bool last = l == hidden_.size();
  std::vector<double> next_q(n), next_theta(follows_ntk_ ? n : 0);
  for (std::size_t p = 0; p < n; ++p) {
    const Map& m = h.next;
    next_q[p] = m.keep * at.q[p] + m.b + m.w * at.Q[p];
    if (follows_ntk_) next_theta[p] = m.keep * h.theta[p] + m.plain + m.per_value * at.Q[p] + m.w * at.chi[p] * h.theta[p];
    const bool sound = std::isfinite(at.Q[p]) && std::isfinite(at.chi[p]) && std::isfinite(next_q[p]) && (next_q[p] == 0 || std::isnormal(next_q[p])) &&
                       (at.Q[p] > 0 || at.q[p] == 0) && (!follows_ntk_ || std::isfinite(next_theta[p]));
    if (!sound) throw NotReached("gram: layer " + std::to_string(l) + ", " + name_of(p) + " (variance " + short_text(at.q[p]) + "): a value over- or underflows double precision" + cure);
  }
  at.root_q = roots(at.q);
  at.root_Q = roots(at.Q);
  if (follows_errors_) prepare_errors(l, jets);
  if (last) return;
  hidden_[l].points.q = std::move(next_q);
  hidden_[l].theta = std::move(next_theta);
}

double GramLayers::output_ntk(std::size_t l, std::size_t p) const {
  const Hidden& h = hidden_[l - 1];
  const Map& m = h.readout;
  return m.plain + m.per_value * h.points.Q[p] + m.w * h.points.chi[p] * h.theta[p];
}

void GramLayers::first_ntk(const StripRow& r) const {
  const double* const root = hidden_[0].points.root_q.data() + r.second;
  const double root_of_first = hidden_[0].points.root_q[r.first];
  for (std::size_t j = 0; j < r.count; ++j) {
    const double sigma = root_of_first * root[j] * correlation(r.tau[j]);
    r.theta[j] = standard_ ? (sigma - first_b_) / first_w_ + own_bias_ : sigma;
  }
}

void GramLayers::apply_dual(std::size_t l, const StripRow& r) const {
  hidden_[l - 1].dual->row({r.first, r.second, r.count, r.tau, r.value, r.gap, wants_slope_ ? r.slope : nullptr});
}

template <bool Keep, bool Bias>
void GramLayers::step_tau(const Map& map, const LayerPoints& from, const double* root_next, double root_next_of_first, const StripRow& r, double* out) const {
  const double w = map.w, b = map.b, rq1 = from.root_q[r.first], rQ1 = from.root_Q[r.first], rp1 = root_next_of_first;
  const double *const __restrict rq2 = from.root_q.data() + r.second, *const __restrict rQ2 = from.root_Q.data() + r.second, *const __restrict rp2 = root_next + r.second;
  const double *const __restrict value = r.value, *const __restrict gap = r.gap;
  double* const __restrict to = out;  // may be r.tau, which is read only where it is kept: from a copy
  std::array<double, longest_row> tau;
  if constexpr (Keep) std::copy_n(r.tau, r.count, tau.begin());
  INFWIDTH_INDEPENDENT_LOOP
  for (std::size_t j = 0; j < r.count; ++j) {
    const double m = rQ1 * rQ2[j], p = rp1 * rp2[j], g = greater(gap[j], 0.0);
    double sum = b + w * value[j];
    double whole = w * m, below = 0;
    if constexpr (Keep) {
      const double mq = rq1 * rq2[j], a = std::abs(tau[j]), turned = std::copysign(1.0, tau[j]) < 0 ? 2 - a : a;
      sum += mq - mq * turned;
      below = mq * (sum >= 0 ? turned : std::copysign(1.0, tau[j]) < 0 ? a : 2 - a);
      whole += mq;
    }
    // p - |sum|, up to `apart`, without a difference.
    double part = g;
    if constexpr (Keep || Bias) part = std::copysign(1.0, value[j]) * sum >= 0 ? g : 2 * m - g;
    double apart = 0;
    if constexpr (Keep || Bias) {
      const double d = rQ1 - rQ2[j];
      apart = b * w * d * d;
      if constexpr (Keep) {
        const double e = rq1 - rq2[j], f = rq1 * rQ2[j] - rq2[j] * rQ1;
        apart += b * e * e + w * f * f;
      }
      apart /= greater(p + whole + b, 1e-300);
    }
    const double numerator = apart + w * part + below + (sum >= 0 ? 0 : 2 * b);
    to[j] = p > 0 ? std::copysign(numerator / greater(p, 1e-300), sum) : 1;
  }
}

void GramLayers::step_tau(const Map& map, const LayerPoints& from, const double* root_next, double root_next_of_first, const StripRow& r, double* out) const {
  if (map.keep != 0) {
    step_tau<true, true>(map, from, root_next, root_next_of_first, r, out);
  } else if (map.b != 0) {
    step_tau<false, true>(map, from, root_next, root_next_of_first, r, out);
  } else {
    step_tau<false, false>(map, from, root_next, root_next_of_first, r, out);
  }
}

void GramLayers::step(std::size_t l, const StripRow& r) const {
  const Hidden& h = hidden_[l - 1];
  if (follows_ntk_) {
    const double keep = h.next.keep, plain = h.next.plain, per_value = h.next.per_value, w = h.next.w;
    double* const __restrict theta = r.theta;
    const double *const __restrict value = r.value, *const __restrict slope = r.slope;
    for (std::size_t j = 0; j < r.count; ++j) theta[j] = plain + per_value * value[j] + (keep + w * slope[j]) * theta[j];
  }
  const LayerPoints& next = hidden_[l].points;
  step_tau(h.next, h.points, next.root_q.data(), next.root_q[r.first], r, r.tau);
}

void GramLayers::read_out(std::size_t l, const StripRow& r, double* out) const {
  const Map& m = hidden_[l - 1].readout;
  for (std::size_t j = 0; j < r.count; ++j) out[j] = m.b + m.w * r.value[j];
}

void GramLayers::read_out_ntk(std::size_t l, const StripRow& r, double* out) const {
  const Map& m = hidden_[l - 1].readout;
  for (std::size_t j = 0; j < r.count; ++j) out[j] = m.plain + m.per_value * r.value[j] + m.w * r.slope[j] * r.theta[j];
}

void GramLayers::read_out_gap(std::size_t l, const StripRow& r, double* out) const {
  const Hidden& h = hidden_[l - 1];
  step_tau(h.readout, h.points, h.root_output.data(), h.root_output[r.first], r, out);
  for (std::size_t j = 0; j < r.count; ++j) out[j] = std::signbit(out[j]) ? 2 - std::abs(out[j]) : out[j];
}

void GramLayers::refuse_pair(std::size_t i, std::size_t j) const {
  throw NotReached("gram: " + name_of(i) + " with " + name_of(j) + ": the kernel leaves the range of a double" + cure);
}

}  // namespace infwidth
