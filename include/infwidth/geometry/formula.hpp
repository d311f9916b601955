// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/activation/parametric.hpp"
#include "infwidth/expression/simplify.hpp"
#include "infwidth/geometry/metric.hpp"

namespace infwidth {

/// Q and chi of a hidden layer as formulas in `q`.
///   no_chi   why chi does not exist, "" where it does
struct LayerFormulas {
  Expression Q = 0, chi = 0;
  std::string no_chi = {};
};

/// The closed forms of an activation.
///   Errors   NotReached: it has none
LayerFormulas layer_formulas(const Activation& activation);
/// The same where letters stand for parameters; `given` holds what is known of them, beside what the catalogue asks for.
///   Errors   also UsageError: they depend on a sign that is not given
LayerFormulas layer_formulas(const ParametricActivation& activation, const Assumptions& given = {});

/// A network whose variances and dimension may be symbols.
///   layers              L of them: Q and chi of the hidden layers, in `q` and in what parameters the activations have
///   sigma_w2, sigma_b2  L + 1 each: hidden layers 1..L, then the readout (for `nngp`; of a feature metric it is not looked at)
///   given               the symbols' signs; `s`, the dimension and what is named besides are positive
struct SymbolicNetwork {
  std::vector<LayerFormulas> layers;
  std::vector<Expression> sigma_w2, sigma_b2;
  InputScaling input_scaling = InputScaling::unit;
  Expression dim = Expression::variable("d");
  Assumptions given = {.positive = {"sigma_w2"}, .not_negative = {"sigma_b2"}};
};

struct Equation {
  std::string name;
  Expression formula;
};

/// What is asked for, and the quantities that it is made of, each a formula in those before it, s = |x|^2, and the symbols of the network.
struct NamedFormulas {
  std::vector<Equation> results, where;
};

/// Q (or chi) itself, with long constants named c_1, c_2 unless `expand`.
///   Errors   NoSuchQuantity for a chi that does not exist
NamedFormulas variance_map_formula(const LayerFormulas& layer, bool chi, const Assumptions& given, bool expand = false);

/// Of the metric A I + B x x^T on R^d:
///   metric       A, B
///   eigenvalues  eigenvalue_tangential = A, eigenvalue_radial = A + s B
///   volume       volume_element = sqrt(det g)
///   curvature    ricci_scalar (the unit sphere S^2 has +2)
///   sectional    K_radial, K_tangential (the unit sphere has +1); in two dimensions K_radial alone
enum class GeometryQuantity { metric, eigenvalues, volume, curvature, sectional };

/// The formula of a quantity. With one hidden layer it is written out where that is short, in several layers, or where it is long, by quantities with
/// names: q_l, A_l, B_l of the preactivations of layer l, C = A + s B, without index for the metric that is asked for; dq_2 = dq_2/ds, ddq_2 its
/// second derivative.
///   expand   one formula, however long
///   Errors   NoSuchQuantity with its reason. Right for s > 0 and q > 0, everywhere by continuity.
NamedFormulas geometry_formula(const SymbolicNetwork& network, GeometryQuantity quantity, MetricOf of = MetricOf::feature, bool expand = false);

}  // namespace infwidth
