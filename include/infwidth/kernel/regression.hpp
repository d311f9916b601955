// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "infwidth/io/npy.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"

namespace infwidth {

/// What an infinitely wide network predicts after it has seen n training points. Matrices are row after row; rows are numbered from 1 in messages.

struct RegressionOptions {
  double entry_error = 1e-15;  // the largest of a kernel's entries, relative to sqrt(K(x,x) K(y,y)), as `GramMatrices::Errors` has it: it enters the error estimates
  Budget budget = {};          // looked at between blocks of a factorization; an eigenvalue problem runs to its end
  Progress* progress = nullptr;  // advances as far as `regression_steps` says
};

/// The kernels at m test points.
struct TestKernels {
  std::span<const double> nngp_cross, nngp_self;  // m x n: with the training points; m: K(x,x)
  std::span<const double> ntk_cross, ntk_self;    // of the tangent kernel; for gradient flow alone
};

/// At m test points, with k targets. Errors are estimates: what independent errors of `entry_error` and the rounding of the solver do to the value, to first order (D-045).
struct Predictions {
  std::vector<double> mean, mean_error;          // m x k
  std::vector<double> variance, variance_error;  // m, of one output
  std::size_t clipped = 0;                       // variances that came out below 0 by less than their error, and are 0 here
};

/// The largest and the smallest eigenvalue of the matrix of the training points, the noise included.
struct Extremes {
  double smallest = 0, largest = 0;
  double condition() const { return largest / smallest; }
};

/// Those of a symmetric n x n matrix; none where it is singular to double precision or not positive definite.
std::optional<Extremes> extremes_of(std::span<const double> matrix, std::size_t n, const Budget& budget = {});

/// The network's function is a Gaussian process with the kernel K = `nngp`, observed with independent noise of variance tau: its distribution given the targets Y.
///   Formula     mean k_*^T (K + tau I)^-1 Y,   variance of the function (not of a noisy observation) k_** - k_*^T (K + tau I)^-1 k_*
///   Accuracy    see Predictions
///   Errors      UsageError: sizes that do not fit, negative noise, two training rows that are equal or multiples of each other to the kernel, or one that is 0 to it (naming them);
///               NotReached: a matrix that is not positive definite by more than its rounding, n 2^-52 of the largest eigenvalue (with the smallest eigenvalue),
///               a variance below 0 by more than its error, the budget
///   Derivation  D-045
class NngpPosterior {
 public:
  /// nngp: n x n; targets: n x k; noise: tau >= 0.
  NngpPosterior(std::span<const double> nngp, const DataMatrix& targets, double noise, const RegressionOptions& options = {});
  ~NngpPosterior();
  NngpPosterior(NngpPosterior&&) noexcept;

  const Extremes& extremes() const;
  Predictions at(const TestKernels& test) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Gradient flow for the time t on 1/2 sum (f - Y)^2 + 1/2 ridge |theta - theta_0|^2 in the parameters theta of the linearized network, which starts from theta_0, drawn at random:
/// its distribution over the draws. (The penalty pulls back to the start. Weight decay, which pulls to 0, is another flow and is not computed here.)
///   Formula     a = Theta_*^T g(Theta + ridge I), g(x) = (1 - e^(-x t))/x:   mean a Y,   variance k_** - 2 a k_* + a K a^T;   t = infinity: g(x) = 1/x
///   Accuracy    see Predictions
///   Errors      as above; for finite t a singular matrix is fine as long as t times its rounding is below 1
///   Derivation  D-045
class NtkFlow {
 public:
  /// nngp, ntk: n x n, of the same points; targets: n x k; time > 0, infinity included; ridge >= 0.
  NtkFlow(std::span<const double> nngp, std::span<const double> ntk, const DataMatrix& targets, double time, double ridge, const RegressionOptions& options = {});
  ~NtkFlow();
  NtkFlow(NtkFlow&&) noexcept;

  const Extremes& extremes() const;
  Predictions at(const TestKernels& test) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How many times the factorization of n training points advances `RegressionOptions::progress`.
std::size_t regression_steps(std::size_t n);

/// Classes as targets of a regression: 1 - 1/C in the column of the point's own class, -1/C in the others, so that every row sums to 0.
struct ClassTargets {
  std::vector<std::int64_t> classes;  // C of them, ascending: the columns
  DataMatrix targets;
};
///   Errors   UsageError: fewer than two classes
ClassTargets class_targets(std::span<const std::int64_t> labels);
/// The column of the largest entry, the first of equals.
std::size_t largest_column(std::span<const double> row);

}  // namespace infwidth
