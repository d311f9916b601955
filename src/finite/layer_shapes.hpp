// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "infwidth/finite/layer_arrays.hpp"

namespace infwidth::detail {

/// "W1, b1", as messages show names.
std::string joined(const std::vector<std::string>& words, const char* between = ", ");
/// "3 x 2"; "one number".
std::string text_of(const std::vector<std::uint64_t>& shape);
/// The length of a vector, also of one that is a row or a column; 0 where it is none.
std::uint64_t length_of(const std::vector<std::uint64_t>& shape);
/// Of an array that is among them.
const std::vector<std::uint64_t>& shape_of(const std::vector<NamedShape>& found, const std::string& array);

/// What is known before shapes are looked at.
///   alphabetical   the file's order is the alphabet's, which may be anybody's
///   habit          the layout of those who use the arrays' names
struct ShapeQuestion {
  const std::vector<NamedShape>& found;
  const ArrayChoice& choice;
  const std::string& file;
  bool alphabetical = false;
  std::optional<WeightLayout> habit;
};
/// The order and the layout in which the layers' shapes fit together.
///   orders   those that the names allow, the first by the file's order
///   Errors   UsageError naming file and array: none fits, or more than one and nothing decides
LayerArrays fitting_layers(const ShapeQuestion& question, const std::vector<std::vector<LayerArrays::Layer>>& orders);

}  // namespace infwidth::detail
