// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/read_network.hpp"

#include <algorithm>
#include <utility>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr const char* finite_cure = "a network that has diverged has no geometry: save it at an earlier step";

DenseLayer read_layer(const NpzFile& file, const LayerArrays::Layer& names, WeightLayout layout) {
  DataMatrix weights = file.read(names.weights, finite_cure);
  DenseLayer layer;
  if (layout == WeightLayout::outputs_by_inputs) {
    layer.outputs = weights.rows;
    layer.inputs = weights.columns;
    layer.weights = std::move(weights.values);
  } else {
    layer.outputs = weights.columns;
    layer.inputs = weights.rows;
    layer.weights.resize(weights.values.size());
    for (std::size_t i = 0; i < layer.inputs; ++i)
      for (std::size_t j = 0; j < layer.outputs; ++j) layer.weights[j * layer.inputs + i] = weights.values[i * layer.outputs + j];
  }
  layer.biases = names.biases.empty() ? std::vector<double>(layer.outputs, 0.0) : file.read(names.biases, finite_cure).values;
  return layer;
}

std::string plural(std::size_t count, const char* what) { return std::to_string(count) + " " + what + (count == 1 ? "" : "s"); }

}  // namespace

NetworkOfFile read_network(const NpzFile& file, const std::string& name, const NetworkFileOptions& options) {
  const std::size_t given = options.activations.size();
  if (given == 0) throw UsageError(name + ": no activation; say which the network has, once for all hidden layers or once a layer");
  std::vector<NamedShape> found;
  for (const std::string& array : file.names()) {
    try {
      found.push_back({array, file.header(array).shape});
    } catch (const UsageError& error) {  // of an array that may be left out
      found.push_back({array, {}, error.what()});
    }
  }
  NetworkOfFile r;
  r.arrays = layer_arrays(found, options.choice, name);
  FiniteNetwork& network = r.network;
  for (const LayerArrays::Layer& names : r.arrays.layers) network.layers.push_back(read_layer(file, names, r.arrays.layout));
  const std::size_t layers = network.layers.size();
  const std::size_t hidden = given > 1 ? given : layers == 1 || !options.readout ? layers : layers - 1;
  if (hidden != layers && hidden + 1 != layers) {
    throw UsageError(name + ": holds " + plural(layers, "layer") + ", and " + plural(given, "activation") +
                     " are given; give one a hidden layer (" + std::to_string(layers - 1) + " where the last layer is the readout, else " +
                     std::to_string(layers) + "), or one for all");
  }
  if (!options.readout && hidden + 1 == layers)
    throw UsageError(name +
                     ": holds a layer more than activations are given, which can only be the readout; give an activation for it, or let it "
                     "be the readout");
  network.activations = given > 1 ? options.activations : std::vector<Activation>(hidden, options.activations[0]);
  return r;
}

NetworkOfFile read_network(const std::string& path, const NetworkFileOptions& options) {
  const Source source = open_source(path);
  return read_network(NpzFile(source), source.name, options);
}

std::string shape_text(const FiniteNetwork& network) {
  std::string text = std::to_string(network.dimension());
  for (std::size_t l = 0; l < network.depth(); ++l) text += "-" + std::to_string(network.layers[l].outputs);
  if (network.has_readout()) text += ", readout " + std::to_string(network.layers.back().outputs);
  return text;
}

}  // namespace infwidth
