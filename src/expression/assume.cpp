// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/sign.hpp"
#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

/// `text` cut at the commas that stand in no parentheses.
std::vector<std::string> divided(std::string_view text) {
  std::vector<std::string> parts = {""};
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

class Comparison {
 public:
  Comparison(const std::string& text, const std::vector<std::string>& letters) : text_(text) {
    Language language;
    language.variables = letters;
    std::size_t from = 0;
    for (std::size_t at = text.find_first_of("<>="); at != std::string::npos; at = text.find_first_of("<>=", from)) {
      sides_.push_back(read(text.substr(from, at - from), language));
      const bool or_equal = text.substr(at + 1, 1) == "=";
      if (text[at] == '=') refuse();
      relations_.push_back({text[at] == '<', or_equal});
      from = at + (or_equal ? 2 : 1);
    }
    if (relations_.empty()) refuse();
    sides_.push_back(read(text.substr(from), language));
  }

  void add_to(Assumptions& given) const {
    for (std::size_t i = 0; i < relations_.size(); ++i) {
      const Expression fact = simplify(relations_[i].upward ? sides_[i + 1] - sides_[i] : sides_[i] - sides_[i + 1]);
      const auto known = proven_sign(fact, given);
      if ((known && *known < 0) || (fact.is_number(0) && !relations_[i].or_equal)) throw UsageError("the assumption '" + text_ + "' contradicts what else is known; leave one out");
      if (fact.is_number()) continue;
      if (fact.op() == Op::variable) {
        (relations_[i].or_equal ? given.not_negative : given.positive).insert(fact.name());
      } else {
        given.facts.push_back(fact);
      }
    }
  }

 private:
  struct Relation {
    bool upward, or_equal;
  };
  std::string text_;
  std::vector<Expression> sides_;
  std::vector<Relation> relations_;

  [[noreturn]] void refuse() const { throw UsageError("the assumption '" + text_ + "' is no comparison; write it like a > 0, or t < s"); }

  Expression read(const std::string& side, const Language& language) const {
    try {
      return parse(side, language);
    } catch (const UsageError& error) {
      throw UsageError("the assumption '" + text_ + "': " + error.what());
    }
  }
};

}  // namespace

void assume(Assumptions& given, std::string_view comparisons, const std::vector<std::string>& letters) {
  if (letters.empty()) throw UsageError("there is nothing to assume: no letter stands for a parameter");
  for (const std::string& part : divided(comparisons)) Comparison(part, letters).add_to(given);
  for (const std::string& letter : letters) {  // simplification looks at signs of letters alone
    const Expression e = Expression::variable(letter);
    if (!given.positive.contains(letter) && !given.not_negative.contains(letter) && proven_sign(e, given) == 1) given.positive.insert(letter);
  }
  for (const std::string& name : given.positive) given.not_negative.erase(name);
}

}  // namespace infwidth
