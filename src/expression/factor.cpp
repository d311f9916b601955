// SPDX-License-Identifier: GPL-3.0-or-later
#include "factor.hpp"

#include <ginac/ginac.h>

#include <algorithm>
#include <optional>
#include <sstream>

namespace infwidth::algebra {

namespace {

/// Small enough to be factored in a few milliseconds. Measured: 90 terms of degree 14 in 6 generators take 5 ms.
bool is_cheap(const Polynomial& p) {
  constexpr std::size_t most_terms = 120;
  constexpr int largest_degree = 24;
  if (p.terms().size() > most_terms) return false;
  return std::all_of(p.terms().begin(), p.terms().end(), [&](const auto& term) {
    int degree = 0;
    for (const int e : term.first) degree += e;
    return degree <= largest_degree;
  });
}

/// Polynomials as GiNaC's: a symbol a generator.
class Translation {
 public:
  GiNaC::ex to_ginac(const Polynomial& p) {
    GiNaC::ex sum = 0;
    for (const auto& [m, c] : p.terms()) {
      GiNaC::ex term = number(numerator(c)) / number(denominator(c));
      for (std::size_t g = 0; g < m.size(); ++g) {
        if (symbols_.size() <= g) symbols_.resize(g + 1);
        if (m[g] != 0) term *= GiNaC::pow(symbols_[g], m[g]);
      }
      sum += term;
    }
    return sum;
  }

  Polynomial from_ginac(const GiNaC::ex& e) const {
    const GiNaC::ex sum = e.expand();
    Polynomial p;
    if (!GiNaC::is_a<GiNaC::add>(sum)) {
      add_term(p, sum);
      return p;
    }
    for (const GiNaC::ex& term : sum) add_term(p, term);
    return p;
  }

 private:
  std::vector<GiNaC::symbol> symbols_;

  static GiNaC::numeric number(const Integer& n) { return GiNaC::numeric(n.str().c_str()); }
  static Integer integer(const GiNaC::numeric& n) {
    std::ostringstream text;
    text << n;
    return Integer(text.str());
  }

  void add_term(Polynomial& p, const GiNaC::ex& term) const {
    Monomial m(symbols_.size());
    Rational c = 1;
    const auto take = [&](const GiNaC::ex& factor) {
      if (GiNaC::is_a<GiNaC::numeric>(factor)) {
        const auto& n = GiNaC::ex_to<GiNaC::numeric>(factor);
        c *= Rational(integer(n.numer()), integer(n.denom()));
        return;
      }
      const bool is_power = GiNaC::is_a<GiNaC::power>(factor);
      const GiNaC::ex base = is_power ? factor.op(0) : factor;
      for (std::size_t g = 0; g < symbols_.size(); ++g) {
        if (symbols_[g].is_equal(GiNaC::ex_to<GiNaC::basic>(base))) m[g] += is_power ? GiNaC::ex_to<GiNaC::numeric>(factor.op(1)).to_int() : 1;
      }
    };
    if (GiNaC::is_a<GiNaC::mul>(term)) {
      for (const GiNaC::ex& factor : term) take(factor);
    } else {
      take(term);
    }
    p.add(product(m, {}), c);
  }
};

using Factors = std::vector<std::pair<Polynomial, int>>;

/// p = a g + b by a generator g of degree 1: irreducible if a and b have no common factor, and a greatest common divisor is found much faster than
/// factors. None: p has no such generator.
struct LinearSplit {
  Polynomial slope, rest;
};
std::optional<LinearSplit> linear_split(const Polynomial& p) {
  std::size_t generators = 0;
  for (const auto& term : p.terms()) generators = std::max(generators, term.first.size());
  std::optional<LinearSplit> best;
  const auto smaller = [](const LinearSplit& s) { return std::min(s.slope.terms().size(), s.rest.terms().size()); };
  for (std::size_t g = 0; g < generators; ++g) {
    if (std::any_of(p.terms().begin(), p.terms().end(), [&](const auto& term) { return exponent(term.first, g) > 1; })) continue;
    LinearSplit s;
    for (const auto& [m, c] : p.terms()) {
      if (exponent(m, g) == 1) {
        s.slope.add(product(m, generator_power(g, -1)), c);
      } else {
        s.rest.add(m, c);
      }
    }
    if (!s.slope.is_zero() && !s.rest.is_zero() && (!best || smaller(s) < smaller(*best))) best = std::move(s);
  }
  return best;
}

Factors factors_by_ginac(const Polynomial& p) {
  Translation translation;
  const GiNaC::ex factored = GiNaC::factor(translation.to_ginac(p));
  Factors factors;
  const auto take = [&](const GiNaC::ex& factor) {
    const bool is_power = GiNaC::is_a<GiNaC::power>(factor);
    const Polynomial base = primitive_part(translation.from_ginac(is_power ? factor.op(0) : factor)).rest;
    if (!base.is_one()) factors.emplace_back(base, is_power ? GiNaC::ex_to<GiNaC::numeric>(factor.op(1)).to_int() : 1);
  };
  if (GiNaC::is_a<GiNaC::mul>(factored)) {
    for (const GiNaC::ex& factor : factored) take(factor);
  } else {
    take(factored);
  }
  return factors;
}

Factors factors_of(const Polynomial& p) {
  const std::optional<LinearSplit> split = linear_split(p);
  if (!split) return factors_by_ginac(p);
  if (split->slope.terms().size() == 1 || split->rest.terms().size() == 1) return {{p, 1}};  // p has no monomial for a factor
  Translation translation;
  const GiNaC::ex slope = translation.to_ginac(split->slope), rest = translation.to_ginac(split->rest);
  const Polynomial common = primitive_part(translation.from_ginac(GiNaC::gcd(slope, rest))).rest;
  if (common.is_one()) return {{p, 1}};
  Work work(100'000);
  bool exact = false;
  const Polynomial other = quotient(p, common, work, exact);
  if (!exact) return factors_by_ginac(p);
  Factors factors = factors_of(common);
  factors.emplace_back(other, 1);  // linear, its parts without common factor
  return factors;
}

}  // namespace

std::recursive_mutex& computer_algebra() {
  static std::recursive_mutex one_at_a_time;
  return one_at_a_time;
}

std::vector<std::pair<Polynomial, int>> irreducible_factors(const Polynomial& p) {
  const Factors itself = {{p, 1}};
  if (p.terms().size() < 2 || !is_cheap(p)) return itself;
  const std::lock_guard lock(computer_algebra());
  try {
    return factors_of(p);
  } catch (const GiveUp&) {
    return itself;
  } catch (const std::exception&) {
    return itself;  // GiNaC refuses in its own ways
  }
}

}  // namespace infwidth::algebra
