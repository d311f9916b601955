// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "infwidth/gaussian/expectation_formulas.hpp"
#include "infwidth/geometry/formula.hpp"

namespace infwidth {

/// A hidden layer's maps of covariances: Q in `q`, the dual F = E[phi(u) phi(v)] and its slope E[phi'(u) phi'(v)] in `q1`, `q2`, `c`.
///   constants  what letters of `dual` and `slope` stand for
struct KernelMaps {
  Expression Q, dual, slope;
  LetteredConstants constants;
};

///   Errors   NotReached: a formula is missing, with the term that leaves the class
KernelMaps kernel_maps(const Activation& activation);
/// The same where letters stand for parameters.
///   Errors   also OpenSign: they depend on a sign that is not given
KernelMaps kernel_maps(const ParametricActivation& activation, const Assumptions& given = {});

/// A kernel between two inputs, in the variances q1, q2 and the covariance c of the first layer's preactivations u, v:
///   feature     kernel = E[phi(u) phi(v)] of the last hidden layer
///   derivative  derivative_kernel = E[phi'(u) phi'(v)] there
///   nngp        nngp = sigma_b2 + sigma_w2 E[phi(u) phi(v)], the covariance of the outputs
///   ntk         ntk = nngp + sigma_w2 E[phi'(u) phi'(v)] theta, the outputs' tangent kernel, of weights and biases in units of their deviation: theta is that of
///               the layer before, c in the first one (D-041)
/// Those of layer l have the names q1_l, q2_l, c_l, theta_l, long constants k_1, k_2. Formulas longer than a line have named parts (`named_parts`).
///   sigma_w2, sigma_b2  as of SymbolicNetwork: the entry l leads from layer l to layer l + 1
///   expand              one formula, however long, without names
NamedFormulas kernel_formula(const std::vector<KernelMaps>& layers, const std::vector<Expression>& sigma_w2, const std::vector<Expression>& sigma_b2, MetricOf of,
                             bool expand = false);

}  // namespace infwidth
