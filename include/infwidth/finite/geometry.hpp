// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "infwidth/finite/network.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// What is wanted of a network at points.
struct FiniteRequest {
  bool metric = true;
  bool volume = false;     // log sqrt(det g), rank
  bool spectrum = false;   // the eigenvalues of g
  bool curvature = false;  // the Ricci scalar
  bool riemann = false;    // R_ijkl
  bool features = false;
};

/// At P points of R^d, for the features of the first `layers` hidden layers, n of them: g = J^T J / n with J_ki = d phi(h_k) / dx_i.
///   features     P x n
///   metric       P x d x d
///   log_volume   P: 1/2 log det g, from the triangle of J's QR factorization (det g is never formed). Where g is singular (n < d always is), of the product of its
///                non-zero eigenvalues: those above (max(n, d) 2^-52)^2 of the largest; -inf if it is 0
///   rank         P: how many eigenvalues are not 0
///   spectrum     P x d, in decreasing order
///   ricci        P: the Ricci scalar (+2 on the unit sphere S^2); where g is singular NaN
///   riemann      P x d^4: R_ijkl, with R_ijij > 0 on a sphere; NaN where g is singular
///   kink         P: the first hidden layer, from 1, with a preactivation that moves with x and is, in double precision, where its phi has no derivative: the network has no metric
///                there, and what stands for it takes slopes from the right. 0: none. Of requests that need derivatives
struct FiniteGeometry {
  std::size_t points = 0, dimension = 0, width = 0;
  std::vector<double> features, metric, log_volume, spectrum, ricci, riemann;
  std::vector<int> rank, kink;
};

/// The geometry of finite networks that share their activations, compiled once. Safe for concurrent reads.
///   Derivation D-066
class FiniteMap {
 public:
  explicit FiniteMap(const std::vector<Activation>& activations);
  ~FiniteMap();
  FiniteMap(FiniteMap&&) noexcept;

  /// One thread's copy, with its memory.
  class Worker {
   public:
    explicit Worker(const FiniteMap& map);
    ~Worker();
    Worker(Worker&&) noexcept;

    /// At the rows of `points`, for the first `layers` hidden layers (0: all). Forward mode: one matrix product a layer for a block of points; curvature of one hidden
    /// layer from the symmetric tensor sum phi' phi'' w w w, of more from second derivatives and the Gauss equation.
    ///   Errors   UsageError: points of another dimension, a request for nothing; NotReached: an activation that is no number there
    void at(const FiniteNetwork& network, MatrixView points, const FiniteRequest& request, FiniteGeometry& result, std::size_t layers = 0);

    /// Theta(x, y) = sum over all parameters of df(x)/dtheta df(y)/dtheta at all pairs of rows: P x P. The network has a readout; `architecture` is the one it was drawn
    /// from, which says what the parameters are (its parameterization).
    std::vector<double> tangent_kernel(const FiniteNetwork& network, const Architecture& architecture, MatrixView points);

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

 private:
  struct State;
  std::unique_ptr<const State> state_;
  friend class Worker;
};

/// The same at many points by `threads` threads, each with a block of them; the same bits for any number.
///   Errors   as FiniteMap::Worker::at; Stopped
FiniteGeometry finite_geometry(const FiniteNetwork& network, MatrixView points, const FiniteRequest& request, int threads = 1, const Budget& budget = {}, std::size_t layers = 0);

}  // namespace infwidth
