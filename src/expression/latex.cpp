// SPDX-License-Identifier: GPL-3.0-or-later
#include <cctype>

#include "infwidth/expression/typeset.hpp"
#include "latex_name.hpp"
#include "latex_product.hpp"

namespace infwidth {

namespace {

struct Text {
  std::string text;
  bool tall = false;       // holds a fraction bar: its parentheses must grow
  bool slashed = false;    // holds a slash
  bool many = false;       // several factors, or a fraction: not to be raised to a power as it stands
  bool sum = false;
};

/// `left` and `right` side by side: a control word swallows no letter, and a digit no factor.
void append(std::string& left, const std::string& right) {
  if (right.empty()) return;
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  if (!left.empty() && std::isdigit(static_cast<unsigned char>(right[0]))) {
    left += "\\cdot ";
  } else if (!left.empty() && is_letter(left.back()) && is_letter(right[0])) {
    std::size_t i = left.size();
    while (i > 0 && is_letter(left[i - 1])) --i;
    if (i > 0 && left[i - 1] == '\\') left += ' ';
  }
  left += right;
}
void append(Text& left, const Text& right) {
  if (right.text.starts_with("{}_") && !left.text.empty()) left.text += "\\,";  // the index in front of 2F1 belongs to it
  append(left.text, right.text);
  left.tall = left.tall || right.tall;
  left.slashed = left.slashed || right.slashed;
}

std::string in_parentheses(const Text& t) { return t.tall ? "\\left(" + t.text + "\\right)" : '(' + t.text + ')'; }

bool is_sum(const Expression& e) { return e.op() == Op::add || e.op() == Op::subtract; }

/// Sets formulas in display style with fraction bars, or as a script (an exponent) with slashes.
class Setter {
 public:
  explicit Setter(bool script) : script_(script) {}

  Text set(const Expression& e) const {
    const std::vector<PrintedTerm> terms = printed_terms(e);
    if (terms.size() == 1) return set_product(printed_product(e));
    Text sum;
    sum.sum = sum.many = true;
    for (const auto& [negative, term] : terms) {
      PrintedProduct product = printed_product(term);
      const bool minus = negative != product.negative;
      product.negative = false;
      if (minus || !sum.text.empty()) sum.text += minus ? '-' : '+';
      const Text one = set_product(product);
      sum.text += one.text;
      sum.tall = sum.tall || one.tall;
      sum.slashed = sum.slashed || one.slashed;
    }
    return sum;
  }

 private:
  bool script_;

  Text set_product(const PrintedProduct& p) const {
    const Integer n = numerator(p.number), d = denominator(p.number);
    Text r = p.below.empty() && d == 1 ? line(n, p.above, p.negative) : script_ ? slash(n, d, p) : fraction(n, d, p);
    if (p.negative) {
      r.text.insert(0, 1, '-');
      r.sum = r.many = true;
    }
    return r;
  }

  /// n times the factors. A sum among several things, or behind a sign, stands in parentheses.
  Text line(const Integer& n, const std::vector<PrintedFactor>& factors, bool behind_sign = false) const {
    Text r;
    if (n != 1 || factors.empty()) r.text = n.str();
    const bool alone = factors.size() == 1 && r.text.empty();
    if (alone && !behind_sign) return factor(factors[0]);
    for (const PrintedFactor& f : factors) {
      Text t = factor(f);
      if (t.sum) t.text = in_parentheses(t);
      append(r, t);
    }
    r.many = !alone && !factors.empty();
    return r;
  }

  /// One bar; what is tall itself, and functions, stand behind it.
  Text fraction(const Integer& n, const Integer& d, const PrintedProduct& p) const {
    std::vector<PrintedFactor> inner, outer;
    for (const PrintedFactor& f : p.above) {
      const bool is_function = f.base.op() > Op::sqrt || (f.base.op() == Op::exp && !outer.empty());
      (is_function || factor(f).tall ? outer : inner).push_back(f);
    }
    Text r;
    r.tall = r.many = true;
    r.text = "\\frac{" + line(n, inner).text + "}{" + line(d, p.below).text + '}';
    for (const PrintedFactor& f : outer) {
      Text t = factor(f);
      if (t.sum) t.text = in_parentheses(t);
      append(r, t);
    }
    return r;
  }

  Text slash(const Integer& n, const Integer& d, const PrintedProduct& p) const {
    Text above = line(n, p.above), below = line(d, p.below);
    if (above.sum) above.text = in_parentheses(above);
    if (below.many) below.text = in_parentheses(below);
    Text r;
    r.text = above.text + '/' + below.text;
    r.slashed = r.many = true;
    r.tall = above.slashed || below.slashed;  // a fraction of fractions: too much for a script
    return r;
  }

  Text factor(const PrintedFactor& f) const {
    const Expression& base = f.base;
    if (base.op() == Op::exp) return exponential(base.argument());
    if (base.op() == Op::variable) {
      const LatexName name = latex_name(base.name());
      if (name.is_square) return with_exponent({name.text}, f.exponent * 2);
    }
    if (f.exponent.is_number(1)) return is_sum(base) ? set(base) : atom(base);
    if (f.exponent.is_number() && numerator(f.exponent.value()) == 1) {
      Text r = set(base);
      const Integer root = denominator(f.exponent.value());
      r.text = (root == 2 ? "\\sqrt{" : "\\sqrt[" + root.str() + "]{") + r.text + '}';
      r.many = r.sum = false;
      return r;
    }
    if (const char* word = word_with_power(base.op()); word != nullptr && f.exponent.is_number() && denominator(f.exponent.value()) == 1) {
      Text r = with_exponent({word}, f.exponent);
      append_arguments(r, base);
      return r;
    }
    Text r = is_atom(base) ? atom(base) : set(base);
    if (!is_atom(base)) r.text = in_parentheses(r);
    r.many = r.sum = false;
    return with_exponent(r, f.exponent);
  }

  static bool is_atom(const Expression& e) {
    if (e.is_number()) return e.value() >= 0 && denominator(e.value()) == 1;
    return e.op() > Op::power || e.op() == Op::pi || e.op() == Op::variable;
  }

  static Text with_exponent(Text base, const Expression& exponent) {
    if (exponent.is_number(1)) return base;
    const std::string script = Setter(true).set(exponent).text;
    base.text += script.size() == 1 ? '^' + script : "^{" + script + '}';
    return base;
  }

  /// e^u, or exp(u) where u is too tall for a script.
  Text exponential(const Expression& u) const {
    const Text script = Setter(true).set(u);
    Text r;
    if (!script.tall) {
      r.text = "e^" + (script.text.size() == 1 ? script.text : '{' + script.text + '}');
      return r;
    }
    r.text = "\\exp";
    append_argument(r, Setter(false).set(u));
    return r;
  }

  /// Functions that take their power before the argument.
  static const char* word_with_power(Op op) {
    switch (op) {
      case Op::sin: return "\\sin";
      case Op::cos: return "\\cos";
      case Op::tan: return "\\tan";
      case Op::sinh: return "\\sinh";
      case Op::cosh: return "\\cosh";
      case Op::tanh: return "\\tanh";
      default: return nullptr;
    }
  }
  static const char* word(Op op) {
    switch (op) {
      case Op::log: return "\\log";
      case Op::asin: return "\\arcsin";
      case Op::atan: return "\\arctan";
      case Op::asinh: return "\\operatorname{arsinh}";
      case Op::erf: return "\\operatorname{erf}";
      case Op::erfc: return "\\operatorname{erfc}";
      case Op::Phi: return "\\Phi";
      case Op::sigmoid: return "\\operatorname{sigmoid}";
      case Op::softplus: return "\\operatorname{softplus}";
      case Op::relu: return "\\operatorname{ReLU}";
      case Op::step: return "\\operatorname{step}";
      case Op::sign: return "\\operatorname{sign}";
      case Op::min: return "\\min";
      case Op::max: return "\\max";
      case Op::gamma: return "\\Gamma";
      case Op::owens_t: return "T";
      case Op::erf_re: return "\\operatorname{Re}\\operatorname{erf}";
      case Op::erf_im: return "\\operatorname{Im}\\operatorname{erf}";
      default: return word_with_power(op);
    }
  }

  Text atom(const Expression& e) const {
    Text r;
    switch (e.op()) {
      case Op::number: r.text = e.value().str(); return r;
      case Op::pi: r.text = "\\pi"; return r;
      case Op::variable: r.text = latex_name(e.name()).text + (latex_name(e.name()).is_square ? "^2" : ""); return r;
      case Op::abs:
        r = set(e.argument());
        r.text = r.tall ? "\\left|" + r.text + "\\right|" : '|' + r.text + '|';
        r.many = r.sum = false;
        return r;
      case Op::hyp2f1: return hypergeometric(e);
      default: break;
    }
    r.text = word(e.op());
    append_arguments(r, e);
    return r;
  }

  /// {}_2F_1(a, b; c; z)
  Text hypergeometric(const Expression& e) const {
    Text r, list;
    for (std::size_t i = 0; i < 4; ++i) {
      Text next = set(e.argument(i));
      if (e.argument(i).is_number()) {  // in the height of a line
        if (const std::size_t bar = next.text.find("\\frac"); bar != std::string::npos) next.text.replace(bar, 5, "\\tfrac");
        next.tall = false;
      }
      list.text += (i == 0 ? "" : i == 1 ? "," : ";") + next.text;
      list.tall = list.tall || next.tall;
    }
    r.text = "{}_2F_1";
    append_argument(r, list);
    return r;
  }

  void append_arguments(Text& r, const Expression& e) const {
    if (e.op() == Op::erf_re || e.op() == Op::erf_im) return append_argument(r, set(e.argument(0) + Expression::variable("i") * e.argument(1)));
    Text list = set(e.argument(0));
    for (std::size_t i = 1; i < e.arguments().size(); ++i) {
      const Text next = set(e.argument(i));
      list.text += ',' + next.text;
      list.tall = list.tall || next.tall;
    }
    append_argument(r, list);
  }
  static void append_argument(Text& r, const Text& argument) {
    r.text += in_parentheses(argument);
    r.tall = r.tall || argument.tall;
    r.slashed = r.slashed || argument.slashed;
  }
};

}  // namespace

std::string to_latex(const Expression& e) { return Setter(false).set(e).text; }

namespace {

/// The signs of a formula that are seen, about: fractions and commands count as one and what they hold.
std::size_t width(const std::string& latex) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < latex.size(); ++i) {
    const char c = latex[i];
    if (c == '{' || c == '}' || c == '^' || c == '_') continue;
    if (c == '\\') {
      while (i + 1 < latex.size() && std::isalpha(static_cast<unsigned char>(latex[i + 1]))) ++i;
    }
    ++sum;
  }
  return sum;
}

/// The terms of a sum on lines of at most `most`, or more if one term is.
std::vector<std::string> lines_of_sum(const Expression& sum, std::size_t most) {
  std::vector<std::string> lines = {""};
  for (const auto& [negative, term] : printed_terms(sum)) {
    const std::string set = to_latex(negative ? -term : term), next = (lines.back().empty() && lines.size() == 1) || set.starts_with('-') ? set : '+' + set;
    if (!lines.back().empty() && width(lines.back()) + width(next) > most) lines.emplace_back();
    lines.back() += next;
  }
  return lines;
}

}  // namespace

std::vector<std::string> to_latex_lines(const Expression& e, std::size_t most) {
  const std::string whole = to_latex(e);
  if (width(whole) <= most) return {whole};
  if (is_sum(e)) return lines_of_sum(e, most);
  const bool over_number = e.op() == Op::divide && is_sum(e.argument(0)) && !is_sum(e.argument(1));
  const bool times_sum = e.op() == Op::multiply && is_sum(e.argument(1));
  if (!over_number && !times_sum) return {whole};
  std::vector<std::string> lines = lines_of_sum(over_number ? e.argument(0) : e.argument(1), most);
  lines.front() = to_latex(over_number ? 1 / e.argument(1) : e.argument(0)) + "\\Bigl(" + lines.front();
  lines.back() += "\\Bigr)";
  return lines;
}

}  // namespace infwidth
