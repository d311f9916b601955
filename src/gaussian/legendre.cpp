// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/legendre.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace infwidth {

std::shared_ptr<const LegendreRule> legendre_rule(int n, long bits) {
  static std::mutex mutex;
  static std::map<std::pair<int, long>, std::shared_ptr<const LegendreRule>> kept;
  const long precision = (bits + 63) / 64 * 64;
  const std::lock_guard lock(mutex);
  auto& slot = kept[{n, precision}];
  if (!slot) {
    auto rule = std::make_shared<LegendreRule>();
    for (int k = 0; k < n / 2; ++k) {
      Ball node, weight;
      arb_hypgeom_legendre_p_ui_root(node.get(), weight.get(), static_cast<ulong>(n), static_cast<ulong>(k), precision + 10);
      rule->nodes.push_back(std::move(node));
      rule->weights.push_back(std::move(weight));
    }
    slot = std::move(rule);
  }
  return slot;
}

int legendre_size(int n) {
  // Steps of about a fifth: few different rules to compute, at most a fifth of the nodes wasted.
  int size = 4;
  while (size < n) size += size < 12 ? 2 : (size / 10) * 2;
  return size;
}

}  // namespace infwidth
