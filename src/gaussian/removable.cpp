// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/removable.hpp"

#include "infwidth/activation/rewrite.hpp"

namespace infwidth {

namespace {

Ball indeterminate() {
  Ball r;
  arb_indeterminate(r.get());
  return r;
}

/// f / (x - t)^k, the first k coefficients at the point being exact zeros: coefficients move down, the last k become unknown.
Removable lowered(const Removable& f, int k) {
  Removable r;
  for (int j = 0; j <= Removable::order; ++j) {
    const bool known = j + k <= Removable::order;
    r.on_box[j] = known ? f.on_box[j + k] : ComplexBall::indeterminate();
    r.at_point[j] = known ? f.at_point[j + k] : indeterminate();
  }
  return r;
}

/// The number of leading coefficients at the point that are exact zeros.
int valuation(const Removable& f) {
  int k = 0;
  while (k <= Removable::order && f.at_point[k].is_exact_zero()) ++k;
  return k;
}

}  // namespace

Expression one_fraction(const Expression& f) {
  const Fractions parts = together(f);
  return parts.denominator.is_number() ? f : parts.numerator / parts.denominator;
}

Removable operator/(const Removable& a, const Removable& b) {
  const int k = valuation(b);
  if (k == 0) return {a.on_box / b.on_box, a.at_point / b.at_point};
  if (k > Removable::order || valuation(a) < k) return {Removable::BoxJet(ComplexBall::indeterminate()), Removable::PointJet(indeterminate())};
  const Removable numerator = lowered(a, k), denominator = lowered(b, k);
  return {numerator.on_box / denominator.on_box, numerator.at_point / denominator.at_point};
}

Removable pow(const Removable& x, long n) {
  if (n < 0) return Removable(1) / pow(x, -n);
  return {pow(x.on_box, n), pow(x.at_point, n)};
}

}  // namespace infwidth
