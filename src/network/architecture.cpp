// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/network/architecture.hpp"

#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

std::string number_of(std::size_t n, const std::string& what) { return std::to_string(n) + " " + what + (n == 1 ? "" : "s"); }

std::vector<Rational> variances(const std::string& name, const std::vector<Rational>& given, std::size_t depth, const Rational& of_readout) {
  std::vector<Rational> all = over_layers(name, given, depth, of_readout);
  for (std::size_t l = 0; l < given.size(); ++l) {
    if (given[l] < 0) throw UsageError(name + ": value " + std::to_string(l + 1) + " is " + to_string(given[l]) + "; a variance is not negative");
  }
  return all;
}

}  // namespace

void refuse_length(const std::string& name, std::size_t given, std::size_t depth) {
  const std::string hidden = depth == 1 ? "" : ", " + std::to_string(depth) + " (the hidden layers)";
  throw UsageError(name + ": " + number_of(given, "value") + " for depth " + std::to_string(depth) + "; give 1 (every layer)" + hidden + " or " + std::to_string(depth + 1) +
                   " (hidden layers and readout)");
}

Architecture make_architecture(int depth, std::vector<Activation> activations, const std::vector<Rational>& sigma_w2,
                               const std::vector<Rational>& sigma_b2, InputScaling input_scaling) {
  if (depth < 1) throw UsageError("depth: " + std::to_string(depth) + " hidden layers; give 1 or more");
  const auto layers = static_cast<std::size_t>(depth);
  if (activations.size() != 1 && activations.size() != layers) {
    throw UsageError("activation: " + number_of(activations.size(), "formula") + " for depth " + std::to_string(depth) +
                     "; give 1 (every hidden layer)" + (depth == 1 ? "" : " or " + std::to_string(depth)));
  }
  Architecture a;
  a.activations = std::move(activations);
  if (a.activations.size() != layers) a.activations.resize(layers, Activation(a.activations.front()));
  a.sigma_w2 = variances("sigma_w2", sigma_w2, layers, 1);
  a.sigma_b2 = variances("sigma_b2", sigma_b2, layers, 0);
  if (a.sigma_w2.front() == 0) throw UsageError("sigma_w2: the first layer's weight variance is 0: no layer would see the input; give a positive one");
  a.input_scaling = input_scaling;
  return a;
}

void set_widths(Architecture& network, std::vector<std::uint64_t> widths) {
  const std::size_t layers = network.activations.size();
  if (network.parameterization == Parameterization::ntk) {
    if (!widths.empty()) throw UsageError("widths: the ntk parameterization has no use for them; leave them out, or take the standard one");
    return;
  }
  if (widths.empty()) throw UsageError("widths: the NTK of the standard parameterization grows with the widths of the hidden layers; give them, like 1000");
  if (widths.size() == 1) widths.resize(layers, widths[0]);
  if (widths.size() != layers) {
    throw UsageError("widths: " + number_of(widths.size(), "value") + " for depth " + std::to_string(layers) + "; give 1 (every hidden layer)" + (layers == 1 ? "" : " or " + std::to_string(layers)));
  }
  network.widths = std::move(widths);
}

}  // namespace infwidth
