// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/theory.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "infwidth/activation/same_function.hpp"
#include "infwidth/finite/certain_zero.hpp"
#include "infwidth/finite/wishart.hpp"
#include "infwidth/gaussian/at_zero.hpp"
#include "infwidth/geometry/cancellation.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/refine.hpp"

namespace infwidth {

namespace {

template <class Real>
Value<Real> absent(const std::string& reason) {
  Value<Real> v;
  v.reason = reason;
  return v;
}
template <class Real>
Value<Real> present(const Real& value, const Real& scale = Real(0)) {
  Value<Real> v;
  v.value = value;
  v.scale = scale;
  return v;
}
template <class Real>
Moment<Real> moment(Value<Real> value, Standing standing) {
  return {std::move(value), standing};
}
template <class Real>
FiniteLaw<Real> zero_law() {
  return {present(Real(0)), moment(present(Real(0)), Standing::exact), moment(present(Real(0)), Standing::exact)};
}

bool is_flat(const Piece& piece) { return piece.derivative.is_number(0); }
bool has_flat_piece(const Activation& phi) { return std::any_of(phi.pieces().begin(), phi.pieces().end(), is_flat); }

template <class Real>
Real position(const RealPoint& t);
template <>
Ball position(const RealPoint& t) {
  return t.ball();
}
template <>
Digits position(const RealPoint& t) {
  const Precision working(Precision::bits_for(Digits::default_precision()) + 32);
  return to_digits(t.ball());
}

/// P(phi'(z) != 0), z ~ N(0, q); none where that jumps at z = q = 0.
template <class Real>
std::optional<Real> active_share(const Activation& phi, const Real& q) {
  Real share(0);
  for (const Piece& piece : phi.pieces()) {
    if (is_flat(piece)) continue;
    if (is_exact_zero(q)) {
      if ((!piece.left || side_of_zero(piece.left->at) < 0) && (!piece.right || side_of_zero(piece.right->at) > 0)) return Real(1);
      continue;
    }
    const Real root = sqrt(q);
    share += (piece.right ? Phi(Real(position<Real>(piece.right->at) / root)) : Real(1)) - (piece.left ? Phi(Real(position<Real>(piece.left->at) / root)) : Real(0));
  }
  if (is_exact_zero(q)) return std::nullopt;
  return share;
}

}  // namespace

std::string to_string(Standing standing) {
  switch (standing) {
    case Standing::exact: return "exact";
    case Standing::leading: return "leading 1/n";
    case Standing::limit: return "limit";
  }
  return {};
}

template <class Real>
FiniteLaw<Real> FiniteTheory<Real>::entry(std::size_t i, std::size_t j) const {
  const std::vector<Rational>& c = x.coordinates;
  if (i >= c.size() || j >= c.size()) throw UsageError("entry: g_ij is asked for where the coordinates of x are not given; give them, or take the radial and tangential laws");
  FiniteLaw<Real> law;
  if (x.dim == 1) return radial;
  const Rational& s = x.norm2;
  const Rational share = s == 0 || isotropic ? Rational(0) : Rational(c[i] * c[j] / s);  // of radial - tangential
  const auto combined = [&](const Value<Real>& r, const Value<Real>& t) {
    if (i == j) return present(Real(constant<Real>(share) * r.value + constant<Real>(Rational(1 - share)) * t.value), t.scale);
    if (share == 0) return present(Real(0));
    return present(Real(constant<Real>(share) * (r.value - t.value)), Real(abs(r.value) + abs(t.value)));
  };
  law.limit = combined(radial.limit, tangential.limit);
  law.mean = moment(combined(radial.mean.value, tangential.mean.value), mean_standing);
  law.variance = covariance(i, j, i, j);
  return law;
}

template <class Real>
Moment<Real> FiniteTheory<Real>::covariance(std::size_t i, std::size_t j, std::size_t k, std::size_t l) const {
  const std::vector<Rational>& c = x.coordinates;
  if (std::max({i, j, k, l}) >= c.size()) throw UsageError("covariance: an entry of g is asked for where the coordinates of x are not given; give them, or take `jets`");
  if (!no_covariance.empty()) return moment(absent<Real>(no_covariance), covariance_standing);
  const auto along = [&](std::size_t a, std::size_t b) { return x.norm2 == 0 ? Rational(0) : Rational(c[a] * c[b] / x.norm2); };
  const auto across = [&](std::size_t a, std::size_t b) { return Rational((a == b ? 1 : 0) - along(a, b)); };
  const auto times = [&](const Rational& factor, const Real& value) { return Real(constant<Real>(factor) * value); };
  const Real &rrrr = jets.cov(1, 1, 1, 1), &rrtt = jets.cov(1, 1, 2, 2), &rtrt = jets.cov(1, 2, 1, 2), &ttuu = jets.cov(2, 2, 3, 3), &tutu = jets.cov(2, 3, 2, 3);
  const Real sum = times(along(i, j) * along(k, l), rrrr) + times(along(i, j) * across(k, l) + across(i, j) * along(k, l), rrtt) +
                   times(along(i, k) * across(j, l) + along(i, l) * across(j, k) + along(j, k) * across(i, l) + along(j, l) * across(i, k), rtrt) +
                   times(across(i, j) * across(k, l), ttuu) + times(across(i, k) * across(j, l) + across(i, l) * across(j, k), tutu);
  return moment(present(sum, Real(abs(rrrr) + abs(rtrt) + abs(ttuu) + abs(tutu))), covariance_standing);
}

struct FiniteWidth::State {
  Architecture network;
  std::vector<std::uint64_t> widths;
  NetworkMetric infinite_width;
  std::vector<LayerAverages> averages;
  std::vector<std::size_t> average_of_layer;
  std::string no_averages;  // why those of some activation do not exist at any q
  std::vector<std::optional<Slopes>> slopes;  // of each layer

  State(const Architecture& a, std::vector<std::uint64_t> w) : network(a), widths(std::move(w)), infinite_width(a) {
    std::vector<const Activation*> known;
    for (const Activation& phi : network.activations) {
      slopes.push_back(slopes_of(phi));
      const auto same = std::find_if(known.begin(), known.end(), [&](const Activation* k) { return same_function(*k, phi); });
      average_of_layer.push_back(static_cast<std::size_t>(same - known.begin()));
      if (same != known.end()) continue;
      known.push_back(&phi);
      try {
        if (no_averages.empty()) averages.emplace_back(phi);
      } catch (const NoSuchQuantity& error) {
        no_averages = error.what();
      }
    }
  }

  std::size_t depth() const { return network.activations.size(); }
  /// Are all layers from `first` (0-based) on homogeneous?
  bool homogeneous_from(std::size_t first) const {
    return std::all_of(slopes.begin() + static_cast<std::ptrdiff_t>(first), slopes.end(), [](const auto& s) { return s.has_value(); });
  }
  bool all_wishart() const {
    return std::all_of(slopes.begin(), slopes.end(), [](const auto& s) { return s && s->kind != Slopes::Kind::mixed; });
  }
  /// The weights' variance out of hidden layer l + 1 (0-based l), and of the biases there; the last layer's features have 1 and 0.
  template <class Real>
  Real weights_after(std::size_t l) const {
    return l + 1 == depth() ? Real(1) : constant<Real>(network.sigma_w2[l + 1]);
  }
  template <class Real>
  Real biases_after(std::size_t l) const {
    return l + 1 == depth() ? Real(0) : constant<Real>(network.sigma_b2[l + 1]);
  }
  template <class Real>
  JetLaw<Real> first(const InputPoint& x) const {
    const Rational w = network.input_scaling == InputScaling::fan_in ? Rational(network.sigma_w2[0] / x.dim) : network.sigma_w2[0];
    return first_jets(constant<Real>(x.norm2), constant<Real>(w), constant<Real>(network.sigma_b2[0]));
  }

  /// The features of the last layer to first order in 1/n.
  ///   Errors   NoSuchQuantity where there is no such expansion
  template <class Real>
  JetLaw<Real> leading(const InputPoint& x, const Budget& budget) const {
    if (!no_averages.empty()) throw NoSuchQuantity(no_averages);
    JetLaw<Real> jets = first<Real>(x);
    for (std::size_t l = 0; l < depth(); ++l) {
      budget.check();
      // Homogeneous layers to the end know nothing of q and p.
      const auto wanted = l + 1 == depth() || homogeneous_from(l + 1) ? LayerAverages::Wanted::metric : LayerAverages::Wanted::all;
      jets = next_jets(jets, averages[average_of_layer[l]].at(jets.q, wanted, budget), weights_after<Real>(l), biases_after<Real>(l), inverse<Real>(l));
    }
    return jets;
  }
  /// The same exactly, where the layers after the first are homogeneous.
  template <class Real>
  JetLaw<Real> exact(const InputPoint& x, const Budget& budget) const {
    JetLaw<Real> jets = first<Real>(x);
    for (std::size_t l = 0; l < depth(); ++l) {
      if (slopes[l]) {
        jets = next_metric_exactly(jets, *slopes[l], weights_after<Real>(l), inverse<Real>(l));
        continue;
      }
      if (!no_averages.empty()) throw NoSuchQuantity(no_averages);
      const LayerMoments<Real> phi = averages[average_of_layer[l]].at(jets.q, LayerAverages::Wanted::metric, budget);
      jets = next_jets(jets, phi, weights_after<Real>(l), biases_after<Real>(l), inverse<Real>(l));
    }
    return jets;
  }
  template <class Real>
  Real inverse(std::size_t l) const {
    return constant<Real>(Rational(1) / Rational(widths[l]));
  }

  /// P(det g = 0), no width below the dimension, g not 0 itself.
  template <class Real>
  Moment<Real> singular(const InputPoint& x) const {
    Real probability(0);
    const auto or_else = [&](const Real& p) { probability = probability + p - probability * p; };
    for (std::size_t l = 0; l < depth(); ++l) {
      if (!has_flat_piece(network.activations[l])) continue;
      if (slopes[l]) {
        or_else(probability_below(x.dim, widths[l], constant<Real>(1, 2)));
      } else if (l == 0) {
        const std::optional<Real> active = active_share(network.activations[0], first<Real>(x).q);
        if (!active) return moment(absent<Real>("phi' jumps at the preactivations' only value, 0"), Standing::exact);
        or_else(probability_below(x.dim, widths[0], *active));
      } else {
        return moment(absent<Real>("phi' is 0 on an interval in hidden layer " + std::to_string(l + 1) + ", whose preactivations have a random variance: no law is known"), Standing::exact);
      }
    }
    return moment(present(probability), Standing::exact);
  }

  /// All laws at the working precision. `known_absence`: why covariances do not exist, where that is known already.
  template <class Real>
  FiniteTheory<Real> pass(const InputPoint& x, const RadialMetric<Real>& infinite, const Budget& budget, const std::string& known_absence = {}) const {
    FiniteTheory<Real> t;
    t.x = x;
    t.widths = widths;
    if (infinite.log_volume.reason == "the metric is singular here") {
      t.radial = t.tangential = t.determinant = t.volume = zero_law<Real>();
      if (x.dim == 1) t.tangential = nothing<Real>(infinite.tangential.reason);
      t.log_volume = nothing<Real>(infinite.log_volume.reason);
      t.isotropic = true;
      t.singular = moment(present(Real(1)), Standing::exact);
      return t;
    }
    const bool exact_moments = homogeneous_from(1);
    std::optional<JetLaw<Real>> first_order;
    try {
      if (!known_absence.empty()) throw NoSuchQuantity(known_absence);
      t.jets = exact_moments ? exact<Real>(x, budget) : leading<Real>(x, budget);
      if (!all_wishart()) first_order = exact_moments && depth() > 1 ? leading<Real>(x, budget) : t.jets;
    } catch (const NoSuchQuantity& error) {
      t.no_covariance = error.what();
    }
    t.isotropic = infinite.B.exists() && is_exact_zero(infinite.B.value) && homogeneous_from(0);
    t.covariance_standing = exact_moments ? Standing::exact : Standing::leading;
    t.mean_standing = exact_moments ? Standing::exact : t.no_covariance.empty() ? Standing::leading : Standing::limit;

    const auto of_direction = [&](const Value<Real>& limit, std::size_t axis) {
      if (!limit.exists()) return nothing<Real>(limit.reason);
      FiniteLaw<Real> law;
      law.limit = limit;
      law.mean = moment(limit, t.mean_standing);
      if (t.mean_standing == Standing::leading) law.mean.value = present(Real(limit.value + t.jets.shift[JetLaw<Real>::entry(axis, axis)]), limit.value);
      law.variance = moment(t.no_covariance.empty() ? present(t.jets.cov(axis, axis, axis, axis), Real(limit.value * limit.value)) : absent<Real>(t.no_covariance), t.covariance_standing);
      return law;
    };
    t.radial = of_direction(infinite.radial, 1);
    t.tangential = of_direction(infinite.tangential, 2);
    add_volume(t, infinite, first_order, budget);
    return t;
  }

 private:
  template <class Real>
  static FiniteLaw<Real> nothing(const std::string& reason) {
    return {absent<Real>(reason), moment(absent<Real>(reason), Standing::exact), moment(absent<Real>(reason), Standing::exact)};
  }

  template <class Real>
  void add_volume(FiniteTheory<Real>& t, const RadialMetric<Real>& infinite, const std::optional<JetLaw<Real>>& first_order, const Budget& budget) const {
    const int d = t.x.dim;
    const Value<Real>& volume = infinite.volume;
    t.log_volume.limit = infinite.log_volume;
    t.volume.limit = t.determinant.limit = volume;
    if (volume.exists()) t.determinant.limit.value = volume.value * volume.value;

    const auto narrow = std::find_if(widths.begin(), widths.end(), [&](std::uint64_t n) { return n < static_cast<std::uint64_t>(d); });
    if (narrow != widths.end()) {
      t.determinant.mean = t.determinant.variance = t.volume.mean = t.volume.variance = moment(present(Real(0)), Standing::exact);
      const std::string reason = "hidden layer " + std::to_string(narrow - widths.begin() + 1) + " has " + std::to_string(*narrow) + " units, fewer than the " + std::to_string(d) +
                                 " dimensions of the input: the metric is singular";
      t.log_volume.mean = t.log_volume.variance = moment(absent<Real>(reason), Standing::exact);
      t.singular = moment(present(Real(1)), Standing::exact);
      return;
    }
    t.singular = singular<Real>(t.x);

    // Everything relative to infinite width, to be multiplied with it.
    struct Relative {
      Value<Real> mean, variance;
      Standing mean_standing = Standing::leading, variance_standing = Standing::leading;
    };
    Relative determinant, root, logarithm;  // the logarithm's mean: what is added
    if (first_order) {
      const DeterminantLaw<Real> law = determinant_law(*first_order, d);
      const Real &a = law.log_shift, &v = law.log_variance;
      determinant = {present(Real(Real(1) + a + v / Real(2)), Real(1)), present(v)};
      root = {present(Real(Real(1) + a / Real(2) + v / Real(8)), Real(1)), present(Real(v / Real(4)))};
      logarithm = {present(Real(a / Real(2)), Real(1)), present(Real(v / Real(4)))};
    } else if (!all_wishart()) {
      determinant = root = {present(Real(1)), absent<Real>(t.no_covariance), Standing::limit, Standing::leading};
      logarithm = {present(Real(0)), absent<Real>(t.no_covariance), Standing::limit, Standing::leading};
    }
    if (homogeneous_from(1)) {
      Real mean(1);
      for (const std::uint64_t n : widths) mean *= falling_share<Real>(n, d);
      determinant.mean = present(mean);
      determinant.mean_standing = Standing::exact;
    }
    if (homogeneous_from(0)) {
      Real mean(1), square(1), mean_root(1), log_mean(0), log_variance(0);
      for (std::size_t l = 0; l < depth(); ++l) {
        const DeterminantFactor<Real> factor = determinant_factor<Real>(*slopes[l], widths[l], d, budget);
        mean *= factor.mean;
        square *= factor.mean_square;
        mean_root *= factor.mean_root;
        log_mean += factor.log_mean;
        log_variance += factor.log_variance;
      }
      determinant.variance = present(Real(square - mean * mean), mean);
      determinant.variance_standing = Standing::exact;
      if (all_wishart()) {
        root = {present(mean_root), present(Real(mean - mean_root * mean_root), mean), Standing::exact, Standing::exact};
        logarithm = {present(Real(log_mean / Real(2)), Real(1)), present(Real(log_variance / Real(4))), Standing::exact, Standing::exact};
      }
    }

    const auto times = [&](const Value<Real>& share, const Real& unit) { return share.exists() ? present(Real(share.value * unit), Real(share.scale * unit)) : share; };
    const auto of = [&](FiniteLaw<Real>& law, const Relative& relative) {
      if (!law.limit.exists()) {
        law.mean = law.variance = moment(law.limit, Standing::exact);
        return;
      }
      law.mean = moment(times(relative.mean, law.limit.value), relative.mean_standing);
      law.variance = moment(times(relative.variance, Real(law.limit.value * law.limit.value)), relative.variance_standing);
    };
    of(t.determinant, determinant);
    of(t.volume, root);
    t.log_volume.mean = moment(present(Real(infinite.log_volume.value + logarithm.mean.value), Real(1)), logarithm.mean_standing);
    t.log_volume.variance = moment(logarithm.variance, logarithm.variance_standing);
  }
};

namespace {

template <class Real>
std::vector<Value<Real>*> values_of(FiniteTheory<Real>& t) {
  std::vector<Value<Real>*> all;
  for (FiniteLaw<Real>* law : {&t.radial, &t.tangential, &t.determinant, &t.volume, &t.log_volume}) {
    for (Value<Real>* v : {&law->limit, &law->mean.value, &law->variance.value}) all.push_back(v);
  }
  all.push_back(&t.singular.value);
  return all;
}

/// The jets' entries that the laws of single entries of g are made of, as values.
template <class Real>
std::vector<Value<Real>> frame_values(const FiniteTheory<Real>& t) {
  std::vector<Value<Real>> all;
  if (!t.no_covariance.empty()) return all;
  const JetLaw<Real>& j = t.jets;
  const Real scale = j.radial * j.radial + j.tangential * j.tangential;
  for (const std::size_t axis : {std::size_t{1}, std::size_t{2}}) all.push_back(present(j.shift[JetLaw<Real>::entry(axis, axis)], Real(j.radial + j.tangential)));
  for (const Real& c : {j.cov(1, 1, 1, 1), j.cov(1, 1, 2, 2), j.cov(1, 2, 1, 2), j.cov(2, 2, 3, 3), j.cov(2, 3, 2, 3)}) all.push_back(present(c, scale));
  return all;
}

/// More digits than are asked for, for what is multiplied with the limit.
constexpr long guard_digits = 10;

template <class Real>
const LayerMetric<Real>& answered(const LayerMetric<Real>& layer) {
  if (layer.outcome == Outcome::no_metric) throw NoSuchQuantity(layer.message);
  if (layer.outcome == Outcome::not_reached) throw NotReached(layer.message);
  return layer;
}

}  // namespace

FiniteWidth::FiniteWidth(const Architecture& network, std::vector<std::uint64_t> widths) {
  if (network.residual) throw UsageError("residual connections: the laws of finite width are of networks without them; leave them out");
  if (widths.empty()) throw UsageError("widths: none are given; give one for all hidden layers, or one a layer");
  if (widths.size() == 1) widths.resize(network.activations.size(), widths[0]);
  if (widths.size() != network.activations.size()) {
    throw UsageError("widths: " + std::to_string(widths.size()) + " for a depth of " + std::to_string(network.activations.size()) + "; give one for all hidden layers, or one a layer");
  }
  if (std::find(widths.begin(), widths.end(), 0U) != widths.end()) throw UsageError("widths: a layer of 0 units; give 1 or more");
  state_ = std::make_unique<const State>(network, std::move(widths));
}
FiniteWidth::~FiniteWidth() = default;
FiniteWidth::FiniteWidth(FiniteWidth&&) noexcept = default;
FiniteWidth& FiniteWidth::operator=(FiniteWidth&&) noexcept = default;

const Architecture& FiniteWidth::architecture() const { return state_->network; }
const std::vector<std::uint64_t>& FiniteWidth::widths() const { return state_->widths; }

FiniteTheory<Ball> FiniteWidth::at(const InputPoint& x, const FiniteOptions& options) const {
  if (options.digits < 1) throw UsageError("digits: " + std::to_string(options.digits) + "; give 1 or more");
  MetricOptions of_limit;
  of_limit.digits = options.digits + guard_digits;
  of_limit.budget = options.budget;
  const LayerMetric<Ball> infinite = answered(state_->infinite_width.at(x, of_limit).back());
  if (const std::string reason = no_finite_metric(state_->network, x); !reason.empty()) throw NoSuchQuantity(reason);
  FiniteTheory<Ball> t;
  refine(options.digits, "the laws of finite width", [&] {
    try {
      t = state_->pass(x, infinite.metric, options.budget);
    } catch (const NotReached&) {
      options.budget.check();
      if (Precision::bits() > 8 * Precision::bits_for(options.digits)) throw;
      return false;  // a variance that cannot be told from 0 yet
    }
    for (const Value<Ball>* v : values_of(t)) {
      if (v->exists() && !stands(v->value, options.digits, v->scale)) return false;
    }
    for (const Value<Ball>& v : frame_values(t)) {
      if (!stands(v.value, options.digits, v.scale)) return false;
    }
    return true;
  });
  t.proven = infinite.proven;
  return t;
}

FiniteTheory<Digits> FiniteWidth::at_by_digits(const InputPoint& x, const FiniteOptions& options) const {
  // What exists is found out in balls.
  const std::string no_covariance = at(x, {3, options.budget}).no_covariance;
  MetricOptions of_limit;
  of_limit.digits = options.digits + guard_digits;
  of_limit.budget = options.budget;
  const LayerMetric<Digits> infinite = answered(state_->infinite_width.at_by_digits(x, of_limit).back());
  std::optional<FiniteTheory<Digits>> before;
  const long last = 4 * options.digits + 200;
  for (long working = options.digits + 20;; working = std::min(last, working * 8 / 5)) {
    const DigitsPrecision precision(static_cast<unsigned>(working));
    FiniteTheory<Digits> t = state_->pass(x, infinite.metric, options.budget, no_covariance);
    if (before) {
      const Digits relative = pow(Digits(10), -options.digits);
      const auto old_values = values_of(*before), new_values = values_of(t);
      bool agree = true;
      for (std::size_t i = 0; i < new_values.size(); ++i) {
        Value<Digits>& v = *new_values[i];
        if (!v.exists()) continue;
        v.error = abs(v.value - old_values[i]->value) + relative * abs(v.value) / 1000;  // the limit's own error is below that
        agree = agree && (v.error <= relative * abs(v.value) || v.error <= relative * relative * abs(v.scale));
      }
      if (agree) return t;
      if (working >= last) throw NotReached("the laws of finite width: " + std::to_string(options.digits) + " digits do not stand; ask for fewer, or take the balls");
    }
    before = std::move(t);
  }
}

FiniteTheory<Ball> finite_theory(const Architecture& network, std::vector<std::uint64_t> widths, const InputPoint& x, const FiniteOptions& options) {
  return FiniteWidth(network, std::move(widths)).at(x, options);
}

template struct FiniteTheory<Ball>;
template struct FiniteTheory<Digits>;

}  // namespace infwidth
