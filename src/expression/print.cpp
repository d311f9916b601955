// SPDX-License-Identifier: GPL-3.0-or-later
#include "function_names.hpp"
#include "infix.hpp"

namespace infwidth {

namespace {

class Printer : public InfixPrinter {
 protected:
  std::string pi() const override { return "pi"; }
  std::string name(const std::string& name) const override { return name; }
  void power(const Expression& base, const Expression& exponent) override { infix_power(base, "^", exponent); }
  void function(const Expression& e) override {
    text += function_name(e.op());
    text += '(';
    list(e.arguments());
    text += ')';
  }
};

}  // namespace

std::string to_string(const Expression& e) {
  Printer printer;
  printer.print(e);
  return std::move(printer.text);
}

}  // namespace infwidth
