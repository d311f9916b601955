// SPDX-License-Identifier: GPL-3.0-or-later
#include "near_rule.hpp"

#include <algorithm>
#include <numbers>

namespace infwidth {

namespace {

const double normal_peak = 1 / std::sqrt(2 * std::numbers::pi);

/// Cuts [low, high] at `marks`, and what lies between into equal parts of at most `longest`.
void subdivide(std::vector<double> marks, double low, double high, double longest, std::vector<double>& edges) {
  edges.clear();
  marks.push_back(low);
  marks.push_back(high);
  std::sort(marks.begin(), marks.end());
  double last = low;
  edges.push_back(low);
  for (const double m : marks) {
    if (!(m > last) || m > high) continue;
    const int parts = std::max(1, static_cast<int>(std::ceil((m - last) / longest)));
    for (int i = 1; i < parts; ++i) edges.push_back(last + (m - last) * i / parts);
    edges.push_back(m);
    last = m;
  }
}

}  // namespace

NearRule::Result NearRule::result(std::size_t i, std::size_t j, double product, double minus, double plus, double slope) const {
  const double root1 = points_.root_Q[i], root2 = points_.root_Q[j], difference = root1 - root2;
  const double gap = std::max(0.0, ((product >= 0 ? minus : plus) - difference * difference) / 2);
  return {std::copysign(root1 * root2 - gap, product), gap, slope};
}

NearRule::Result NearRule::smooth(std::size_t i, std::size_t j, double tau, double frequency, double reach, Workspace& s) const {
  const double t = std::abs(tau), A = std::sqrt(1 - t / 2), B = std::sqrt(t / 2), sign = std::copysign(1.0, tau);
  const double base = 2 * std::numbers::pi / 0.73, extra = std::max(0.0, frequency - base);
  const double step_a = 2 * std::numbers::pi / (base + extra * A), step_b = 2 * std::numbers::pi / (base + extra * B);
  const int na = static_cast<int>(std::ceil(reach / step_a)), nb = B == 0 ? 0 : static_cast<int>(std::ceil(reach / step_b));
  const double r1 = points_.root_q[i], r2 = points_.root_q[j];
  const std::size_t inner = static_cast<std::size_t>(2 * nb + 1);
  for (std::vector<double>* v : {&s.x, &s.y, &s.weight, &s.f, &s.df, &s.g, &s.dg}) v->resize(inner);
  double product = 0, minus = 0, plus = 0, slope = 0, inner_total = 0;
  for (int b = -nb; b <= nb; ++b) inner_total += s.weight[static_cast<std::size_t>(b + nb)] = std::exp(-0.5 * b * b * step_b * step_b);
  double total = 0;
  for (int a = -na; a <= na; ++a) {
    const double along = A * a * step_a, weight = std::exp(-0.5 * a * a * step_a * step_a);
    for (int b = -nb; b <= nb; ++b) {
      const std::size_t k = static_cast<std::size_t>(b + nb);
      s.x[k] = r1 * (along + B * b * step_b);
      s.y[k] = sign * r2 * (along - B * b * step_b);
    }
    s.reader(0, s.x, s.f.data(), s.df.data());
    s.reader(0, s.y, s.g.data(), s.dg.data());
    total += weight * inner_total;
    for (std::size_t k = 0; k < inner; ++k) {
      const double w = weight * s.weight[k];
      if (w == 0) continue;
      const double d = s.f[k] - s.g[k], p = s.f[k] + s.g[k];
      product += w * s.f[k] * s.g[k];
      minus += w * d * d;
      plus += w * p * p;
      slope += w * s.df[k] * s.dg[k];
    }
  }
  return result(i, j, product / total, minus / total, plus / total, slope / total);
}

NearRule::Result NearRule::kinked(std::size_t i, std::size_t j, double tau, Workspace& s) const {
  constexpr double reach = 9.5;
  const double t = std::abs(tau), rho = 1 - t, spread = std::sqrt(t * (2 - t)), sign = std::copysign(1.0, tau);
  const double r1 = points_.root_q[i], r2 = points_.root_q[j];
  const std::vector<double>& breaks = breaks_;
  std::vector<double> marks, edges, inner_marks, inner_edges;
  const double least = 1e-9;
  const auto is_graded = [&](std::size_t i_break) { return !cut_ && phi_.graded()[i_break]; };
  for (std::size_t i_break = 0; i_break < breaks.size(); ++i_break) {
    const double b = breaks[i_break], own = b == 0 ? 0 : b / r1, across = b == 0 ? 0 : sign * b / (r2 * rho);
    marks.push_back(own);
    for (double d = 0.25; d > 1e-12 && is_graded(i_break); d /= 4) marks.insert(marks.end(), {own - d, own + d});
    for (double d = (cut_ ? 1 : 3) / r1; d < 1; d *= 2) marks.insert(marks.end(), {own - d, own + d});
    marks.push_back(across);
    for (double d = 1.5 * std::max(spread, least); d < 2; d *= d < 9 * spread ? 2 - d / (12 * spread) : 1.6) marks.insert(marks.end(), {across - d, across + d});
  }
  subdivide(marks, -reach, reach, 1, edges);
  const SmallRule &legendre = legendre_16(), &normal = standard_normal_24();
  double product = 0, minus = 0, plus = 0, slope = 0;
  const auto piece_at = [&](double x) { return cut_ ? 0 : static_cast<std::size_t>(std::upper_bound(breaks.begin(), breaks.end(), x) - breaks.begin()); };
  std::vector<double> u(1), fu(1), dfu(1);
  for (std::size_t e = 0; e + 1 < edges.size(); ++e) {
    const double middle = (edges[e] + edges[e + 1]) / 2, half = (edges[e + 1] - edges[e]) / 2;
    if (half == 0) continue;
    const std::size_t piece_u = piece_at(r1 * middle);
    for (std::size_t n = 0; n < legendre.nodes.size(); ++n) {
      const double z = middle + half * legendre.nodes[n], outer = half * legendre.weights[n] * normal_peak * std::exp(-z * z / 2);
      if (outer < 1e-22) continue;
      u[0] = r1 * z;
      s.reader(piece_u, u, fu.data(), dfu.data());
      const double centre = rho * z;
      const auto add = [&](std::size_t piece, std::size_t count) {
        s.reader(piece, {s.y.data(), count}, s.g.data(), s.dg.data());
        for (std::size_t k = 0; k < count; ++k) {
          const double w = outer * s.weight[k], d = fu[0] - s.g[k], p = fu[0] + s.g[k];
          product += w * fu[0] * s.g[k];
          minus += w * d * d;
          plus += w * p * p;
          slope += w * dfu[0] * s.dg[k];
        }
      };
      for (std::vector<double>* v : {&s.y, &s.weight, &s.g, &s.dg}) v->resize(32);
      inner_marks.clear();
      for (std::size_t i_break = 0; i_break < breaks.size(); ++i_break) {
        const double b = breaks[i_break], w = ((b == 0 ? 0 : sign * b / r2) - centre) / spread;
        if (std::abs(w) < reach) inner_marks.push_back(w);
        for (double d = 0.25; d > 1e-12 && is_graded(i_break) && std::abs(w) < reach; d /= 4) inner_marks.insert(inner_marks.end(), {w - d, w + d});
        for (double d = (cut_ ? 1 : 3) / (r2 * spread); d < 5 && std::abs(w) < reach; d *= 2) inner_marks.insert(inner_marks.end(), {w - d, w + d});  // phi changes on the scale 1
      }
      if (inner_marks.empty()) {
        for (std::size_t k = 0; k < normal.nodes.size(); ++k) {
          s.y[k] = sign * r2 * (centre + spread * normal.nodes[k]);
          s.weight[k] = normal.weights[k];
        }
        add(piece_at(sign * r2 * centre), normal.nodes.size());
        continue;
      }
      subdivide(inner_marks, -reach, reach, 5, inner_edges);  // the Gaussian on 5: 16 nodes leave 1e-15
      for (std::size_t g = 0; g + 1 < inner_edges.size(); ++g) {
        const double m = (inner_edges[g] + inner_edges[g + 1]) / 2, h = (inner_edges[g + 1] - inner_edges[g]) / 2;
        for (std::size_t k = 0; k < legendre.nodes.size(); ++k) {
          const double w = m + h * legendre.nodes[k];
          s.y[k] = sign * r2 * (centre + spread * w);
          s.weight[k] = h * legendre.weights[k] * normal_peak * std::exp(-w * w / 2);
        }
        add(piece_at(sign * r2 * (centre + spread * m)), legendre.nodes.size());
      }
    }
  }
  return result(i, j, product, minus, plus, slope);
}

}  // namespace infwidth
