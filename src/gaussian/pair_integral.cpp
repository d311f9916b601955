// SPDX-License-Identifier: GPL-3.0-or-later
#include "pair_integral.hpp"

#include "gaussian_integral.hpp"

namespace infwidth {

namespace {

const Expression q1 = Expression::variable("q1"), q2 = Expression::variable("q2"), c = Expression::variable("c"), one = 1, two = 2, half = Rational(1, 2),
                 two_pi = two * Expression::pi(), determinant = q1 * q2 - c * c;

/// The normal distribution with covariance [[q1, c], [c, q2]] times e^(b1 u^2 + b2 v^2): one of covariance [[s1, r], [r, s2]], up to the factor 1/sqrt(D).
struct PairTilt {
  Expression s1 = q1, s2 = q2, r = c, det = determinant, factor = 1;

  PairTilt(const Expression& b1, const Expression& b2) {
    if (b1.is_number(0) && b2.is_number(0)) return;
    const Expression d1 = tidied(two * b1), d2 = tidied(two * b2);
    const Expression D = one - d1 * q1 - d2 * q2 + tidied(d1 * d2) * determinant;
    s1 = (q1 - d2 * determinant) / D;
    s2 = (q2 - d1 * determinant) / D;
    r = c / D;
    det = determinant / D;
    factor = one / sqrt(D);
  }
};

bool depends_on_the_pair(const Expression& e) { return e.depends_on("q1") || e.depends_on("q2") || e.depends_on("c"); }

/// An event L X < h of a standard normal variable: what a step or a normal factor becomes. `loading` is the share of the Gaussian's deviation in it.
struct Gate {
  Expression loading, width2;  // the deviation is loading (x - mean) / sqrt(width2), width2 = 1 + slope^2 s or s
  ComplexFormula top;          // h = top / sqrt(width2)
};

}  // namespace

/// The sign of a formula in q1, q2, c where it is seen: as a constant, or a multiple of q1 q2 - c^2 > 0.
std::optional<int> PairTable::sign(const Expression& e) const {
  for (const Expression& part : {e, shorten(e / determinant, given_)}) {
    try {
      return sign_of(part, given_);
    } catch (const OutsideClass&) {
      // perhaps the other way
    }
  }
  return std::nullopt;
}

/// Nicholson's V(h, y) = atan(y/h)/(2 pi) - T(h, y/h), smooth where h or y goes through 0; h = top / width, y = corner / (width root).
Expression PairTable::triangle(const Expression& top, const Expression& width, const Expression& corner, const Expression& root) const {
  if (corner.is_number(0)) return 0;
  const Expression h = top / width;
  const std::optional<int> side = sign(corner);
  if (sign(top) || !side) {  // where top goes through 0 after all, the formula divides by 0
    const Expression ratio = corner / (top * root);
    return atan(ratio) / two_pi - owens_t(h, ratio);
  }
  const Expression y = Expression(*side) * corner / (width * root), ratio = Expression(*side) * top * root / corner;
  const Expression V = Expression(Rational(1, 4)) - half * Phi(h) - half * Phi(y) + Phi(h) * Phi(y) - atan(ratio) / two_pi + owens_t(y, ratio);
  return Expression(*side) * V;
}

ComplexFormula PairTable::integral(const GatedTerm& f, const GatedTerm& g) {
  const auto factor = [](const GatedTerm& t, int k) {
    Factor result{k, t.term.a, t.term.b, t.step, std::nullopt};
    if (!t.term.normals.empty()) result.normal = t.term.normals[0];
    return result;
  };
  ComplexFormula sum;
  for (const auto& [m, a] : f.term.coefficients) {
    for (const auto& [n, b] : g.term.coefficients) {
      if (denominator(m) != 1 || denominator(n) != 1) throw OutsideClass{"x^(" + to_string(denominator(m) != 1 ? m : n) + ") in two variables"};
      sum = sum + a * b * moment(factor(f, static_cast<int>(numerator(m))), factor(g, static_cast<int>(numerator(n))));
    }
  }
  return sum;
}

ComplexFormula PairTable::moment(const Factor& f, const Factor& g) {
  for (const Known& known : known_) {
    if (known.f == f && known.g == g) return known.value;
  }
  ComplexFormula value;
  if (f.k == 0 && g.k == 0) {
    value = mass(f, g);
  } else {
    // E[(u - mean) X] = s1 E[dX/du] + r E[dX/dv]
    const bool of_u = f.k > 0;
    const PairTilt t(f.b, g.b);
    Factor lower_f = f, lower_g = g;
    --(of_u ? lower_f : lower_g).k;
    const Expression &own = of_u ? t.s1 : t.s2, &other = t.r;
    const ComplexFormula mean = own * (of_u ? f : g).a + other * (of_u ? g : f).a;
    if (!mean.is_zero()) value = mean * moment(lower_f, lower_g);
    const auto add = [&](const Expression& weight, bool u) {
      const int k = (u ? lower_f : lower_g).k;
      if (k > 0) {
        Factor less_f = lower_f, less_g = lower_g;
        --(u ? less_f : less_g).k;
        value = value + Expression(k) * weight * moment(less_f, less_g);
      }
      value = value + weight * with_derivative_of_gate(u ? lower_f : lower_g, u ? lower_g : lower_f, !u);
    };
    add(own, of_u);
    add(other, !of_u);
  }
  known_.push_back({f, g, value});
  return value;
}

/// The integral where the gate of `f` is replaced by its derivative. `exchanged`: f is the function of v.
ComplexFormula PairTable::with_derivative_of_gate(const Factor& f, const Factor& g, bool exchanged) {
  if (f.normal) {  // Phi' is a Gaussian: it joins the exponent
    const auto& [slope, offset] = *f.normal;
    Factor bare = f;
    bare.normal.reset();
    bare.a.re = tidied(f.a.re - slope * offset);
    bare.b = tidied(f.b - slope * slope / two);
    const Expression front = slope * exp(-tidied(offset * offset) / two) / sqrt(two_pi);
    return front * (exchanged ? moment(g, bare) : moment(bare, g));
  }
  if (!f.step) return {};
  // The step's derivative fixes u = at; v is then normal with mean c at / q1 and variance det / q1.
  const Expression& at = f.step->at;
  if (at.is_number(0) && f.k > 0) return {};
  const Expression &own = exchanged ? q2 : q1, spread = determinant / own;
  const ComplexFormula shift = exp(ComplexFormula{tidied(f.a.re * at + f.b * at * at), tidied(f.a.im * at)});
  const Expression density = exp(-tidied(at * at) / (two * own)) / sqrt(two_pi * own);
  ExponentialTerm rest{g.a, g.b, {}, {{g.k, ComplexFormula{1, 0}}}};
  Expression front = Expression(f.step->side) * pow(at, Expression(f.k)) * density;
  if (!at.is_number(0)) {  // N(m, w) is N(0, w) times e^(m v / w - m^2 / 2w)
    rest.a.re = rest.a.re + c * at / determinant;
    front = front * exp(-(c * c * tidied(at * at)) / (two * own * determinant));
  }
  FormulaInterval where;
  if (g.step) (g.step->side > 0 ? where.left : where.right) = g.step->at;
  if (g.normal) rest.normals.push_back(*g.normal);
  const ComplexFormula conditional = gaussian_integral(rest, where, given_);
  return front * (shift * ComplexFormula{substitute(conditional.re, "q", spread), substitute(conditional.im, "q", spread)});
}

ComplexFormula PairTable::mass(const Factor& f, const Factor& g) {
  const PairTilt t(f.b, g.b);
  // exp(a S a / 2)
  const ComplexFormula exponent = half * (t.s1 * (f.a * f.a) + two * t.r * (f.a * g.a) + t.s2 * (g.a * g.a));
  const ComplexFormula front = t.factor * exp(exponent);
  const ComplexFormula mean_u = t.s1 * f.a + t.r * g.a, mean_v = t.r * f.a + t.s2 * g.a;
  const auto gate = [&](const Factor& x, const Expression& s, const ComplexFormula& mean) -> std::optional<Gate> {
    if (x.normal) {
      const ComplexFormula top = x.normal->slope * mean + ComplexFormula{x.normal->offset, 0};
      return Gate{-x.normal->slope, one + tidied(x.normal->slope * x.normal->slope) * s, top};
    }
    if (x.step) return Gate{Expression(-x.step->side), s, Expression(x.step->side) * (mean - ComplexFormula{x.step->at, 0})};
    return std::nullopt;
  };
  const std::optional<Gate> first = gate(f, t.s1, mean_u), second = gate(g, t.s2, mean_v);
  if (!first && !second) return front;
  if (!first || !second) {
    const Gate& only = first ? *first : *second;
    const Expression width = sqrt(only.width2);
    return front * normal_cdf(only.top.re.is_number(0) ? Expression(0) : only.top.re / width, only.top.im / width);
  }
  if (!first->top.im.is_number(0) || !second->top.im.is_number(0)) throw OutsideClass{"two kinks or normal distribution functions beside an oscillation"};
  // P(X < h, Y < k), X, Y standard normal with correlation rho, 1 - rho^2 = rest / (H^2 K^2)
  const Expression H2 = first->width2, K2 = second->width2, H = sqrt(H2), K = sqrt(K2), top_h = first->top.re, top_k = second->top.re;
  const Expression product = tidied(first->loading * second->loading) * t.r;  // rho H K
  Expression rest = H2 * K2 - product * product;
  if (f.step && g.step) rest = t.det;
  if (f.step && g.normal) rest = t.s1 + tidied(second->loading * second->loading) * t.det;
  if (f.normal && g.step) rest = t.s2 + tidied(first->loading * first->loading) * t.det;
  const Expression root = sqrt(rest);
  const bool no_h = top_h.is_number(0), no_k = top_k.is_number(0);
  Expression value = 0;
  if (no_h && no_k) {
    value = Expression(Rational(1, 4)) + asin(product / (H * K)) / two_pi;
  } else if (no_h || no_k) {
    value = half * Phi(no_h ? top_k / K : top_h / H) + owens_t(no_h ? top_k / K : top_h / H, product / root);
  } else {
    // The corner of the quadrant, seen from the two lines that bound it: T(h, corner / h) ..
    const Expression corner_h = shorten(top_k * H2 - product * top_h, given_), corner_k = shorten(top_h * K2 - product * top_k, given_);
    const Expression halves = half * (Phi(top_h / H) + Phi(top_k / K));
    const bool constant = !depends_on_the_pair(top_h) && !depends_on_the_pair(top_k);
    if (constant) {
      value = halves - owens_t(top_h / H, corner_h / (top_h * root)) - owens_t(top_k / K, corner_k / (top_k * root)) -
              (sign_of(top_h, given_) * sign_of(top_k, given_) > 0 ? Expression(0) : half);
    } else {
      value = halves - Expression(Rational(1, 4)) + atan(product / root) / two_pi + triangle(top_h, H, corner_h, root) + triangle(top_k, K, corner_k, root);
    }
  }
  return value * front;
}

}  // namespace infwidth
