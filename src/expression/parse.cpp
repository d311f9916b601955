// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/parse.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "fold.hpp"
#include "formula_error.hpp"
#include "function_names.hpp"
#include "infwidth/real/errors.hpp"
#include "other_names.hpp"

namespace infwidth {

namespace {

constexpr std::size_t longest_formula = 10000;  // characters
constexpr int deepest_level = 100;
constexpr std::size_t largest_tree = 2000;  // nodes
constexpr int largest_exponent = 1000;      // in magnitude
constexpr std::size_t longest_name = 40;    // of a parameter

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// What other programs and books call our functions.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> synonyms = {{
    {"ln", "log"}, {"sgn", "sign"}, {"theta", "step"}, {"logistic", "sigmoid"}, {"normcdf", "Phi"}, {"ramp", "relu"}, {"swish", "silu"},
}};
/// Characters that a formula copied from a text may hold, and what to write instead.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> foreign = {{
    {"\u2212", "-"}, {"\u2013", "-"}, {"\u2014", "-"}, {"\u00d7", "*"}, {"\u00b7", "*"}, {"\u00f7", "/"},
    {"\u03c0", "pi"}, {"\u00b2", "^2"}, {"\u00b3", "^3"}, {"\u221a", "sqrt(...)"},
}};

/// Sum, product, sign, power, atom: each level of binding is one function, each reads as much as binds that tightly.
class Parser {
 public:
  Parser(std::string_view text, const Language& language) : text_(text), language_(language) {}

  Expression formula() {
    skip_space();
    if (at_end()) fail(pos_, "the formula is empty; write one in " + names_of_variables());
    Expression e = sum();
    if (!at_end()) refuse_what_follows();
    return e;
  }

 private:
  std::string_view text_;
  const Language& language_;
  std::size_t pos_ = 0;
  std::size_t end_of_last_ = 0;  // one past the last character of the last token
  int depth_ = 0;

  [[noreturn]] void fail(std::size_t at, const std::string& message) const { refuse_formula(text_, at, message); }
  bool at_end() const { return pos_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[pos_]; }
  void skip_space() {
    while (!at_end() && is_space(text_[pos_])) ++pos_;
  }
  void advance(std::size_t n) {
    pos_ += n;
    end_of_last_ = pos_;
    skip_space();
  }
  bool accept(char c) {
    if (at_end() || peek() != c) return false;
    advance(1);
    return true;
  }
  bool at_power_sign() const { return peek() == '^' || text_.substr(pos_, 2) == "**"; }

  /// One more level of nesting for as long as it lives.
  class Nested {
   public:
    Nested(Parser& parser, std::size_t at) : parser_(parser) {
      if (++parser_.depth_ > deepest_level) parser_.fail(at, "nested deeper than " + std::to_string(deepest_level) + " levels");
    }
    ~Nested() { --parser_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Parser& parser_;
  };

  /// Builds a node, and refuses what grows beyond the bounds. `at` is where its operator or name stands.
  template <class Build>
  Expression build(std::size_t at, Build&& construct) const {
    std::optional<Expression> e;
    try {
      e = construct();
    } catch (const UsageError& error) {
      fail(at, error.what());
    }
    if (e->size() > largest_tree) fail(at, "the formula grows beyond " + std::to_string(largest_tree) + " terms here");
    const auto& arguments = e->arguments();
    if (arguments.size() == 2 && e->op() <= Op::power && arguments[0].is_number() && arguments[1].is_number() &&
        (e->op() != Op::power || denominator(arguments[1].value()) == 1)) {
      fail(at, "this number is larger than 10^1000, or smaller than its inverse");
    }
    return *e;
  }

  Expression sum() {
    Expression e = product();
    while (peek() == '+' || peek() == '-') {
      const std::size_t at = pos_;
      const bool plus = peek() == '+';
      advance(1);
      const Expression right = product();
      e = build(at, [&] { return plus ? e + right : e - right; });
    }
    return e;
  }

  Expression product() {
    Expression e = sign();
    while (peek() == '*' || peek() == '/') {
      const std::size_t at = pos_;
      const bool times = peek() == '*';
      advance(1);
      const Expression right = sign();
      e = build(at, [&] { return times ? e * right : e / right; });
    }
    return e;
  }

  Expression sign() {
    if (peek() != '-' && peek() != '+') return power();
    const std::size_t at = pos_;
    const Nested nested(*this, at);
    const bool minus = peek() == '-';
    advance(1);
    const Expression e = sign();
    return minus ? build(at, [&] { return -e; }) : e;
  }

  Expression power() {
    const Expression base = atom();
    if (!at_power_sign()) return base;
    const std::size_t at = pos_;
    const Nested nested(*this, at);
    advance(peek() == '^' ? 1 : 2);
    const std::size_t exponent_at = pos_;
    const Expression exponent = sign();
    if (exponent.is_number() && abs(exponent.value()) > largest_exponent) {
      fail(exponent_at, "an exponent larger than " + std::to_string(largest_exponent));
    }
    return build(at, [&] { return pow(base, exponent); });
  }

  Expression atom() {
    if (at_end()) {
      if (end_of_last_ == 0) fail(pos_, "the formula is empty");
      fail(end_of_last_, "the formula ends where a number, a name or '(' should stand");
    }
    const char c = peek();
    if (is_digit(c) || c == '.') return number();
    if (is_letter(c)) return name();
    if (c == '(') {
      const std::size_t open = pos_;
      const Nested nested(*this, open);
      advance(1);
      if (peek() == ')') fail(pos_, "nothing between the parentheses");
      Expression e = sum();
      if (!accept(')')) refuse_missing_parenthesis(open);
      return e;
    }
    if (c == ')') fail(pos_, "a ')' where a number, a name or '(' should stand");
    refuse_character_or(std::string("'") + c + "' where a number, a name or '(' should stand");
  }

  Expression number() {
    const std::size_t start = pos_;
    std::size_t i = pos_;
    const auto digits = [&] {
      const std::size_t from = i;
      while (i < text_.size() && is_digit(text_[i])) ++i;
      return i - from;
    };
    std::size_t significant = digits();
    if (i < text_.size() && text_[i] == '.') {
      ++i;
      significant += digits();
    }
    if (significant == 0) fail(start, "a '.' without digits");
    long exponent = 0;
    if (i < text_.size() && (text_[i] == 'e' || text_[i] == 'E')) {
      const std::size_t e = i++;
      if (i < text_.size() && (text_[i] == '+' || text_[i] == '-')) ++i;
      const std::size_t from = i;
      const std::size_t count = digits();
      if (count == 0) {
        i = e;  // not an exponent: `2exp(x)`
      } else {
        for (std::size_t k = from; k < i && exponent <= largest_exponent; ++k) exponent = 10 * exponent + (text_[k] - '0');
      }
    }
    if (exponent > largest_exponent) fail(start, "a number with an exponent beyond " + std::to_string(largest_exponent));
    const std::string_view literal = text_.substr(start, i - start);
    const Rational value = parse_rational(literal);
    if (!is_bounded(value)) fail(start, "this number has more than 1000 digits");
    advance(i - start);
    if (!at_end() && end_of_last_ == pos_ && peek() == '.') fail(pos_, "a second '.' in a number");
    if (!at_end() && (is_letter(peek()) || peek() == '(')) refuse_juxtaposition(std::string(literal));
    return value;
  }

  std::string_view word_here() const {
    std::size_t i = pos_;
    while (i < text_.size() && (is_letter(text_[i]) || is_digit(text_[i]))) ++i;
    return text_.substr(pos_, i - pos_);
  }

  bool is_known(const FunctionName& f) const { return !f.special || language_.special_functions; }
  const FunctionName* built_in_function(std::string_view word) const {
    const FunctionName* const f = function_named(word);
    return f != nullptr && is_known(*f) ? f : nullptr;
  }

  Expression name() {
    const std::size_t at = pos_;
    const std::string word(word_here());
    const bool is_variable = std::find(language_.variables.begin(), language_.variables.end(), word) != language_.variables.end();
    if (is_variable || word == "pi") {
      advance(word.size());
      if (peek() == '(') fail(pos_, word + " is not a function; to multiply, write " + word + "*(...)");
      return is_variable ? Expression::variable(word) : Expression::pi();
    }
    const auto named = std::find_if(language_.functions.begin(), language_.functions.end(), [&](const NamedFunction& f) { return f.name == word; });
    const FunctionName* const built_in = built_in_function(word);
    const bool is_named = named != language_.functions.end();
    const OtherName* const other = built_in != nullptr || is_named || (language_.no_parameter && !called_after(word)) ? nullptr : other_name(word);
    if (built_in == nullptr && !is_named && other == nullptr) return parameter(word);
    advance(word.size());
    if (peek() != '(') refuse_bare_function(at, word);
    const std::vector<Expression> arguments = arguments_of(at, word, built_in != nullptr ? built_in->arity : is_named ? named->arity : other->arity);
    if (built_in != nullptr) return build(at, [&] { return Expression::make(built_in->op, arguments); });
    Expression e = build(at, [&] { return is_named ? named->expand(arguments) : other->expand(arguments); });
    if (has_large_exponent(e)) fail(at, word + " grows an exponent larger than " + std::to_string(largest_exponent));
    return e;
  }

  /// A name that is neither a variable nor a function.
  Expression parameter(const std::string& word) {
    const std::size_t at = pos_;
    if (!language_.no_parameter || called_after(word)) refuse_word(word);
    if (word.size() > longest_name) fail(at, "a parameter's name has at most " + std::to_string(longest_name) + " characters");
    if (const std::string reason = language_.no_parameter(word); !reason.empty()) fail(at, reason);
    advance(word.size());
    return Expression::variable(word);
  }

  std::vector<Expression> arguments_of(std::size_t at, const std::string& word, std::size_t arity) {
    const std::size_t open = pos_;
    const Nested nested(*this, open);
    advance(1);
    std::vector<Expression> arguments;
    if (peek() != ')') {
      arguments.push_back(sum());
      while (accept(',')) arguments.push_back(sum());
    }
    if (!accept(')')) refuse_missing_parenthesis(open);
    if (arguments.size() != arity) {
      fail(at, word + " takes " + std::to_string(arity) + (arity == 1 ? " argument" : " arguments") + ", not " + std::to_string(arguments.size()));
    }
    return arguments;
  }

  static bool has_large_exponent(const Expression& e) {
    if (e.op() == Op::power && e.argument(1).is_number() && abs(e.argument(1).value()) > largest_exponent) return true;
    return std::any_of(e.arguments().begin(), e.arguments().end(), has_large_exponent);
  }

  // What is wrong, in words.

  std::string names_of_variables() const {
    std::string list;
    for (const std::string& v : language_.variables) list += (list.empty() ? "" : ", ") + v;
    return list.empty() ? "numbers" : list;
  }

  bool called_after(const std::string& word) const {
    std::size_t after = pos_ + word.size();
    while (after < text_.size() && is_space(text_[after])) ++after;
    return after < text_.size() && text_[after] == '(';
  }

  [[noreturn]] void refuse_word(const std::string& word) const {
    const bool called = called_after(word);
    std::vector<std::string> words = language_.variables;
    words.emplace_back("pi");
    if (called) words.clear();
    for (const FunctionName& f : function_names) {
      if (is_known(f)) words.emplace_back(f.name);
    }
    for (const NamedFunction& f : language_.functions) words.push_back(f.name);
    for (const OtherName& f : other_names()) words.emplace_back(f.name);
    std::string nearest = nearest_word(word, words);
    for (const auto& [theirs, ours] : synonyms) {
      if (word == theirs && std::find(words.begin(), words.end(), ours) != words.end()) nearest = ours;
    }
    const std::string shown = word.size() <= 40 ? word : word.substr(0, 37) + "...";
    std::string message = std::string(called ? "unknown function '" : "unknown name '") + shown + "'";
    if (!nearest.empty()) message += "; did you mean " + nearest + "?";
    if (!called) message += std::string(nearest.empty() ? "; known are " : " Known are ") + names_of_variables() + ", pi, numbers and functions such as tanh(x)";
    fail(pos_, message);
  }

  /// `tanh x`: a function without parentheses.
  [[noreturn]] void refuse_bare_function(std::size_t at, const std::string& word) const {
    std::string argument = "x";
    if (is_letter(peek()) || is_digit(peek())) argument = std::string(word_here().substr(0, 20));
    if (at_power_sign()) fail(pos_, "the argument of " + word + " comes first: write " + word + "(x)^n");
    fail(at, word + " needs its argument in parentheses: " + word + "(" + argument + ")");
  }

  /// `2x`, `2(x+1)`: pos_ is at what follows the number.
  [[noreturn]] void refuse_juxtaposition(const std::string& left) const {
    const std::string shown = left.size() <= 20 ? left : left.substr(0, 17) + "...";
    const std::string right = peek() == '(' ? "(...)" : std::string(word_here().substr(0, 20));
    fail(pos_, "an operator is missing: to multiply, write " + shown + "*" + right);
  }

  [[noreturn]] void refuse_missing_parenthesis(std::size_t open) const {
    if (at_end()) fail(open, "this '(' is never closed; a ')' is missing");
    if (peek() == ',') fail(pos_, "a ',' only stands between the arguments of a function");
    refuse_what_follows();
  }

  /// A complete formula, and then something that is no operator.
  [[noreturn]] void refuse_what_follows() const {
    const char c = peek();
    if (c == ')') fail(pos_, "this ')' has no '(' before it");
    if (c == '(' || is_letter(c) || is_digit(c)) fail(pos_, "an operator is missing here: to multiply, write '*'");
    if (c == ',') fail(pos_, "a ',' only stands between the arguments of a function");
    refuse_character_or(std::string("'") + c + "' is not an operator; the operators are + - * / ^");
  }

  [[noreturn]] void refuse_character_or(const std::string& message) const {
    for (const auto& [theirs, ours] : foreign) {
      if (text_.substr(pos_, theirs.size()) == theirs) fail(pos_, "'" + std::string(theirs) + "' is not in the language; write " + std::string(ours));
    }
    const char c = peek();
    if (c < ' ' || c > '~') fail(pos_, "the character " + shown_character(text_, pos_) + " is not in the language");
    if (c == '[' || c == ']' || c == '{' || c == '}') fail(pos_, "parentheses are written ( and )");
    fail(pos_, message);
  }
};

}  // namespace

Expression parse(std::string_view text, const Language& language) {
  if (text.size() > longest_formula) {
    throw UsageError("formula: it has " + std::to_string(text.size()) + " characters; at most " + std::to_string(longest_formula) + " are read");
  }
  return Parser(text, language).formula();
}

}  // namespace infwidth
