// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/double_rule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/chart.hpp"
#include "infwidth/gaussian/legendre.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

// What is summed at each node against the Gaussian, h = phi^2 and g = phi'^2. The last four serve small q.
enum Column { phi_value, h_value, h_slope_x, h_slope_x3, g_value, g_x2, g_x4, h_second, h_fourth, g_second, g_fourth, columns };
using Row = std::array<double, columns>;

constexpr int panel_nodes = 24;
constexpr std::size_t most_nodes = 4000000;
using Jet5 = Jet<double, 5>;
using BallJet5 = Jet<Ball, 5>;

/// The values at one x from the Taylor coefficients of phi there.
Row row_from(const Jet5& phi, double x) {
  Jet5 slope;
  for (int k = 0; k < 5; ++k) slope[k] = (k + 1) * phi[k + 1];
  const Jet5 h = phi * phi, g = slope * slope;
  Row r{};
  r[phi_value] = phi[0];
  r[h_value] = h[0];
  r[h_slope_x] = h[1] * x;
  r[h_slope_x3] = h[1] * x * x * x;
  r[g_value] = g[0];
  r[g_x2] = g[0] * x * x;
  r[g_x4] = g[0] * x * x * x * x;
  r[h_second] = 2 * h[2];
  r[h_fourth] = 24 * h[4];
  r[g_second] = 2 * g[2];
  r[g_fourth] = 24 * g[4];
  return r;
}

struct Table {
  std::vector<Pack> x2, weight;                    // x^2, and the quadrature weight
  std::array<std::vector<Pack>, columns> column;
  std::size_t size = 0;
  bool small_q_columns = false;                    // whether h_second .. g_fourth are the better way to derivatives in this bin
};

struct Node {
  double x, weight;
  Row row;
};

/// A break of the pieces with the jumps of h, h', h'', h''' and of g .. g''' there.
struct Break {
  double x;
  std::array<double, 4> h{}, g{};
};

class TableMaker {
 public:
  TableMaker(const std::vector<Chart>& charts, DoubleRule::Purpose purpose, double q_low, double q_high) : charts_(charts), q_low_(q_low), q_high_(q_high) {
    const bool mean = purpose == DoubleRule::Purpose::mean;
    first_ = mean ? phi_value : h_value;
    last_ = mean ? h_value : q_low < 1 ? columns : h_second;  // the columns for small q are used there only
    const auto rule = legendre_rule(panel_nodes, 128);
    for (std::size_t i = 0; i < rule->nodes.size(); ++i) {
      for (const double sign : {-1.0, 1.0}) {
        abscissas_.push_back(sign * rule->nodes[i].to_double());
        weights_.push_back(rule->weights[i].to_double());
      }
    }
  }

  Table make() {
    // The range grows until the integrand at its ends is negligible: 9.5 standard deviations do unless phi grows like an exponential.
    for (double reach = 9.5;; reach *= 1.5) {
      nodes_.clear();
      estimate_totals(reach);
      for (const Chart& chart : charts_) cover(chart, reach);
      if (ends_are_negligible(reach) || reach > 400) break;
    }
    return pack();
  }

 private:
  const std::vector<Chart>& charts_;
  double q_low_, q_high_;
  std::vector<double> abscissas_, weights_;
  std::vector<Node> nodes_;
  std::size_t first_ = 0, last_ = columns;  // the columns that must be resolved
  Row total_low_{}, total_high_{};          // rough integrals of |column| against the two Gaussians

  double gauss(double x, double q) const { return std::exp(-x * x / (2 * q)); }

  Row evaluate(const Chart& chart, double y) const {
    const double x = chart.x_of(y);
    if (chart.removable.empty()) return row_from(Evaluator<Jet5>(chart.in_x)(Jet5::variable(x))[0], x);
    // Near a removable or algebraic end the formula cancels in doubles: balls of 256 bits, rounded.
    const Precision p(256);
    const BallJet5 f = Evaluator<BallJet5>(chart.in_x)(BallJet5::variable(chart.x_of(Ball(y))))[0];
    Jet5 phi;
    for (int k = 0; k <= 5; ++k) phi[k] = f[k].to_double();
    return row_from(phi, x);
  }

  std::pair<double, double> range(const Chart& chart, double reach) const {
    const double edge = reach * std::sqrt(q_high_);
    double a = chart.left ? chart.left->approximately() : -edge, b = chart.right ? chart.right->approximately() : edge;
    if (chart.root == 1) {
      a = std::max(a, -edge);
      b = std::min(b, edge);
    }
    return {a, b};
  }

  struct Panel {
    std::vector<Node> nodes;
    Row low{}, high{};  // integrals against the two Gaussians of the bin
  };

  Panel panel(const Chart& chart, double a, double b) const {
    Panel p;
    const double middle = (a + b) / 2, half = (b - a) / 2;
    std::optional<Evaluator<Jet5>> fast;
    if (chart.removable.empty()) fast.emplace(chart.in_x);
    for (std::size_t i = 0; i < abscissas_.size(); ++i) {
      const double y = middle + half * abscissas_[i];
      Node n{chart.x_of(y), half * weights_[i] * chart.dx_dy(y), fast ? row_from((*fast)(Jet5::variable(y))[0], y) : evaluate(chart, y)};
      const double low = n.weight * gauss(n.x, q_low_), high = n.weight * gauss(n.x, q_high_);
      for (std::size_t c = 0; c < columns; ++c) {
        p.low[c] += low * n.row[c];
        p.high[c] += high * n.row[c];
      }
      p.nodes.push_back(n);
    }
    return p;
  }

  void add_total(Row& low, Row& high, const Panel& p) const {
    for (const Node& n : p.nodes) {
      for (std::size_t c = 0; c < columns; ++c) {
        low[c] += n.weight * gauss(n.x, q_low_) * std::abs(n.row[c]);
        high[c] += n.weight * gauss(n.x, q_high_) * std::abs(n.row[c]);
      }
    }
  }
  /// Magnitudes of the integrals, from panels that grow geometrically away from 0 and from the ends.
  void estimate_totals(double reach) {
    total_low_.fill(0);
    total_high_.fill(0);
    for (const Chart& chart : charts_) {
      const auto [a, b] = range(chart, reach);
      if (!(a < b)) continue;
      std::vector<double> edges = {a, b};
      for (int i = -6; i < 40; ++i) {
        for (const double e : {std::ldexp(1.0, i), -std::ldexp(1.0, i)}) {
          if (e > a && e < b) edges.push_back(e);
        }
      }
      std::sort(edges.begin(), edges.end());
      for (std::size_t i = 0; i + 1 < edges.size(); ++i) add_total(total_low_, total_high_, panel(chart, edges[i], edges[i + 1]));
    }
  }

  bool resolved(const Panel& whole, const Panel& left, const Panel& right) const {
    constexpr double tolerance = 1e-15;  // of the total; rounding alone leaves about 2e-16 of it
    const auto agrees = [&](double one, double two, double total) { return std::abs(two - one) <= tolerance * total || !std::isfinite(one); };
    for (std::size_t c = first_; c < last_; ++c) {
      if (!agrees(whole.low[c], left.low[c] + right.low[c], total_low_[c]) || !agrees(whole.high[c], left.high[c] + right.high[c], total_high_[c])) return false;
    }
    return true;
  }

  void refine(const Chart& chart, double a, double b, Panel whole, int depth) {
    const double middle = (a + b) / 2;
    Panel left = panel(chart, a, middle), right = panel(chart, middle, b);
    if (resolved(whole, left, right) || depth > 60) {
      nodes_.insert(nodes_.end(), whole.nodes.begin(), whole.nodes.end());
      return;
    }
    if (nodes_.size() > most_nodes) throw NotReached("the formula " + chart.name + " oscillates too fast to be resolved in double precision; use --engine ball");
    refine(chart, a, middle, std::move(left), depth + 1);
    refine(chart, middle, b, std::move(right), depth + 1);
  }

  void cover(const Chart& chart, double reach) {
    const auto [a, b] = range(chart, reach);
    if (!(a < b)) return;
    // A first split at 0 and at 1, where features are expected whatever q is; a rule of 24 nodes might step over them.
    std::vector<double> edges = {a, b};
    for (const double e : {-1.0, 0.0, 1.0}) {
      if (e > a && e < b) edges.push_back(e);
    }
    std::sort(edges.begin(), edges.end());
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) refine(chart, edges[i], edges[i + 1], panel(chart, edges[i], edges[i + 1]), 0);
  }

  bool ends_are_negligible(double reach) const {
    const double edge = reach * std::sqrt(q_high_);
    for (const Node& n : nodes_) {
      if (std::abs(n.x) < 0.9 * edge) continue;
      for (std::size_t c = first_; c < std::min<std::size_t>(last_, h_second); ++c) {
        const double here = std::abs(n.row[c]) * gauss(n.x, q_high_) * edge;
        if (std::isfinite(here) && here > 1e-17 * total_high_[c]) return false;
      }
    }
    return true;
  }

  Table pack() const {
    Table t;
    t.size = nodes_.size();
    const std::size_t packs = (nodes_.size() + Pack::size - 1) / Pack::size;
    t.x2.assign(packs, Pack(0));
    t.weight.assign(packs, Pack(0));
    for (auto& c : t.column) c.assign(packs, Pack(0));
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const std::size_t p = i / Pack::size;
      const int lane = static_cast<int>(i % Pack::size);
      t.x2[p][lane] = nodes_[i].x * nodes_[i].x;
      t.weight[p][lane] = nodes_[i].weight;
      for (std::size_t c = 0; c < columns; ++c) t.column[c][p][lane] = nodes_[i].row[c];
    }
    // An algebraic end leaves no derivatives that could be integrated piece by piece.
    const bool algebraic = std::any_of(charts_.begin(), charts_.end(), [](const Chart& c) { return c.root != 1 || c.direct; });
    // Rounding of chi'': 1e-16 times E|g''''|/4 by one way, E|g He_4|/(4 q^2) <= 10 E g / (4 q^2) by the other; the smaller wins.
    t.small_q_columns = last_ == columns && !algebraic && total_high_[g_fourth] * q_high_ * q_high_ <= 10 * total_high_[g_value];
    return t;
  }
};

}  // namespace

struct DoubleRule::State {
  std::vector<Chart> charts;
  std::vector<Break> breaks;
  Purpose purpose = Purpose::variance_maps;
  mutable std::mutex mutex;
  mutable std::map<int, std::unique_ptr<const Table>> tables;

  const Table& table(double q) const {
    const int bin = static_cast<int>(std::floor(std::log2(q) / 2));
    const std::lock_guard lock(mutex);
    auto& slot = tables[bin];
    if (!slot) slot = std::make_unique<const Table>(TableMaker(charts, purpose, std::ldexp(1.0, 2 * bin), std::ldexp(1.0, 2 * bin + 2)).make());
    return *slot;
  }
};

DoubleRule::DoubleRule(const Activation& activation, Purpose purpose) : state_(std::make_unique<State>()) {
  state_->purpose = purpose;
  state_->charts = make_charts(activation.pieces(), purpose == Purpose::mean ? Integrands::value : Integrands::square_and_slope_square, false);
  const auto& pieces = activation.pieces();
  const auto squares_at = [](const Piece& piece, const PieceEnd& end, std::array<double, 4>& h, std::array<double, 4>& g, double sign) {
    if (end.kind != EndKind::analytic) return;
    const Program program({piece.value}, "x");
    Evaluator<Jet5> values(program);
    const double x = end.at.approximately();
    const Jet5 phi = values(Jet5::variable(x))[0];
    Jet5 slope;
    for (int k = 0; k < 5; ++k) slope[k] = (k + 1) * phi[k + 1];
    const Jet5 hh = phi * phi, gg = slope * slope;
    double factorial = 1;
    for (int k = 0; k < 4; ++k) {
      if (k > 1) factorial *= k;
      h[static_cast<std::size_t>(k)] += sign * factorial * hh[k];
      g[static_cast<std::size_t>(k)] += sign * factorial * gg[k];
    }
  };
  for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
    Break b{pieces[i].right->at.approximately()};
    squares_at(pieces[i], *pieces[i].right, b.h, b.g, -1);
    squares_at(pieces[i + 1], *pieces[i + 1].left, b.h, b.g, 1);
    if (!activation.jump()) b.h[0] = 0;  // continuous by proof: no rounding dust
    state_->breaks.push_back(b);
  }
}
DoubleRule::~DoubleRule() = default;
DoubleRule::DoubleRule(DoubleRule&&) noexcept = default;
DoubleRule& DoubleRule::operator=(DoubleRule&&) noexcept = default;

VarianceJet<double> DoubleRule::at(double q) const {
  const Table& t = state_->table(q);
  std::array<Pack, columns> sum;
  sum.fill(Pack(0));
  const Pack factor(-0.5 / q);
  const std::size_t used = t.small_q_columns ? columns : h_second;
  for (std::size_t p = 0; p < t.x2.size(); ++p) {
    const Pack w = t.weight[p] * exp(t.x2[p] * factor);
    for (std::size_t c = h_value; c < used; ++c) sum[c] += w * t.column[c][p];
  }
  Row s{};
  const double norm = 1 / std::sqrt(2 * pi<double>() * q);
  for (std::size_t c = 0; c < columns; ++c) s[c] = norm * sum[c].sum();
  VarianceJet<double> jet;
  jet.method = "Gauss-Legendre panels, double";
  jet.evaluations = t.size;
  jet.Q = s[h_value];
  jet.chi = s[g_value];
  jet.radial = s[g_x2] / q;
  jet.dradial = (s[g_x4] / q - 3 * s[g_x2]) / (2 * q * q);  // E[g (z^4 - 3 z^2)] / 2q
  if (t.small_q_columns) {
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
      jet.dQ += first(b.h);
      jet.d2Q += second(b.h);
      jet.dchi += first(b.g);
      jet.d2chi += second(b.g);
    }
  } else {
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
  const Table& t = state_->table(q);
  Pack value(0), magnitude(0);
  const Pack factor(-0.5 / q);
  for (std::size_t p = 0; p < t.x2.size(); ++p) {
    const Pack w = t.weight[p] * exp(t.x2[p] * factor);
    value += w * t.column[phi_value][p];
    magnitude += w * abs(t.column[phi_value][p]);
  }
  const double norm = 1 / std::sqrt(2 * pi<double>() * q);
  return {norm * value.sum(), norm * magnitude.sum(), t.size};
}

}  // namespace infwidth
