// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/simplify.hpp"

#include <ginac/ginac.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "factor.hpp"
#include "samples.hpp"

namespace infwidth {

namespace {

/// What GiNaC's normal form would meet if it multiplied everything out: it cannot be interrupted, so the cost is looked at first.
struct Cost {
  double terms = 1, degree = 0;
};
Cost cost(const Expression& e) {
  if (e.arguments().empty()) return {1, e.op() == Op::variable ? 1.0 : 0.0};
  if (e.op() > Op::power) return {1, 1};
  const Cost a = cost(e.argument());
  if (e.op() == Op::negate) return a;
  if (e.op() == Op::power) {
    const Expression& n = e.argument(1);
    if (!n.is_number() || denominator(n.value()) != 1) return {1, 1};
    const double times = std::abs(n.value().convert_to<double>());
    return {std::pow(a.terms, times), a.degree * times};
  }
  const Cost b = cost(e.argument(1));
  const bool sum = e.op() == Op::add || e.op() == Op::subtract;
  return {sum ? a.terms + b.terms : a.terms * b.terms, a.degree + b.degree};
}
bool is_cheap(const Expression& e) {
  if (e.size() > 400) return false;
  const Cost c = cost(e);
  return c.terms <= 200 && c.degree <= 40;
}

/// Formulas as rational functions of the variables and of whole function values, in GiNaC and back.
class Translation {
 public:
  GiNaC::ex to_ginac(const Expression& e) {
    switch (e.op()) {
      case Op::number: return number(numerator(e.value())) / number(denominator(e.value()));
      case Op::add: return to_ginac(e.argument(0)) + to_ginac(e.argument(1));
      case Op::subtract: return to_ginac(e.argument(0)) - to_ginac(e.argument(1));
      case Op::multiply: return to_ginac(e.argument(0)) * to_ginac(e.argument(1));
      case Op::divide: return to_ginac(e.argument(0)) / to_ginac(e.argument(1));
      case Op::negate: return -to_ginac(e.argument());
      case Op::power:
        if (e.argument(1).is_number() && denominator(e.argument(1).value()) == 1) {
          return GiNaC::pow(to_ginac(e.argument(0)), number(numerator(e.argument(1).value())));
        }
        break;
      default: break;
    }
    std::vector<Expression> arguments;
    for (const Expression& a : e.arguments()) arguments.push_back(simplify(a));
    const Expression kernel = arguments.empty() ? e : Expression::make(e.op(), arguments);
    for (const auto& [symbol, known] : kernels_) {
      if (known == kernel) return symbol;
    }
    kernels_.emplace_back(GiNaC::symbol(), kernel);
    return kernels_.back().first;
  }

  Expression from_ginac(const GiNaC::ex& e) const {
    if (GiNaC::is_a<GiNaC::numeric>(e)) {
      const auto& n = GiNaC::ex_to<GiNaC::numeric>(e);
      return Rational(integer(n.numer()), integer(n.denom()));
    }
    if (GiNaC::is_a<GiNaC::symbol>(e)) {
      for (const auto& [symbol, known] : kernels_) {
        if (symbol.is_equal(GiNaC::ex_to<GiNaC::symbol>(e))) return known;
      }
    }
    if (GiNaC::is_a<GiNaC::power>(e)) return pow(from_ginac(e.op(0)), from_ginac(e.op(1)));
    if (GiNaC::is_a<GiNaC::add>(e)) {
      Expression sum = 0;
      for (const GiNaC::ex& term : e) sum = sum + from_ginac(term);
      return sum;
    }
    if (GiNaC::is_a<GiNaC::mul>(e)) {
      Expression above = 1, below = 1;
      for (const GiNaC::ex& factor : e) {
        const bool inverse = GiNaC::is_a<GiNaC::power>(factor) && factor.op(1).info(GiNaC::info_flags::negative);
        (inverse ? below : above) = inverse ? below * from_ginac(1 / factor) : above * from_ginac(factor);
      }
      return above / below;
    }
    throw std::logic_error("simplify: GiNaC returned a form that no formula has");
  }

 private:
  std::vector<std::pair<GiNaC::symbol, Expression>> kernels_;

  static GiNaC::numeric number(const Integer& n) { return GiNaC::numeric(n.str().c_str()); }
  static Integer integer(const GiNaC::numeric& n) {
    std::ostringstream text;
    text << n;
    return Integer(text.str());
  }
};

bool agree(const Expression& a, const Expression& b) {
  const auto x = samples(a - b);
  return std::all_of(x.begin(), x.end(), [](const std::optional<Ball>& v) { return !v || v->contains_zero(); });
}

Expression shortest_rational_form(const Expression& e) {
  const std::lock_guard lock(algebra::computer_algebra());
  Expression best = e;
  try {
    Translation translation;
    const GiNaC::ex form = translation.to_ginac(e);
    const GiNaC::ex normal = GiNaC::normal(form);
    for (const GiNaC::ex& candidate : {form, normal, GiNaC::collect_common_factors(normal), GiNaC::factor(normal.numer()) / GiNaC::factor(normal.denom()),
                                       GiNaC::expand(form)}) {
      const Expression shorter = translation.from_ginac(candidate);
      if (shorter.size() < best.size() && agree(shorter, e)) best = shorter;
    }
  } catch (const std::logic_error&) {
    // GiNaC refuses by logic_error (a pole, an argument it does not take) and runtime_error, as CLN does (overflow): then nothing shorter was found.
    // Whatever else there is, like want of memory, is no answer.
  } catch (const std::runtime_error&) {
    // as above
  }
  return best;
}

}  // namespace

Expression simplify(const Expression& e) {
  if (e.arguments().empty() || e.has_kinked_function()) return e;
  Expression best = e;
  const std::set<std::string> variables = variables_of(e);
  const std::string variable = variables.empty() ? "x" : *variables.begin();
  const auto take_if_shorter = [&](const Expression& candidate) {
    if (candidate.size() < best.size() && agree(candidate, e)) best = candidate;
  };
  if (const std::optional<Expression> constant = constant_ratio(e, 1, variable)) take_if_shorter(*constant);
  if (const auto coefficients = polynomial_coefficients(e, variable)) {
    Expression sum = 0;
    for (std::size_t k = coefficients->size(); k-- > 0;) {
      sum = sum + (*coefficients)[k] * pow(Expression::variable(variable), Expression(static_cast<int>(k)));
    }
    take_if_shorter(sum);
  }
  if (is_cheap(best)) best = shortest_rational_form(best);
  return best;
}

}  // namespace infwidth
