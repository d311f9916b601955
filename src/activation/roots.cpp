// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "infwidth/activation/zeros.hpp"

namespace infwidth {

namespace {

constexpr long largest_degree = 100;  // isolation takes seconds there, minutes at 200

/// The real roots of an irreducible polynomial of degree > 1, unordered.
void append_irrational_roots(const Polynomial& p, std::vector<RealPoint>& roots) {
  const Expression equation = to_expression(p);
  const long degree = p.degree();
  if (degree > largest_degree) {
    throw NotReached("activation: a zero of a polynomial of degree " + std::to_string(degree) + " that has no factors; use one of degree up to " +
                     std::to_string(largest_degree));
  }
  fmpz_poly_t f;
  fmpz_poly_init(f);
  fmpq_poly_get_numerator(f, p.get());
  arb_poly_t derivative;
  arb_poly_init(derivative);
  for (long bits = 128;; bits *= 2) {
    Precision working(bits);
    arb_poly_set_fmpz_poly(derivative, f, bits);
    arb_poly_derivative(derivative, derivative, bits);
    acb_ptr all = _acb_vec_init(degree);
    arb_fmpz_poly_complex_roots(all, f, 0, bits);
    std::vector<RealPoint> found;
    bool simple = true;
    for (long i = 0; i < degree && simple; ++i) {
      if (!arb_is_zero(acb_imagref(all + i))) continue;  // real roots come with an exact imaginary part
      Ball root, slope;
      arb_set(root.get(), acb_realref(all + i));
      // A rounding to `bits` keeps the roots apart: they are isolated to many more bits than needed, else the precision is raised.
      const Rational low = lower_fraction(root), high = upper_fraction(root);
      const Ball whole = Ball::hull(Ball(low), Ball(high));
      arb_poly_evaluate(slope.get(), derivative, whole.get(), bits);
      simple = !slope.contains_zero() && p.at(low) * p.at(high) < 0;
      if (simple) found.emplace_back(equation, low, high);
    }
    _acb_vec_clear(all, degree);
    if (simple) {
      roots.insert(roots.end(), found.begin(), found.end());
      break;
    }
  }
  arb_poly_clear(derivative);
  fmpz_poly_clear(f);
}

}  // namespace

std::vector<RealPoint> real_roots(const Polynomial& p) {
  std::vector<RealPoint> roots;
  if (p.degree() < 1) return roots;
  for (const Polynomial& factor : irreducible_factors(p)) {
    if (factor.degree() == 1) {
      roots.emplace_back(Rational(-factor.coefficient(0) / factor.coefficient(1)));
    } else {
      append_irrational_roots(factor, roots);
    }
  }
  std::sort(roots.begin(), roots.end(), [](const RealPoint& a, const RealPoint& b) { return compare(a, b) < 0; });
  return roots;
}

}  // namespace infwidth
