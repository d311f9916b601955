// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/series_algebra.hpp"

#include <algorithm>

#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

constexpr int most_terms = 20;          // of a Taylor series
constexpr int exponential_terms = 3;    // of one in an exponentially small variable

Scale product_of(const Scale& a, const Scale& b) {
  Scale r = a;
  for (const auto& [power, c] : b.exponent) {
    ExactConstant& sum = r.exponent[power];
    sum += c;
    if (sum.is_zero()) r.exponent.erase(power);
  }
  r.wave = a.wave * b.wave;
  return r;
}

/// Drops what lies in or beyond the remainder.
void cut(PowerSeries& s) {
  if (s.order) s.terms.erase(s.terms.lower_bound(*s.order), s.terms.end());
}
void lower(std::optional<Rational>& order, const Rational& to) {
  if (!order || to < *order) order = to;
}

}  // namespace

int Scale::compare(const Scale& other) const {
  // The most negative power decides.
  auto a = exponent.begin();
  auto b = other.exponent.begin();
  while (a != exponent.end() || b != other.exponent.end()) {
    ExactConstant difference;
    const bool first = b == other.exponent.end() || (a != exponent.end() && a->first <= b->first);
    const bool second = a == exponent.end() || (b != other.exponent.end() && b->first <= a->first);
    if (first) difference += (a++)->second;
    if (second) difference -= (b++)->second;
    if (!difference.is_zero()) return difference.sign();
  }
  return 0;
}

AsymptoticSeries SeriesAlgebra::monomial(const ExactConstant& c, const Rational& power, const Scale& scale) {
  AsymptoticSeries r;
  if (!c.is_zero()) r.parts.push_back({scale, {{{power, c}}, std::nullopt}});
  return r;
}

AsymptoticSeries SeriesAlgebra::remainder(const Rational& order, const Scale& scale) {
  AsymptoticSeries r;
  r.parts.push_back({scale, {{}, order}});
  return r;
}

Rational SeriesAlgebra::least_power(const PowerSeries& s) { return s.terms.empty() ? *s.order : s.terms.begin()->first; }

void SeriesAlgebra::add(PowerSeries& a, const PowerSeries& b) const {
  if (b.order) lower(a.order, *b.order);
  for (const auto& [power, c] : b.terms) {
    ExactConstant& sum = a.terms[power];
    sum += c;
    if (sum.is_zero()) a.terms.erase(power);
  }
  cut(a);
}

PowerSeries SeriesAlgebra::times(const PowerSeries& a, const PowerSeries& b) const {
  PowerSeries r;
  const Rational from = least_power(a) + least_power(b);
  if (a.order) r.order = *a.order + least_power(b);
  if (b.order) lower(r.order, least_power(a) + *b.order);
  bool dropped = false;
  for (const auto& [p, c] : a.terms) {
    for (const auto& [s, d] : b.terms) {
      const Rational power = p + s;
      if (r.order && power >= *r.order) continue;
      // Polynomials stay whole: only what has a remainder is cut.
      if (r.order && power >= from + width_) {
        dropped = true;
        continue;
      }
      ExactConstant& sum = r.terms[power];
      sum += c * d;
      if (sum.is_zero()) r.terms.erase(power);
    }
  }
  if (dropped) lower(r.order, from + width_);
  cut(r);
  return r;
}

/// Adds a part in its place, and leaves out what is exponentially smaller than a remainder.
void SeriesAlgebra::put(AsymptoticSeries& a, const Scale& scale, const PowerSeries& series, const SeriesAlgebra& algebra) {
  if (series.is_exact_zero()) return;
  auto place = a.parts.begin();
  for (; place != a.parts.end(); ++place) {
    const int order = scale.compare(place->scale);
    if (order > 0) break;
    if (order < 0 && place->series.order) return;
    if (order == 0 && scale.wave == place->scale.wave) break;
  }
  if (place != a.parts.end() && place->scale == scale) {
    algebra.add(place->series, series);
    if (place->series.is_exact_zero()) {
      a.parts.erase(place);
      return;
    }
  } else {
    place = a.parts.insert(place, {scale, series});
  }
  if (!place->series.order) return;
  const Scale limit = place->scale;
  std::erase_if(a.parts, [&](const AsymptoticSeries::Part& p) { return p.scale.compare(limit) < 0; });
}

AsymptoticSeries SeriesAlgebra::sum(const AsymptoticSeries& a, const AsymptoticSeries& b) const {
  AsymptoticSeries r = a;
  for (const auto& part : b.parts) put(r, part.scale, part.series, *this);
  return r;
}

AsymptoticSeries SeriesAlgebra::product(const AsymptoticSeries& a, const AsymptoticSeries& b) const {
  AsymptoticSeries r;
  for (const auto& p : a.parts) {
    for (const auto& s : b.parts) put(r, product_of(p.scale, s.scale), times(p.series, s.series), *this);
  }
  return r;
}

SeriesAlgebra::Leading SeriesAlgebra::leading(const AsymptoticSeries& a) {
  if (a.parts.empty()) throw NotReached("expansion: a division by 0");
  const auto& largest = a.parts[0];
  if (largest.series.terms.empty()) throw NotReached("expansion: too few terms");
  const bool alone = a.parts.size() == 1 || largest.scale.compare(a.parts[1].scale) > 0;
  if (!largest.scale.wave.is_number(1) || !alone) throw NotReached("expansion: the power of a function whose size goes on oscillating");
  return {largest.scale, largest.series.terms.begin()->first, largest.series.terms.begin()->second};
}

int SeriesAlgebra::terms_for(const AsymptoticSeries& small) const {
  const auto& largest = small.parts[0];
  if (largest.scale.growth() < 0) return exponential_terms;
  const Rational step = least_power(largest.series);
  if (step <= 0) throw NotReached("expansion: too few terms");
  const Rational count = Rational(width_) / step;
  return count > most_terms - 1 ? most_terms : static_cast<int>(Integer(numerator(count) / denominator(count))) + 1;
}

AsymptoticSeries SeriesAlgebra::power(const AsymptoticSeries& a, const Rational& exponent) const {
  if (exponent == 0) return constant(1);
  if (denominator(exponent) == 1 && exponent > 0 && exponent <= most_terms) {
    AsymptoticSeries r = a;
    for (int k = 1; k < exponent; ++k) r = product(r, a);
    return r;
  }
  const Leading lead = leading(a);
  Scale inverse, raised;
  for (const auto& [p, c] : lead.scale.exponent) {
    inverse.exponent.emplace(p, -c);
    raised.exponent.emplace(p, c * ExactConstant(exponent));
  }
  const AsymptoticSeries relative = product(a, monomial(ExactConstant(1) / lead.coefficient, -lead.power, inverse));
  AsymptoticSeries small = relative;
  put(small, {}, {{{Rational(0), ExactConstant(-1)}}, std::nullopt}, *this);
  std::vector<Rational> binomial = {1};
  for (int k = 1; k <= most_terms; ++k) binomial.push_back(binomial.back() * (exponent - (k - 1)) / k);
  const AsymptoticSeries unit = composed(small, [&](int k) { return ExactConstant(binomial[static_cast<std::size_t>(k)]); });
  return product(monomial(lead.coefficient.power(exponent), lead.power * exponent, raised), unit);
}

AsymptoticSeries SeriesAlgebra::derivative(const AsymptoticSeries& a) const {
  AsymptoticSeries r;
  for (const auto& part : a.parts) {
    if (!part.scale.wave.is_number(1)) throw NotReached("expansion: the derivative of a function that goes on oscillating");
    PowerSeries slope, exponent_slope;
    for (const auto& [p, c] : part.series.terms) {
      if (p != 0) slope.terms.emplace(Rational(p - 1), c * ExactConstant(p));
    }
    if (part.series.order) slope.order = *part.series.order - 1;
    for (const auto& [p, c] : part.scale.exponent) exponent_slope.terms.emplace(Rational(p - 1), c * ExactConstant(p));
    put(r, part.scale, slope, *this);
    if (!exponent_slope.terms.empty()) put(r, part.scale, times(part.series, exponent_slope), *this);
  }
  return r;
}

AsymptoticSeries SeriesAlgebra::integral(const AsymptoticSeries& a) const {
  AsymptoticSeries r;
  for (const auto& part : a.parts) {
    if (!part.scale.wave.is_number(1)) throw NotReached("expansion: the integral of a function that goes on oscillating");
    if (part.scale.exponent.empty()) {
      PowerSeries s;
      for (const auto& [p, c] : part.series.terms) {
        if (p <= -1) throw NotReached("expansion: a logarithm of the variable");
        s.terms.emplace(Rational(p + 1), c / ExactConstant(Rational(p + 1)));
      }
      if (part.series.order) s.order = *part.series.order + 1;
      put(r, {}, s, *this);
      continue;
    }
    AsymptoticSeries slope, g;
    for (const auto& [p, c] : part.scale.exponent) slope = sum(slope, monomial(c * ExactConstant(p), p - 1));
    const AsymptoticSeries inverse = power(slope, -1);
    g.parts.push_back({{}, part.series});
    AsymptoticSeries total;
    for (int k = 0; k < width_; ++k) {
      g = product(g, inverse);
      total = sum(total, g);
      g = scaled(derivative(g), -1);
    }
    g = product(g, inverse);
    if (!g.parts.empty()) total = sum(total, remainder(least_power(g.parts[0].series)));
    for (const auto& t : total.parts) put(r, part.scale, t.series, *this);
  }
  return r;
}

SeriesAlgebra::Split SeriesAlgebra::split(const AsymptoticSeries& a) {
  Split s;
  for (const auto& part : a.parts) {
    const int growth = part.scale.growth();
    if (growth > 0) throw NotReached("expansion: a function of something that grows exponentially");
    if (growth < 0) {
      s.small.parts.push_back(part);
      continue;
    }
    if (!part.scale.wave.is_number(1)) throw NotReached("expansion: a function of something that goes on oscillating");
    if (part.series.order && *part.series.order <= 0) throw NotReached("expansion: too few terms");
    PowerSeries small, large;
    small.order = part.series.order;
    for (const auto& [power, c] : part.series.terms) {
      if (power == 0) {
        s.constant = c;
      } else {
        (power < 0 ? large : small).terms.emplace(power, c);
      }
    }
    if (!large.is_exact_zero()) s.large.parts.push_back({{}, large});
    if (!small.is_exact_zero()) s.small.parts.insert(s.small.parts.begin(), {{}, small});
  }
  return s;
}

}  // namespace infwidth
