// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/finite/layer_arrays.hpp"

namespace infwidth::detail {

/// What an array's name says of it.
///   module   of which layer: "fc1" of fc1.weight, "1" of W1, "actor.1" of actor_W1; "" where the name is a role alone
///   place    of arr_0, arr_1, ..: its number
///   layout   the habit of those who use the role's word
struct ArrayName {
  enum class Role { weights, biases, positional, none };
  Role role = Role::none;
  std::string module;
  std::size_t place = 0;
  bool numbered = false;  // as W1 is: such layers are counted without gaps
  std::optional<WeightLayout> layout;
};
ArrayName parse_array_name(std::string_view name);

/// A word in the name that says that its layer is none of a fully connected network (`attn`, `lstm`, ..); "" where there is none.
std::string other_kind(std::string_view name);

/// One step of a module's path: "dense_1" is "dense" and 1, "out" is "out" and no number, "2" is "" and 2.
struct PathStep {
  std::string text;
  long number = -1;
  bool operator==(const PathStep&) const = default;
};
using Path = std::vector<PathStep>;
Path path_of(std::string_view module);

/// Orders in which modules may follow each other, as places in `paths`: those that differ in numbers alone stand by them; words may be
/// permuted. The first is the one of the least change from the order given. At most `most`; true beside them where there are more.
struct ModuleOrders {
  std::vector<std::vector<std::size_t>> orders;
  bool cut = false;
};
ModuleOrders module_orders(const std::vector<Path>& paths, std::size_t most);

/// The modules by the first word in which they differ; more than one group of two layers and more is several networks, or parts whose order
/// only their author knows.
std::vector<std::vector<std::size_t>> separate_networks(const std::vector<Path>& paths);

}  // namespace infwidth::detail
