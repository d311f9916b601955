// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "infwidth/network/architecture.hpp"
#include "infwidth/real/matrix_view.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"

namespace infwidth {

/// rows x columns doubles, row after row. Made without being filled.
class GramMatrix {
 public:
  GramMatrix() = default;
  GramMatrix(std::size_t rows, std::size_t columns);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  double* data() { return data_.get(); }
  const double* data() const { return data_.get(); }
  double& operator()(std::size_t i, std::size_t j) { return data_[i * columns_ + j]; }
  double operator()(std::size_t i, std::size_t j) const { return data_[i * columns_ + j]; }
  std::span<const double> row(std::size_t i) const { return {data_.get() + i * columns_, columns_}; }

 private:
  struct Free {
    void operator()(double* p) const { std::free(p); }
  };
  std::size_t rows_ = 0, columns_ = 0;
  std::unique_ptr<double[], Free> data_;
};

/// What is asked for, of a network with L hidden layers.
struct GramRequest {
  bool feature = false;     // K^L = E[phi phi] at layer L
  bool derivative = false;  // E[phi' phi'] at layer L
  bool nngp = false;        // Sigma^(L+1), the covariance of the outputs
  bool ntk = false;         // Theta^(L+1)
  bool gap = false;         // 1 - Sigma^(L+1)(x,y) / sqrt(Sigma^(L+1)(x,x) Sigma^(L+1)(y,y)), never formed by that subtraction
  enum class Errors { none, largest, all };
  Errors errors = Errors::none;  // of the kernels (not of `gap`): the largest of each matrix, or those of all entries too; about twice the time
  bool all_layers = false;  // the networks of the first 1, 2, .., L hidden layers, each read out, without residual connection, by the variances of the layer that follows
};

struct GramOptions {
  int threads = 1;
  Budget budget = {};
  Progress* progress = nullptr;  // advances by one for each tile of pairs, of `gram_tiles`
  std::span<const double> point_errors = {};  // by how much each point (of the first set, then of the second) is off, in Euclidean norm: it enters the errors; none: the points are exact
};

/// The answers, one a layer: of L alone, or of 1, 2, .., L. What was not asked for is empty.
struct GramMatrices {
  std::vector<GramMatrix> feature, derivative, nngp, ntk, gap;
  /// An estimate from above of every entry's error, to first order, and its largest value relative to sqrt(K(x,x) K(y,y)).
  struct Errors {
    std::vector<GramMatrix> entries;
    std::vector<double> largest;
  };
  Errors feature_errors, derivative_errors, nngp_errors, ntk_errors;
};

/// The kernels of an infinitely wide network between all rows of X (n x d), or between those of X and those of Y (m x d), in double precision.
///   Accuracy   a few 1e-16 of sqrt(K(x,x) K(y,y)) a layer as long as the variances do not magnify theirs; `GramRequest::errors` tells, not proven. The separation of near points is followed relative to
///              itself, so that a network which tells them apart (chi > 1) keeps their digits. Equal rows give the diagonal's value, bit by bit; of one set of points the matrices are exactly symmetric.
///              The same bits for any number of threads.
///   Memory     the result, and a few doubles a point and layer (hundreds where an activation has no closed dual)
///   Errors     UsageError: no rows, another d, a number that is not finite, nothing asked for; NoSuchQuantity: `derivative` and `ntk` of an activation that jumps, a divergent expectation;
///              NotReached: over- or underflow (naming layer and point), a formula that double precision does not resolve
///   Derivation D-050, D-051, D-052
GramMatrices gram(const Architecture& network, MatrixView x, const GramRequest& request, const GramOptions& options = {});
GramMatrices gram(const Architecture& network, MatrixView x, MatrixView y, const GramRequest& request, const GramOptions& options = {});
/// The same into matrices that are there already: memory of the right shape is used again.
void gram(const Architecture& network, MatrixView x, const GramRequest& request, const GramOptions& options, GramMatrices& into);

/// How many times `GramOptions::progress` advances; for one set of points `columns` = 0.
std::size_t gram_tiles(std::size_t rows, std::size_t columns = 0);

}  // namespace infwidth
