// SPDX-License-Identifier: GPL-3.0-or-later
// Formulas in the languages of other programs.
#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "infix.hpp"
#include "infwidth/expression/typeset.hpp"

namespace infwidth {

namespace {

class PythonPrinter : public InfixPrinter {
 protected:
  void number(const Rational& value) override {
    // A quotient of whole numbers would be a float.
    if (denominator(value) == 1) {
      text += value.str();
    } else {
      text += std::string(value < 0 ? "-" : "") + "mp.mpf(" + Integer(abs(numerator(value))).str() + ")/" + Integer(denominator(value)).str();
    }
  }
  std::string pi() const override { return "mp.pi"; }
  std::string name(const std::string& name) const override {
    static constexpr std::array<std::string_view, 39> reserved = {
        "False", "None",   "True",     "and",  "as",     "assert", "async",  "await", "break", "class", "continue", "def", "del",
        "elif",  "else",   "except",   "for",  "from",   "finally", "global", "if",   "import", "in",   "is",       "lambda", "mp",
        "not",   "nonlocal", "or",     "pass", "raise",  "return", "try",    "while", "with",  "yield", "abs",  "max", "min"};
    return std::find(reserved.begin(), reserved.end(), name) == reserved.end() ? name : name + "_";
  }
  void power(const Expression& base, const Expression& exponent) override {
    if (!base.is_number() || denominator(base.value()) != 1) return infix_power(base, "**", exponent);
    text += "mp.mpf(" + base.value().str() + ")**";  // a negative power of a whole number would be a float
    child(exponent, Level::power);
  }
  void function(const Expression& e) override {
    switch (e.op()) {
      case Op::exp: return call("mp.exp(", e);
      case Op::log: return call("mp.log(", e);
      case Op::sqrt: return call("mp.sqrt(", e);
      case Op::sin: return call("mp.sin(", e);
      case Op::cos: return call("mp.cos(", e);
      case Op::tan: return call("mp.tan(", e);
      case Op::sinh: return call("mp.sinh(", e);
      case Op::cosh: return call("mp.cosh(", e);
      case Op::tanh: return call("mp.tanh(", e);
      case Op::asin: return call("mp.asin(", e);
      case Op::atan: return call("mp.atan(", e);
      case Op::asinh: return call("mp.asinh(", e);
      case Op::erf: return call("mp.erf(", e);
      case Op::erfc: return call("mp.erfc(", e);
      case Op::Phi: return call("mp.ncdf(", e);
      case Op::sigmoid: return call("(1/(1 + mp.exp(-(", e, "))))");
      case Op::softplus: return call("mp.log1p(mp.exp(", e, "))");
      case Op::relu: return call("max(0, ", e);
      case Op::step: return call("max(0, mp.sign(", e, "))");
      case Op::sign: return call("mp.sign(", e);
      case Op::abs: return call("abs(", e);
      case Op::min: return call("min(", e);
      case Op::max: return call("max(", e);
      case Op::gamma: return call("mp.gamma(", e);
      case Op::hyp2f1: return call("mp.hyp2f1(", e);
      case Op::erf_re: return call("mp.re(mp.erf(mp.mpc(", e, ")))");
      case Op::erf_im: return call("mp.im(mp.erf(mp.mpc(", e, ")))");
      default:  // owens_t, with x = tan t in its integral
        return call("(lambda h, a: mp.exp(-h**2/2)/(2*mp.pi)*mp.quad(lambda t: mp.exp(-(h*mp.tan(t))**2/2), [0, mp.atan(a)]))(", e);
    }
  }

 private:
  void call(const char* open, const Expression& e, const char* close = ")") {
    text += open;
    list(e.arguments());
    text += close;
  }
};

class MathematicaPrinter : public InfixPrinter {
 protected:
  std::string pi() const override { return "Pi"; }
  std::string name(const std::string& name) const override {
    static constexpr std::string_view own = "CDEIKNO";
    std::string r;
    bool after_underscore = false;
    for (const char c : name) {
      if (c == '_') {
        after_underscore = true;
        continue;
      }
      const auto byte = static_cast<unsigned char>(c);
      if (after_underscore && std::isdigit(byte) && !r.empty() && std::isdigit(static_cast<unsigned char>(r.back()))) r += 'L';
      r += after_underscore && !r.empty() ? static_cast<char>(std::toupper(byte)) : c;
      after_underscore = false;
    }
    return r.size() == 1 && own.find(r[0]) != std::string_view::npos ? "var" + r : r;
  }
  void power(const Expression& base, const Expression& exponent) override { infix_power(base, "^", exponent); }
  void function(const Expression& e) override {
    switch (e.op()) {
      case Op::exp: return call("Exp[", e);
      case Op::log: return call("Log[", e);
      case Op::sqrt: return call("Sqrt[", e);
      case Op::sin: return call("Sin[", e);
      case Op::cos: return call("Cos[", e);
      case Op::tan: return call("Tan[", e);
      case Op::sinh: return call("Sinh[", e);
      case Op::cosh: return call("Cosh[", e);
      case Op::tanh: return call("Tanh[", e);
      case Op::asin: return call("ArcSin[", e);
      case Op::atan: return call("ArcTan[", e);
      case Op::asinh: return call("ArcSinh[", e);
      case Op::erf: return call("Erf[", e);
      case Op::erfc: return call("Erfc[", e);
      case Op::Phi: return call("CDF[NormalDistribution[], ", e);
      case Op::sigmoid: return call("LogisticSigmoid[", e);
      case Op::softplus: return call("Log[1 + Exp[", e, "]]");
      case Op::relu: return call("Ramp[", e);
      case Op::step: return call("Max[0, Sign[", e, "]]");  // UnitStep[0] is 1
      case Op::sign: return call("Sign[", e);
      case Op::abs: return call("Abs[", e);
      case Op::min: return call("Min[", e);
      case Op::max: return call("Max[", e);
      case Op::gamma: return call("Gamma[", e);
      case Op::hyp2f1: return call("Hypergeometric2F1[", e);
      case Op::erf_re: return complex_erf("Re[Erf[", e);
      case Op::erf_im: return complex_erf("Im[Erf[", e);
      default: return call("OwenT[", e);
    }
  }

 private:
  void call(const char* open, const Expression& e, const char* close = "]") {
    text += open;
    list(e.arguments());
    text += close;
  }
  void complex_erf(const char* open, const Expression& e) {
    text += open;
    print(e.argument(0));
    text += " + I*";
    child(e.argument(1), Level::power);
    text += "]]";
  }
};

}  // namespace

std::string to_python(const Expression& e) {
  if (e.is_number() && denominator(e.value()) == 1) return "mp.mpf(" + e.value().str() + ")";
  PythonPrinter printer;
  printer.print(e);
  return std::move(printer.text);
}

std::string to_mathematica(const Expression& e) {
  MathematicaPrinter printer;
  printer.print(e);
  return std::move(printer.text);
}

}  // namespace infwidth
