// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/read_network.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr const char* names_cure = "call the arrays W1, b1, W2, b2, .., or as PyTorch's state_dict() does: 0.weight, 0.bias, 2.weight, ..";
constexpr const char* finite_cure = "a network that has diverged has no geometry: save it at an earlier step";

/// The arrays of one layer.
struct LayerNames {
  std::string weights, biases;
};

std::optional<std::size_t> number_of(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.front() == '0' || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "net.2" is "net." and 2; without a number at its end, the whole and none.
struct Module {
  std::string_view family;
  std::optional<std::size_t> place;
};
Module module_of(std::string_view name) {
  const std::size_t last = name.find_last_not_of("0123456789"), begin = last == std::string_view::npos ? 0 : last + 1;
  const std::string_view digits = name.substr(begin);
  return {name.substr(0, begin), digits == "0" ? std::optional<std::size_t>(0) : number_of(digits)};
}

class Reader {
 public:
  Reader(const NpzFile& file, const std::string& name) : file_(file), name_(name) {}

  std::vector<DenseLayer> layers() const {
    const bool numbered = std::all_of(file_.names().begin(), file_.names().end(), [](const std::string& n) { return !n.empty() && (n[0] == 'W' || n[0] == 'b') && number_of(n.substr(1)); });
    const std::vector<LayerNames> names = numbered ? numbered_layers() : modules();
    check_shapes(names);
    std::vector<DenseLayer> layers;
    for (const LayerNames& n : names) {
      DenseLayer layer;
      DataMatrix weights = file_.read(n.weights, finite_cure);
      layer.outputs = weights.rows;
      layer.inputs = weights.columns;
      layer.weights = std::move(weights.values);
      layer.biases = n.biases.empty() ? std::vector<double>(layer.outputs, 0.0) : file_.read(n.biases, finite_cure).values;
      layers.push_back(std::move(layer));
    }
    return layers;
  }

 private:
  const NpzFile& file_;
  const std::string& name_;

  [[noreturn]] void refuse(const std::string& what, const std::string& cure) const { throw UsageError(name_ + ": " + what + "; " + cure); }

  std::vector<LayerNames> numbered_layers() const {
    std::map<std::size_t, LayerNames> found;
    for (const std::string& n : file_.names()) (n[0] == 'W' ? found[*number_of(n.substr(1))].weights : found[*number_of(n.substr(1))].biases) = n;
    std::vector<LayerNames> layers;
    for (const auto& [k, names] : found) {
      if (k != layers.size() + 1) refuse("has an array " + (names.weights.empty() ? names.biases : names.weights) + " and no W" + std::to_string(layers.size() + 1), names_cure);
      if (names.weights.empty()) refuse("has an array " + names.biases + " and no W" + std::to_string(k), "save the layer's weights too");
      layers.push_back(names);
    }
    return layers;
  }

  /// NAME.weight and NAME.bias, in the order of the archive.
  std::vector<LayerNames> modules() const {
    std::vector<std::pair<std::string, LayerNames>> found;
    for (const std::string& n : file_.names()) {
      const std::size_t dot = n.rfind('.');
      const std::string module = dot == std::string::npos ? std::string() : n.substr(0, dot), what = dot == std::string::npos ? n : n.substr(dot + 1);
      if (dot == std::string::npos || module.empty() || (what != "weight" && what != "bias")) refuse("has an array " + shown(n) + ", which no layer of a fully connected network has", names_cure);
      auto at = std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.first == module; });
      if (at == found.end()) at = found.insert(found.end(), {module, {}});
      (what == "weight" ? at->second.weights : at->second.biases) = n;
    }
    std::vector<LayerNames> layers;
    Module before;
    for (const auto& [module, names] : found) {
      if (names.weights.empty()) refuse("has an array " + shown(names.biases) + " and no " + shown(module + ".weight"), "save the layer's weights too");
      const Module here = module_of(module);
      if (before.family == here.family && before.place && here.place && *here.place < *before.place) refuse("has " + shown(names.weights) + " after a layer of a higher number: their order is not clear", "call the arrays W1, b1, W2, b2, ..");
      before = here;
      layers.push_back(names);
    }
    return layers;
  }

  static std::string text_of(const std::vector<std::uint64_t>& shape) {
    std::string text;
    for (const std::uint64_t n : shape) text += (text.empty() ? "" : " x ") + std::to_string(n);
    return text;
  }

  void check_shapes(const std::vector<LayerNames>& names) const {
    std::vector<std::vector<std::uint64_t>> shapes;
    for (const LayerNames& n : names) {
      shapes.push_back(file_.header(n.weights).shape);
      const std::size_t axes = shapes.back().size();
      if (axes != 2) {
        throw UsageError(file_.title(n.weights) + ": has " + std::to_string(axes) + (axes == 1 ? " axis" : " axes") + ", where a fully connected layer's weights are a matrix of outputs x inputs; " +
                         (axes > 2 ? "convolutions are not read here" : "leave out what is no such layer (normalization, embeddings), or fold it into one that is"));
      }
    }
    for (std::size_t l = 0; l < names.size(); ++l) {
      const std::vector<std::uint64_t>& shape = shapes[l];
      const std::string weights = file_.title(names[l].weights) + ": is " + text_of(shape);
      const std::string cure = "; weights are outputs x inputs: save W.T" + std::string(names.size() > 1 ? ", of all layers" : "");
      if (!names[l].biases.empty()) {
        const std::vector<std::uint64_t> bias = file_.header(names[l].biases).shape;
        const std::uint64_t count = bias.size() == 1 ? bias[0] : bias.size() == 2 && std::min(bias[0], bias[1]) == 1 ? std::max(bias[0], bias[1]) : 0;
        if (count == shape[1] && count != shape[0]) throw UsageError(weights + ", and " + shown(names[l].biases) + " has " + std::to_string(count) + " biases, which fit it only transposed" + cure);
        if (count != shape[0]) {
          throw UsageError(file_.title(names[l].biases) + ": is " + (bias.empty() ? "one number" : text_of(bias)) + ", where " + shown(names[l].weights) + " of " + text_of(shape) +
                           " (outputs x inputs) wants " + std::to_string(shape[0]) + " biases; save a vector of that length");
        }
      }
      if (l == 0 || shape[1] == shapes[l - 1][0]) continue;
      const std::string before = ", and " + shown(names[l - 1].weights) + " before it is " + text_of(shapes[l - 1]);
      if (shape[0] == shapes[l - 1][0] || shape[0] == shapes[l - 1][1]) throw UsageError(weights + before + ": they fit together only transposed" + cure);
      throw UsageError(weights + before + ": it takes " + std::to_string(shape[1]) + " inputs, and gets " + std::to_string(shapes[l - 1][0]) + "; leave out what is not between the two, or save them in their order");
    }
  }
};

std::string plural(std::size_t count, const char* what) { return std::to_string(count) + " " + what + (count == 1 ? "" : "s"); }

}  // namespace

FiniteNetwork read_network(const NpzFile& file, const std::string& name, const NetworkFileOptions& options) {
  const std::size_t given = options.activations.size();
  if (given == 0) throw UsageError(name + ": no activation; say which the network has, once for all hidden layers or once a layer");
  FiniteNetwork network;
  network.layers = Reader(file, name).layers();
  const std::size_t layers = network.layers.size();
  const std::size_t hidden = given > 1 ? given : layers == 1 || !options.readout ? layers : layers - 1;
  if (hidden != layers && hidden + 1 != layers) {
    throw UsageError(name + ": holds " + plural(layers, "layer") + ", and " + plural(given, "activation") + " are given; give one a hidden layer (" + std::to_string(layers - 1) +
                     " where the last layer is the readout, else " + std::to_string(layers) + "), or one for all");
  }
  if (!options.readout && hidden + 1 == layers) throw UsageError(name + ": holds a layer more than activations are given, which can only be the readout; give an activation for it, or let it be the readout");
  network.activations = given > 1 ? options.activations : std::vector<Activation>(hidden, options.activations[0]);
  return network;
}

FiniteNetwork read_network(const std::string& path, const NetworkFileOptions& options) {
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
