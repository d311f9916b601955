// SPDX-License-Identifier: GPL-3.0-or-later
#include "power_dual.hpp"

#include "gaussian_integral.hpp"

namespace infwidth {

namespace {

const Expression q1 = Expression::variable("q1"), q2 = Expression::variable("q2"), c = Expression::variable("c"), pi = Expression::pi(),
                 determinant = q1 * q2 - pow(c, 2), rho = c / sqrt(q1 * q2);

bool is_whole(const Rational& r) { return denominator(r) == 1; }

/// The bilinear form a K(rho) + b K(-rho) of a pair of exponents m, n, with K = E[u_+^m v_+^n].
struct PairOfPowers {
  Rational m, n;
  Expression a, b;

  bool is_even() const { return a == b; }
  bool is_odd() const { return tidied(a + b).is_number(0); }
};

PairOfPowers pair_of(const SidedPowers::value_type& f, const SidedPowers::value_type& g) {
  return {f.first, g.first, tidied(f.second.right * g.second.right + f.second.left * g.second.left), tidied(f.second.right * g.second.left + f.second.left * g.second.right)};
}

/// (q1 q2)^(n/2), and for m /= n q1^(m/2) q2^(n/2) + q1^(n/2) q2^(m/2), of the two pairs.
Expression scale(const Rational& m, const Rational& n) {
  const Expression half_m = Rational(m / 2), half_n = Rational(n / 2);
  return m == n ? pow(q1 * q2, half_m) : pow(q1, half_m) * pow(q2, half_n) + pow(q1, half_n) * pow(q2, half_m);
}

/// 2F1(a, b; c; z), written out where it is a polynomial.
Expression series(const Rational& a, const Rational& b, const Rational& bottom, const Expression& z) {
  if (!(is_whole(a) && a <= 0) && !(is_whole(b) && b <= 0)) return hyp2f1(Expression(a), Expression(b), Expression(bottom), z);
  Expression sum = 0;
  Rational coefficient = 1;
  for (int k = 0; coefficient != 0; ++k) {
    sum = sum + Expression(coefficient) * pow(z, Expression(k));
    coefficient *= (a + k) * (b + k) / ((bottom + k) * (k + 1));
  }
  return sum;
}

/// number times the factors, a minus in front.
Expression product(const Expression& number, const std::vector<Expression>& factors, const Assumptions& given) {
  const bool negative = to_string(shorten(number, given)).starts_with('-');
  Expression result = shorten(negative ? -number : number, given);
  for (const Expression& f : factors) result = result * f;
  return negative ? -result : result;
}

/// E[u_+^m v_+^n], for m /= n with E[u_+^n v_+^m]; so also below.
Expression one_sided(const Rational& m, const Rational& n, const Expression& weight, const Assumptions& given) {
  const Expression root = sqrt(determinant);
  if (m == 0 && n == 0) return weight * (Expression(Rational(1, 4)) + asin(rho) / (2 * pi));
  if (m == 1 && n == 1) return weight * (root + c * (pi / 2 + asin(rho))) / (2 * pi);
  const Rational sum = m + n;
  const Expression t = (1 + rho) / 2, power = Expression(Rational((sum + 1) / 2));
  const Expression number = weight * pow(Expression(2), Expression(Rational(sum / 2 - 1))) * tgamma(Expression(Rational(m + 1))) * tgamma(Expression(Rational(n + 1))) /
                            (sqrt(pi) * tgamma(Expression(Rational((sum + 3) / 2))));
  return product(number, {scale(m, n), pow(t, power), series((1 + m - n) / 2, (1 + n - m) / 2, (sum + 3) / 2, t)}, given);
}

/// E[|u|^m |v|^n]
Expression even(const Rational& m, const Rational& n, const Expression& weight, const Assumptions& given) {
  if (m == 1 && n == 1) return weight * 2 * (sqrt(determinant) + c * asin(rho)) / pi;
  const Expression number = weight * pow(Expression(2), Expression(Rational((m + n) / 2))) * tgamma(Expression(Rational((m + 1) / 2))) *
                            tgamma(Expression(Rational((n + 1) / 2))) / pi;
  return product(number, {scale(m, n), series(-m / 2, -n / 2, Rational(1, 2), pow(c, 2) / (q1 * q2))}, given);
}

/// E[sign(u) |u|^m sign(v) |v|^n]
Expression odd(const Rational& m, const Rational& n, const Expression& weight, const Assumptions& given) {
  if (m == 0 && n == 0) return weight * 2 * asin(rho) / pi;
  const Expression number = weight * pow(Expression(2), Expression(Rational((m + n) / 2 + 1))) * tgamma(Expression(Rational(m / 2 + 1))) *
                            tgamma(Expression(Rational(n / 2 + 1))) / pi;
  return product(number, {c, scale(m - 1, n - 1), series((1 - m) / 2, (1 - n) / 2, Rational(3, 2), pow(c, 2) / (q1 * q2))}, given);
}

Expression of_pair(const PairOfPowers& p, const Assumptions& given) {
  if (p.is_even()) return p.a.is_number(0) ? Expression(0) : even(p.m, p.n, tidied(p.a / 2), given);
  if (p.is_odd()) return odd(p.m, p.n, tidied(p.a / 2), given);
  const auto mirrored = [&](const Expression& weight) { return substitute(one_sided(p.m, p.n, weight, given), "c", -c); };
  if (p.b.is_number(0)) return one_sided(p.m, p.n, p.a, given);
  if (p.a.is_number(0)) return mirrored(p.b);
  // a K(rho) + b K(-rho) with b < 0 < a + b: (a + b) K(rho) - b [K(rho) - K(-rho)], of two positive terms for rho > 0.
  const auto is_negative = [&](const Expression& e) {
    try {
      return sign_of(e, given) < 0;
    } catch (const OutsideClass&) {
      return false;
    }
  };
  if (is_negative(p.b)) return one_sided(p.m, p.n, tidied(p.a + p.b), given) + odd(p.m, p.n, tidied(-p.b / 2), given);
  return one_sided(p.m, p.n, p.a, given) + mirrored(p.b);
}

}  // namespace

bool wants_power_dual(const SidedPowers& f) {
  bool one_sided_square = false;
  for (const auto& g : f) {
    if (!is_whole(g.first)) return true;
    const PairOfPowers own = pair_of(g, g);
    one_sided_square = one_sided_square || (g.first >= 2 && !own.is_even() && !own.is_odd());
  }
  return one_sided_square;
}

Expression power_dual(const SidedPowers& f, const Assumptions& given) {
  Expression total = 0;
  for (auto one = f.begin(); one != f.end(); ++one) {
    for (auto other = one; other != f.end(); ++other) total = total + of_pair(pair_of(*one, *other), given);
  }
  return total;
}

}  // namespace infwidth
