// SPDX-License-Identifier: GPL-3.0-or-later
#include "apart.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

namespace infwidth {

namespace {

class Apart {
 public:
  explicit Apart(const Assumptions& given) : given_(given) {}

  Expression taken(const Expression& e) {
    if (e.arguments().empty()) return e;
    const void* id = &e.arguments();  // one address a node
    if (const auto known = done_.find(id); known != done_.end()) return known->second;
    std::vector<Expression> arguments;
    for (const Expression& a : e.arguments()) arguments.push_back(taken(a));
    Expression result = e;
    if (e.op() == Op::divide) {
      result = divided(arguments[0], arguments[1]);
    } else if (e.op() == Op::sqrt) {
      result = root(arguments[0]);
    } else if (!std::equal(arguments.begin(), arguments.end(), e.arguments().begin())) {
      result = Expression::make(e.op(), std::move(arguments));
    }
    done_.emplace(id, result);
    return result;
  }

 private:
  const Assumptions& given_;
  std::unordered_map<const void*, Expression> done_;

  static Expression divided(const Expression& a, const Expression& b) {
    if (b.op() == Op::multiply) return divided(divided(a, b.argument(0)), b.argument(1));
    return a / b;
  }

  /// The sums go out of the root, one after the other; what is left stays under one.
  Expression root(const Expression& radicand) {
    std::vector<std::pair<Expression, bool>> sums;  // and whether it stands below the bar
    const Expression rest = without_sums(radicand, false, sums);
    if (sums.size() < 2) return sqrt(radicand);
    Expression product = rest.is_number(1) ? rest : sqrt(rest);
    for (const auto& [sum, below] : sums) product = below ? product / sqrt(sum) : product * sqrt(sum);
    return product;
  }
  Expression without_sums(const Expression& e, bool below, std::vector<std::pair<Expression, bool>>& sums) const {
    if (e.op() == Op::multiply || e.op() == Op::divide) {
      const bool quotient = e.op() == Op::divide;
      const Expression a = without_sums(e.argument(0), below, sums), b = without_sums(e.argument(1), below != quotient, sums);
      return quotient ? a / b : a * b;
    }
    if ((e.op() != Op::add && e.op() != Op::subtract) || !is_positive(e)) return e;
    sums.emplace_back(e, below);
    return 1;
  }

  bool is_positive(const Expression& e) const {
    const auto positive = [this](const Expression& a) { return is_positive(a); };
    switch (e.op()) {
      case Op::number: return e.value() > 0;
      case Op::pi: return true;
      case Op::variable: return given_.positive.contains(e.name()) || given_.not_negative.contains(e.name());
      case Op::add: case Op::multiply: case Op::divide: case Op::sqrt:
        return std::all_of(e.arguments().begin(), e.arguments().end(), positive);
      case Op::power: return is_positive(e.argument(0)) && e.argument(1).is_number();
      default: return false;
    }
  }
};

}  // namespace

Expression taken_apart(const Expression& e, const Assumptions& given) { return Apart(given).taken(e); }

}  // namespace infwidth
