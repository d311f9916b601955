// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/layer_arrays.hpp"

#include <algorithm>
#include <set>

#include "infwidth/io/json.hpp"
#include "infwidth/real/errors.hpp"
#include "layer_names.hpp"
#include "layer_shapes.hpp"

namespace infwidth {

namespace {

using namespace detail;
using Role = ArrayName::Role;
using Layer = LayerArrays::Layer;

constexpr const char* names_cure = "call the arrays W1, b1, W2, b2, .., or as PyTorch's state_dict() does: 0.weight, 0.bias, 2.weight, ..";
constexpr std::size_t most_orders = 5000;

class Finder {
 public:
  Finder(const std::vector<NamedShape>& found, const ArrayChoice& choice, const std::string& file)
      : found_(found), choice_(choice), file_(file) {}

  LayerArrays find() {
    select();
    std::vector<std::vector<Layer>> orders;
    const bool by_names =
        std::none_of(names_.begin(), names_.end(), [](const ArrayName& n) { return n.role == Role::none || n.role == Role::positional; });
    if (by_names)
      orders = by_modules();
    else
      orders = by_places();
    LayerArrays r =
        fitting_layers({found_, choice_, file_, !by_names || std::is_sorted(arrays_.begin(), arrays_.end()), habit_of_names()}, orders);
    r.left_out = left_out_;
    return r;
  }

 private:
  const std::vector<NamedShape>& found_;
  const ArrayChoice& choice_;
  const std::string& file_;
  std::vector<std::string> arrays_, left_out_;  // what is looked at, in order
  std::vector<ArrayName> names_;                // of arrays_
  std::vector<std::size_t> entry_;              // which entry of choice_.arrays an array is from
  bool ordered_ = false;                        // the caller has said the order

  [[noreturn]] void refuse(const std::string& what, const std::string& cure) const { throw UsageError(file_ + ": " + what + "; " + cure); }
  const std::vector<std::uint64_t>& shape(const std::string& array) const { return shape_of(found_, array); }

  // ---- which arrays ----

  std::vector<std::string> matching(const std::string& entry, const char* what) const {
    std::vector<std::string> all;
    const bool all_that_begin = entry.ends_with('*');
    const std::string_view begin = std::string_view(entry).substr(0, entry.size() - (all_that_begin ? 1 : 0));
    for (const NamedShape& s : found_)
      if (all_that_begin ? s.name.starts_with(begin) : s.name == entry) all.push_back(s.name);
    if (!all.empty()) return all;
    std::vector<std::string> there;
    for (std::size_t k = 0; k < std::min<std::size_t>(found_.size(), 12); ++k) there.push_back(found_[k].name);
    refuse("has no array " + shown(entry) + (all_that_begin ? ", whatever follows" : "") + ", which " + what + " names",
           "its arrays are " + joined(there) + (there.size() < found_.size() ? ", .." : ""));
  }

  void select() {
    std::set<std::string> without;
    for (const std::string& entry : choice_.without)
      for (std::string& name : matching(entry, "--without")) without.insert(std::move(name));
    std::vector<std::pair<std::string, std::size_t>> chosen;
    for (std::size_t k = 0; k < choice_.arrays.size(); ++k) {
      for (std::string& name : matching(choice_.arrays[k], "--arrays")) {
        if (std::none_of(chosen.begin(), chosen.end(), [&](const auto& c) { return c.first == name; }))
          chosen.emplace_back(std::move(name), k);
      }
    }
    if (choice_.arrays.empty())
      for (const NamedShape& s : found_) chosen.emplace_back(s.name, 0);
    ordered_ = choice_.arrays.size() > 1;
    for (auto& [name, entry] : chosen) {
      if (without.contains(name)) continue;
      names_.push_back(parse_array_name(name));
      entry_.push_back(entry);
      arrays_.push_back(std::move(name));
    }
    for (const NamedShape& s : found_)
      if (std::find(arrays_.begin(), arrays_.end(), s.name) == arrays_.end()) left_out_.push_back(s.name);
    if (arrays_.empty()) refuse("has no array that is not left out", "leave fewer out");
    for (std::size_t k = 0; k < arrays_.size(); ++k) {
      const std::string& why =
          std::find_if(found_.begin(), found_.end(), [&](const NamedShape& s) { return s.name == arrays_[k]; })->unreadable;
      if (!why.empty())
        throw UsageError(why + (names_[k].role == Role::none ? ", or leave the array out (--without " + shown(arrays_[k]) + ")" : ""));
    }
    if (choice_.arrays.empty()) check_roles();
  }

  /// Without the caller's word an array that is no layer's, or that is of another kind of layer, is not passed over.
  void check_roles() const {
    std::vector<std::string> strange;
    const bool positional = std::all_of(names_.begin(), names_.end(), [](const ArrayName& n) { return n.role == Role::positional; });
    for (std::size_t k = 0; k < arrays_.size() && !positional; ++k)
      if (names_[k].role == Role::none) strange.push_back(arrays_[k]);
    const bool named = std::any_of(names_.begin(), names_.end(), [](const ArrayName& n) { return n.role == Role::weights; });
    for (std::size_t k = 0; k < arrays_.size() && strange.empty() && !positional; ++k)
      if (named && names_[k].role == Role::positional) strange.push_back(arrays_[k]);
    if (!strange.empty()) {
      const bool one = strange.size() == 1;
      refuse(std::string("has ") + (one ? "an array " : "arrays ") + joined(strange) +
                 (one ? " (" + text_of(shape(strange[0])) + ")" : "") + ", which no layer of a fully connected network has",
             std::string("leave ") + (one ? "it" : "them") + " out (--without " + joined(strange, ",") + "), or " + names_cure);
    }
    for (const std::string& array : arrays_) {
      const std::string kind = other_kind(array);
      if (!kind.empty())
        refuse("has an array " + shown(array) + ", which by its name (" + kind + ") is of a layer that is not fully connected",
               "if it is, say so by naming the arrays: --arrays W1,b1,W2,..");
    }
  }

  // ---- layers by names ----

  struct Module {
    std::string name;
    Layer layer;
    std::size_t entry = 0;
    bool numbered = false;
  };

  std::vector<std::vector<Layer>> by_modules() const {
    std::vector<Module> modules;
    for (std::size_t k = 0; k < arrays_.size(); ++k) {
      const ArrayName& n = names_[k];
      auto at = std::find_if(modules.begin(), modules.end(), [&](const Module& m) { return m.name == n.module; });
      if (at == modules.end()) at = modules.insert(modules.end(), {n.module, {}, entry_[k], n.numbered});
      std::string& place = n.role == Role::weights ? at->layer.weights : at->layer.biases;
      if (!place.empty())
        refuse("has " + shown(place) + " and " + shown(arrays_[k]) + ", both the " + (n.role == Role::weights ? "weights" : "biases") +
                   " of one layer",
               "leave one of them out (--without " + shown(arrays_[k]) + ")");
      place = arrays_[k];
    }
    check_weights(modules);
    std::vector<Path> paths;
    for (const Module& m : modules) paths.push_back(path_of(m.name));
    if (!ordered_) check_one_network(modules, paths);
    check_count(modules, paths);
    ModuleOrders orders;
    if (ordered_) {
      orders.orders = {{}};
      for (std::size_t from = 0; from < modules.size();) {  // the caller's entries, each in its own first order
        std::size_t to = from;
        while (to < modules.size() && modules[to].entry == modules[from].entry) ++to;
        const std::vector<Path> part(paths.begin() + static_cast<std::ptrdiff_t>(from), paths.begin() + static_cast<std::ptrdiff_t>(to));
        const ModuleOrders of_entry = module_orders(part, 1);
        for (const std::size_t m : of_entry.orders[0]) orders.orders[0].push_back(from + m);
        from = to;
      }
    } else {
      orders = module_orders(paths, most_orders);
      // The file's order is trusted where its author has chosen one.
      if (orders.cut && !is_alphabetical())
        orders.orders.resize(1);
      else if (orders.cut)
        refuse("has so many layers of different names (" + joined(arrays_) + ") that their order is not clear",
               "say it: --arrays FIRST.*,SECOND.*,..");
    }
    std::vector<std::vector<Layer>> r;
    for (const auto& order : orders.orders) {
      r.emplace_back();
      for (const std::size_t m : order) r.back().push_back(modules[m].layer);
    }
    return r;
  }

  void check_weights(const std::vector<Module>& modules) const {
    for (const Module& m : modules) {
      if (!m.layer.weights.empty()) continue;
      // What the weights would be called: the name of another layer's, with this one's module in the place of that.
      std::string wanted = "weights of that layer";
      for (std::size_t k = 0; k < arrays_.size(); ++k) {
        if (arrays_[k] != m.layer.biases) continue;
        if (m.numbered)
          wanted = "W" + m.name;
        else if (arrays_[k].ends_with("bias"))
          wanted = arrays_[k].substr(0, arrays_[k].size() - 4) + "weight";
      }
      refuse("has an array " + shown(m.layer.biases) + " and no " + shown(wanted), "save the layer's weights too");
    }
  }

  /// W1, W3: one is missing.
  void check_count(const std::vector<Module>& modules, const std::vector<Path>& paths) const {
    if (!std::all_of(modules.begin(), modules.end(), [](const Module& m) { return m.numbered; })) return;
    if (!choice_.arrays.empty()) return;
    std::vector<long> numbers;
    for (const Path& path : paths) numbers.push_back(path.back().number);
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      const long wanted = static_cast<long>(k) + (numbers[0] == 0 ? 0 : 1);
      if (numbers[k] == wanted) continue;
      const auto there =
          std::find_if(modules.begin(), modules.end(), [&](const Module& m) { return path_of(m.name).back().number == numbers[k]; });
      std::string missing = there->layer.weights;
      missing.replace(missing.rfind(std::to_string(numbers[k])), std::to_string(numbers[k]).size(), std::to_string(wanted));
      refuse("has an array " + shown(there->layer.weights) + " and no " + shown(missing), names_cure);
    }
  }

  void check_one_network(const std::vector<Module>& modules, const std::vector<Path>& paths) const {
    const auto groups = separate_networks(paths);
    if (groups.empty()) return;
    std::vector<std::string> shown_groups, entries;
    for (const auto& group : groups) {
      const std::string &first = modules[group.front()].layer.weights, &last = modules[group.back()].layer.weights;
      shown_groups.push_back(group.size() == 1 ? first : first + " to " + last);
      // The longest beginning that the group has in common and the other groups have not.
      std::string begin = first;
      for (const std::size_t m : group)
        begin = begin.substr(
            0, static_cast<std::size_t>(
                   std::mismatch(begin.begin(), begin.end(), modules[m].layer.weights.begin(), modules[m].layer.weights.end()).first -
                   begin.begin()));
      entries.push_back((group.size() == 1 ? modules[group[0]].name : begin) + "*");
    }
    refuse("holds what may be several networks, or parts of one: " + joined(shown_groups) + ", ..",
           "say which is meant, with --arrays '" + shown(entries[0]) + "', or in which order they follow each other, with --arrays '" +
               joined(entries, ",") + "'");
  }

  bool is_alphabetical() const { return std::is_sorted(arrays_.begin(), arrays_.end()); }

  std::optional<WeightLayout> habit_of_names() const {
    std::optional<WeightLayout> habit;
    for (const ArrayName& n : names_) {
      if (n.role != Role::weights) continue;
      if (!n.layout || (habit && *habit != *n.layout)) return std::nullopt;
      habit = n.layout;
    }
    return habit;
  }

  // ---- layers by places ----

  /// The ways in which the arrays can be read one after the other: more than one where biases are rows or columns, which may be matrices.
  std::vector<std::vector<Layer>> by_places() const {
    std::vector<std::string> arrays = arrays_;
    const bool numbered =
        !ordered_ && std::all_of(names_.begin(), names_.end(), [](const ArrayName& n) { return n.role == Role::positional; });
    if (numbered) {
      std::stable_sort(arrays.begin(), arrays.end(),
                       [](const std::string& a, const std::string& b) { return parse_array_name(a).place < parse_array_name(b).place; });
    }
    for (const std::string& a : arrays) {
      if (shape(a).empty()) {
        refuse("has an array " + shown(a) + " (one number), which no layer of a fully connected network has",
               "leave it out (--without " + shown(a) + ")");
      }
    }
    std::vector<std::vector<Layer>> readings;
    const std::size_t half = arrays.size() / 2;
    std::vector<Layer> turns, halves;
    for (std::size_t k = 0; k < half; ++k) {
      turns.push_back({arrays[2 * k], arrays[2 * k + 1]});
      halves.push_back({arrays[k], arrays[half + k]});
    }
    for (const std::vector<Layer>& layers : {turns, halves}) {
      if (arrays.size() != 2 * half || (half == 1 && !readings.empty())) continue;
      const std::size_t axes = shape(layers[0].biases).size();  // all biases have as many
      const bool pairs = std::all_of(layers.begin(), layers.end(), [&](const Layer& l) {
        const auto &w = shape(l.weights), &b = shape(l.biases);
        return w.size() == 2 && b.size() == axes && (length_of(b) == w[0] || length_of(b) == w[1]);
      });
      if (pairs) readings.push_back(layers);
    }
    // Biases as vectors behind their matrices, or none.
    if (readings.empty() || std::all_of(arrays.begin(), arrays.end(), [&](const std::string& a) { return shape(a).size() == 2; })) {
      readings.push_back(one_by_one(arrays));
    }
    return readings;
  }

  std::vector<Layer> one_by_one(const std::vector<std::string>& arrays) const {
    std::vector<Layer> layers;
    for (const std::string& a : arrays) {
      if (shape(a).size() != 1) {
        layers.push_back({a, ""});
      } else if (layers.empty() || !layers.back().biases.empty()) {
        refuse("has " + shown(a) + " of " + text_of(shape(a)) + " numbers where the weights of a layer are expected",
               "say which arrays are the layers': --arrays W,b,W,b,.. (in their order), or " + std::string(names_cure));
      } else {
        layers.back().biases = a;
      }
    }
    return layers;
  }
};

}  // namespace

LayerArrays layer_arrays(const std::vector<NamedShape>& found, const ArrayChoice& choice, const std::string& file) {
  return Finder(found, choice, file).find();
}

}  // namespace infwidth
