// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "infwidth/network/architecture.hpp"
#include "infwidth/real/matrix_view.hpp"

namespace infwidth {

/// y = W x + b.
///   weights   outputs x inputs, row after row
///   biases    outputs of them
struct DenseLayer {
  std::size_t outputs = 0, inputs = 0;
  std::vector<double> weights, biases;
};

/// A fully connected network with numbers in it: h^1 = W^1 x + b^1, h^(l+1) = W^(l+1) phi_l(h^l) + b^(l+1), between hidden layers of a residual network
/// h^(l+1) = h^l + alpha (W^(l+1) phi_l(h^l) + b^(l+1)). Its features are phi_L(h^L).
///   layers       the hidden layers, L of them, and the readout if there is one
///   activations  L of them
struct FiniteNetwork {
  std::vector<DenseLayer> layers;
  std::vector<Activation> activations;
  std::optional<double> residual;

  std::size_t depth() const { return activations.size(); }
  std::size_t dimension() const { return layers.front().inputs; }
  bool has_readout() const { return layers.size() > activations.size(); }
};

/// Random networks of an architecture: entries of W^1 have variance sigma_w2[0] (or that over the dimension, fan-in), those of later W^l sigma_w2[l-1] over the width
/// before it, biases sigma_b2[l-1]; all independent normals.
///   widths      of the hidden layers; one for all, or L
///   outputs     of the readout; 0: there is none
///   Errors      UsageError: a width or dimension of 0, another number of widths, residual layers of unequal width, more weights than fit into memory
class NetworkEnsemble {
 public:
  NetworkEnsemble(const Architecture& architecture, std::vector<std::uint64_t> widths, std::size_t dimension, std::uint64_t seed, std::size_t outputs = 0);

  const Architecture& architecture() const { return architecture_; }
  const std::vector<std::uint64_t>& widths() const { return widths_; }
  std::size_t dimension() const { return dimension_; }
  std::uint64_t seed() const { return seed_; }
  /// What the numbers of one network take.
  std::uint64_t bytes() const;

  /// Network number `draw`: a function of architecture, widths, dimension, seed and draw, whatever else is computed. With or without readout, the hidden layers are the same.
  FiniteNetwork network(std::uint64_t draw) const;
  /// The same into one that was made before: its memory is used again.
  void network(std::uint64_t draw, FiniteNetwork& into) const;

 private:
  Architecture architecture_;
  std::vector<std::uint64_t> widths_;
  std::size_t dimension_, outputs_;
  std::uint64_t seed_;
  std::vector<double> weight_scale_, bias_scale_;  // standard deviations, for every layer
};

}  // namespace infwidth
