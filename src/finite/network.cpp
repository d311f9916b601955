// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/network.hpp"

#include <algorithm>
#include <cmath>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/run/memory.hpp"
#include "infwidth/run/stream.hpp"

namespace infwidth {

namespace {

std::string widths_text(const std::vector<std::uint64_t>& widths) {
  std::string text;
  for (const std::uint64_t width : widths) text += (text.empty() ? "" : ",") + std::to_string(width);
  return text;
}

}  // namespace

NetworkEnsemble::NetworkEnsemble(const Architecture& architecture, std::vector<std::uint64_t> widths, std::size_t dimension, std::uint64_t seed, std::size_t outputs)
    : architecture_(architecture), widths_(std::move(widths)), dimension_(dimension), outputs_(outputs), seed_(seed) {
  const std::size_t depth = architecture_.activations.size();
  if (widths_.size() == 1) widths_.assign(depth, widths_[0]);
  if (widths_.size() != depth) {
    throw UsageError("widths: " + std::to_string(widths_.size()) + " of them for " + std::to_string(depth) + " hidden layers; give one for all of them, or one a layer");
  }
  if (dimension_ == 0) throw UsageError("dimension: 0; a point has one coordinate or more");
  for (const std::uint64_t width : widths_) {
    if (width == 0) throw UsageError("widths: 0; a layer has one unit or more");
    if (architecture_.residual && width != widths_[0]) throw UsageError("widths: a residual network adds layers, so they have one width");
  }
  require_memory(bytes(), "a network of widths " + widths_text(widths_), "take smaller widths");
  for (std::size_t l = 0; l <= depth; ++l) {
    const std::size_t inputs = l == 0 ? (architecture_.input_scaling == InputScaling::fan_in ? dimension_ : 1) : widths_[l - 1];
    weight_scale_.push_back(std::sqrt(constant<double>(architecture_.sigma_w2[l]) / static_cast<double>(inputs)));
    bias_scale_.push_back(std::sqrt(constant<double>(architecture_.sigma_b2[l])));
  }
}

std::uint64_t NetworkEnsemble::bytes() const {
  std::uint64_t numbers = 0, inputs = dimension_;
  for (const std::uint64_t width : widths_) {
    numbers = size_sum(numbers, size_product(width, size_sum(inputs, 1)));
    inputs = width;
  }
  return size_product(sizeof(double), size_sum(numbers, size_product(outputs_, size_sum(inputs, 1))));
}

FiniteNetwork NetworkEnsemble::network(std::uint64_t draw) const {
  FiniteNetwork made;
  network(draw, made);
  return made;
}

void NetworkEnsemble::network(std::uint64_t draw, FiniteNetwork& into) const {
  const std::size_t depth = widths_.size();
  if (into.activations.size() != depth) {
    into.activations = architecture_.activations;
    if (architecture_.residual) into.residual = constant<double>(*architecture_.residual);
  }
  into.layers.resize(depth + (outputs_ > 0 ? 1 : 0));
  for (std::size_t l = 0; l < into.layers.size(); ++l) {
    DenseLayer& layer = into.layers[l];
    layer.inputs = l == 0 ? dimension_ : widths_[l - 1];
    layer.outputs = l == depth ? outputs_ : widths_[l];
    // One stream a layer: the weights, row after row, then the biases.
    const std::size_t weights = layer.outputs * layer.inputs;
    const bool biased = bias_scale_[l] > 0;
    layer.weights.resize(weights + (biased ? layer.outputs : 0));
    Stream(seed_, draw, static_cast<std::uint32_t>(l)).normals(layer.weights);
    layer.biases.assign(layer.outputs, 0);
    for (std::size_t i = 0; i < layer.outputs && biased; ++i) layer.biases[i] = bias_scale_[l] * layer.weights[weights + i];
    layer.weights.resize(weights);
    for (double& w : layer.weights) w *= weight_scale_[l];
  }
}

}  // namespace infwidth
