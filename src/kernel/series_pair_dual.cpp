// SPDX-License-Identifier: GPL-3.0-or-later
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "near_rule.hpp"
#include "pair_dual.hpp"

namespace infwidth {

namespace {

constexpr std::size_t block = 16;             // points whose coefficients stand side by side
constexpr double tail = 1e-15;                // of sqrt(Q1 Q2): where the series may end
constexpr std::array<std::size_t, 14> ends = {6, 10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768};
constexpr double least_rest2 = 1e-16;         // a rest Q - sum a_k^2 is not known better
constexpr double gap_by_difference = 1e-6;    // of sqrt(Q1 Q2): a smaller one is summed as a square where it must be sharp

/// F = sum rho^k a_k(q1) a_k(q2) and F' = sum rho^k b_k(q1) b_k(q2), a_k = E[phi(sqrt(q) z) He_k(z)]/sqrt(k!), b_k the same of phi'; pairs whose tail would not fall in time
/// go to NearRule. Derivation D-051.
class SeriesDual : public PairDual {
 public:
  SeriesDual(const Activation& phi, const LayerPoints& points, bool slope, GapUse gap, const Budget& budget)
      : phi_(phi), points_(points), near_(phi_, points), slope_(slope), sharp_(gap == GapUse::sharp), smooth_(phi.pieces().size() == 1),
        parity_(phi.parity()) {
    const std::size_t n = points.size(), blocks = (n + block - 1) / block;
    terms_ = (smooth_ ? 512 : 384) / every();
    if (smooth_) {
      choose_step();
      terms_ = terms_that_matter();
    }
    a_.assign(blocks * terms_ * block, 0);
    if (slope_) b_.assign(blocks * terms_ * block, 0);
    if (smooth_) {
      expand_smooth(budget);
    } else {
      expand_kinked(budget);
    }
    measure_rests();
  }

  void row(const PairRow& r) const override;

 private:
  PiecewiseValues phi_;
  const LayerPoints& points_;
  NearRule near_;
  bool slope_, sharp_, smooth_;
  Parity parity_;
  double frequency_ = 0, reach_ = 13;  // of the trapezoidal rule: 2 pi / h, and where it ends
  std::size_t terms_ = 0;
  std::vector<double> a_, b_;  // [point / block][k][point % block]
  std::vector<std::vector<double>> rest_;  // [which end][point]: sqrt of the larger one of what is left of Q and of chi, relative

  // Of an even or odd phi every other coefficient is 0 and not stored: term k stands for the order first + every k.
  std::size_t every() const { return parity_ == Parity::none ? 1 : 2; }
  std::size_t first_of_value() const { return parity_ == Parity::odd ? 1 : 0; }
  std::size_t first_of_slope() const { return parity_ == Parity::even ? 1 : 0; }
  double* coefficients(std::vector<double>& of, std::size_t p) const { return of.data() + (p / block) * terms_ * block + p % block; }
  const double* coefficients(const std::vector<double>& of, std::size_t p) const { return of.data() + (p / block) * terms_ * block + p % block; }
  std::size_t levels() const { return rest_.size(); }
  std::size_t end(std::size_t level) const { return std::min(ends[level] / every(), terms_); }

  [[noreturn]] void refuse(std::size_t p) const {
    throw NotReached("gram: double precision does not resolve E[phi^2] of " + phi_.name() + " at the variance " + short_text(points_.q[p]) + "; rescale, or leave double precision");
  }

  /// E[phi^2] and E[phi'^2] by the trapezoidal rule, relative errors.
  double error_of_step(std::size_t p, double h, double reach, PiecewiseValues::Reader& reader) const {
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
    const double error = std::abs(Q - points_.Q[p]) / std::max(points_.Q[p], 1e-300), of_slope = slope_ ? std::abs(chi - points_.chi[p]) / std::max(points_.chi[p], 1e-300) : 0;
    return std::isfinite(error) && std::isfinite(of_slope) ? std::max(error, of_slope) : std::numeric_limits<double>::infinity();
  }

  void choose_step() {
    PiecewiseValues::Reader reader(phi_);
    const std::size_t most = static_cast<std::size_t>(std::max_element(points_.q.begin(), points_.q.end()) - points_.q.begin());
    double best = std::numeric_limits<double>::infinity();
    for (double reach = 13; reach < 60; reach *= 1.3) {
      for (double h = 0.72; h > 5e-4; h /= 1.19) {
        const double error = error_of_step(most, h, reach, reader);
        // The same error at a finer step: it is what double precision leaves.
        if (error < 2e-14 || (error < 3e-13 && error_of_step(most, h / 1.5, reach, reader) > error / 4)) {
          frequency_ = 2 * std::numbers::pi / h;
          reach_ = reach;
          return;
        }
        best = std::min(best, error);
        if (2 * reach / h > 60000) break;
      }
    }
    refuse(most);
  }

  /// He_k(z) exp(-z^2/4)/sqrt(k!) at the nodes, times what is left of weight and Gaussian: a column for each order.
  struct Basis {
    Eigen::ArrayXd z;
    Eigen::MatrixXd value, slope;
  };
  Basis make_basis(std::size_t terms) const {
    const std::size_t orders = every() * terms + 1;
    const double h = 2 * std::numbers::pi / (frequency_ + std::sqrt(static_cast<double>(orders)));
    const int half = static_cast<int>(reach_ / h), first = parity_ == Parity::none ? -half : 0;  // a function with parity: the right half twice
    const Eigen::Index nodes = half - first + 1, columns = static_cast<Eigen::Index>(terms);
    Basis basis{Eigen::ArrayXd(nodes), Eigen::MatrixXd(nodes, columns), Eigen::MatrixXd(nodes, slope_ ? columns : 0)};
    for (Eigen::Index k = 0; k < nodes; ++k) basis.z[k] = static_cast<double>(first + k) * h;
    Eigen::ArrayXd before = Eigen::ArrayXd::Zero(nodes), now = (-basis.z.square() / 4).exp(), weight = h / std::sqrt(2 * std::numbers::pi) * now;
    if (first == 0) {
      weight *= 2;
      weight[0] /= 2;
    }
    for (std::size_t k = 0; k < orders; ++k) {
      const auto put = [&](Eigen::MatrixXd& into, std::size_t from) {
        if (k >= from && (k - from) % every() == 0 && (k - from) / every() < terms) into.col(static_cast<Eigen::Index>((k - from) / every())) = (weight * now).matrix();
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
  void evaluate(std::size_t p, const Basis& basis, PiecewiseValues::Reader& reader, std::vector<double>& x, double* f, double* df) const {
    x.resize(static_cast<std::size_t>(basis.z.size()));
    for (std::size_t k = 0; k < x.size(); ++k) x[k] = points_.root_q[p] * basis.z[static_cast<Eigen::Index>(k)];
    reader(0, x, f, df);
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double z = basis.z[static_cast<Eigen::Index>(k)];
      if (z * z > 1300) f[k] = df[k] = 0;  // the Gaussian is 0 there, phi perhaps infinite
    }
  }

  /// How many terms the point of the largest variance needs, whose coefficients fall last.
  std::size_t terms_that_matter() const {
    const std::size_t p = static_cast<std::size_t>(std::max_element(points_.q.begin(), points_.q.end()) - points_.q.begin());
    const Basis basis = make_basis(terms_);
    PiecewiseValues::Reader reader(phi_);
    std::vector<double> x;
    Eigen::VectorXd f(basis.z.size()), df(basis.z.size());
    evaluate(p, basis, reader, x, f.data(), df.data());
    const Eigen::VectorXd a = basis.value.transpose() * f, b = slope_ ? Eigen::VectorXd(basis.slope.transpose() * df) : Eigen::VectorXd::Zero(a.size());
    double value = 0, slope = 0;
    std::size_t k = terms_;
    while (k > 4) {
      const double next_value = value + a[static_cast<Eigen::Index>(k - 1)] * a[static_cast<Eigen::Index>(k - 1)], next_slope = slope + b[static_cast<Eigen::Index>(k - 1)] * b[static_cast<Eigen::Index>(k - 1)];
      if (next_value > 0.1 * tail * points_.Q[p] || (slope_ && next_slope > 0.1 * tail * points_.chi[p])) break;
      value = next_value;
      slope = next_slope;
      --k;
    }
    return k;
  }

  void expand_smooth(const Budget& budget) {
    const Basis basis = make_basis(terms_);
    PiecewiseValues::Reader reader(phi_);
    constexpr std::size_t chunk = 16 * block;
    std::vector<double> x;
    Eigen::MatrixXd f(basis.z.size(), static_cast<Eigen::Index>(chunk)), df(basis.z.size(), static_cast<Eigen::Index>(chunk));
    for (std::size_t p0 = 0; p0 < points_.size(); p0 += chunk) {
      budget.check();
      const std::size_t count = std::min(chunk, points_.size() - p0);
      for (std::size_t c = 0; c < count; ++c) evaluate(p0 + c, basis, reader, x, f.col(static_cast<Eigen::Index>(c)).data(), df.col(static_cast<Eigen::Index>(c)).data());
      const Eigen::Index wide = static_cast<Eigen::Index>(count);
      store(basis.value.transpose() * f.leftCols(wide), p0, a_);
      if (slope_) store(basis.slope.transpose() * df.leftCols(wide), p0, b_);
    }
  }

  void store(const Eigen::MatrixXd& found, std::size_t p0, std::vector<double>& into) {
    for (Eigen::Index c = 0; c < found.cols(); ++c) {
      double* const to = coefficients(into, p0 + static_cast<std::size_t>(c));
      for (std::size_t k = 0; k < terms_; ++k) to[k * block] = found(static_cast<Eigen::Index>(k), c);
    }
  }

  void expand_kinked(const Budget& budget) {
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
        resolved = std::abs(Q - points_.Q[p]) <= 1e-13 * points_.Q[p] && (!slope_ || std::abs(chi - points_.chi[p]) <= 1e-13 * points_.chi[p]);
        if (!resolved) continue;
        const Eigen::ArrayXd wf = weight * f, wdf = weight * df;
        Eigen::ArrayXd before = Eigen::ArrayXd::Zero(nodes), now = root, after(nodes);
        double* const a = coefficients(a_, p);
        double* const b = slope_ ? coefficients(b_, p) : nullptr;
        for (std::size_t k = 0; k < every() * terms_; ++k) {
          if (k % every() == first_of_value()) a[k / every() * block] = (wf * now).sum();
          if (slope_ && k % every() == first_of_slope()) b[k / every() * block] = (wdf * now).sum();
          const double next = 1 / std::sqrt(static_cast<double>(k + 1));
          after = (z * now - std::sqrt(static_cast<double>(k)) * before) * next;
          before.swap(now);
          now.swap(after);
        }
      }
      if (!resolved) refuse(p);
    }
  }

  std::size_t piece_of(std::size_t p, double z) const {
    std::size_t piece = 0;
    for (const double b : phi_.breaks()) piece += static_cast<std::size_t>(z > (b == 0 ? 0 : b / points_.root_q[p]));
    return piece;
  }

  /// Panels in z that end at the kinks, short beside them where phi changes on the scale 1 of x.
  std::vector<double> panels(std::size_t p, double longest, double reach) const {
    std::vector<double> marks = {-reach, reach};
    for (std::size_t i = 0; i < phi_.breaks().size(); ++i) {
      const double b = phi_.breaks()[i], at = b == 0 ? 0 : b / points_.root_q[p];
      for (double d = longest / 4; d > 1e-12 && phi_.graded()[i]; d /= 4) marks.insert(marks.end(), {at - d, at + d});
      for (double d = 3 / points_.root_q[p]; d < longest; d *= 2) marks.insert(marks.end(), {at - d, at + d});
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

  void measure_rests() {
    rest_.clear();
    const std::size_t n = points_.size();
    for (const std::size_t e : ends) {
      rest_.emplace_back(n);
      if (e / every() >= terms_) break;
    }
    for (std::size_t p = 0; p < n; ++p) {
      const double *const a = coefficients(a_, p), *const b = slope_ ? coefficients(b_, p) : nullptr;
      double Q = 0, chi = 0;
      std::size_t k = 0;
      for (std::size_t level = 0; level < levels(); ++level) {
        for (; k < end(level); ++k) {
          Q += a[k * block] * a[k * block];
          if (slope_) chi += b[k * block] * b[k * block];
        }
        const double of_value = points_.Q[p] > 0 ? 1 - Q / points_.Q[p] : 0, of_slope = slope_ && points_.chi[p] > 0 ? 1 - chi / points_.chi[p] : 0;
        if (!(std::min(of_value, of_slope) > -1e-12)) refuse(p);
        rest_[level][p] = std::sqrt(std::max({of_value, of_slope, least_rest2}));
      }
    }
  }

  /// The |rho| up to which the series of point i with each of the others may end at each level.
  void thresholds(const PairRow& r, double* most) const {
    for (std::size_t level = 0; level < levels(); ++level) {
      const double* const rest = rest_[level].data() + r.second;
      double worst = 0;
      for (std::size_t j = 0; j < r.count; ++j) worst = std::max(worst, rest[j]);
      const double bound = rest_[level][r.first] * worst;
      most[level] = bound <= tail ? 1.0 : std::pow(tail / bound, 1.0 / static_cast<double>(every() * end(level)));
    }
  }

  void sum_block(const double* a1, const double* b1, std::size_t at, std::size_t terms, const double* rho, double* value, double* slope) const;
  void sum_pair(const double* a1, const double* b1, std::size_t j, std::size_t terms, double rho, double& value, double& slope) const;
};

/// Sixteen pairs by Horner's rule. `b1` null: without slopes.
void SeriesDual::sum_block(const double* a1, const double* b1, std::size_t at, std::size_t terms, const double* rho, double* value, double* slope) const {
  const double* const a = a_.data() + at * terms_ * block;
  std::array<double, block> r, f{}, g{};
  for (std::size_t j = 0; j < block; ++j) r[j] = every() == 2 ? rho[j] * rho[j] : rho[j];
  if (b1 == nullptr) {
    for (std::size_t k = terms; k-- > 0;) {
      for (std::size_t j = 0; j < block; ++j) f[j] = f[j] * r[j] + a1[k] * a[k * block + j];
    }
  } else {
    const double* const b = b_.data() + at * terms_ * block;
    for (std::size_t k = terms; k-- > 0;) {
      for (std::size_t j = 0; j < block; ++j) f[j] = f[j] * r[j] + a1[k] * a[k * block + j];
      for (std::size_t j = 0; j < block; ++j) g[j] = g[j] * r[j] + b1[k] * b[k * block + j];
    }
    for (std::size_t j = 0; j < block; ++j) slope[j] = first_of_slope() == 1 ? rho[j] * g[j] : g[j];
  }
  for (std::size_t j = 0; j < block; ++j) value[j] = first_of_value() == 1 ? rho[j] * f[j] : f[j];
}

void SeriesDual::sum_pair(const double* a1, const double* b1, std::size_t j, std::size_t terms, double rho, double& value, double& slope) const {
  const double* const a = coefficients(a_, j);
  const double* const b = b1 == nullptr ? nullptr : coefficients(b_, j);
  // Four interleaved sums in r^4.
  const double r = every() == 2 ? rho * rho : rho, r2 = r * r, r4 = r2 * r2;
  std::array<double, 4> f{}, g{};
  for (std::size_t k = (terms + 3) / 4 * 4; k > 0; k -= 4) {
    for (std::size_t e = 0; e < 4; ++e) {
      const std::size_t at = k - 4 + e;
      if (at >= terms) continue;
      f[e] = f[e] * r4 + a1[at] * a[at * block];
      if (b != nullptr) g[e] = g[e] * r4 + b1[at] * b[at * block];
    }
  }
  value = ((f[0] + r2 * f[2]) + r * (f[1] + r2 * f[3])) * (first_of_value() == 1 ? rho : 1);
  slope = ((g[0] + r2 * g[2]) + r * (g[1] + r2 * g[3])) * (first_of_slope() == 1 ? rho : 1);
}

void SeriesDual::row(const PairRow& r) const {
  std::array<double, ends.size()> most{};
  thresholds(r, most.data());
  // The level that costs least: its terms for all pairs, and the pairs beyond it one by one.
  constexpr double term_of_one = 12;  // what a term of a single pair costs, in terms of one of sixteen
  std::size_t level = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t l = 0; l < levels(); ++l) {
    std::size_t beyond = 0;
    for (std::size_t j = 0; j < r.count; ++j) beyond += static_cast<std::size_t>(1 - std::abs(r.tau[j]) > most[l]);
    const double cost = static_cast<double>(end(l) * r.count) + term_of_one * static_cast<double>(beyond * 2 * end(l));
    if (cost < least) {
      least = cost;
      level = l;
    }
    if (beyond == 0) break;
  }
  std::vector<double> own(terms_ * 2);
  double *const a1 = own.data(), *const b1 = r.slope != nullptr ? own.data() + terms_ : nullptr;
  for (std::size_t k = 0; k < terms_; ++k) {
    a1[k] = coefficients(a_, r.first)[k * block];
    if (b1 != nullptr) b1[k] = coefficients(b_, r.first)[k * block];
  }
  std::array<double, block> rho, value, slope{};
  const std::size_t last = r.second + r.count;
  for (std::size_t at = r.second / block; at * block < last; ++at) {
    const std::size_t from = std::max(r.second, at * block), to = std::min(last, (at + 1) * block);
    rho.fill(0);
    for (std::size_t j = from; j < to; ++j) rho[j % block] = correlation(r.tau[j - r.second]);
    sum_block(a1, b1, at, end(level), rho.data(), value.data(), slope.data());
    for (std::size_t j = from; j < to; ++j) {
      r.value[j - r.second] = value[j % block];
      if (r.slope != nullptr) r.slope[j - r.second] = slope[j % block];
    }
  }
  std::optional<NearRule::Workspace> space;
  for (std::size_t j = 0; j < r.count; ++j) {
    const double size = 1 - std::abs(r.tau[j]), scale = points_.root_Q[r.first] * points_.root_Q[r.second + j];
    bool reached = size <= most[level];
    if (!reached) {
      std::size_t l = level;
      while (l < levels() && size > most[l]) ++l;
      if (l < levels()) {
        double unused;
        sum_pair(a1, b1, r.second + j, end(l), correlation(r.tau[j]), r.value[j], r.slope != nullptr ? r.slope[j] : unused);
        reached = true;
      }
    }
    r.gap[j] = scale - std::abs(r.value[j]);
    if (reached && !(sharp_ && r.gap[j] < gap_by_difference * scale)) continue;
    if (points_.q[r.first] == 0 || points_.q[r.second + j] == 0) continue;  // one term alone
    if (r.tau[j] == 0 && !std::signbit(r.tau[j]) && points_.q[r.first] == points_.q[r.second + j]) {
      r.value[j] = points_.Q[r.first];
      r.gap[j] = 0;
      if (r.slope != nullptr) r.slope[j] = points_.chi[r.first];
      continue;
    }
    if (!space) space.emplace(near_);
    const std::size_t i = r.first, other = r.second + j;
    const NearRule::Result found = smooth_ ? near_.smooth(i, other, r.tau[j], frequency_, std::min(reach_, 13.0), *space) : near_.kinked(i, other, r.tau[j], *space);
    r.value[j] = found.value;
    r.gap[j] = found.gap;
    if (r.slope != nullptr) r.slope[j] = found.slope;
  }
}

}  // namespace

std::unique_ptr<PairDual> make_series_pair_dual(const Activation& phi, const LayerPoints& points, bool slope, GapUse gap, const Budget& budget) {
  return std::make_unique<SeriesDual>(phi, points, slope, gap, budget);
}

}  // namespace infwidth
