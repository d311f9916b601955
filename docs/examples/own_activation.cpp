// SPDX-License-Identifier: GPL-3.0-or-later
//
// An activation of your own as a generic callable: a template over the number, one formula a piece, its kinks declared.
// It gives the same proven digits as the formula typed on the command line.
#include <cstddef>
#include <iostream>

#include "infwidth/gaussian/variance_map.hpp"
#include "infwidth/real/text.hpp"

/// A leaky exponential: x for x > 0, (e^x - 1)/2 below; the kink is at 0.
struct LeakyExponential {
  template <class Number>
  Number operator()(const Number& x, std::size_t piece) const {
    return piece == 0 ? (exp(x) - 1) / 2 : x;
  }
};

int main() {
  using namespace infwidth;
  const VarianceMap mine(Activation::from_callable("leaky exponential", LeakyExponential{}, {0}));
  const VarianceMap typed(Activation::from_text("max(x, 0) + (exp(min(x, 0)) - 1)/2"));

  const Precision working(200);  // bits; 40 digits and some to spare
  const Ball q = Ball(Rational(17, 10));
  const VarianceJet<Ball> a = mine.at(q), b = typed.at(q);
  std::cout << "Q    " << to_decimal(a.Q, 40) << "\nchi  " << to_decimal(a.chi, 40) << "\nchi' " << to_decimal(a.dchi, 40) << '\n';
  const bool same = to_decimal(a.Q, 40) == to_decimal(b.Q, 40) && to_decimal(a.chi, 40) == to_decimal(b.chi, 40);
  std::cout << "the typed formula gives " << (same ? "the same digits" : "OTHER DIGITS") << '\n';
  return same && a.proven && b.proven ? 0 : 1;
}
