// SPDX-License-Identifier: GPL-3.0-or-later
#include "factor.hpp"

#include <ginac/ginac.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

namespace infwidth::algebra {

namespace {

/// Small enough for greatest common divisors of parts to take milliseconds.
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

int degree(const Polynomial& p, std::size_t g) {
  int most = 0;
  for (const auto& term : p.terms()) most = std::max(most, exponent(term.first, g));
  return most;
}

std::vector<std::size_t> generators_of(const Polynomial& p) {
  std::vector<std::size_t> list;
  std::size_t size = 0;
  for (const auto& term : p.terms()) size = std::max(size, term.first.size());
  for (std::size_t g = 0; g < size; ++g) {
    if (degree(p, g) > 0) list.push_back(g);
  }
  return list;
}

Polynomial derivative(const Polynomial& p, std::size_t g) {
  Polynomial r;
  for (const auto& [m, c] : p.terms()) {
    if (const int n = exponent(m, g); n > 0) r.add(product(m, generator_power(g, -1)), Rational(c * n));
  }
  return r;
}

Polynomial common_divisor(const Polynomial& a, const Polynomial& b) {
  if (a.terms().size() == 1 || b.terms().size() == 1) return Polynomial(1);  // up to a monomial
  Translation translation;
  const GiNaC::ex x = translation.to_ginac(a), y = translation.to_ginac(b);
  return primitive_part(translation.from_ginac(GiNaC::gcd(x, y))).rest;
}

/// What the coefficients of p's powers of g have in common: the factors without g.
Polynomial content(const Polynomial& p, std::size_t g) {
  std::map<int, Polynomial> coefficients;
  for (const auto& [m, c] : p.terms()) coefficients[exponent(m, g)].add(product(m, generator_power(g, -exponent(m, g))), c);
  std::vector<Polynomial> sorted;
  for (auto& entry : coefficients) sorted.push_back(std::move(entry.second));
  std::sort(sorted.begin(), sorted.end(), [](const Polynomial& a, const Polynomial& b) { return a.terms().size() < b.terms().size(); });
  Polynomial common = sorted[0];
  for (std::size_t i = 1; i < sorted.size() && !common.is_one(); ++i) common = common_divisor(common, sorted[i]);
  return common;
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

/// A later generator whose exponent is that of g in every term.
std::optional<std::size_t> tied(const Polynomial& p, std::size_t g, const std::vector<std::size_t>& generators) {
  for (const std::size_t other : generators) {
    const auto same = [&](const auto& term) { return exponent(term.first, g) == exponent(term.first, other); };
    if (other > g && std::all_of(p.terms().begin(), p.terms().end(), same)) return other;
  }
  return std::nullopt;
}
Polynomial without(const Polynomial& p, std::size_t g) {
  Polynomial r;
  for (const auto& [m, c] : p.terms()) r.add(product(m, generator_power(g, -exponent(m, g))), c);
  return r;
}
Polynomial with_twin(const Polynomial& p, std::size_t g, std::size_t twin) {
  Polynomial r;
  for (const auto& [m, c] : p.terms()) r.add(product(m, generator_power(g, exponent(m, twin))), c);
  return primitive_part(r).rest;
}

/// Factors without one of the generators are contents, repeated ones common divisors with a derivative, and a polynomial that has neither and is
/// linear in a generator is irreducible. GiNaC's factor does the rest, in at most two generators: in more it takes 20 ms at one time and minutes at
/// another for the same polynomial, and cannot be interrupted.
Factors factors_of(const Polynomial& p) {
  const std::vector<std::size_t> generators = generators_of(p);
  const auto split = [&](const Polynomial& divisor) {
    Work work(100'000);
    bool exact = false;
    const Polynomial other = quotient(p, divisor, work, exact);
    if (!exact) throw GiveUp();
    Factors factors = factors_of(divisor);
    for (const auto& [base, n] : factors_of(primitive_part(other).rest)) {
      const Polynomial& same = base;
      const auto known = std::find_if(factors.begin(), factors.end(), [&](const auto& f) { return f.first == same; });
      if (known == factors.end()) {
        factors.emplace_back(base, n);
      } else {
        known->second += n;
      }
    }
    return factors;
  };
  if (p.terms().size() < 2) return {};
  for (const std::size_t g : generators) {
    if (degree(p, g) > 1) continue;
    const Polynomial common = content(p, g);
    return common.terms().size() > 1 ? split(common) : Factors{{p, 1}};
  }
  for (const std::size_t g : generators) {
    if (const auto twin = tied(p, g, generators)) {  // b^2 + 4 b w s + 3 w^2 s^2: w s is one generator
      Factors factors = factors_of(without(p, g));
      for (auto& [base, n] : factors) base = with_twin(base, g, *twin);
      return factors;
    }
  }
  for (const std::size_t g : generators) {
    if (const Polynomial common = content(p, g); common.terms().size() > 1) return split(common);
  }
  if (const Polynomial repeated = common_divisor(p, derivative(p, generators[0])); repeated.terms().size() > 1) return split(repeated);
  if (generators.size() <= 2) return factors_by_ginac(p);
  return {{p, 1}};
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
