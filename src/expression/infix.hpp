// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "infwidth/expression/expression.hpp"

namespace infwidth {

/// How tightly the text of a node holds together, from loose to tight.
enum class Level { sum, product, sign, power, atom };

inline Level level(const Expression& e) {
  switch (e.op()) {
    case Op::number: return denominator(e.value()) != 1 ? Level::product : e.value() < 0 ? Level::sign : Level::atom;
    case Op::add: case Op::subtract: return Level::sum;
    case Op::multiply: case Op::divide: return Level::product;
    case Op::negate: return Level::sign;
    case Op::power: return Level::power;
    default: return Level::atom;
  }
}

/// Sums, products and powers in one line, with as few parentheses as the usual binding allows. A language says how its leaves, powers and
/// functions are written.
class InfixPrinter {
 public:
  virtual ~InfixPrinter() = default;
  std::string text;

  void print(const Expression& e) {
    switch (e.op()) {
      case Op::number: number(e.value()); break;
      case Op::pi: text += pi(); break;
      case Op::variable: text += name(e.name()); break;
      case Op::add: operands(e, " + ", Level::sum, Level::product); break;
      case Op::subtract: operands(e, " - ", Level::sum, Level::product); break;
      case Op::multiply:
        // 2*(x*y) reads back from 2*x*y, since the parser moves the number to the front; a quotient on the way would catch it.
        operands(e, "*", Level::product, e.argument().is_number() && is_plain_product(e.argument(1)) ? Level::product : Level::power);
        break;
      case Op::divide: operands(e, "/", Level::product, Level::power); break;
      case Op::negate:
        text += '-';
        child(e.argument(), front_takes_sign(e.argument()) ? Level::power : Level::product);
        break;
      case Op::power: power(e.argument(0), e.argument(1)); break;
      default: function(e);
    }
  }

 protected:
  virtual void number(const Rational& value) { text += to_string(value); }
  virtual std::string pi() const = 0;
  virtual std::string name(const std::string& name) const = 0;
  virtual void power(const Expression& base, const Expression& exponent) = 0;
  virtual void function(const Expression& e) = 0;

  void list(const std::vector<Expression>& arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (i > 0) text += ", ";
      print(arguments[i]);
    }
  }
  void infix_power(const Expression& base, const char* sign, const Expression& exponent) {
    child(base, Level::atom);
    text += sign;
    child(exponent, Level::power);
  }
  /// In parentheses if it is looser than `least`.
  void child(const Expression& e, Level least) {
    const bool bare = level(e) >= least;
    if (!bare) text += '(';
    print(e);
    if (!bare) text += ')';
  }

 private:
  void operands(const Expression& e, const char* between, Level left, Level right) {
    child(e.argument(0), left);
    text += between;
    child(e.argument(1), right);
  }

  static bool is_plain_product(const Expression& e) {
    if (e.op() != Op::multiply) return false;
    const Expression* left = &e;
    while (left->op() == Op::multiply) left = &left->argument();
    return left->op() != Op::divide && !left->is_number();
  }
  /// -(1/y*z) without its parentheses would read as (-1)/y*z, and -((x - y)*z) as (y - x)*z.
  static bool front_takes_sign(const Expression& e) {
    const Expression* left = &e;
    while (left->op() == Op::multiply || left->op() == Op::divide) left = &left->argument();
    return left != &e && (left->is_number() || left->op() == Op::subtract);
  }
};

}  // namespace infwidth
