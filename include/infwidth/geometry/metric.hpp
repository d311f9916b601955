// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/geometry/dot_kernel.hpp"
#include "infwidth/geometry/radial_metric.hpp"
#include "infwidth/network/architecture.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// An input x in R^dim, exactly: its coordinates, or only |x|^2, which is all that the metric's invariants depend on.
struct InputPoint {
  /// Errors  UsageError for no coordinates at all.
  static InputPoint at(std::vector<Rational> coordinates);
  /// Errors  UsageError for norm2 < 0 or dim < 1.
  static InputPoint with_norm2(const Rational& norm2, int dim);

  Rational norm2;
  int dim = 0;
  std::vector<Rational> coordinates;  // empty when only norm2 is known
};

/// Whose metric: of the features phi(h^L) of the last hidden layer; of their slopes phi'(h^L); of the preactivations h^(L+1) of the readout, bias included; of their tangent kernel.
enum class MetricOf { feature, derivative, nngp, ntk };

struct MetricOptions {
  long digits = 15;         // significant digits that must stand (not for double precision)
  bool all_layers = false;  // every depth from 1 to L, not L alone
  Budget budget = {};
};

enum class Outcome { answered, no_metric, not_reached };

/// The metric of the first `layer` hidden layers at one point. Where `outcome` is not `answered`, `message` says why and the numbers mean nothing.
///   matrix   g_ij, row after row: where coordinates were given, of at most `largest_matrix`
///   proven   every value's error is: for balls, on routes with a rigorous bound
///   method   of the variance maps: "closed form", or several joined by " + "
template <class Real>
struct LayerMetric {
  static constexpr int largest_matrix = 12;

  int layer = 0;
  Outcome outcome = Outcome::not_reached;
  std::string message;
  RadialMetric<Real> metric;
  std::vector<Value<Real>> matrix;
  bool proven = false;
  std::string method;
  std::uint64_t evaluations = 0;
};

/// The exact geometry that an infinitely wide random network induces on its input space. The variance maps are built once, one for each different
/// activation. Safe for concurrent reads (balls and doubles).
///     NetworkMetric g(make_architecture(3, {Activation::from_text("tanh")}, {Rational(3, 2)}, {0}));
///     Ball R = g.at(InputPoint::with_norm2(1, 2), {.digits = 50}).back().metric.ricci_scalar.value;
class NetworkMetric {
 public:
  explicit NetworkMetric(const Architecture& network, MetricOf of = MetricOf::feature);
  /// A kernel of the inputs themselves in place of a network; its depth is 1.
  explicit NetworkMetric(const DotKernel& kernel);

  int depth() const { return network_.depth(); }

  /// Balls: the precision rises until every value stands to `digits`: radius <= 10^-digits |value|, or, for a signed value whose ball still holds 0,
  /// radius <= 10^(-2 digits) scale. A volume element with a decimal exponent beyond 10^6 does not exist (with that reason; its logarithm does);
  /// any other such value, and more than four times the bits of `digits` plus 4000, is `not_reached`.
  ///   Errors  UsageError for digits < 1; Stopped. No metric and no answer are outcomes.
  std::vector<LayerMetric<Ball>> at(const InputPoint& x, const MetricOptions& options = {}) const;

  /// The second route: `Digits` on Boost.Math's quadrature. Two precisions that agree to `digits` are the answer, their difference the error: not
  /// proven. One call at a time in a process.
  std::vector<LayerMetric<Digits>> at_by_digits(const InputPoint& x, const MetricOptions& options = {}) const;

  /// Double precision, eight points at once: those with |x|^2 = norms2[i] in R^dim, i-th result; with `all_layers` L results a point.
  /// The error is followed through the layers to first order (D-053), and is at most `double_accuracy` of the larger of |value| and its scale unless the variances magnify it.
  /// Overflow and underflow are `not_reached`; a volume element beyond a double's range is left out with that reason. Where cancellation takes more
  /// digits than that (at the tip of a cone, such as x^3 without bias at |x|^2 < 1e-3; GELU followed by erf beyond |x|^2 = 1e3), the point is
  /// computed in balls, about a thousand times slower, and rounded.
  ///   Errors  UsageError for dim < 1 or a norm2 that is negative or not a number; Stopped.
  std::vector<LayerMetric<double>> at_by_double(std::span<const double> norms2, int dim, const MetricOptions& options = {}) const;
  /// One point, with its matrix.
  std::vector<LayerMetric<double>> at_by_double(const InputPoint& x, const MetricOptions& options = {}) const;

  static constexpr double double_accuracy = 1e-12;

 private:
  Architecture network_;
  MetricOf of_;
  std::vector<VarianceMap> maps_, slope_maps_;  // slope_maps_: of phi', where they are asked for
  std::optional<DotKernel> dot_;
  std::vector<std::size_t> map_of_layer_;

  friend class LayerWalk;
};

/// The metric of all L hidden layers' features, in balls.
///   Errors  NoSuchQuantity where there is no metric, NotReached where it was not reached, UsageError, Stopped
RadialMetric<Ball> metric_at(const Architecture& network, const InputPoint& x, const MetricOptions& options = {});

/// |x|^2 with one rounding, whatever the number of coordinates.
double norm2(std::span<const double> x);

/// The components g_ij in double precision, with their errors.
std::vector<Value<double>> matrix_by_double(const RadialMetric<double>& metric, std::span<const double> x);

}  // namespace infwidth
