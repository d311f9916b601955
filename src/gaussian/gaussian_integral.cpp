// SPDX-License-Identifier: GPL-3.0-or-later
#include "gaussian_integral.hpp"

#include "infwidth/expression/sign.hpp"

namespace infwidth {

namespace {

const Expression q = Expression::variable("q"), one = 1, two = 2, half = Rational(1, 2), two_pi = two * Expression::pi();

/// The Gaussian of variance q times e^(b x^2): one of variance v = q / (1 - 2 b q), up to the factor sqrt(v / q).
struct Tilt {
  Expression v, root_v, factor;

  explicit Tilt(const Expression& b) : v(q), root_v(sqrt(q)), factor(1) {
    if (b.is_number(0)) return;
    const Expression r = one - tidied(two * b) * q;
    v = q / r;
    root_v = sqrt(q) / sqrt(r);
    factor = one / sqrt(r);
  }
  /// A^2 = 1 + slope^2 v.
  Expression widened(const Expression& slope) const { return one + tidied(slope * slope) * v; }
};

/// sqrt(v / q) E[e^(a u)], u ~ N(0, v).
ComplexFormula total_mass(const ComplexFormula& a, const Tilt& tilt) {
  const ComplexFormula square = a * a;
  return tilt.factor * exp(ComplexFormula{tidied(square.re) * tilt.v / two, tidied(square.im) * tilt.v / two});
}

class Table {
 public:
  Table(const FormulaInterval& interval, const Assumptions& given) : interval_(interval), given_(given) {}

  /// The integral of x^k e^(a x + b x^2) Phi(..) Phi(..) p_q.
  ComplexFormula moment(int k, const ComplexFormula& a, const Expression& b, const std::vector<NormalFactor>& normals) {
    for (const Known& known : known_) {
      if (known.k == k && known.a.re == a.re && known.a.im == a.im && known.b == b && known.normals == normals) return known.value;
    }
    ComplexFormula value;
    if (k == 0) {
      value = mass(a, Tilt(b), normals);
    } else {
      const Tilt tilt(b);
      value = tilt.v * (a * moment(k - 1, a, b, normals) - boundary(k - 1, a, b, normals));
      if (k > 1) value = value + Expression(k - 1) * tilt.v * moment(k - 2, a, b, normals);
      for (std::size_t i = 0; i < normals.size(); ++i) {  // Phi' is a Gaussian: it joins the exponent
        const auto& [slope, offset] = normals[i];
        std::vector<NormalFactor> others = normals;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
        const ComplexFormula shifted{tidied(a.re - slope * offset), a.im};
        const Expression front = slope * exp(-tidied(offset * offset) / two) / sqrt(two_pi);
        value = value + tilt.v * front * moment(k - 1, shifted, tidied(b - slope * slope / two), others);
      }
    }
    known_.push_back({k, a, b, normals, value});
    return value;
  }

  /// The integral of x^n e^(b x^2) p_q over (0, infinity), n > -1 any fraction.
  static Expression half_moment(const Rational& n, const Expression& b) {
    const Tilt tilt(b);
    const Expression power(Rational(n / 2));
    return half * tilt.factor * pow(two * tilt.v, power) * Expression::make(Op::gamma, {Expression(Rational((n + 1) / 2))}) / sqrt(Expression::pi());
  }

 private:
  const FormulaInterval& interval_;
  const Assumptions& given_;
  struct Known {
    int k;
    ComplexFormula a;
    Expression b;
    std::vector<NormalFactor> normals;
    ComplexFormula value;
  };
  std::vector<Known> known_;

  bool whole_line() const { return !interval_.left && !interval_.right; }

  /// x^k e^(a x + b x^2) Phi(..).. p_q(x) between the ends.
  ComplexFormula boundary(int k, const ComplexFormula& a, const Expression& b, const std::vector<NormalFactor>& normals) const {
    ComplexFormula result;
    const auto add = [&](const Expression& t, int sign) {
      if (t.is_number(0) && k > 0) return;
      Expression value = Expression(sign) * pow(t, Expression(k)) * exp(tidied(b * t * t)) * exp(-tidied(t * t) / (two * q)) / sqrt(two_pi * q);
      for (const NormalFactor& n : normals) value = value * Phi(tidied(n.slope * t + n.offset));
      const ComplexFormula phase = exp(ComplexFormula{tidied(a.re * t), tidied(a.im * t)});
      result = result + value * phase;
    };
    if (interval_.right) add(*interval_.right, +1);
    if (interval_.left) add(*interval_.left, -1);
    return result;
  }

  ComplexFormula mass(const ComplexFormula& a, const Tilt& tilt, const std::vector<NormalFactor>& normals) const {
    if (normals.empty()) return mass(a, tilt);
    if (normals.size() == 2) return {mass(a, tilt, normals[0], normals[1]), 0};
    return mass(a, tilt, normals[0]);
  }

  /// Without a normal factor: P(left < u + a v < right), u ~ N(0, v).
  ComplexFormula mass(const ComplexFormula& a, const Tilt& tilt) const {
    const auto below = [&](const Expression& t, int sign) {
      const Expression x = (t.is_number(0) ? Expression(0) : t / tilt.root_v) - a.re * tilt.root_v;
      return normal_cdf(Expression(sign) * x, Expression(-sign) * a.im * tilt.root_v);
    };
    ComplexFormula part{1, 0};
    if (interval_.left && interval_.right) {
      part = below(*interval_.right, 1) - below(*interval_.left, 1);
    } else if (interval_.right) {
      part = below(*interval_.right, 1);
    } else if (interval_.left) {
      part = below(*interval_.left, -1);
    }
    return total_mass(a, tilt) * part;
  }

  ComplexFormula mass(const ComplexFormula& a, const Tilt& tilt, const NormalFactor& n) const {
    if (whole_line()) {
      const Expression width = sqrt(tilt.widened(n.slope)), by = n.slope * tilt.v;
      return total_mass(a, tilt) * normal_cdf((by * a.re + n.offset) / width, by * a.im / width);
    }
    if (!a.im.is_number(0)) throw OutsideClass{"a normal distribution function beside an oscillation on a half line"};
    Expression part = 0;
    if (interval_.left) part = part + above(*interval_.left, a.re, tilt, n);
    if (interval_.right) {
      const Expression mirrored = -*interval_.right, slope = -n.slope;
      part = interval_.left ? part - above(*interval_.right, a.re, tilt, n) : above(mirrored, tidied(-a.re), tilt, {slope, n.offset});
    }
    return part * total_mass(a, tilt);
  }

  /// P(X > t, Z < slope X + offset), X ~ N(a v, v), Z ~ N(0, 1): the bivariate normal distribution by Owen's T.
  Expression above(const Expression& t, const Expression& a, const Tilt& tilt, const NormalFactor& n) const {
    const Expression run = n.slope * tilt.root_v;
    const bool at_zero = t.is_number(0), no_offset = n.offset.is_number(0);
    if (a.is_number(0)) {
      if (at_zero && no_offset) return Expression(Rational(1, 4)) + atan(run) / two_pi;
      const Expression h = -t / tilt.root_v;
      if (no_offset) return half * Phi(h) + owens_t(h, run);
      const Expression k = n.offset / sqrt(tilt.widened(n.slope));
      if (at_zero) return half * Phi(k) + owens_t(k, run);
      const Expression there = tidied(n.offset + n.slope * t);
      return bivariate(h, k, -there * tilt.root_v / t, -(t / tilt.root_v + run * there) / n.offset, -sign(t) * sign(n.offset));
    }
    const Expression width = sqrt(tilt.widened(n.slope));
    if (at_zero && no_offset) {
      const Expression h = a * tilt.root_v;
      return bivariate(h, run * h / width, 0, one / run, sign(n.slope));
    }
    // The signs of h and k change with q. Without them: each T(h, r) less its value at h = 0 goes smoothly through h = 0.
    const Expression way = a * tilt.v - t, by = n.slope * a * tilt.v + n.offset, corner = tidied(n.offset + n.slope * t);
    const auto wedge = [](const Expression& h, const Expression& r) { return r.is_number(0) ? Expression(0) : atan(r) / two_pi - owens_t(h, r); };
    const Expression h = way / tilt.root_v, k = by / width, r = corner * tilt.root_v / way;
    const Expression s = (tidied(a - n.slope * n.offset) * tilt.v - t * tilt.widened(n.slope)) / (tilt.root_v * by);
    return half * (Phi(h) + Phi(k)) - Expression(Rational(1, 4)) + atan(run) / two_pi + wedge(h, r) + wedge(k, s);
  }

  Expression mass(const ComplexFormula& a, const Tilt& tilt, const NormalFactor& m, const NormalFactor& n) const {
    if (!a.re.is_number(0) || !a.im.is_number(0)) throw OutsideClass{"two normal distribution functions beside an exponential"};
    const Expression M2 = tilt.widened(m.slope), N2 = tilt.widened(n.slope), M = sqrt(M2), N = sqrt(N2), product = tidied(m.slope * n.slope) * tilt.v;
    const bool no_offsets = m.offset.is_number(0) && n.offset.is_number(0);
    const Expression angle = asin(m == n ? product / M2 : product / (M * N));
    if (whole_line()) {
      if (no_offsets) return tilt.factor * (Expression(Rational(1, 4)) + angle / two_pi);
      const Expression h = m.offset / M, k = n.offset / N;
      const Expression D = sqrt(one + tidied(m.slope * m.slope + n.slope * n.slope) * tilt.v);
      if (m == n) return tilt.factor * (Phi(h) - two * owens_t(h, one / D));
      if (m.offset.is_number(0)) return tilt.factor * (half * Phi(k) + owens_t(k, product / D));
      if (n.offset.is_number(0)) return tilt.factor * (half * Phi(h) + owens_t(h, product / D));
      const Expression at_h = (n.offset * M2 - m.offset * product) / (m.offset * D), at_k = (m.offset * N2 - n.offset * product) / (n.offset * D);
      return tilt.factor * bivariate(h, k, at_h, at_k, sign(m.offset) * sign(n.offset));
    }
    const bool is_half_line = (interval_.left && !interval_.right && interval_.left->is_number(0)) || (!interval_.left && interval_.right->is_number(0));
    if (!no_offsets || !is_half_line) throw OutsideClass{"two normal distribution functions on a half line, not all beginning at 0"};
    // P(X > 0, Y < m X, Z < n X): an orthant of three Gaussians; the left half line by x -> -x
    const Expression way = interval_.left ? 1 : -1;
    return tilt.factor * (Expression(Rational(1, 8)) + (way * (atan(m.slope * tilt.root_v) + atan(n.slope * tilt.root_v)) + angle) / (two * two_pi));
  }

  int sign(const Expression& constant) const { return sign_of(constant, given_); }

  /// P(X < h, Y < k) for standard normal X, Y, from T(h, at_h) and T(k, at_k); `same`: the sign of h k, which is not 0.
  static Expression bivariate(const Expression& h, const Expression& k, const Expression& at_h, const Expression& at_k, int same) {
    const Expression sum = half * (Phi(h) + Phi(k)) - owens_t(h, at_h) - owens_t(k, at_k);
    return same > 0 ? sum : sum - half;
  }
};

}  // namespace

ComplexFormula normal_cdf(const Expression& x, const Expression& y) {
  if (y.is_number(0)) return {Phi(x), 0};
  const Expression root2 = sqrt(two);
  return {half * (one + erf_re(x / root2, y / root2)), half * erf_im(x / root2, y / root2)};
}

int sign_of(const Expression& constant, const Assumptions& given) {
  if (const auto sign = proven_sign(constant, given)) return *sign;
  throw OutsideClass{"the sign of " + to_string(constant) + " is open", constant};
}

ComplexFormula gaussian_integral(const ExponentialTerm& term, const FormulaInterval& interval, const Assumptions& given) {
  Table table(interval, given);
  ComplexFormula sum;
  for (const auto& [n, c] : term.coefficients) {
    if (denominator(n) == 1 && n >= 0) {
      sum = sum + c * table.moment(static_cast<int>(numerator(n)), term.a, term.b, term.normals);
      continue;
    }
    const bool positive_half_line = interval.left && interval.left->is_number(0) && !interval.right;
    if (!positive_half_line || !term.normals.empty() || !term.a.re.is_number(0) || !term.a.im.is_number(0)) {
      throw OutsideClass{"x^(" + to_string(n) + ") beside other functions"};
    }
    if (n <= -1) throw OutsideClass{"x^(" + to_string(n) + "), whose integral diverges at 0"};
    sum = sum + Table::half_moment(n, term.b) * c;
  }
  return sum;
}

}  // namespace infwidth
