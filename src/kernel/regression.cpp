// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/kernel/regression.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "../real/decompositions.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "spd_matrix.hpp"

namespace infwidth {

namespace {

using Eigen::Index;
using Vector = Eigen::VectorXd;
using RowsView = Eigen::Map<const Rows>;

constexpr double unit = std::numeric_limits<double>::epsilon();
constexpr std::size_t rows_at_once = 128;  // test points that are solved for together

RowsView view(std::span<const double> values, std::size_t rows, std::size_t columns) {
  return {values.data(), static_cast<Index>(rows), static_cast<Index>(columns)};
}

void require(bool fits, const char* what) {
  if (!fits) throw UsageError(std::string("kernel regression: ") + what);
}

void require_sizes(std::span<const double> matrix, const DataMatrix& targets, double noise) {
  require(targets.rows > 0 && targets.columns > 0, "no training point, or no target; give one row of targets a training point");
  require(targets.values.size() == targets.rows * targets.columns && matrix.size() == targets.rows * targets.rows,
          "the kernel matrix has not one row and one column a row of targets; give the targets of all training points");
  require(noise >= 0 && std::isfinite(noise), "the noise is not a variance; it is 0 or more");
}

/// n 2^-52 of the largest eigenvalue: what the entries' roundings may do to any eigenvalue.
double rounding_of(std::size_t n, double largest) { return static_cast<double>(n) * unit * largest; }

/// What an entry is off by, relative to sqrt(K(x,x) K(y,y)), where independent errors add up: a quarter of the largest, and what a Cholesky factorization makes of its roundings (D-045).
double entry_error_of(std::size_t n, const RegressionOptions& options) { return options.entry_error / 4 + (2 + std::sqrt(static_cast<double>(n)) / 3) * unit; }

/// A row of zeros, two rows that are one and the same to the kernel, or two that are multiples of each other: then the matrix is singular, whatever the others are.
void refuse_dependent_rows(const RowsView& k) {
  const char* const cure = ", so that no function fits their targets exactly; leave one out, or allow for noise (--noise)";
  for (Index i = 0; i < k.rows(); ++i)
    if (k(i, i) == 0)
      throw UsageError("training row " + std::to_string(i + 1) + " has the kernel 0 with itself and with every other: all functions of this network are 0 there, and the matrix of rank " +
                       std::to_string(k.rows() - 1) + " at most; leave it out, give the network biases, or allow for noise (--noise)");

  constexpr double same = 16 * unit;
  Index first = 0, second = 0;
  double best = -1;
  for (Index i = 0; i < k.rows(); ++i)
    for (Index j = 0; j < i; ++j) {
      // 1 - (the correlation of f(x_i) and f(x_j))^2, f the random function with this kernel
      const double nearness = k(i, j) / k(i, i) * (k(i, j) / k(j, j)) - 1;
      if (nearness > best) {
        best = nearness;
        first = j;
        second = i;
      }
    }
  if (!(best >= -same)) return;
  const std::string rows = "training rows " + std::to_string(first + 1) + " and " + std::to_string(second + 1) + " are ";
  const double ratio = k(first, second) / k(first, first);
  if (std::abs(ratio - 1) <= same) throw UsageError(rows + "equal for this kernel" + cure);
  throw UsageError(rows + "multiples of each other for this kernel (K(x,y)^2 = K(x,x) K(y,y), y's values being " + short_text(ratio) + " times x's): the matrix has the rank " +
                   std::to_string(k.rows() - 1) + " at most" + cure);
}

[[noreturn]] void refuse_singular(double smallest, double largest, std::size_t n) {
  throw NotReached("the kernel matrix of the " + std::to_string(n) + " training points is " + (smallest < -rounding_of(n, largest) ? "not positive definite" : "singular to double precision") +
                   ": its smallest eigenvalue is " + short_text(smallest) + ", its largest " + short_text(largest) + "; allow for noise (--noise), or leave out points that nearly repeat others");
}

/// The factor of A + shift I, or the refusal that fits.
SpdMatrix factor_of(const RowsView& a, double shift, const RegressionOptions& options, Extremes& extremes) {
  const auto n = static_cast<std::size_t>(a.rows());
  if (!a.allFinite()) throw UsageError("kernel regression: an entry of the kernel matrix is not a finite number; compute it again");
  std::optional<SpdMatrix> factor = SpdMatrix::factorize(a, shift, options.budget, options.progress);
  if (factor) {
    extremes = factor->extremes(options.budget);
    if (extremes.smallest > rounding_of(n, extremes.largest)) return std::move(*factor);
  }
  if (shift == 0) refuse_dependent_rows(a);
  const double largest = largest_eigenvalue(a, options.budget);
  refuse_singular(smallest_eigenvalue(a, largest, options.budget) + shift, largest + shift, n);
}

void check_test(const TestKernels& test, std::size_t n, bool flow) {
  const std::size_t m = test.nngp_self.size();
  const bool nngp = test.nngp_cross.size() == m * n, ntk = !flow || (test.ntk_cross.size() == m * n && test.ntk_self.size() == m);
  require(nngp && ntk, "the kernels at the test points do not fit the number of training points");
}

/// What `rows_at_once` test points find in common.
struct TestBlock {
  std::size_t first, count;
  RowsView nngp, ntk;
};

template <class Work>
Predictions in_blocks(const TestKernels& test, std::size_t n, std::size_t targets, bool flow, const RegressionOptions& options, Work work) {
  check_test(test, n, flow);
  const std::size_t m = test.nngp_self.size();
  Predictions p;
  p.mean.resize(m * targets);
  p.mean_error.resize(m * targets);
  p.variance.resize(m);
  p.variance_error.resize(m);
  for (std::size_t first = 0; first < m; first += rows_at_once) {
    options.budget.check();
    const std::size_t count = std::min(rows_at_once, m - first);
    const auto part = [&](std::span<const double> all) { return view(all.empty() ? all : all.subspan(first * n, count * n), all.empty() ? 0 : count, n); };
    work(TestBlock{first, count, part(test.nngp_cross), part(test.ntk_cross)}, p);
  }
  for (std::size_t i = 0; i < m; ++i) {
    const double error = p.variance_error[i];
    if (p.variance[i] >= 0) continue;
    if (!(p.variance[i] >= -error))
      throw NotReached("test row " + std::to_string(i + 1) + ": the variance comes out as " + short_text(p.variance[i]) + ", below 0 by more than its error, " + short_text(error) +
                       "; the kernels of training and test points do not belong together, or the problem is too ill-conditioned: allow for noise (--noise)");
    p.variance[i] = 0;
    ++p.clipped;
  }
  for (const auto* values : {&p.mean, &p.mean_error, &p.variance, &p.variance_error})
    if (std::any_of(values->begin(), values->end(), [](double x) { return !std::isfinite(x); }))
      throw NotReached("kernel regression: a prediction has left the range of double precision; scale the targets or the kernel down");
  return p;
}

/// Of each column, the Euclidean norm of its entries times `weights`: what independent errors of the kernel's entries add up to.
Vector weighted_norms(const Columns& columns, const Vector& weights) {
  return (columns.array().square().colwise() * weights.array().square()).colwise().sum().sqrt().transpose();
}

Columns columns_of(const DataMatrix& targets) { return view(targets.values, targets.rows, targets.columns); }

}  // namespace

std::optional<Extremes> extremes_of(std::span<const double> matrix, std::size_t n, const Budget& budget) {
  require(matrix.size() == n * n && n > 0, "the matrix is not n x n");
  const std::optional<SpdMatrix> factor = SpdMatrix::factorize(view(matrix, n, n), 0, budget);
  if (!factor) return std::nullopt;
  const Extremes found = factor->extremes(budget);
  if (!(found.smallest > rounding_of(n, found.largest))) return std::nullopt;
  return found;
}

std::size_t regression_steps(std::size_t n) { return cholesky_steps(n); }

// ---- The posterior ----

struct NngpPosterior::State {
  RegressionOptions options;
  Extremes extremes;
  SpdMatrix factor;
  Columns alpha;      // (K + tau I)^-1 Y, n x k
  Vector scale;       // sqrt(K_ii + tau)
  Vector alpha_size;  // the Euclidean norm of alpha_ij scale_i, k
  double error;       // of an entry, the factorization's rounding included
};

NngpPosterior::NngpPosterior(std::span<const double> nngp, const DataMatrix& targets, double noise, const RegressionOptions& options) {
  require_sizes(nngp, targets, noise);
  const RowsView k = view(nngp, targets.rows, targets.rows);
  Extremes extremes;
  SpdMatrix factor = factor_of(k, noise, options, extremes);
  state_ = std::make_unique<State>(State{options, extremes, std::move(factor), columns_of(targets), {}, {}, 0});
  State& s = *state_;
  s.factor.solve_lower(s.alpha);
  s.factor.solve_upper(s.alpha);
  s.scale = (k.diagonal().array() + noise).sqrt();
  s.alpha_size = weighted_norms(s.alpha, s.scale);
  s.error = entry_error_of(targets.rows, options);
}
NngpPosterior::~NngpPosterior() = default;
NngpPosterior::NngpPosterior(NngpPosterior&&) noexcept = default;

const Extremes& NngpPosterior::extremes() const { return state_->extremes; }

Predictions NngpPosterior::at(const TestKernels& test) const {
  const State& s = *state_;
  const auto n = static_cast<std::size_t>(s.factor.size()), k = static_cast<std::size_t>(s.alpha.cols());
  return in_blocks(test, n, k, false, s.options, [&](const TestBlock& block, Predictions& p) {
    const Columns mean = block.nngp * s.alpha;
    Columns beta = block.nngp.transpose();
    s.factor.solve_lower(beta);
    const Vector explained = beta.colwise().squaredNorm();
    s.factor.solve_upper(beta);
    const Vector beta_size = weighted_norms(beta, s.scale);
    for (std::size_t i = 0; i < block.count; ++i) {
      const auto row = static_cast<Index>(i);
      const double self = test.nngp_self[block.first + i], size = std::hypot(std::sqrt(std::max(self, 0.0)), beta_size[row]);
      p.variance[block.first + i] = self - explained[row];
      p.variance_error[block.first + i] = s.error * size * size;
      for (std::size_t j = 0; j < k; ++j) {
        p.mean[(block.first + i) * k + j] = mean(row, static_cast<Index>(j));
        p.mean_error[(block.first + i) * k + j] = s.error * size * s.alpha_size[static_cast<Index>(j)];
      }
    }
  });
}

// ---- Gradient flow ----

struct NtkFlow::State {
  RegressionOptions options;
  Extremes extremes;
  std::optional<SpdMatrix> factor;   // t = infinity
  Columns vectors;                   // t finite: of Theta, and g of its eigenvalues
  Vector g;
  Rows nngp;
  Columns alpha;                     // g(Theta + ridge) Y
  Vector nngp_scale, ntk_scale;      // sqrt(K_ii), sqrt(Theta_ii + ridge)
  Vector alpha_size;                 // the Euclidean norm of alpha_ij ntk_scale_i
  double error = 0;                  // of an entry, the factorization's rounding included
  double matrix_error = 0;           // of an entry of Theta, absolute, the eigenvalue solver's rounding included

  /// b <- g(Theta + ridge I) b
  void apply(Columns& b) const {
    if (factor) {
      factor->solve_lower(b);
      factor->solve_upper(b);
      return;
    }
    const Columns c = vectors.transpose() * b;
    b.noalias() = vectors * (g.asDiagonal() * c);
  }
  void decompose(const RowsView& theta, double time, double ridge);
};

/// (1 - e^(-x t))/x, also for tiny x.
static double flow_factor(double x, double time) { return x == 0 ? time : -std::expm1(-x * time) / x; }

void NtkFlow::State::decompose(const RowsView& theta, double time, double ridge) {
  const auto n = static_cast<std::size_t>(theta.rows());
  if (!theta.allFinite()) throw UsageError("kernel regression: an entry of the kernel matrix is not a finite number; compute it again");
  options.budget.check();
  vectors = theta;
  Vector values(theta.rows());
  symmetric_eigenvectors(vectors.data(), n, values.data());
  options.budget.check();
  extremes = {values[0] + ridge, values[values.size() - 1] + ridge};
  const double rounding = rounding_of(n, values[values.size() - 1]);
  if (values[0] < -rounding) refuse_singular(values[0], values[values.size() - 1], n);
  if (extremes.smallest <= rounding && time * rounding > 1)
    throw NotReached("the time " + short_text(time) + " is so long that eigenvalues of the tangent kernel count which are singular to double precision: the smallest is " +
                     short_text(values[0]) + ", with an error of " + short_text(rounding) + "; take a time below " + short_text(1 / rounding) +
                     ", allow for noise (--noise), or leave out points that nearly repeat others");
  g.resize(values.size());
  for (Index i = 0; i < values.size(); ++i) g[i] = flow_factor(values[i] + ridge, time);
}

NtkFlow::NtkFlow(std::span<const double> nngp, std::span<const double> ntk, const DataMatrix& targets, double time, double ridge, const RegressionOptions& options)
    : state_(std::make_unique<State>()) {
  require_sizes(nngp, targets, ridge);
  require_sizes(ntk, targets, ridge);
  require(time > 0, "the time is not positive; it is a number above 0, or infinity");
  const RowsView k = view(nngp, targets.rows, targets.rows), theta = view(ntk, targets.rows, targets.rows);
  State& s = *state_;
  s.options = options;
  if (std::isinf(time))
    s.factor = factor_of(theta, ridge, options, s.extremes);
  else
    s.decompose(theta, time, ridge);
  s.nngp = k;
  s.alpha = columns_of(targets);
  s.apply(s.alpha);
  s.nngp_scale = k.diagonal().array().sqrt();
  s.ntk_scale = (theta.diagonal().array() + ridge).sqrt();
  s.alpha_size = weighted_norms(s.alpha, s.ntk_scale);
  s.error = entry_error_of(targets.rows, options);
  s.matrix_error = s.error * s.ntk_scale.array().square().maxCoeff() + 4 * unit * s.extremes.largest / std::sqrt(static_cast<double>(targets.rows));
}
NtkFlow::~NtkFlow() = default;
NtkFlow::NtkFlow(NtkFlow&&) noexcept = default;

const Extremes& NtkFlow::extremes() const { return state_->extremes; }

Predictions NtkFlow::at(const TestKernels& test) const {
  const State& s = *state_;
  const auto n = static_cast<std::size_t>(s.nngp.rows()), k = static_cast<std::size_t>(s.alpha.cols());
  return in_blocks(test, n, k, true, s.options, [&](const TestBlock& block, Predictions& p) {
    const Columns mean = block.ntk * s.alpha;
    Columns a = block.ntk.transpose();  // n x count
    s.apply(a);
    const Columns ka = s.nngp * a, cross = block.nngp.transpose();
    Columns response = ka - cross;  // half the derivative of the variance in a
    s.apply(response);
    const Vector nngp_size = weighted_norms(a, s.nngp_scale), ntk_size = weighted_norms(a, s.ntk_scale), response_size = weighted_norms(response, s.ntk_scale);
    for (std::size_t i = 0; i < block.count; ++i) {
      const auto c = static_cast<Index>(i);
      const double self = test.nngp_self[block.first + i], ntk_self = std::sqrt(std::max(test.ntk_self[block.first + i], 0.0));
      // What the errors of Theta do through g(Theta): by entries for the inverse, by norms for the flow (D-045).
      const auto through = [&](double size, double norm) {
        return s.factor ? s.error * std::hypot(ntk_self, ntk_size[c]) * size : s.error * ntk_self * size + s.matrix_error * a.col(c).norm() * norm;
      };
      const double size = std::hypot(std::sqrt(std::max(self, 0.0)), nngp_size[c]);
      p.variance[block.first + i] = self - 2 * a.col(c).dot(cross.col(c)) + a.col(c).dot(ka.col(c));
      p.variance_error[block.first + i] = s.error * size * size + 2 * through(response_size[c], response.col(c).norm());
      for (std::size_t j = 0; j < k; ++j) {
        const auto target = static_cast<Index>(j);
        p.mean[(block.first + i) * k + j] = mean(c, target);
        p.mean_error[(block.first + i) * k + j] = through(s.alpha_size[target], s.alpha.col(target).norm());
      }
    }
  });
}

// ---- Classes ----

ClassTargets class_targets(std::span<const std::int64_t> labels) {
  ClassTargets r;
  r.classes.assign(labels.begin(), labels.end());
  std::sort(r.classes.begin(), r.classes.end());
  r.classes.erase(std::unique(r.classes.begin(), r.classes.end()), r.classes.end());
  const std::size_t count = r.classes.size();
  if (count < 2) throw UsageError("the training points are all of one class; give labels of two or more");
  r.targets = {std::vector<double>(labels.size() * count, -1.0 / static_cast<double>(count)), labels.size(), count};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto own = std::lower_bound(r.classes.begin(), r.classes.end(), labels[i]) - r.classes.begin();
    r.targets.values[i * count + static_cast<std::size_t>(own)] += 1;
  }
  return r;
}

std::size_t largest_column(std::span<const double> row) { return static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin()); }

}  // namespace infwidth
