// SPDX-License-Identifier: GPL-3.0-or-later
#include "layer_shapes.hpp"

#include <algorithm>
#include <iterator>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace detail {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : between) + shown(w);
  return text;
}

std::string text_of(const std::vector<std::uint64_t>& shape) {
  std::string text;
  for (const std::uint64_t n : shape) text += (text.empty() ? "" : " x ") + std::to_string(n);
  return shape.empty() ? "one number" : text;
}

std::uint64_t length_of(const std::vector<std::uint64_t>& shape) {
  if (shape.size() == 1) return shape[0];
  return shape.size() == 2 && std::min(shape[0], shape[1]) == 1 ? std::max(shape[0], shape[1]) : 0;
}

const std::vector<std::uint64_t>& shape_of(const std::vector<NamedShape>& found, const std::string& array) {
  return std::find_if(found.begin(), found.end(), [&](const NamedShape& s) { return s.name == array; })->shape;
}

namespace {

using Layer = LayerArrays::Layer;

class ShapeFit {
 public:
  explicit ShapeFit(const ShapeQuestion& question) : question_(question) {}

  LayerArrays fitting(const std::vector<std::vector<Layer>>& orders) const {
    check_axes(orders[0]);
    static constexpr WeightLayout both[] = {WeightLayout::outputs_by_inputs, WeightLayout::inputs_by_outputs};
    std::vector<Candidate> fit;
    for (std::size_t k = 0; k < orders.size(); ++k) {
      for (const WeightLayout layout : both) {
        if ((!question_.choice.layout || layout == *question_.choice.layout) && misfit(orders[k], layout) == orders[k].size())
          fit.push_back({k, layout});
      }
    }
    if (fit.empty()) refuse_misfit(orders[0]);
    std::string by = question_.choice.layout ? "given" : "by the shapes";
    const auto keep = [&](const char* reason, auto which) {
      std::vector<Candidate> kept;
      std::copy_if(fit.begin(), fit.end(), std::back_inserter(kept), which);
      if (kept.empty() || kept.size() == fit.size()) return;
      fit = std::move(kept);
      by = reason;
    };
    const auto layout_open = [&] {
      return std::any_of(fit.begin(), fit.end(), [&](const Candidate& c) { return c.layout != fit[0].layout; });
    };
    if (question_.choice.dimension > 0 && (layout_open() || fit.size() > 1)) {
      keep("by the number of inputs",
           [&](const Candidate& c) { return inputs(orders[c.order][0], c.layout) == question_.choice.dimension; });
    }
    if (layout_open()) {
      if (const auto& habit = question_.habit) keep("by the names", [&](const Candidate& c) { return c.layout == *habit; });
    }
    if (layout_open()) refuse_layout(orders[fit[0].order][0]);
    if (fit.size() > 1) {
      const bool own = fit[0].order == 0 && !question_.alphabetical;
      if (!own) refuse_order(orders[fit[0].order], orders[fit[1].order]);
    }
    return {orders[fit[0].order], fit[0].layout, by, {}};
  }

 private:
  const ShapeQuestion& question_;

  struct Candidate {
    std::size_t order;
    WeightLayout layout;
  };

  const std::vector<std::uint64_t>& shape(const std::string& array) const { return shape_of(question_.found, array); }
  std::string title(const std::string& array) const { return question_.file + ", array " + shown(array); }
  std::uint64_t outputs(const Layer& layer, WeightLayout layout) const {
    return shape(layer.weights)[layout == WeightLayout::outputs_by_inputs ? 0 : 1];
  }
  std::uint64_t inputs(const Layer& layer, WeightLayout layout) const {
    return shape(layer.weights)[layout == WeightLayout::outputs_by_inputs ? 1 : 0];
  }
  bool biases_fit(const Layer& layer, WeightLayout layout) const {
    return layer.biases.empty() || length_of(shape(layer.biases)) == outputs(layer, layout);
  }

  /// The first layer that does not fit; how many there are where all fit.
  std::size_t misfit(const std::vector<Layer>& layers, WeightLayout layout) const {
    for (std::size_t l = 0; l < layers.size(); ++l) {
      if (!biases_fit(layers[l], layout)) return l;
      if (l > 0 && inputs(layers[l], layout) != outputs(layers[l - 1], layout)) return l;
    }
    return layers.size();
  }

  void check_axes(const std::vector<Layer>& layers) const {
    for (const Layer& layer : layers) {
      const std::size_t axes = shape(layer.weights).size();
      if (axes == 2) continue;
      throw UsageError(title(layer.weights) + ": has " + std::to_string(axes) + (axes == 1 ? " axis" : " axes") +
                       ", where a fully connected layer's weights are a matrix; " +
                       (axes > 2 ? "convolutions are not read here"
                                 : "leave out what is no such layer (normalization, embeddings), or fold it into one that is"));
    }
  }

  [[noreturn]] void refuse_layout(const Layer& first) const {
    throw UsageError(title(first.weights) + ": is " + text_of(shape(first.weights)) +
                     ", and neither shapes nor names tell whether weights are outputs x inputs or inputs x outputs; say it: --layout "
                     "outputs-inputs (h = W x, as PyTorch has it), or --layout " +
                     "inputs-outputs (h = x W, as Keras, flax and scikit-learn have it)");
  }

  [[noreturn]] void refuse_order(const std::vector<Layer>& one, const std::vector<Layer>& other) const {
    const auto text = [](const std::vector<Layer>& layers) {
      std::vector<std::string> names;
      for (const Layer& l : layers) names.push_back(l.weights);
      return joined(names);
    };
    std::string entries;
    for (const Layer& l : one) entries += (entries.empty() ? "" : ",") + shown(l.weights) + (l.biases.empty() ? "" : "," + shown(l.biases));
    throw UsageError(question_.file + ": its layers fit together as " + text(one) + " and as " + text(other) +
                     ", and nothing tells which is meant; say the order: --arrays " + entries + ", or call the arrays W1, b1, W2, b2, ..");
  }

  [[noreturn]] void refuse_misfit(const std::vector<Layer>& layers) const {
    WeightLayout layout = question_.choice.layout.value_or(question_.habit.value_or(WeightLayout::outputs_by_inputs));
    const WeightLayout other =
        layout == WeightLayout::outputs_by_inputs ? WeightLayout::inputs_by_outputs : WeightLayout::outputs_by_inputs;
    if (!question_.choice.layout && misfit(layers, other) > misfit(layers, layout)) layout = other;
    const std::size_t l = misfit(layers, layout);
    const Layer& layer = layers[l];
    const std::string weights = title(layer.weights) + ": is " + text_of(shape(layer.weights)), as = " (" + to_string(layout) + ")";
    if (!biases_fit(layer, layout)) {
      const std::uint64_t wanted = outputs(layer, layout);
      const bool turned = length_of(shape(layer.biases)) == inputs(layer, layout);
      if (turned && question_.choice.layout)
        throw UsageError(weights + ", and " + shown(layer.biases) + " has " + std::to_string(length_of(shape(layer.biases))) +
                         " biases, which do not fit it as " + to_string(layout) + "; leave --layout out, or give the other one");
      if (turned)
        throw UsageError(weights + ", and " + shown(layer.biases) + " has " + std::to_string(length_of(shape(layer.biases))) +
                         " biases: it fits the other layers only transposed; save all layers one way");
      throw UsageError(title(layer.biases) + ": is " + text_of(shape(layer.biases)) + ", where " + shown(layer.weights) + " of " +
                       text_of(shape(layer.weights)) + as + " wants " + std::to_string(wanted) + " biases; save a vector of that length");
    }
    const Layer& before = layers[l - 1];
    const std::string after = ", and " + shown(before.weights) + " before it is " + text_of(shape(before.weights));
    if (outputs(layer, layout) == outputs(before, layout))
      throw UsageError(weights + after + ": they fit together only transposed; save all layers one way" +
                       (question_.choice.layout ? ", or leave --layout out" : ""));
    throw UsageError(weights + after + as + ": it takes " + std::to_string(inputs(layer, layout)) + " inputs, and gets " +
                     std::to_string(outputs(before, layout)) +
                     "; leave out what is not between the two (--without NAME,..), or say the order (--arrays NAME,..)");
  }
};

}  // namespace

LayerArrays fitting_layers(const ShapeQuestion& question, const std::vector<std::vector<Layer>>& orders) {
  return ShapeFit(question).fitting(orders);
}

}  // namespace detail

std::string to_string(WeightLayout layout) { return layout == WeightLayout::outputs_by_inputs ? "outputs x inputs" : "inputs x outputs"; }

std::string LayerArrays::text(std::size_t most) const {
  std::string r;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (layers.size() > most && l == most / 2) {
      r += "; ..";
      l = layers.size() - most / 2;
    }
    r += (r.empty() ? "" : "; ") + shown(layers[l].weights) + (layers[l].biases.empty() ? "" : ", " + shown(layers[l].biases));
  }
  return r;
}

}  // namespace infwidth
