// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/real/estimate.hpp"
#include "infwidth/real/matrix_view.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"

namespace infwidth {

/// One hidden layer of width n, f(x) = n^-1/2 sum_k v_k phi(w_k.x + b_k), at its start and under gradient flow of L = 1/2 sum (f - Y)^2, a sum over
/// the training points and the outputs: dw/dt = -mobility_w dL/dw, and so on. The NTK parameterization has mobilities equal to the variances.
/// Without biases: sigma_b2 = 0 and mobility_b = 0.
struct ShallowFlow {
  Activation activation;
  double sigma_w2, sigma_v2;      // variances of the entries of w and v at the start, > 0
  double mobility_w, mobility_v;  // >= 0
  double sigma_b2 = 0, mobility_b = 0;
};

/// A symmetric matrix with its errors: d x d, row after row. `error` is an estimate: two rules' difference, and rounding.
struct EstimatedMatrix {
  std::size_t size = 0;
  std::vector<double> value, error;

  double operator()(std::size_t i, std::size_t j) const { return value[i * size + j]; }
};

struct MetricDriftOptions {
  bool spread = false;           // `covariance_at` and `spread_at` will be asked for
  Budget budget = {};            // looked at between pairs of training points
  Progress* progress = nullptr;  // advances by one a pair: N (N + 1)/2
};

/// How training moves the metric g_ij(x) = 1/n sum_k phi'(w_k.x + b_k)^2 w_ki w_kj at one point x, to the first order in 1/n at which it moves.
///     MetricDrift drift({Activation::from_text("tanh"), 1.5, 1.2, 1.5, 1.2}, {inputs, 2, 2}, {labels, 2, 1}, x);
///     double n_times = drift.at(1)(0, 0);
/// Holds the Gaussian averages of each pair of training points: N^2/2 integrals of up to three dimensions, 1 to 100 ms each, the longer the more phi
/// varies over a deviation. Safe for concurrent reads.
///   Accuracy    about 1e-13 of the averages' sizes: see EstimatedMatrix
///   Errors      of the constructor. UsageError: sizes that do not fit, numbers that are not finite, variances or mobilities out of their domain;
///               NoSuchQuantity: phi, phi' or phi'' jumps (the formulas hold phi'' and phi''' at every preactivation);
///               NotReached: phi of several pieces that join more smoothly, averages that the rules do not settle (infinite ones among them); Stopped
///   Derivation  D-080, D-081, D-082
class MetricDrift {
 public:
  /// inputs: N x d; labels: N x k, of k outputs; x: d.
  MetricDrift(const ShallowFlow& network, MatrixView inputs, MatrixView labels, std::span<const double> x, const MetricDriftOptions& options = {});
  ~MetricDrift();
  MetricDrift(MetricDrift&&) noexcept;
  MetricDrift& operator=(MetricDrift&&) noexcept;

  /// N x N: the kernel of the outputs at the start, and the tangent kernel with the network's mobilities.
  const EstimatedMatrix& nngp() const;
  const EstimatedMatrix& ntk() const;
  /// The metric at the start, in the mean at every n.
  EstimatedMatrix metric() const;

  /// n E[dg/dt] at t = 0, the same at every n and for all labels.
  EstimatedMatrix initial_rate() const;
  /// The limit of n E[g(t) - g(0)] for n -> infinity, t >= 0, infinity included (NotReached then where the tangent kernel is singular in double precision).
  /// Output f/gamma with mobilities gamma^2 times those of the network (gamma fixed) multiplies the labels by gamma; so it is n times, not n/gamma^2 times the drift.
  EstimatedMatrix at(double t, double gamma = 1) const;
  /// The limit of n^2 Cov(g_ij(t) - g_ij(0), g_kl(t) - g_kl(0)) over the draws of the start.
  ///   Errors   UsageError without `MetricDriftOptions::spread`, or for indices >= d
  Estimate<double> covariance_at(double t, std::size_t i, std::size_t j, std::size_t k, std::size_t l, double gamma = 1) const;
  /// The limit of n times the standard deviation of each entry of g(t) - g(0).
  EstimatedMatrix spread_at(double t, double gamma = 1) const;

  /// f = 1/n sum v_k phi, mobilities n times those of the network (mean field; of this network muP): the limit of d^2 g/dt^2 at t = 0 for n -> infinity, where dg/dt -> 0.
  EstimatedMatrix mean_field_acceleration() const;
  /// Posterior given the labels, observed with independent noise of variance noise >= 0, over w, b and v: the limit of n (E[g] - metric()).
  ///   Errors   NotReached where the kernel with the noise is singular in double precision
  EstimatedMatrix posterior_shift(double noise) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace infwidth
