// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "hermite_coefficients.hpp"
#include "near_rule.hpp"
#include "pair_dual.hpp"

namespace infwidth {

namespace {

constexpr std::size_t block = HermiteCoefficients::points_of_block;
constexpr double tail = HermiteCoefficients::tail;
constexpr std::array<std::size_t, 14> ends = {6, 10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768};
constexpr double least_rest2 = 1e-16;         // a rest Q - sum a_k^2 is not known better
constexpr double kinked_gap = 1e-4;           // of sqrt(Q1 Q2): a smaller one of an activation with kinks, whose series has no end, goes to NearRule

/// F = sum rho^k a_k(q1) a_k(q2) and F' = sum rho^k b_k(q1) b_k(q2), a_k = E[phi(sqrt(q) z) He_k(z)]/sqrt(k!), b_k the same of phi'; pairs whose tail would not fall in time
/// go to NearRule. Derivation D-051.
class SeriesDual : public PairDual {
 public:
  SeriesDual(const Activation& phi, const LayerPoints& points, bool slope, const Budget& budget) : of_(phi, points, slope, budget), points_(points), near_(of_.phi(), points, of_.cut()) { measure_rests(); }

  void row(const PairRow& r) const override;
  PairRounding rounding() const override {
    const double more = std::max(of_.resolution(), unended_) * 0x1p53;
    const double of_slope = of_.smooth() ? 16 : 128;  // across a kink, by far the largest part: rho near +-1, where a slope turns on the scale of sqrt(t)
    return {.value = 16 + 2 * more, .gap = 16 + 2 * more, .root = 16, .slope = of_slope + 2 * more};
  }

 private:
  HermiteCoefficients of_;
  const LayerPoints& points_;
  NearRule near_;
  double unended_ = 0;  // of series that should have ended, what is left of Q or chi
  std::vector<std::vector<double>> rest_;  // [which end][point]: sqrt of the larger one of what is left of Q and of chi, relative

  std::size_t levels() const { return rest_.size(); }
  std::size_t end(std::size_t level) const { return std::min(ends[level] / of_.every(), of_.terms()); }

  void measure_rests() {
    rest_.clear();
    const std::size_t n = points_.size();
    for (const std::size_t e : ends) {
      rest_.emplace_back(n);
      if (e / of_.every() >= of_.terms()) break;
    }
    for (std::size_t p = 0; p < n; ++p) {
      const double *const a = of_.a(p), *const b = of_.has_slope() ? of_.b(p) : nullptr;
      double Q = 0, chi = 0;
      std::size_t k = 0;
      for (std::size_t level = 0; level < levels(); ++level) {
        for (; k < end(level); ++k) {
          Q += a[k * block] * a[k * block];
          if (b != nullptr) chi += b[k * block] * b[k * block];
        }
        const double of_value = points_.Q[p] > 0 ? 1 - Q / points_.Q[p] : 0, of_slope = b != nullptr && points_.chi[p] > 0 ? 1 - chi / points_.chi[p] : 0;
        if (!(std::min(of_value, of_slope) > -1e-12)) of_.refuse(p);
        if (of_.smooth() && level + 1 == levels() && std::max(of_value, of_slope) < 1e-12) unended_ = std::max({unended_, std::abs(of_value), std::abs(of_slope)});
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
      most[level] = bound <= tail ? 1.0 : std::pow(tail / bound, 1.0 / static_cast<double>(of_.every() * end(level)));
    }
  }

  void sum_block(const double* a1, const double* b1, std::size_t at, std::size_t terms, const double* rho, double* value, double* slope) const;
  void sum_pair(const double* a1, const double* b1, std::size_t j, std::size_t terms, double rho, double& value, double& slope) const;
  double gap_of_pair(std::size_t i, std::size_t j, double tau, bool negative, std::size_t terms) const;
};

/// Sixteen pairs by Horner's rule. `b1` null: without slopes.
void SeriesDual::sum_block(const double* a1, const double* b1, std::size_t at, std::size_t terms, const double* rho, double* value, double* slope) const {
  const double* const a = of_.a(at * block);
  std::array<double, block> r, f{}, g{};
  for (std::size_t j = 0; j < block; ++j) r[j] = of_.every() == 2 ? rho[j] * rho[j] : rho[j];
  if (b1 == nullptr) {
    for (std::size_t k = terms; k-- > 0;) {
      for (std::size_t j = 0; j < block; ++j) f[j] = f[j] * r[j] + a1[k] * a[k * block + j];
    }
  } else {
    const double* const b = of_.b(at * block);
    for (std::size_t k = terms; k-- > 0;) {
      for (std::size_t j = 0; j < block; ++j) f[j] = f[j] * r[j] + a1[k] * a[k * block + j];
      for (std::size_t j = 0; j < block; ++j) g[j] = g[j] * r[j] + b1[k] * b[k * block + j];
    }
    for (std::size_t j = 0; j < block; ++j) slope[j] = of_.first_of_slope() == 1 ? rho[j] * g[j] : g[j];
  }
  for (std::size_t j = 0; j < block; ++j) value[j] = of_.first_of_value() == 1 ? rho[j] * f[j] : f[j];
}

void SeriesDual::sum_pair(const double* a1, const double* b1, std::size_t j, std::size_t terms, double rho, double& value, double& slope) const {
  const double* const a = of_.a(j);
  const double* const b = b1 == nullptr ? nullptr : of_.b(j);
  // Four interleaved sums in r^4.
  const double r = of_.every() == 2 ? rho * rho : rho, r2 = r * r, r4 = r2 * r2;
  std::array<double, 4> f{}, g{};
  for (std::size_t k = (terms + 3) / 4 * 4; k > 0; k -= 4) {
    for (std::size_t e = 0; e < 4; ++e) {
      const std::size_t at = k - 4 + e;
      if (at >= terms) continue;
      f[e] = f[e] * r4 + a1[at] * a[at * block];
      if (b != nullptr) g[e] = g[e] * r4 + b1[at] * b[at * block];
    }
  }
  value = ((f[0] + r2 * f[2]) + r * (f[1] + r2 * f[3])) * (of_.first_of_value() == 1 ? rho : 1);
  slope = ((g[0] + r2 * g[2]) + r * (g[1] + r2 * g[3])) * (of_.first_of_slope() == 1 ? rho : 1);
}

/// sqrt(Q1 Q2) - |F| by squares and, for like coefficients, a sum of terms >= 0: with the signs s_k that make the product |F| at |rho| = 1,
///   [sum (a_k - s_k b_k)^2 - (sqrt Q1 - sqrt Q2)^2]/2 + sum s_k a_k b_k (1 - |rho|^k).
/// For a series that has ended at |rho| = 1. `negative`: F < 0.
double SeriesDual::gap_of_pair(std::size_t i, std::size_t j, double tau, bool negative, std::size_t terms) const {
  const double *const a = of_.a(i), *const b = of_.a(j);
  const double t = std::abs(tau), step = of_.every() == 2 ? t * (2 - t) : t, power = 1 - step, turn = is_negative(tau) && of_.every() == 1 ? -1 : 1;
  double sign = (negative ? -1 : 1) * (is_negative(tau) && of_.first_of_value() == 1 ? -1 : 1);
  double missing = of_.first_of_value() == 1 ? t : 0, apart = 0, fall = 0;  // missing = 1 - |rho|^k
  for (std::size_t k = 0; k < terms; ++k) {
    const double other = sign * b[k * block], d = a[k * block] - other;
    apart += d * d;
    fall += a[k * block] * other * missing;
    missing = missing * power + step;
    sign *= turn;
  }
  const double roots = points_.root_Q[i] - points_.root_Q[j];
  return std::max(0.0, (apart - roots * roots) / 2 + fall);
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
  std::vector<double> own(of_.terms() * 2);
  double *const a1 = own.data(), *const b1 = r.slope != nullptr ? own.data() + of_.terms() : nullptr;
  for (std::size_t k = 0; k < of_.terms(); ++k) {
    a1[k] = of_.a(r.first)[k * block];
    if (b1 != nullptr) b1[k] = of_.b(r.first)[k * block];
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
    if (reached && r.gap[j] >= (of_.smooth() ? near_gap : kinked_gap) * scale) continue;
    if (points_.q[r.first] == 0 || points_.q[r.second + j] == 0) continue;  // one term alone
    if (r.tau[j] == 0 && !std::signbit(r.tau[j]) && points_.q[r.first] == points_.q[r.second + j]) {
      r.value[j] = points_.Q[r.first];
      r.gap[j] = 0;
      if (r.slope != nullptr) r.slope[j] = points_.chi[r.first];
      continue;
    }
    if (reached && !alike(points_.root_q[r.first], points_.root_q[r.second + j])) continue;
    if (of_.smooth() && most[levels() - 1] == 1) {
      r.gap[j] = gap_of_pair(r.first, r.second + j, r.tau[j], r.value[j] < 0, end(levels() - 1));
      continue;
    }
    if (!space) space.emplace(near_);
    const std::size_t i = r.first, other = r.second + j;
    const NearRule::Result found = of_.smooth() ? near_.smooth(i, other, r.tau[j], of_.frequency(), std::min(of_.reach(), 13.0), *space) : near_.kinked(i, other, r.tau[j], *space);
    r.value[j] = found.value;
    r.gap[j] = found.gap;
    if (r.slope != nullptr) r.slope[j] = found.slope;
  }
}

}  // namespace

std::unique_ptr<PairDual> make_series_pair_dual(const Activation& phi, const LayerPoints& points, bool slope, const Budget& budget) {
  return std::make_unique<SeriesDual>(phi, points, slope, budget);
}

}  // namespace infwidth
