// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/sign.hpp"

#include <algorithm>

#include "infwidth/expression/program.hpp"

namespace infwidth {

namespace {

/// Facts are combined in sums of so many.
constexpr int most_combined = 2;

std::optional<int> opposite(std::optional<int> sign) {
  if (sign) *sign = -*sign;
  return sign;
}
std::optional<int> product(std::optional<int> a, std::optional<int> b) {
  if ((a && *a == 0) || (b && *b == 0)) return 0;
  if (!a || !b) return std::nullopt;
  return *a * *b;
}
std::optional<int> sum(std::optional<int> a, std::optional<int> b) {
  if (!a || !b) return std::nullopt;
  if (*a == 0 || *a == *b) return b;
  return *b == 0 ? a : std::nullopt;
}

std::optional<int> sign_of_number(const Expression& e) {
  const Program program({e}, "");
  for (const long bits : {128L, 1024L}) {
    const Precision precision(bits);
    const Ball value = Evaluator<Ball>(program).value(Ball(0));
    if (certainly_positive(value) == Truth::yes) return 1;
    if (certainly_positive(-value) == Truth::yes) return -1;
  }
  return std::nullopt;
}

class Prover {
 public:
  explicit Prover(const Assumptions& given) : given_(given) {}

  std::optional<int> sign(const Expression& e) const {
    const std::optional<int> seen = by_parts(e);
    if (seen || letters_of(e).empty()) return seen;
    const Expression shorter = simplify(e);
    if (!(shorter == e)) {
      if (const auto now_seen = by_parts(shorter)) return now_seen;
    }
    if (given_.facts.empty()) return std::nullopt;
    if (const auto multiple = by_factor(shorter)) return multiple;
    return by_difference(shorter, most_combined);
  }

 private:
  const Assumptions& given_;

  std::optional<int> by_parts(const Expression& e) const {
    const auto of = [&](std::size_t i) { return by_parts(e.argument(i)); };
    switch (e.op()) {
      case Op::number: return e.value() > 0 ? 1 : e.value() < 0 ? -1 : 0;
      case Op::pi: return 1;
      case Op::variable: return of_letter(e);
      case Op::negate: return opposite(of(0));
      case Op::multiply:
        if (e.argument(0) == e.argument(1)) return 1;
        [[fallthrough]];
      case Op::divide: return product(of(0), of(1));
      case Op::sqrt: case Op::exp: case Op::cosh: case Op::erfc: case Op::Phi: case Op::sigmoid: case Op::softplus: return 1;
      case Op::erf: case Op::atan: case Op::asinh: case Op::asin: case Op::tanh: case Op::sinh: return of(0);
      case Op::power:
        if (e.argument(1).is_number() && denominator(e.argument(1).value()) == 1) {
          return denominator(Rational(e.argument(1).value() / 2)) == 1 ? 1 : of(0);
        }
        return 1;  // or 0, where it is real
      default: break;
    }
    if (letters_of(e).empty()) return sign_of_number(e);
    if (e.op() == Op::add) return sum(of(0), of(1));
    if (e.op() == Op::subtract) return sum(of(0), opposite(of(1)));
    return std::nullopt;
  }

  std::optional<int> of_letter(const Expression& e) const {
    if (given_.positive.contains(e.name()) || given_.not_negative.contains(e.name())) return 1;
    if (std::find(given_.facts.begin(), given_.facts.end(), -e) != given_.facts.end()) return -1;
    return std::nullopt;
  }

  /// 1 - a^2 is 1 - a, which is positive, times 1 + a.
  std::optional<int> by_factor(const Expression& e) const {
    for (const Expression& fact : given_.facts) {
      const Expression ratio = simplify(e / fact);
      if (ratio.size() >= e.size()) continue;
      if (const auto sign = by_parts(ratio)) return sign;
    }
    return std::nullopt;
  }

  /// u - s is (t - s) + (u - t).
  std::optional<int> by_difference(const Expression& e, int deep) const {
    for (const Expression& fact : given_.facts) {
      for (const int sign : {1, -1}) {
        const Expression rest = simplify(sign > 0 ? e - fact : e + fact);
        const auto seen = by_parts(rest);
        if (seen && *seen * sign >= 0) return sign;
        if (deep > 1 && by_difference(rest, deep - 1) == sign) return sign;
      }
    }
    return std::nullopt;
  }
};

void add_letters(const Expression& e, std::vector<std::string>& letters) {
  if (e.op() == Op::variable && std::find(letters.begin(), letters.end(), e.name()) == letters.end()) letters.push_back(e.name());
  for (const Expression& a : e.arguments()) add_letters(a, letters);
}

}  // namespace

std::optional<int> proven_sign(const Expression& constant, const Assumptions& given) { return Prover(given).sign(constant); }

std::vector<std::string> letters_of(const Expression& e) {
  std::vector<std::string> letters;
  add_letters(e, letters);
  return letters;
}

bool hold(const Assumptions& given, const std::map<std::string, Rational>& at) {
  const auto positive = [&](Expression e, bool or_zero) {
    for (const auto& [name, value] : at) e = substitute(e, name, Expression(value));
    if (!letters_of(e).empty()) return true;
    const auto sign = proven_sign(e, {});
    return sign && (*sign > 0 || (or_zero && *sign == 0));
  };
  const auto all = [&](const std::set<std::string>& names, bool or_zero) {
    return std::all_of(names.begin(), names.end(), [&](const std::string& name) { return positive(Expression::variable(name), or_zero); });
  };
  return all(given.positive, false) && all(given.not_negative, true) &&
         std::all_of(given.facts.begin(), given.facts.end(), [&](const Expression& fact) { return positive(fact, false); });
}

}  // namespace infwidth
