// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/named_parts.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "samples.hpp"

namespace infwidth {

namespace {

bool is_sum(const Expression& e) { return e.op() == Op::add || e.op() == Op::subtract; }

struct SignedTerm {
  bool negative;
  Expression formula;
};
void add_terms(const Expression& e, bool negative, std::vector<SignedTerm>& terms) {
  if (is_sum(e)) {
    add_terms(e.argument(0), negative, terms);
    return add_terms(e.argument(1), negative != (e.op() == Op::subtract), terms);
  }
  if (e.op() == Op::negate) return add_terms(e.argument(), !negative, terms);
  terms.push_back({negative, e});
}
Expression sum_of(const std::vector<SignedTerm>& terms) {
  Expression sum = 0;
  for (const bool negative : {false, true}) {
    for (const SignedTerm& t : terms) {
      if (t.negative == negative) sum = negative ? sum - t.formula : sum + t.formula;
    }
  }
  return sum;
}

/// The exponential above the bar of a term.
std::optional<Expression> exponential_of(const Expression& term) {
  if (term.op() == Op::exp) return term;
  if (term.op() == Op::divide) return exponential_of(term.argument(0));
  if (term.op() != Op::multiply) return std::nullopt;
  if (const auto left = exponential_of(term.argument(0))) return left;
  return exponential_of(term.argument(1));
}
Expression without(const Expression& term, const Expression& factor) {
  if (term == factor) return 1;
  if (term.op() == Op::divide) return without(term.argument(0), factor) / term.argument(1);
  if (term.op() != Op::multiply) return term;
  const Expression left = without(term.argument(0), factor);
  return left == term.argument(0) ? left * without(term.argument(1), factor) : left * term.argument(1);
}

/// What multiplies a term: letters, powers, roots and functions above the bar.
void add_factors(const Expression& term, std::vector<Expression>& factors) {
  if (term.op() == Op::multiply) {
    add_factors(term.argument(0), factors);
    return add_factors(term.argument(1), factors);
  }
  if (term.op() == Op::divide) return add_factors(term.argument(0), factors);
  if (!term.is_number()) factors.push_back(term);
}
/// The factors that all terms have, which are taken out of them.
Expression common_factors(std::vector<SignedTerm>& terms) {
  std::vector<Expression> factors;
  add_factors(terms[0].formula, factors);
  Expression common = 1;
  for (const Expression& f : factors) {
    const auto has = [&](const SignedTerm& t) {
      std::vector<Expression> here;
      add_factors(t.formula, here);
      return std::find(here.begin(), here.end(), f) != here.end();
    };
    if (!std::all_of(terms.begin(), terms.end(), has)) continue;
    for (SignedTerm& t : terms) t.formula = without(t.formula, f);
    common = common * f;
  }
  return common;
}

/// Terms with the same exponential are put in parentheses behind it.
Expression grouped(const Expression& e) {
  if (e.op() == Op::multiply || e.op() == Op::divide || e.op() == Op::negate) {
    std::vector<Expression> arguments;
    for (const Expression& a : e.arguments()) arguments.push_back(grouped(a));
    return Expression::make(e.op(), std::move(arguments));
  }
  if (!is_sum(e)) return e;
  std::vector<SignedTerm> terms, plain, groups;
  add_terms(e, false, terms);
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const std::optional<Expression> exponential = exponential_of(terms[i].formula);
    if (!exponential) {
      plain.push_back(terms[i]);
      continue;
    }
    std::vector<SignedTerm> members = {{terms[i].negative, without(terms[i].formula, *exponential)}};
    for (std::size_t j = i + 1; j < terms.size();) {
      if (exponential_of(terms[j].formula) == exponential) {
        members.push_back({terms[j].negative, without(terms[j].formula, *exponential)});
        terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(j));
      } else {
        ++j;
      }
    }
    const Expression common = members.size() == 1 ? Expression(1) : common_factors(members);
    const bool all_negative = std::all_of(members.begin(), members.end(), [](const SignedTerm& t) { return t.negative; });
    for (SignedTerm& t : members) t.negative = t.negative && !all_negative;
    groups.push_back({all_negative, members.size() == 1 ? terms[i].formula : *exponential * common * sum_of(members)});
  }
  plain.insert(plain.end(), groups.begin(), groups.end());
  return sum_of(plain);
}

Expression replaced(const Expression& e, const Expression& part, const Expression& name, std::unordered_map<const void*, Expression>& done) {
  if (e == part) return name;
  if (e.arguments().empty()) return e;
  const void* id = &e.arguments();  // one address a node
  if (const auto known = done.find(id); known != done.end()) return known->second;
  std::vector<Expression> arguments;
  for (const Expression& a : e.arguments()) arguments.push_back(replaced(a, part, name, done));
  Expression result = Expression::make(e.op(), std::move(arguments));
  done.emplace(id, result);
  return result;
}

class PartNamer {
 public:
  PartNamer(const Expression& formula, std::set<std::string>& taken) : formula_(formula), taken_(taken) {
    for (const std::string& name : variables_of(formula)) taken_.insert(name);
    for (const std::string& name : variables_of(formula)) {  // q1_2: of layer 2
      if (name.starts_with("q1")) name_covariance(name.substr(2));
    }
    while (name_best_part()) {
    }
    name_long_sums();
  }

  PartedFormula result() {
    PartedFormula r{formula_, {}};
    // each after those that it holds
    while (!parts_.empty()) {
      const auto ready = std::find_if(parts_.begin(), parts_.end(), [&](const auto& part) {
        return std::none_of(parts_.begin(), parts_.end(), [&](const auto& other) { return part.second.depends_on(other.first); });
      });
      r.parts.push_back(*ready);
      parts_.erase(ready);
    }
    return r;
  }

 private:
  static constexpr std::ptrdiff_t least_saving = 12;  // characters

  Expression formula_;
  std::set<std::string>& taken_;
  std::vector<std::pair<std::string, Expression>> parts_;

  void name_covariance(const std::string& layer) {
    const auto of = [&](const char* letter) { return Expression::variable(letter + layer); };
    const Expression q1 = of("q1"), q2 = of("q2"), c = of("c"), product = q1 * q2, square = pow(c, 2), rho = c / sqrt(product);
    if (count(product - square) + count(square - product) > 1) {
      const Expression name = new_part("Delta" + layer, product - square);
      substitute_part(square - product, -name);
    }
    if (const Expression t = (1 + rho) / 2; count(t) > 1) new_part("t" + layer, t);
    if (count(rho) > 1) new_part("rho" + layer, rho);
  }

  std::size_t count(const Expression& part) const {
    std::size_t sum = occurrences(formula_, part);
    for (const auto& [name, value] : parts_) sum += occurrences(value, part);
    return sum;
  }
  static std::size_t occurrences(const Expression& e, const Expression& part) {
    if (e == part) return 1;
    std::size_t sum = 0;
    for (const Expression& a : e.arguments()) sum += occurrences(a, part);
    return sum;
  }

  void substitute_part(const Expression& part, const Expression& by) {
    std::unordered_map<const void*, Expression> done;
    formula_ = replaced(formula_, part, by, done);
    for (auto& [name, value] : parts_) value = replaced(value, part, by, done);
  }
  Expression new_part(const std::string& name, const Expression& part) {
    std::string free = name;
    for (int k = 2; taken_.contains(free); ++k) free = name + "_" + std::to_string(k);
    taken_.insert(free);
    const Expression letter = Expression::variable(free);
    substitute_part(part, letter);
    parts_.emplace_back(free, part);
    return letter;
  }

  static const char* letter_of(const Expression& e) {
    switch (e.op()) {
      case Op::exp: return "E";
      case Op::sqrt: return "r";
      case Op::owens_t: return "T";
      case Op::hyp2f1: return "F";
      default: return "u";
    }
  }
  std::string numbered(const std::string& letter) const {
    int k = 1;
    while (taken_.contains(letter + "_" + std::to_string(k))) ++k;
    return letter + "_" + std::to_string(k);
  }

  static void count_parts(const Expression& e, std::unordered_map<Expression, std::ptrdiff_t>& counts) {
    if (e.arguments().empty()) return;
    const bool quotient = e.op() == Op::divide && (e.argument(0).arguments().empty() || is_sum(e.argument(0))) && !e.argument(0).is_number();
    const bool short_already = std::all_of(e.arguments().begin(), e.arguments().end(), [](const Expression& a) { return a.arguments().empty(); });  // sqrt(Delta), 1 + c
    if (!short_already && (e.op() > Op::power || is_sum(e) || quotient)) ++counts[e];
    for (const Expression& a : e.arguments()) count_parts(a, counts);
  }

  /// What stands in parentheses within the formula, where it is longer than a line.
  void name_long_sums() {
    constexpr std::size_t one_line = 100;
    const Expression top = formula_.op() == Op::divide || formula_.op() == Op::multiply ? formula_.argument(is_sum(formula_.argument(0)) ? 0 : 1) : formula_;
    std::vector<SignedTerm> terms;
    add_terms(top, false, terms);
    for (const SignedTerm& t : terms) {
      Expression last = t.formula;
      while (last.op() == Op::multiply || last.op() == Op::divide) last = last.argument(is_sum(last.argument(0)) || last.op() == Op::divide ? 0 : 1);
      if (!(last == t.formula) && is_sum(last) && to_string(last).size() > one_line) new_part(numbered("S"), last);
    }
  }

  bool name_best_part() {
    std::unordered_map<Expression, std::ptrdiff_t> counts;
    count_parts(formula_, counts);
    for (const auto& [name, value] : parts_) count_parts(value, counts);
    std::ptrdiff_t most = 0;
    std::string text;
    std::optional<Expression> best;
    for (const auto& [part, times] : counts) {
      if (times < 2) continue;
      const std::string here = to_string(part);
      const std::ptrdiff_t length = static_cast<std::ptrdiff_t>(here.size()), saving = (times - 1) * length - 3 * times - 4;
      if (saving < least_saving || saving < most || (saving == most && here > text)) continue;
      most = saving;
      text = here;
      best = part;
    }
    if (best) new_part(numbered(letter_of(*best)), *best);
    return best.has_value();
  }
};

}  // namespace

PartedFormula named_parts(const Expression& formula, std::set<std::string>& taken) { return PartNamer(grouped(formula), taken).result(); }

}  // namespace infwidth
