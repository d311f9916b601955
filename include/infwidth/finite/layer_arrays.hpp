// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace infwidth {

/// How a layer's weights stand in a file.
enum class WeightLayout {
  outputs_by_inputs,  // h = W x: PyTorch's Linear, MLX, equinox
  inputs_by_outputs,  // h = x W: Keras, flax, haiku, scikit-learn
};
/// "outputs x inputs", "inputs x outputs"
std::string to_string(WeightLayout layout);

///   unreadable   why the array's numbers cannot be read (text, objects); its shape is then not known
struct NamedShape {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::string unreadable = {};
};

/// What the caller says of a file's arrays.
///   arrays      these alone, in the order of the layers; `actor.*` is all that begin with `actor.`. None: all
///   without     not these
///   layout      none: found out
///   dimension   of the inputs; 0: not known
struct ArrayChoice {
  std::vector<std::string> arrays = {}, without = {};
  std::optional<WeightLayout> layout = {};
  std::size_t dimension = 0;
};

/// Which arrays are one network's layers.
///   biases      "" where a layer has none
///   layout_by   how the layout is known: "given", "by the shapes", "by the names", "by the number of inputs"
///   left_out    the file's other arrays
struct LayerArrays {
  struct Layer {
    std::string weights, biases;
  };
  std::vector<Layer> layers;
  WeightLayout layout = WeightLayout::outputs_by_inputs;
  std::string layout_by;
  std::vector<std::string> left_out;

  /// "W1, b1; W2, b2; W3": of more than `most` layers the first and the last.
  std::string text(std::size_t most = 8) const;
};

/// Finds the layers of one fully connected network among a file's arrays by their names and shapes:
///   W1, b1, W2, b2, ..   from 0 on too, in small letters, with _; also weights1, bias1, kernel1, coefs_0, intercepts_0, ..; behind a
///   prefix NAME.weight, NAME.bias   also NAME/kernel, NAME_w, ..: names that differ in numbers alone are in the order of these numbers
///   arr_0, arr_1, ..   (numpy.savez of arrays without names) matrices and the biases behind each, or all matrices and then all biases; so
///   too
///                      what `choice.arrays` names in any other way
/// Layers whose names differ in words stand in the one order in which their shapes fit together; where several fit, in the file's order,
/// unless that is the alphabet's, which may be anybody's. The layout is the one in which the shapes fit together; where both do, that of
/// the number of inputs, then that of the names (`weight` is PyTorch's word, `kernel` and `coefs` those of Keras, flax and scikit-learn).
///   Errors   UsageError naming the file and the arrays: an array that is neither weights nor biases; a layer without weights; what may be
///   two
///            networks (actor.0.weight, critic.0.weight, ..); an order or a layout that shapes and names leave open; shapes that do not fit
///            together; a name of `choice` that is not there
LayerArrays layer_arrays(const std::vector<NamedShape>& found, const ArrayChoice& choice, const std::string& file);

}  // namespace infwidth
