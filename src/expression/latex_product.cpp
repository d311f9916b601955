// SPDX-License-Identifier: GPL-3.0-or-later
#include "latex_product.hpp"

#include <algorithm>

#include "fold.hpp"

namespace infwidth {

namespace {

bool is_integer(const Rational& r) { return denominator(r) == 1; }

class Collector {
 public:
  explicit Collector(const Expression& e) {
    collect(e, 1);
    for (const auto& [base, exponent] : powers_) {
      if (exponent.is_number(0)) continue;
      if (base.is_number() && exponent.is_number() && is_integer(exponent.value()) && number(base.value(), exponent.value())) continue;
      const bool below = begins_with_minus(exponent);
      (below ? product.below : product.above).push_back({base, below ? -exponent : exponent});
    }
  }
  PrintedProduct product;

 private:
  std::vector<PrintedFactor> powers_;  // exponents with their signs

  /// Multiplies by e^power. A power that is not whole does not reach into products: sqrt(a*b) stays.
  void collect(const Expression& e, const Rational& power) {
    const bool whole = is_integer(power), odd = numerator(power) % 2 != 0;
    switch (e.op()) {
      case Op::number:
        if (number(e.value(), power)) return;
        break;
      case Op::negate:
        if (!whole) break;
        if (odd) product.negative = !product.negative;
        return collect(e.argument(), power);
      case Op::multiply:
        if (!whole) break;
        collect(e.argument(0), power);
        return collect(e.argument(1), power);
      case Op::divide:
        if (!whole) break;
        collect(e.argument(0), power);
        return collect(e.argument(1), Rational(-power));
      case Op::sqrt: return collect(e.argument(), Rational(power / 2));
      case Op::exp: return product.above.push_back({exp(Expression(power) * e.argument()), 1});
      case Op::power:
        if (!whole) break;
        if (e.argument(1).is_number()) return collect(e.argument(0), Rational(power * e.argument(1).value()));
        return symbolic_power(e.argument(0), Expression(power) * e.argument(1));
      default: break;
    }
    factor(e, power);
  }

  /// True if the power of the number is a number; its root may be.
  bool number(const Rational& value, const Rational& power) {
    if (is_integer(power) && abs(power) <= 64) {
      const Expression folded = pow(Expression(value), Expression(power));
      if (!folded.is_number()) return false;
      product.number *= abs(folded.value());
      if (folded.value() < 0) product.negative = !product.negative;
      return true;
    }
    if (!is_integer(power) && numerator(value) == 1 && denominator(value) > 1) {  // the root of 1/2: 1 over the root of 2
      factor(Expression(Rational(denominator(value))), Rational(-power));
      return true;
    }
    return false;
  }

  void symbolic_power(const Expression& base, const Expression& exponent) {
    if (base.op() == Op::sqrt) return symbolic_power(base.argument(), exponent / 2);
    if (base.op() == Op::exp) return product.above.push_back({exp(exponent * base.argument()), 1});
    powers_.push_back({base, exponent});
  }

  void factor(const Expression& base, const Rational& power) {
    for (PrintedFactor& known : powers_) {
      if (!(known.base == base) || !known.exponent.is_number()) continue;
      known.exponent = Rational(known.exponent.value() + power);
      return;
    }
    powers_.push_back({base, power});
  }
};

int rank(const PrintedFactor& f) {
  switch (f.base.op()) {
    case Op::number: return 0;
    case Op::pi: return 1;
    case Op::variable: return 2;
    case Op::add: case Op::subtract: case Op::multiply: case Op::divide: case Op::negate: case Op::power:
      return f.exponent.is_number() && f.exponent.value() < 1 ? 4 : 3;
    case Op::exp: return 5;
    default: return 6;
  }
}

void collect_terms(const Expression& e, bool negative, std::vector<PrintedTerm>& terms) {
  switch (e.op()) {
    case Op::add: case Op::subtract:
      collect_terms(e.argument(0), negative, terms);
      return collect_terms(e.argument(1), negative != (e.op() == Op::subtract), terms);
    case Op::negate: return collect_terms(e.argument(), !negative, terms);
    default: terms.push_back({negative, e});
  }
}

}  // namespace

PrintedProduct printed_product(const Expression& e) {
  Collector collector(e);
  for (auto* side : {&collector.product.above, &collector.product.below}) {
    std::stable_sort(side->begin(), side->end(), [](const PrintedFactor& a, const PrintedFactor& b) { return rank(a) < rank(b); });
  }
  return std::move(collector.product);
}

std::vector<PrintedTerm> printed_terms(const Expression& e) {
  std::vector<PrintedTerm> terms;
  collect_terms(e, false, terms);
  return terms;
}

bool begins_with_minus(const Expression& e) {
  if (e.op() == Op::add || e.op() == Op::subtract) return begins_with_minus(e.argument(0));
  const Expression* front = &e;
  while (front->op() == Op::multiply || front->op() == Op::divide) front = &front->argument();
  return front->op() == Op::negate || (front->is_number() && front->value() < 0);
}

}  // namespace infwidth
