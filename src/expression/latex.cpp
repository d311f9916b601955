// SPDX-License-Identifier: GPL-3.0-or-later
#include <cctype>
#include <utility>

#include "infwidth/expression/latex_width.hpp"
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

/// What a product is without one of its factors.
Expression without_factor(const PrintedProduct& product, std::size_t factor) {
  Expression rest = product.number;
  for (std::size_t k = 0; k < product.above.size(); ++k)
    if (k != factor) rest = rest * pow(product.above[k].base, product.above[k].exponent);
  for (const PrintedFactor& f : product.below) rest = rest / pow(f.base, f.exponent);
  return rest;
}

/// Fills lines with terms; a term that is wider than a line and holds a sum as a factor is broken within that.
class Lines {
 public:
  explicit Lines(double most) : most_(most) {}

  void sum(const Expression& e) {
    for (const auto& [negative, term] : printed_terms(e)) {
      const std::string set = to_latex(negative ? -term : term);
      if (math_width(set) <= most_ || !product(term, negative)) put(set);
    }
  }
  /// Whether it holds a sum that can be broken; if so it is.
  bool product(const Expression& e, bool negative) {
    const PrintedProduct p = printed_product(e);
    std::size_t widest = p.above.size();
    for (std::size_t k = 0; k < p.above.size(); ++k) {
      if (!is_sum(p.above[k].base) || !p.above[k].exponent.is_number(1)) continue;
      if (widest == p.above.size() || math_width(to_latex(p.above[k].base)) > math_width(to_latex(p.above[widest].base))) widest = k;
    }
    if (widest == p.above.size()) return false;
    const Expression rest = without_factor(p, widest);
    const std::string front = rest.is_number(1) ? "" : to_latex(rest);
    open_ = behind((negative != p.negative ? "-" : "") + front + "\\Bigl(");
    ++depth_;
    sum(p.above[widest].base);
    --depth_;
    lines_.back() += "\\Bigr)";
    return true;
  }
  std::vector<std::string> all() && { return std::move(lines_); }

 private:
  double most_;
  std::vector<std::string> lines_ = {""};
  std::string open_;  // up to a parenthesis that waits for its first term
  int depth_ = 0;     // of parentheses that are to be closed

  bool is_empty() const { return lines_.size() == 1 && lines_.back().empty(); }
  /// The term with what stands before it.
  std::string behind(const std::string& term) const {
    if (!open_.empty()) return open_ + term;
    return is_empty() || term.starts_with('-') ? term : '+' + term;
  }
  void put(const std::string& term) {
    const std::string next = behind(term);
    if (!open_.empty() && !fits(next)) {  // not even on a line of its own: the parenthesis ends one
      append(open_);
      lines_.push_back(term);
    } else {
      append(next);
    }
    open_.clear();
  }
  bool fits(const std::string& line) const {
    static const double closing = math_width("\\Bigr)");
    return math_width(line) + depth_ * closing <= most_;
  }
  void append(const std::string& text) {
    if (!is_empty() && !fits(lines_.back() + text)) lines_.emplace_back();
    lines_.back() += text;
  }
};

}  // namespace

std::vector<std::string> to_latex_lines(const Expression& e, double most) {
  const std::string whole = to_latex(e);
  if (math_width(whole) <= most) return {whole};
  Lines lines(most);
  if (is_sum(e)) lines.sum(e);
  else if (!lines.product(e, false)) return {whole};
  return std::move(lines).all();
}

}  // namespace infwidth
