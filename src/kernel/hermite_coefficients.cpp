// SPDX-License-Identifier: GPL-3.0-or-later
#include "hermite_coefficients.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"

namespace infwidth {

HermiteCoefficients::HermiteCoefficients(const Activation& phi, const LayerPoints& points, bool slope, const Budget& budget)
    : phi_(phi), points_(points), slope_(slope), smooth_(phi.pieces().size() == 1), parity_(phi.parity()) {
  const std::size_t n = points.size(), blocks = (n + points_of_block - 1) / points_of_block;
  cut_ = smooth_ && !choose_step();
  smooth_ = smooth_ && !cut_;
  breaks_ = cut_ ? std::vector<double>{0} : phi_.breaks();
  terms_ = (smooth_ ? 512 : 384) / every();
  if (smooth_) terms_ = terms_that_matter();
  a_.assign(blocks * terms_ * points_of_block, 0);
  if (slope_) b_.assign(blocks * terms_ * points_of_block, 0);
  if (smooth_) {
    expand_smooth(budget);
  } else {
    expand_kinked(budget);
  }
}

void HermiteCoefficients::refuse(std::size_t p) const {
  throw NotReached("gram: double precision does not resolve E[phi^2] of " + phi_.name() + " at the variance " + short_text(points_.q[p]) +
                   "; rescale, or leave double precision");
}

/// E[phi^2] and E[phi'^2] by the trapezoidal rule, relative errors.
double HermiteCoefficients::error_of_step(std::size_t p, double h, double reach, PiecewiseValues::Reader& reader) const {
  const int n = static_cast<int>(reach / h);
  std::vector<double> x, f(static_cast<std::size_t>(2 * n + 1)), df(f.size());
  for (int k = -n; k <= n; ++k) x.push_back(points_.root_q[p] * k * h);
  reader(0, x, f.data(), df.data());
  double Q = 0, chi = 0;
  for (int k = -n; k <= n; ++k) {
    const std::size_t at = static_cast<std::size_t>(k + n);
    const double w = h / std::sqrt(2 * std::numbers::pi) * std::exp(-0.5 * k * k * h * h);
    if (w == 0) continue;
    Q += w * f[at] * f[at];
    chi += w * df[at] * df[at];
  }
  const double error = std::abs(Q - points_.Q[p]) / std::max(points_.Q[p], 1e-300),
               of_slope = slope_ ? std::abs(chi - points_.chi[p]) / std::max(points_.chi[p], 1e-300) : 0;
  return std::isfinite(error) && std::isfinite(of_slope) ? std::max(error, of_slope) : std::numeric_limits<double>::infinity();
}

/// Whether the trapezoidal rule resolves phi at the largest variance; its step.
bool HermiteCoefficients::choose_step() {
  PiecewiseValues::Reader reader(phi_);
  const std::size_t most = static_cast<std::size_t>(std::max_element(points_.q.begin(), points_.q.end()) - points_.q.begin());
  for (double reach = 13; reach < 60; reach *= 1.3) {
    for (double h = 0.72; h > 5e-4; h /= 1.19) {
      const double error = error_of_step(most, h, reach, reader);
      // The same error at a finer step: it is what double precision leaves.
      if (error < 2e-14 || (error < 3e-13 && error_of_step(most, h / 1.5, reach, reader) > error / 4)) {
        frequency_ = 2 * std::numbers::pi / h;
        reach_ = reach;
        resolution_ = error;
        return true;
      }
      if (2 * reach / h > 60000) break;
    }
  }
  return false;
}

HermiteCoefficients::Basis HermiteCoefficients::make_basis(std::size_t terms) const {
  const std::size_t orders = every() * terms + 1;
  const double h = 2 * std::numbers::pi / (frequency_ + std::sqrt(static_cast<double>(orders)));
  const int half = static_cast<int>(reach_ / h),
            first = parity_ == Parity::none ? -half : 0;  // a function with parity: the right half twice
  const Eigen::Index nodes = half - first + 1, columns = static_cast<Eigen::Index>(terms);
  Basis basis{Eigen::ArrayXd(nodes), Eigen::MatrixXd(nodes, columns), Eigen::MatrixXd(nodes, slope_ ? columns : 0)};
  for (Eigen::Index k = 0; k < nodes; ++k) basis.z[k] = static_cast<double>(first + k) * h;
  Eigen::ArrayXd before = Eigen::ArrayXd::Zero(nodes), now = (-basis.z.square() / 4).exp(),
                 weight = h / std::sqrt(2 * std::numbers::pi) * now;
  if (first == 0) {
    weight *= 2;
    weight[0] /= 2;
  }
  for (std::size_t k = 0; k < orders; ++k) {
    const auto put = [&](Eigen::MatrixXd& into, std::size_t from) {
      if (k >= from && (k - from) % every() == 0 && (k - from) / every() < terms)
        into.col(static_cast<Eigen::Index>((k - from) / every())) = (weight * now).matrix();
    };
    put(basis.value, first_of_value());
    if (slope_) put(basis.slope, first_of_slope());
    const Eigen::ArrayXd after = (basis.z * now - std::sqrt(static_cast<double>(k)) * before) / std::sqrt(static_cast<double>(k + 1));
    before = now;
    now = after;
  }
  return basis;
}

/// phi and phi' of a point at the nodes.
void HermiteCoefficients::evaluate(std::size_t p, const Basis& basis, PiecewiseValues::Reader& reader, std::vector<double>& x, double* f,
                                   double* df) const {
  x.resize(static_cast<std::size_t>(basis.z.size()));
  for (std::size_t k = 0; k < x.size(); ++k) x[k] = points_.root_q[p] * basis.z[static_cast<Eigen::Index>(k)];
  reader(0, x, f, df);
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double z = basis.z[static_cast<Eigen::Index>(k)];
    if (z * z > 1300) f[k] = df[k] = 0;  // the Gaussian is 0 there, phi perhaps infinite
  }
}

/// How many terms the point of the largest variance needs, whose coefficients fall last.
std::size_t HermiteCoefficients::terms_that_matter() const {
  const std::size_t p = static_cast<std::size_t>(std::max_element(points_.q.begin(), points_.q.end()) - points_.q.begin());
  const Basis basis = make_basis(terms_);
  PiecewiseValues::Reader reader(phi_);
  std::vector<double> x;
  Eigen::VectorXd f(basis.z.size()), df(basis.z.size());
  evaluate(p, basis, reader, x, f.data(), df.data());
  const Eigen::VectorXd a = basis.value.transpose() * f,
                        b = slope_ ? Eigen::VectorXd(basis.slope.transpose() * df) : Eigen::VectorXd::Zero(a.size());
  double value = 0, slope = 0;
  std::size_t k = terms_;
  while (k > 4) {
    const double next_value = value + a[static_cast<Eigen::Index>(k - 1)] * a[static_cast<Eigen::Index>(k - 1)],
                 next_slope = slope + b[static_cast<Eigen::Index>(k - 1)] * b[static_cast<Eigen::Index>(k - 1)];
    if (next_value > 0.1 * tail * points_.Q[p] || (slope_ && next_slope > 0.1 * tail * points_.chi[p])) break;
    value = next_value;
    slope = next_slope;
    --k;
  }
  return k;
}

void HermiteCoefficients::expand_smooth(const Budget& budget) {
  const Basis basis = make_basis(terms_);
  PiecewiseValues::Reader reader(phi_);
  constexpr std::size_t chunk = 16 * points_of_block;
  std::vector<double> x;
  Eigen::MatrixXd f(basis.z.size(), static_cast<Eigen::Index>(chunk)), df(basis.z.size(), static_cast<Eigen::Index>(chunk));
  for (std::size_t p0 = 0; p0 < points_.size(); p0 += chunk) {
    budget.check();
    const std::size_t count = std::min(chunk, points_.size() - p0);
    for (std::size_t c = 0; c < count; ++c)
      evaluate(p0 + c, basis, reader, x, f.col(static_cast<Eigen::Index>(c)).data(), df.col(static_cast<Eigen::Index>(c)).data());
    const Eigen::Index wide = static_cast<Eigen::Index>(count);
    store(basis.value.transpose() * f.leftCols(wide), p0, a_);
    if (slope_) store(basis.slope.transpose() * df.leftCols(wide), p0, b_);
  }
}

void HermiteCoefficients::store(const Eigen::MatrixXd& found, std::size_t p0, std::vector<double>& into) {
  for (Eigen::Index c = 0; c < found.cols(); ++c) {
    double* const to = of_point(into, p0 + static_cast<std::size_t>(c));
    for (std::size_t k = 0; k < terms_; ++k) to[k * points_of_block] = found(static_cast<Eigen::Index>(k), c);
  }
}

void HermiteCoefficients::expand_kinked(const Budget& budget) {
  PiecewiseValues::Reader reader(phi_);
  const SmallRule& rule = legendre_16();
  const std::size_t nodes_of_panel = rule.nodes.size();
  constexpr double reach = 13;
  std::vector<double> x(nodes_of_panel);
  for (std::size_t p = 0; p < points_.size(); ++p) {
    budget.check();
    bool resolved = false;
    for (double longest = 0.5; !resolved && longest > 0.01; longest /= 2) {
      const std::vector<double> edges = panels(p, longest, reach);
      const Eigen::Index nodes = static_cast<Eigen::Index>((edges.size() - 1) * nodes_of_panel);
      Eigen::ArrayXd z(nodes), w(nodes), f(nodes), df(nodes);
      for (std::size_t e = 0; e + 1 < edges.size(); ++e) {
        const double middle = (edges[e] + edges[e + 1]) / 2, half = (edges[e + 1] - edges[e]) / 2;
        const Eigen::Index at = static_cast<Eigen::Index>(e * nodes_of_panel);
        for (std::size_t k = 0; k < nodes_of_panel; ++k) {
          const double zk = middle + half * rule.nodes[k];
          z[at + static_cast<Eigen::Index>(k)] = zk;
          w[at + static_cast<Eigen::Index>(k)] = half * rule.weights[k] / std::sqrt(2 * std::numbers::pi);
          x[k] = points_.root_q[p] * zk;
        }
        reader(piece_of(p, middle), x, f.data() + at, df.data() + at);
      }
      const Eigen::ArrayXd root = (-z.square() / 4).exp(), weight = w * root;
      const double Q = (weight * root * f.square()).sum(), chi = (weight * root * df.square()).sum();
      const double of_value = std::abs(Q - points_.Q[p]) / std::max(points_.Q[p], 1e-300),
                   of_slope = slope_ ? std::abs(chi - points_.chi[p]) / std::max(points_.chi[p], 1e-300) : 0;
      resolved = of_value <= 1e-13 && of_slope <= 1e-13;
      if (!resolved) continue;
      resolution_ = std::max({resolution_, of_value, of_slope});
      const Eigen::ArrayXd wf = weight * f, wdf = weight * df;
      Eigen::ArrayXd before = Eigen::ArrayXd::Zero(nodes), now = root, after(nodes);
      double* const a = of_point(a_, p);
      double* const b = slope_ ? of_point(b_, p) : nullptr;
      for (std::size_t k = 0; k < every() * terms_; ++k) {
        if (k % every() == first_of_value()) a[k / every() * points_of_block] = (wf * now).sum();
        if (slope_ && k % every() == first_of_slope()) b[k / every() * points_of_block] = (wdf * now).sum();
        const double next = 1 / std::sqrt(static_cast<double>(k + 1));
        after = (z * now - std::sqrt(static_cast<double>(k)) * before) * next;
        before.swap(now);
        now.swap(after);
      }
    }
    if (!resolved) refuse(p);
  }
}

std::size_t HermiteCoefficients::piece_of(std::size_t p, double z) const {
  std::size_t piece = 0;
  if (cut_) return 0;
  for (const double b : breaks_) piece += static_cast<std::size_t>(z > (b == 0 ? 0 : b / points_.root_q[p]));
  return piece;
}

/// Panels in z that end at the kinks, short beside them where phi changes on the scale 1 of x.
std::vector<double> HermiteCoefficients::panels(std::size_t p, double longest, double reach) const {
  std::vector<double> marks = {-reach, reach};
  for (std::size_t i = 0; i < breaks_.size(); ++i) {
    const double b = breaks_[i], at = b == 0 ? 0 : b / points_.root_q[p];
    for (double d = longest / 4; d > 1e-12 && !cut_ && phi_.graded()[i]; d /= 4) marks.insert(marks.end(), {at - d, at + d});
    for (double d = (cut_ ? 1 : 3) / points_.root_q[p]; d < longest; d *= 2) marks.insert(marks.end(), {at - d, at + d});
    marks.push_back(at);
  }
  std::sort(marks.begin(), marks.end());
  std::vector<double> edges = {-reach};
  for (const double m : marks) {
    const double last = edges.back();
    if (!(m > last) || m > reach) continue;
    const int parts = std::max(1, static_cast<int>(std::ceil((m - last) / longest)));
    for (int i = 1; i <= parts; ++i) edges.push_back(last + (m - last) * i / parts);
  }
  return edges;
}

}  // namespace infwidth
