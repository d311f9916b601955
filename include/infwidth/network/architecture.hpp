// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "infwidth/activation/activation.hpp"
#include "infwidth/real/rational.hpp"

namespace infwidth {

enum class InputScaling {
  unit,    // entries of W^1 have variance sigma_w^2
  fan_in,  // sigma_w^2 / d
};

/// What is trained, which only the NTK sees: with W_ij = sigma_w / sqrt(n) omega_ij and b_i = sigma_b beta_i,
enum class Parameterization {
  ntk,       // omega and beta
  standard,  // W and b themselves
};

/// A fully connected network as the theory sees it: no numbers computed.
///   activations   one a hidden layer: L = activations.size() is the depth
///   sigma_w2, sigma_b2   variances of weights and biases, L + 1 each: hidden layers 1..L, then the readout
///   widths        of the hidden layers, only in the standard parameterization, whose NTK grows with them: there L, else none
///   has_biases    false: there are none to train, which the NTK of the standard parameterization tells from biases of variance 0
///   residual      alpha: h^(l+1) = h^l + alpha (W^(l+1) phi(h^l) + b^(l+1)) between hidden layers. The readout has no such term.
struct Architecture {
  std::vector<Activation> activations;
  std::vector<Rational> sigma_w2, sigma_b2;
  InputScaling input_scaling = InputScaling::unit;
  Parameterization parameterization = Parameterization::ntk;
  std::vector<std::uint64_t> widths = {};
  std::optional<Rational> residual = {};
  bool has_biases = true;

  int depth() const { return static_cast<int>(activations.size()); }
  /// The NTK of a layer's own biases in the standard parameterization: 1, or 0 where there are none.
  int ntk_of_biases() const { return has_biases ? 1 : 0; }
};

[[noreturn]] void refuse_length(const std::string& name, std::size_t given, std::size_t depth);

/// A list for hidden layers 1..depth and the readout, from 1 value (for all), depth values (depth > 1: the hidden layers; `of_readout` follows) or depth + 1 values.
///   Errors   UsageError, naming `name`, for another length
template <class Value>
std::vector<Value> over_layers(const std::string& name, const std::vector<Value>& given, std::size_t depth, const Value& of_readout) {
  if (given.size() == 1) return std::vector<Value>(depth + 1, given[0]);
  if (given.size() != depth && given.size() != depth + 1) refuse_length(name, given.size(), depth);
  std::vector<Value> all = given;
  if (all.size() == depth) all.push_back(of_readout);
  return all;
}

/// Spreads the user's lists over the layers.
///   activations   1 (for all layers) or depth of them
///   sigma_w2, sigma_b2   1 value: every layer and the readout; depth values (depth > 1): the hidden layers, readout 1 and 0; depth + 1 values: all
///   Errors   UsageError: depth < 1, a list of another length, a negative variance, a zero first-layer weight variance
Architecture make_architecture(int depth, std::vector<Activation> activations, const std::vector<Rational>& sigma_w2,
                               const std::vector<Rational>& sigma_b2, InputScaling input_scaling = InputScaling::unit);

/// Gives the formal widths of the standard parameterization: 1 for all hidden layers, or depth of them.
///   Errors   UsageError: widths in the ntk parameterization, none in the standard one, a list of another length
void set_widths(Architecture& network, std::vector<std::uint64_t> widths);

}  // namespace infwidth
