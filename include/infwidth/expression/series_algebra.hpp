// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/expression/asymptotic_series.hpp"

namespace infwidth {

/// Arithmetic on series that keeps `width` powers of t beyond the leading one.
class SeriesAlgebra {
 public:
  explicit SeriesAlgebra(int width) : width_(width) {}

  static AsymptoticSeries monomial(const ExactConstant& c, const Rational& power, const Scale& scale = {});
  static AsymptoticSeries constant(const ExactConstant& c) { return monomial(c, 0); }
  static AsymptoticSeries remainder(const Rational& order, const Scale& scale = {});

  AsymptoticSeries sum(const AsymptoticSeries& a, const AsymptoticSeries& b) const;
  AsymptoticSeries product(const AsymptoticSeries& a, const AsymptoticSeries& b) const;
  AsymptoticSeries scaled(const AsymptoticSeries& a, const ExactConstant& c) const { return product(a, constant(c)); }
  AsymptoticSeries difference(const AsymptoticSeries& a, const AsymptoticSeries& b) const { return sum(a, scaled(b, -1)); }
  AsymptoticSeries power(const AsymptoticSeries& a, const Rational& exponent) const;
  AsymptoticSeries quotient(const AsymptoticSeries& a, const AsymptoticSeries& b) const { return product(a, power(b, -1)); }

  /// d/dt, term by term.
  AsymptoticSeries derivative(const AsymptoticSeries& a) const;
  /// The integral from 0 to t, of exponentials exp(S) as (g/S' - (g/S')'/S' + ..) exp(S); where they grow, up to a constant.
  AsymptoticSeries integral(const AsymptoticSeries& a) const;

  /// sum_k taylor(k) small^k.
  ///   small   tends to 0
  template <class Taylor>
  AsymptoticSeries composed(const AsymptoticSeries& small, const Taylor& taylor) const {
    AsymptoticSeries r = constant(taylor(0)), p = constant(1);
    if (small.parts.empty()) return r;
    const int terms = terms_for(small);
    for (int k = 1; k < terms; ++k) {
      p = product(p, small);
      r = sum(r, scaled(p, taylor(k)));
    }
    const auto& largest = small.parts[0];
    const Rational order = least_power(largest.series);
    Scale scale;
    for (const auto& [power, c] : largest.scale.exponent) scale.exponent.emplace(power, c * ExactConstant(terms));
    return sum(r, remainder(order * terms, scale));
  }

  /// The one largest term; NotReached if the function is known by its remainder alone, or its size goes on oscillating.
  struct Leading {
    Scale scale;
    Rational power;
    ExactConstant coefficient;
  };
  static Leading leading(const AsymptoticSeries& a);
  /// Its lowest power, of terms or remainder.
  static Rational least_power(const PowerSeries& s);

  /// What tends to infinity, what is constant and what tends to 0 in a function without growing exponentials.
  struct Split {
    AsymptoticSeries large, small;
    ExactConstant constant;
  };
  static Split split(const AsymptoticSeries& a);

 private:
  int width_;
  int terms_for(const AsymptoticSeries& small) const;
  void add(PowerSeries& a, const PowerSeries& b) const;
  PowerSeries times(const PowerSeries& a, const PowerSeries& b) const;
  static void put(AsymptoticSeries& a, const Scale& scale, const PowerSeries& series, const SeriesAlgebra& algebra);
};

}  // namespace infwidth
