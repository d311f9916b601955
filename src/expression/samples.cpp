// SPDX-License-Identifier: GPL-3.0-or-later
#include "samples.hpp"

#include <array>
#include <unordered_set>

#include "infwidth/expression/program.hpp"

namespace infwidth {

std::set<std::string> variables_of(const Expression& e) {
  std::set<std::string> names;
  std::unordered_set<const void*> seen;
  std::vector<const Expression*> open = {&e};
  while (!open.empty()) {
    const Expression* node = open.back();
    open.pop_back();
    if (!seen.insert(&node->arguments()).second) continue;
    if (node->op() == Op::variable) names.insert(node->name());
    for (const Expression& a : node->arguments()) open.push_back(&a);
  }
  return names;
}

std::vector<std::optional<Ball>> samples(const Expression& e, std::optional<std::string_view> only) {
  // Small and large, of both signs, and with no relation between them.
  constexpr std::array<std::pair<int, int>, 7> points = {{{3, 7}, {-5, 8}, {12, 5}, {-19, 10}, {10, 9}, {29, 4}, {1, 13}}};
  const std::set<std::string> names = variables_of(e);
  const Precision precision(128);
  std::vector<std::optional<Ball>> result;
  for (std::size_t i = 0; i < points.size(); ++i) {
    result.emplace_back();
    try {
      Expression at_point = e;
      for (const std::string& name : names) {
        const std::size_t shift = std::hash<std::string>{}(name) % points.size();
        const auto [p, q] = points[(shift + (!only || name == *only ? i : 0)) % points.size()];
        at_point = substitute(at_point, name, Expression(Rational(p, q)));
      }
      const Program program({at_point}, "");
      const Ball value = Evaluator<Ball>(program).value(Ball(0));
      if (value.is_finite()) result.back() = value;
    } catch (const std::invalid_argument&) {
      // a division by 0 at this point
    }
  }
  return result;
}

bool agree_at_points(const Expression& a, const Expression& b, const Assumptions& given) {
  const Precision precision(200);
  std::set<std::string> names = variables_of(a);
  names.merge(variables_of(b));
  int compared = 0;
  for (int i = 0; i < 4; ++i) {
    try {
      Expression difference = a - b;
      int shift = 7 * i + 3;
      for (const std::string& name : names) {
        const bool any_sign = !given.positive.contains(name) && !given.not_negative.contains(name);
        const Rational value(any_sign && shift % 2 == 0 ? -shift : shift, 5 + (3 * shift + i) % 11);
        difference = substitute(difference, name, Expression(value));
        shift = (shift * 5 + 1) % 23;
      }
      const Program program({difference}, "");
      const Ball value = Evaluator<Ball>(program).value(Ball(0));
      if (!value.is_finite()) continue;
      if (!value.contains_zero()) return false;
      ++compared;
    } catch (const std::invalid_argument&) {
      // a division by 0 at this point
    }
  }
  return compared > 0;
}

}  // namespace infwidth
