// SPDX-License-Identifier: GPL-3.0-or-later
#include "double_table.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "infwidth/expression/program.hpp"
#include "infwidth/gaussian/legendre.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr int panel_nodes = 24;
constexpr std::size_t most_nodes = 400000;

/// The sum of the magnitudes of the terms of a b's k-th coefficient.
double terms(const Jet5& a, const Jet5& b, int k) {
  double sum = 0;
  for (int j = 0; j <= k; ++j) sum += std::abs(a[j] * b[k - j]);
  return sum;
}
/// The values at one x from the Taylor coefficients of phi there, and what their rounding is measured by.
struct Values {
  Row row{}, size{};
};
Values values_from(const Jet5& phi, double x) {
  const Jet5 slope = slope_of(phi), h = phi * phi, g = slope * slope;
  Values v;
  Row& r = v.row;
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
  for (std::size_t c = 0; c < h_second; ++c) v.size[c] = std::abs(r[c]);
  v.size[h_second] = 2 * terms(phi, phi, 2);
  v.size[h_fourth] = 24 * terms(phi, phi, 4);
  v.size[g_second] = 2 * terms(slope, slope, 2);
  v.size[g_fourth] = 24 * terms(slope, slope, 4);
  return v;
}

/// phi and its derivatives to the given order at a point of a chart, times e^(-damping x^2), in balls of a precision that may or may not do.
template <int Order>
class RowEvaluator {
 public:
  RowEvaluator(const Chart& chart, double damping, long bits)
      : chart_(chart), bits_(bits), precision_(bits), damping_(damping), evaluate_(chart.in_x) {}
  long bits() const { return bits_; }
  double x() const { return x_; }
  const Jet5& phi() const { return phi_; }

  /// False if the formula cancels too much for this precision, as a quotient does beside its removable singularity.
  bool run(double y) {
    const Ball x = chart_.x_of(Ball(y));
    const Jet<Ball, Order>& f = evaluate_.value(Jet<Ball, Order>::variable(x));
    x_ = x.to_double();
    const Ball damp = exp(-(x * x * damping_));
    for (int k = 0; k <= Order; ++k) phi_[k] = (f[k] * damp).to_double();
    const Ball unit = power_of_two(-90);
    for (int k = 0; k <= Order; ++k) {
      if (certainly_positive(f[k].radius() - unit * max(f[k].magnitude(), f[0].magnitude())) != Truth::no) return false;
    }
    return true;
  }

 private:
  const Chart& chart_;
  long bits_;
  Precision precision_;
  Ball damping_;
  Evaluator<Jet<Ball, Order>> evaluate_;
  double x_ = 0;
  Jet5 phi_;
};

struct Node {
  double x, weight;
  Values values;
};

class TableMaker {
 public:
  TableMaker(const std::vector<Chart>& charts, DoubleColumn first, DoubleColumn last, double q_low, double q_high)
      : charts_(charts), q_low_(q_low), q_high_(q_high), first_(first), last_(last == columns && q_low >= 1 ? h_second : last) {
    const auto rule = legendre_rule(panel_nodes, 128);
    for (std::size_t i = 0; i < rule->nodes.size(); ++i) {
      for (const double sign : {-1.0, 1.0}) {
        abscissas_.push_back(sign * rule->nodes[i].to_double());
        weights_.push_back(rule->weights[i].to_double());
      }
    }
  }

  DoubleTable make() {
    // The range grows until the integrand at its ends is negligible: 9.5 standard deviations do unless phi grows like an exponential.
    bool finite = false;
    for (double reach = 9.5; !finite && reach < 400; reach *= 1.5) {
      std::vector<std::vector<Panel>> first;
      for (const Chart& chart : charts_) first.push_back(first_panels(chart, reach));
      estimate_totals(first);
      finite = ends_are_negligible(first, reach);
      if (!finite) continue;
      for (std::size_t c = 0; c < charts_.size(); ++c) {
        if (first[c].empty()) continue;
        Cover cover = covered(charts_[c], first[c], 0, first[c].size());
        std::vector<Panel> panels;
        confirm(charts_[c], cover, panels);
        for (const Panel& p : panels) nodes_.insert(nodes_.end(), p.nodes.begin(), p.nodes.end());
      }
    }
    DoubleTable table = pack();
    table.finite = finite;
    return table;
  }

 private:
  struct Panel {
    double a, b;
    std::vector<Node> nodes;
    Row low{}, high{};  // integrals against the two Gaussians of the bin
  };

  const std::vector<Chart>& charts_;
  double q_low_, q_high_;
  std::vector<double> abscissas_, weights_;
  std::vector<Node> nodes_;
  std::size_t first_, last_;        // the columns that must be resolved; those for small q are used there only
  Row total_low_{}, total_high_{};  // rough integrals of the columns' sizes against the two Gaussians

  /// The Gaussian of q_low over that of q_high, which is in the columns.
  double low_by_high(double x) const { return std::exp(-x * x / 2 * (1 / q_low_ - 1 / q_high_)); }

  /// The columns before h_second come from phi and phi' alone.
  Panel panel(const Chart& chart, double a, double b) const { return last_ <= h_second ? panel_to<2>(chart, a, b) : panel_to<5>(chart, a, b); }

  template <int Order>
  Panel panel_to(const Chart& chart, double a, double b) const {
    Panel p{a, b, {}};
    std::optional<RowEvaluator<Order>> evaluate;
    const double damping = (first_ == phi_value ? 0.5 : 0.25) / q_high_;  // phi^2 gets it twice
    evaluate.emplace(chart, damping, row_bits);
    const double middle = (a + b) / 2, half = (b - a) / 2;
    for (std::size_t i = 0; i < abscissas_.size(); ++i) {
      const double y = middle + half * abscissas_[i];
      while (!evaluate->run(y) && evaluate->bits() < 4000) evaluate.emplace(chart, damping, 2 * evaluate->bits());
      const double x = evaluate->x();
      const Node n{x, half * weights_[i] * chart.dx_dy(y), values_from(evaluate->phi(), x)};
      const double high = n.weight, low = high * low_by_high(n.x);
      for (std::size_t c = 0; c < columns; ++c) {
        p.low[c] += low * n.values.row[c];
        p.high[c] += high * n.values.row[c];
      }
      p.nodes.push_back(n);
    }
    return p;
  }

  /// Panels that grow by a factor 4 away from 0 and from the ends: a feature at any scale down to 1e-6 of min(1, sqrt q) shows in one of them.
  std::vector<Panel> first_panels(const Chart& chart, double reach) const {
    const double edge = reach * std::sqrt(q_high_);
    constexpr double last_exponential = 700;  // where e^-y leaves the range of a double
    const double infinity = chart.variable == Chart::Variable::exponential ? last_exponential : edge;
    double a = chart.left ? chart.left->approximately() : -edge, b = chart.right ? chart.right->approximately() : infinity;
    if (chart.variable == Chart::Variable::x) {
      a = std::max(a, -edge);
      b = std::min(b, edge);
    }
    std::vector<Panel> panels;
    if (!(a < b)) return panels;
    std::vector<double> edges = {a, b};
    if (a < 0 && b > 0) edges.push_back(0);
    for (double step = 1e-6 * std::min(1.0, std::sqrt(q_low_)); step < b - a; step *= 4) {
      for (const double e : {a + step, b - step, step, -step}) {
        if (e > a && e < b) edges.push_back(e);
      }
    }
    std::sort(edges.begin(), edges.end());
    const auto close = [&](double l, double r) { return r - l < 1e-9 * std::min(1.0, std::sqrt(q_low_)); };
    edges.erase(std::unique(edges.begin(), edges.end() - 1, close), edges.end() - 1);
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) panels.push_back(panel(chart, edges[i], edges[i + 1]));
    return panels;
  }

  void estimate_totals(const std::vector<std::vector<Panel>>& first) {
    total_low_.fill(0);
    total_high_.fill(0);
    for (const auto& panels : first) {
      for (const Panel& p : panels) {
        for (const Node& n : p.nodes) {
          for (std::size_t c = 0; c < columns; ++c) {
            total_low_[c] += n.weight * low_by_high(n.x) * n.values.size[c];
            total_high_[c] += n.weight * n.values.size[c];
          }
        }
      }
    }
  }

  bool ends_are_negligible(const std::vector<std::vector<Panel>>& first, double reach) const {
    const double edge = reach * std::sqrt(q_high_);
    for (const auto& panels : first) {
      for (const Panel& p : panels) {
        for (const Node& n : p.nodes) {
          if (std::abs(n.x) < 0.9 * edge) continue;
          for (std::size_t c = first_; c < std::min<std::size_t>(last_, h_second); ++c) {
            const double here = n.values.size[c] * edge;
            if (!(std::isfinite(total_high_[c]) && here <= 1e-17 * total_high_[c])) return false;
          }
        }
      }
    }
    return true;
  }

  bool agree(const Panel& whole, const Panel& left, const Panel& right) const {
    constexpr double tolerance = 1e-15;  // of the total; rounding alone leaves about 2e-16 of it
    for (std::size_t c = first_; c < last_; ++c) {
      if (!(std::abs(left.low[c] + right.low[c] - whole.low[c]) <= tolerance * total_low_[c])) return false;
      if (!(std::abs(left.high[c] + right.high[c] - whole.high[c]) <= tolerance * total_high_[c])) return false;
    }
    return true;
  }

  /// The panel itself, if it agrees with its halves, else what its halves come to.
  void refine(const Chart& chart, Panel whole, int depth, std::vector<Panel>& into) const {
    const double middle = (whole.a + whole.b) / 2;
    Panel left = panel(chart, whole.a, middle), right = panel(chart, middle, whole.b);
    if (agree(whole, left, right) || depth > 60) {
      into.push_back(std::move(whole));
      return;
    }
    if (into.size() * panel_nodes > most_nodes)
      throw NotReached("the formula " + chart.name + " oscillates too fast to be resolved in double precision; use --engine ball");
    refine(chart, std::move(left), depth + 1, into);
    refine(chart, std::move(right), depth + 1, into);
  }

  /// Panels that cover first[i] .. first[j-1]: one in place of two wherever it agrees with them, which confirms both; what is left unconfirmed
  /// is refined.
  struct Cover {
    std::vector<Panel> panels;
    bool confirmed = false;
  };
  Cover covered(const Chart& chart, std::vector<Panel>& first, std::size_t i, std::size_t j) const {
    Cover cover;
    if (j == i + 1) {
      cover.panels.push_back(std::move(first[i]));
      return cover;
    }
    const std::size_t middle = (i + j) / 2;
    Cover left = covered(chart, first, i, middle), right = covered(chart, first, middle, j);
    cover.confirmed = true;
    if (left.panels.size() == 1 && right.panels.size() == 1) {
      Panel whole = panel(chart, left.panels[0].a, right.panels[0].b);
      if (agree(whole, left.panels[0], right.panels[0])) {
        cover.panels.push_back(std::move(whole));
        return cover;
      }
    }
    for (Cover* part : {&left, &right}) confirm(chart, *part, cover.panels);
    return cover;
  }
  void confirm(const Chart& chart, Cover& cover, std::vector<Panel>& into) const {
    for (Panel& p : cover.panels) {
      if (cover.confirmed) {
        into.push_back(std::move(p));
      } else {
        refine(chart, std::move(p), 0, into);
      }
    }
  }

  DoubleTable pack() const {
    DoubleTable t;
    t.size = nodes_.size();
    t.q_high = q_high_;
    t.magnitudes = total_high_;
    const std::size_t packs = (nodes_.size() + Pack::size - 1) / Pack::size;
    t.x2.assign(packs, Pack(0));
    t.weight.assign(packs, Pack(0));
    for (auto& c : t.column) c.assign(packs, Pack(0));
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const std::size_t p = i / Pack::size;
      const int lane = static_cast<int>(i % Pack::size);
      t.x2[p][lane] = nodes_[i].x * nodes_[i].x;
      t.weight[p][lane] = nodes_[i].weight;
      for (std::size_t c = 0; c < columns; ++c) t.column[c][p][lane] = nodes_[i].values.row[c];
    }
    // Rounding of chi'': 1e-16 times E|g''''|/4 by one way, E|g He_4|/(4 q^2) <= 10 E g / (4 q^2) by the other; the smaller wins.
    t.small_q_columns = last_ == columns && total_high_[g_fourth] * q_high_ * q_high_ <= 10 * total_high_[g_value];
    return t;
  }
};

}  // namespace

DoubleTable make_double_table(const std::vector<Chart>& charts, DoubleColumn first, DoubleColumn last, double q_low, double q_high) {
  return TableMaker(charts, first, last, q_low, q_high).make();
}

}  // namespace infwidth
