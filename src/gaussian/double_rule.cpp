// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/double_rule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

#include "double_table.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/removable.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/rational.hpp"

namespace infwidth {

namespace {

/// A break of the pieces with the jumps of h, h', h'', h''' and of g .. g''' there.
struct Break {
  double x;
  std::array<double, 4> h{}, g{};
};

/// The Taylor coefficients of a piece at one of its ends; none at an algebraic one.
std::optional<Jet5> taylor_at(const Piece& piece, const PieceEnd& end) {
  const Precision precision(row_bits);
  const Program program({end.kind == EndKind::removable ? one_fraction(piece.value) : piece.value}, "x");
  const Ball t = end.at.ball();
  if (end.kind == EndKind::analytic) return to_doubles(Evaluator<BallJet5>(program).value(BallJet5::variable(t)));
  if (end.kind == EndKind::removable) return to_doubles(Evaluator<Removable>(program).value(Removable::variable(ComplexBall(t), t)).at_point);
  return std::nullopt;
}

}  // namespace

struct DoubleRule::State {
  std::vector<Chart> charts;
  bool folded = false;  // all columns are even: the right half line is doubled
  std::vector<Break> breaks;
  DoubleColumn first = h_value, last = columns;  // what is wanted
  bool values = false;                           // no derivatives beyond dQ
  mutable std::mutex mutex;
  mutable std::map<int, std::unique_ptr<const DoubleTable>> tables;

  const DoubleTable& table(double q) const {
    const int bin = static_cast<int>(std::floor(std::log2(q) / 2));
    const std::lock_guard lock(mutex);
    auto& slot = tables[bin];
    if (!slot) slot = std::make_unique<const DoubleTable>(make_double_table(charts, first, last, std::ldexp(1.0, 2 * bin), std::ldexp(1.0, 2 * bin + 2)));
    return *slot;
  }
};

DoubleRule::DoubleRule(const Activation& activation, Purpose purpose) : state_(std::make_unique<State>()) {
  const bool mean = purpose == Purpose::mean;
  state_->folded = mean ? activation.parity() == Parity::even : activation.parity() != Parity::none;
  const auto& pieces = activation.pieces();
  state_->charts = make_charts(pieces, mean ? Integrands::value : Integrands::square_and_slope_square, state_->folded);
  if (mean) {
    state_->first = phi_value;
    state_->last = h_value;
    return;
  }
  for (const Chart& chart : state_->charts) {
    if (chart.variable == Chart::Variable::exponential) {
      throw NotReached("the variance maps of " + activation.name() + " have a logarithm at x = " + to_string(chart.origin) + ", which double precision has no rule for; use --engine ball");
    }
  }
  if (purpose == Purpose::values) {
    state_->values = true;
    state_->last = h_second;
  }
  const auto add = [&](const Piece& piece, const PieceEnd& end, Break& b, double sign) {
    const std::optional<Jet5> phi = taylor_at(piece, end);
    if (!phi) {  // phi^2 tends to 0, or its jump has no weight at t = 0; higher derivatives of phi are not integrable
      state_->last = std::min(state_->last, h_second);
      if (b.x != 0 && (end.order < 0 || (end.order == 0 && activation.jump()))) {
        throw NotReached("the derivatives of Q at the branch point of " + activation.name() + " are not treated in double precision; use --engine ball");
      }
      if (end.derivative_order <= Rational(-1, 2)) state_->last = std::min(state_->last, g_value);  // E[phi'^2] is infinite
      return;
    }
    const Jet5 slope = slope_of(*phi), h = *phi * *phi, g = slope * slope;
    double factorial = 1;
    for (int k = 0; k < 4; ++k) {
      if (k > 1) factorial *= k;
      b.h[static_cast<std::size_t>(k)] += sign * factorial * h[k];
      b.g[static_cast<std::size_t>(k)] += sign * factorial * g[k];
    }
  };
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    Break b{pieces[i].right->at.approximately()};
    add(pieces[i], *pieces[i].right, b, -1);
    add(pieces[i + 1], *pieces[i + 1].left, b, 1);
    if (!activation.jump()) b.h[0] = 0;  // continuous by proof: no rounding dust
    state_->breaks.push_back(b);
  }
}
DoubleRule::~DoubleRule() = default;
DoubleRule::DoubleRule(DoubleRule&&) noexcept = default;
DoubleRule& DoubleRule::operator=(DoubleRule&&) noexcept = default;

VarianceJet<double> DoubleRule::at(double q) const {
  const DoubleTable& t = state_->table(q);
  if (!t.finite) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return {nan, nan, nan, nan, nan, nan, nan, nan};
  }
  std::array<Pack, columns> sum;
  sum.fill(Pack(0));
  const Pack factor((q - t.q_high) / (2 * q * t.q_high));  // the Gaussian of q over that of q_high
  const std::size_t used = t.small_q_columns ? columns : h_second;
  for (std::size_t p = 0; p < t.x2.size(); ++p) {
    const Pack w = t.weight[p] * exp(t.x2[p] * factor);
    for (std::size_t c = h_value; c < used; ++c) sum[c] += w * t.column[c][p];
  }
  Row s{};
  const double norm = 1 / std::sqrt(2 * pi<double>() * q), fold = state_->folded ? 2 : 1;
  for (std::size_t c = 0; c < columns; ++c) s[c] = fold * norm * sum[c].sum();
  VarianceJet<double> jet;
  jet.method = "Gauss-Legendre panels, double";
  jet.evaluations = t.size;
  jet.Q = s[h_value];
  jet.chi = s[g_value];
  if (state_->values) {
    jet.Q_order = 1;
    jet.chi_order = 0;
  }
  jet.radial = s[g_x2] / q;
  jet.dradial = (s[g_x4] / q - 3 * s[g_x2]) / (2 * q * q);  // E[g (z^4 - 3 z^2)] / 2q, where g is integrable
  const auto& m = t.magnitudes;
  const double most = fold * norm;  // the Gaussian of q is nowhere above that of q_high, norm aside
  if (t.small_q_columns) {
    jet.sizes = {most * m[h_second] / 2, most * m[h_fourth] / 4, most * m[g_second] / 2, most * m[g_fourth] / 4};
    jet.dQ = s[h_second] / 2;
    jet.d2Q = s[h_fourth] / 4;
    jet.dchi = s[g_second] / 2;
    jet.d2chi = s[g_fourth] / 4;
    for (const Break& b : state_->breaks) {
      // integral h p'' = sum over breaks ([h'] p - [h] p') + integral h'' p, and once more for p''''; p^(k) = (-1)^k He_k(z) p / q^(k/2)
      const double z = b.x / std::sqrt(q), r = 1 / std::sqrt(q), p = norm * std::exp(-z * z / 2);
      const double p1 = -z * r * p, p2 = (z * z - 1) * r * r * p, p3 = -(z * z * z - 3 * z) * r * r * r * p;
      const auto first = [&](const std::array<double, 4>& j) { return (j[1] * p - j[0] * p1) / 2; };
      const auto second = [&](const std::array<double, 4>& j) { return (j[3] * p - j[2] * p1 + j[1] * p2 - j[0] * p3) / 4; };
      const std::array<double, 4> jumps = {first(b.h), second(b.h), first(b.g), second(b.g)};
      jet.dQ += jumps[0];
      jet.d2Q += jumps[1];
      jet.dchi += jumps[2];
      jet.d2chi += jumps[3];
      for (std::size_t k = 0; k < jumps.size(); ++k) jet.sizes[k] += std::abs(jumps[k]);
    }
    jet.dradial = 3 * jet.dchi + 2 * q * jet.d2chi;
  } else {
    jet.sizes = {jet.Q / q, jet.Q / (q * q), jet.chi / q, jet.chi / (q * q)};
    jet.dQ = s[h_slope_x] / (2 * q);
    jet.d2Q = (s[h_slope_x3] / q - 3 * s[h_slope_x]) / (4 * q * q);
    for (const Break& b : state_->breaks) {
      const double z = b.x / std::sqrt(q), p = norm * std::exp(-z * z / 2);
      jet.dQ += b.h[0] * p * z / (2 * std::sqrt(q));
      jet.d2Q += b.h[0] * p * (z * z * z - 3 * z) / (4 * q * std::sqrt(q));
    }
    jet.dchi = (s[g_x2] / q - s[g_value]) / (2 * q);
    jet.d2chi = (s[g_x4] / (q * q) - 6 * s[g_x2] / q + 3 * s[g_value]) / (4 * q * q);
  }
  return jet;
}

DoubleRule::Mean DoubleRule::mean(double q) const {
  const DoubleTable& t = state_->table(q);
  if (!t.finite) return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN(), t.size};
  Pack value(0), magnitude(0);
  const Pack factor((q - t.q_high) / (2 * q * t.q_high));
  for (std::size_t p = 0; p < t.x2.size(); ++p) {
    const Pack w = t.weight[p] * exp(t.x2[p] * factor);
    value += w * t.column[phi_value][p];
    magnitude += w * abs(t.column[phi_value][p]);
  }
  const double norm = (state_->folded ? 2 : 1) / std::sqrt(2 * pi<double>() * q);
  return {norm * value.sum(), norm * magnitude.sum(), t.size};
}

}  // namespace infwidth
