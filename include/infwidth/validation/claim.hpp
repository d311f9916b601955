// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/expression/expression.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/geometry/metric.hpp"
#include "infwidth/network/architecture.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/run/budget.hpp"
#include "infwidth/run/progress.hpp"

namespace infwidth {

/// What a claimed formula can be about, and the letters it is written in, beside sigma_w2 and sigma_b2 in all but the first line:
///   Q, chi, P          variance maps (D-001, D-020) of one activation, in q; dQ, dchi their derivatives in q
///   kernel             the feature kernel K^L (or the nngp kernel of the readout) in q1, q2, c: the covariance [[q1, c], [c, q2]] of the first
///                      hidden layer's preactivations at two inputs
///   derivative_kernel  E[phi'(u) phi'(v)] of the last hidden layer, in the same letters
///   ntk                the tangent kernel of the outputs, weights and biases in units of their deviation (D-041), in the same letters
///   metric_A, metric_B, metric_radial, volume   A, B, C = A + s B and sqrt(det g) of g = A I + B x x^T, in s = |x|^2 and the dimension d
///   curvature, curvature_radial, curvature_tangential   the Ricci scalar and the sectional curvatures, in s and d (the last from three dimensions on)
enum class ClaimQuantity {
  Q, chi, P, dQ, dchi,
  kernel, derivative_kernel, ntk,
  metric_A, metric_B, metric_radial, volume, curvature, curvature_radial, curvature_tangential,
};

bool is_variance_map(ClaimQuantity quantity);
/// The kernel between two inputs that a quantity is; none for what is no kernel.
std::optional<MetricOf> kernel_of(ClaimQuantity quantity);

/// `Q`, `derivative-kernel`, `curvature-radial`: as the command line names them.
const std::string& to_string(ClaimQuantity quantity);
/// Errors  UsageError that lists the names
ClaimQuantity claim_quantity(std::string_view name);

/// A value for each letter of a claim.
using Assignment = std::map<std::string, Rational>;

/// The network that a claim is about.
///   activations        the hidden layers' (1 for all of them, or depth of them), once the letters have values
///   letters            of the activations: they get random values, and the claim may hold them
///   given              what holds of these; where it says nothing, they are positive
///   sigma_w2, sigma_b2 as in `make_architecture`. Empty: the letter has random positive values if the claim holds it, else the default 1 and 0.
///                      One value: that of the letter too
///   dim                none: random up to 7 if the claim holds d, from 2, or from 3 where a plane orthogonal to x is needed
struct ClaimedNetwork {
  int depth = 1;
  std::function<std::vector<Activation>(const Assignment&)> activations;
  std::vector<std::string> letters;
  Assumptions given = {};
  std::vector<Rational> sigma_w2, sigma_b2;
  InputScaling input_scaling = InputScaling::unit;
  bool of_readout = false;  // the nngp kernel and its geometry, not the features'
  std::optional<int> dim;
};

/// A value by quadrature, its estimated error, and the size of the terms it is made of, by which a value that cancels is measured.
struct QuadratureValue {
  Digits value, error, scale;
  std::string method;
};

/// A formula that somebody says a quantity has.
class Claim {
 public:
  /// `text` is an expression in the quantity's letters, before which names may be given to parts of it, divided by semicolons or line ends:
  ///     r = sqrt(1+4*q); 4/(pi*r)
  /// The last part may have a name too, `chi(q) = ...`: what `infwidth formula` prints can be read.
  ///   Errors  UsageError for what is not in the language, an unknown letter among them, with the known ones; for a depth, a readout or
  ///           dimension that the quantity does not have, and for a missing one
  Claim(ClaimQuantity quantity, ClaimedNetwork network, std::string_view text);

  ClaimQuantity quantity() const { return quantity_; }
  const ClaimedNetwork& network() const { return network_; }
  const Expression& formula() const { return formula_; }
  /// The letters that get random values, in the order in which they are reported.
  const std::vector<std::string>& drawn() const { return drawn_; }
  /// The least dimension, beyond one, in which the quantity exists.
  int least_dimension() const { return quantity_ == ClaimQuantity::curvature_tangential ? 3 : 2; }

  /// The claim at one assignment, proven to `digits` (a value that cancels: to 10^-2 digits). Not finite where it is not a finite real number.
  ///   Errors  NotReached if it cancels beyond every precision
  Ball claimed_value(const Assignment& at, long digits) const;
  /// The quantity there, by quadrature in `Digits`, to `digits`: no closed form is used. Not proven.
  ///   Errors  NoSuchQuantity, NotReached, Stopped
  QuadratureValue true_value(const Assignment& at, long digits, const Budget& budget = {}) const;

 private:
  ClaimQuantity quantity_;
  ClaimedNetwork network_;
  Expression formula_ = 0;
  std::vector<std::string> drawn_;

  Architecture architecture(const Assignment& at) const;
};

/// expected_factor  what the claim is thought to be times the value, a formula in letters of the claim; none: nothing
struct ClaimOptions {
  int points = 8;
  long digits = 40;
  std::uint64_t seed = 1;
  Budget budget = {};
  const Claim* expected_factor = nullptr;
};

/// What was found at one point.
struct ClaimPoint {
  Assignment at;
  Ball claimed;  // not finite: the claim is no finite real number here
  QuadratureValue value;
  bool agrees = false;
};

/// What was found at all of them.
///   first       the first point of disagreement
///   factor      claim/value, where that is the same everywhere but for a power of one letter: "3", "-1/(2*pi)", "2*sigma_w2". Points at which both
///               are 0 do not count; two others are needed.
///   difference  claim - value, where there is no factor and that is one constant
///   as_factor   claim = expected factor * value at every point, and not 0 = 0 at all of them: asked of the numbers, so that few digits or one point do too
struct ClaimVerdict {
  int points = 0, disagreements = 0;
  std::optional<ClaimPoint> first;
  std::optional<std::string> factor, difference;
  bool as_factor = false;

  bool agrees() const { return disagreements == 0; }
};

/// Holds a claim against quadrature at random rational points: small denominators, variances and norms between 1/8 and 4, correlations within +-4/5.
/// The first value that disagrees is computed a second time, with half as many digits more, before that is said.
///   Errors  UsageError for points < 1 or digits < 10, and where no point is found at which what is given of the letters holds; NoSuchQuantity, NotReached, Stopped as `true_value`
ClaimVerdict verify(const Claim& claim, const ClaimOptions& options = {}, Progress progress = {});

}  // namespace infwidth
