// SPDX-License-Identifier: GPL-3.0-or-later
#include "layer_names.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <numeric>

namespace infwidth::detail {

namespace {

constexpr std::string_view separators = "./_-~";

std::string lower(std::string_view text) {
  std::string r(text);
  std::transform(r.begin(), r.end(), r.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return r;
}

std::string_view without_separators_at_end(std::string_view text) { return text.substr(0, text.find_last_not_of(separators) + 1); }

struct Word {
  std::string_view text;
  ArrayName::Role role;
  std::optional<WeightLayout> layout;
};
using enum ArrayName::Role;
constexpr Word words[] = {
    {"weight", weights, WeightLayout::outputs_by_inputs},
    {"kernel", weights, WeightLayout::inputs_by_outputs},
    {"coef", weights, WeightLayout::inputs_by_outputs},
    {"coefs", weights, WeightLayout::inputs_by_outputs},
    {"weights", weights, {}},
    {"w", weights, {}},
    {"bias", biases, {}},
    {"biases", biases, {}},
    {"b", biases, {}},
    {"intercept", biases, {}},
    {"intercepts", biases, {}},
};
const Word* word_of(std::string_view text) {
  const std::string small = lower(text);
  const auto* const found = std::find_if(std::begin(words), std::end(words), [&](const Word& w) { return w.text == small; });
  return found == std::end(words) ? nullptr : found;
}

std::optional<long> number_of(std::string_view digits) {
  long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

struct Numbered {
  std::string_view stem, digits;
};
Numbered split_number(std::string_view text) {
  const std::size_t last = text.find_last_not_of("0123456789"), begin = last == std::string_view::npos ? 0 : last + 1;
  return {text.substr(0, begin), text.substr(begin)};
}

/// The role at the end of a text, and what is before it.
const Word* role_at_end(std::string_view text, std::string_view& before) {
  const std::size_t last = text.find_last_of(separators), begin = last == std::string_view::npos ? 0 : last + 1;
  before = without_separators_at_end(text.substr(0, begin));
  return word_of(text.substr(begin));
}

}  // namespace

ArrayName parse_array_name(std::string_view name) {
  ArrayName parsed;
  if (name.ends_with(":0")) name.remove_suffix(2);  // TensorFlow's
  name = without_separators_at_end(name);
  const auto [stem, digits] = split_number(name);
  const std::optional<long> number = number_of(digits);
  if (stem == "arr_" && number) {
    parsed.role = positional;
    parsed.place = static_cast<std::size_t>(*number);
    return parsed;
  }
  std::string_view before;
  const Word* word = role_at_end(name, before);
  if (word != nullptr) {
    parsed.module = before;
  } else if (number && (word = role_at_end(without_separators_at_end(stem), before)) != nullptr) {
    parsed.module = std::string(before) + (before.empty() ? "" : ".") + std::string(digits);
    parsed.numbered = true;
  } else if (name.size() > 2 && name[1] == '_' && (word = word_of(name.substr(0, 1))) != nullptr) {  // W_out
    parsed.module = name.substr(2);
  }
  if (word == nullptr) return parsed;
  parsed.role = word->role;
  parsed.layout = word->layout;
  return parsed;
}

std::string other_kind(std::string_view name) {
  const std::string small = lower(name);
  for (const char* word :
       {"attn", "attention", "q_proj", "in_proj", "lstm", "gru", "rnn", "_hh", "_ih", "recurrent", "embed", "batchnorm", "layernorm"})
    if (small.find(word) != std::string::npos) return word;
  return "";
}

Path path_of(std::string_view module) {
  Path path;
  for (std::size_t at = 0; at <= module.size();) {
    const std::size_t end = std::min(module.find_first_of("./", at), module.size());
    const auto [stem, digits] = split_number(module.substr(at, end - at));
    path.push_back({std::string(without_separators_at_end(stem)), number_of(digits).value_or(-1)});
    at = end + 1;
  }
  return path;
}

namespace {

using Order = std::vector<std::size_t>;

/// The modules of one node of the tree of paths, which agree before `depth`.
class Tree {
 public:
  Tree(const std::vector<Path>& paths, std::size_t most) : paths_(paths), most_(most) {}

  std::vector<Order> orders(const Order& modules, std::size_t depth) {
    if (modules.size() <= 1) return {modules};
    const PathStep nothing;
    const auto step = [&](std::size_t m) -> const PathStep& { return depth < paths_[m].size() ? paths_[m][depth] : nothing; };
    // By words, as they come; within a word by numbers.
    std::vector<Order> groups;
    for (const std::size_t m : modules) {
      const auto same = std::find_if(groups.begin(), groups.end(), [&](const Order& g) { return step(g[0]).text == step(m).text; });
      if (same == groups.end())
        groups.push_back({m});
      else
        same->push_back(m);
    }
    std::vector<std::vector<Order>> of_groups;
    for (Order& group : groups) {
      std::stable_sort(group.begin(), group.end(), [&](std::size_t a, std::size_t b) { return step(a).number < step(b).number; });
      std::vector<Order> joined = {{}};
      for (std::size_t from = 0; from < group.size();) {
        std::size_t to = from;
        while (to < group.size() && step(group[to]).number == step(group[from]).number) ++to;
        const Order same(group.begin() + static_cast<std::ptrdiff_t>(from), group.begin() + static_cast<std::ptrdiff_t>(to));
        const bool ends = std::all_of(same.begin(), same.end(), [&](std::size_t m) { return paths_[m].size() <= depth + 1; });
        joined = product(joined, ends ? std::vector<Order>{same} : orders(same, depth + 1));
        from = to;
      }
      of_groups.push_back(std::move(joined));
    }
    Order turn(groups.size());
    std::iota(turn.begin(), turn.end(), std::size_t{0});
    std::vector<Order> all;
    do {
      std::vector<Order> joined = {{}};
      for (const std::size_t g : turn) joined = product(joined, of_groups[g]);
      for (Order& order : joined) {
        if (all.size() == most_)
          cut_ = true;
        else
          all.push_back(std::move(order));
      }
    } while (!cut_ && std::next_permutation(turn.begin(), turn.end()));
    return all;
  }
  bool cut() const { return cut_; }

 private:
  const std::vector<Path>& paths_;
  std::size_t most_;
  bool cut_ = false;

  std::vector<Order> product(const std::vector<Order>& first, const std::vector<Order>& second) {
    std::vector<Order> all;
    for (const Order& a : first) {
      for (const Order& b : second) {
        if (all.size() == most_) {
          cut_ = true;
          return all;
        }
        all.push_back(a);
        all.back().insert(all.back().end(), b.begin(), b.end());
      }
    }
    return all;
  }
};

}  // namespace

ModuleOrders module_orders(const std::vector<Path>& paths, std::size_t most) {
  Order all(paths.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  Tree tree(paths, most);
  ModuleOrders r;
  r.orders = tree.orders(all, 0);
  r.cut = tree.cut();
  return r;
}

namespace {

/// Of a network beside others: actor_net, critic, q_target.
bool is_name_of_a_network(std::string_view text) {
  const std::string small = lower(text);
  for (const char* word : {"actor", "critic", "policy", "value", "target", "generator", "discriminator", "teacher", "student"})
    if (small.find(word) != std::string::npos) return true;
  return false;
}

}  // namespace

std::vector<std::vector<std::size_t>> separate_networks(const std::vector<Path>& paths) {
  if (paths.empty()) return {};
  // What all have in common (`params`, `module`) tells nothing.
  std::size_t common = 0;
  const auto shared = [&](std::size_t depth) {
    return std::all_of(paths.begin(), paths.end(), [&](const Path& p) { return p.size() > depth + 1 && p[depth] == paths[0][depth]; });
  };
  while (shared(common)) ++common;
  // By words, then by whole steps: q1.0, q1.2, q2.0, q2.2 are two networks, fc1, fc2, fc3 are one.
  for (const bool whole : {false, true}) {
    std::vector<std::vector<std::size_t>> groups;
    for (std::size_t m = 0; m < paths.size(); ++m) {
      const auto same = std::find_if(groups.begin(), groups.end(), [&](const Order& g) {
        const PathStep &a = paths[g[0]][common], &b = paths[m][common];
        return whole ? a == b : a.text == b.text;
      });
      if (same == groups.end())
        groups.push_back({m});
      else
        same->push_back(m);
    }
    const bool told =
        !whole && std::any_of(groups.begin(), groups.end(), [&](const Order& g) { return is_name_of_a_network(paths[g[0]][common].text); });
    if (told && groups.size() > 1) return groups;
    std::erase_if(groups, [](const Order& g) { return g.size() < 2; });
    if (groups.size() > 1) return groups;
  }
  return {};
}

}  // namespace infwidth::detail
