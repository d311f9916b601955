// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/expression/asymptotic_series.hpp"

#include "infwidth/real/errors.hpp"
#include "infwidth/real/jet.hpp"
#include "infwidth/expression/series_algebra.hpp"

namespace infwidth {

namespace {

constexpr int jet_order = 20;
using ConstantJet = Jet<ExactConstant, jet_order>;

class Expander {
 public:
  Expander(std::string_view variable, int sign, int power, int width) : variable_(variable), sign_(sign), power_(power), width_(width), series_(width) {}

  AsymptoticSeries at(const Expression& e) const {
    if (!e.depends_on(variable_)) return SeriesAlgebra::constant(ExactConstant::from(e));
    const auto argument = [&](std::size_t i = 0) { return at(e.argument(i)); };
    switch (e.op()) {
      case Op::variable: return SeriesAlgebra::monomial(sign_, power_);
      case Op::add: return series_.sum(argument(0), argument(1));
      case Op::subtract: return series_.difference(argument(0), argument(1));
      case Op::multiply: return series_.product(argument(0), argument(1));
      case Op::divide: return series_.quotient(argument(0), argument(1));
      case Op::negate: return series_.scaled(argument(), -1);
      case Op::sqrt: return series_.power(argument(), Rational(1, 2));
      case Op::power: return power(e);
      case Op::exp: return exponential(argument());
      case Op::sinh: return hyperbolic(argument(), -1);
      case Op::cosh: return hyperbolic(argument(), 1);
      case Op::log: return logarithm(e, argument());
      case Op::sin: return circular(e, argument(), false);
      case Op::cos: return circular(e, argument(), true);
      case Op::tan: return series_.quotient(circular(e, argument(), false), circular(e, argument(), true));
      case Op::tanh: return series_.difference(series_.scaled(sigmoid_of(series_.scaled(argument(), 2)), 2), SeriesAlgebra::constant(1));
      case Op::sigmoid: return sigmoid_of(argument());
      case Op::softplus: return softplus_of(argument());
      case Op::erf: return series_.difference(SeriesAlgebra::constant(1), erfc_of(argument()));
      case Op::erfc: return erfc_of(argument());
      case Op::Phi: return series_.scaled(erfc_of(series_.scaled(argument(), -sqrt(ExactConstant(Rational(1, 2))))), Rational(1, 2));
      case Op::atan: return atan_of(argument());
      case Op::asin: return asin_of(argument());
      case Op::owens_t: return owens_t_of(argument(0), argument(1));
      case Op::erf_re: return erf_of_complex(argument(0), argument(1)).re;
      case Op::erf_im: return erf_of_complex(argument(0), argument(1)).im;
      default: throw NotReached("expansion: no expansion of " + to_string(e) + " is known");
    }
  }

 private:
  std::string_view variable_;
  int sign_, power_, width_;
  SeriesAlgebra series_;

  using Split = SeriesAlgebra::Split;

  /// Is the function unbounded, with which sign?
  static int sign_of_large(const Split& s) { return s.large.parts.empty() ? 0 : s.large.parts[0].series.terms.begin()->second.sign(); }

  AsymptoticSeries taylor(const Split& s, ConstantJet (*f)(const ConstantJet&)) const {
    const ConstantJet jet = f(ConstantJet::variable(s.constant));
    return series_.composed(s.small, [&](int k) { return jet[k]; });
  }

  AsymptoticSeries power(const Expression& e) const {
    if (!e.argument(1).depends_on(variable_)) {
      if (const auto exponent = ExactConstant::from(e.argument(1)).rational()) return series_.power(at(e.argument(0)), *exponent);
    }
    return exponential(series_.product(at(e.argument(1)), logarithm(e, at(e.argument(0)))));
  }

  AsymptoticSeries exponential(const AsymptoticSeries& u) const {
    const Split s = SeriesAlgebra::split(u);
    Scale scale;
    for (const auto& part : s.large.parts) scale.exponent.insert(part.series.terms.begin(), part.series.terms.end());
    std::vector<Rational> inverse_factorial = {1};
    for (int k = 1; k <= jet_order; ++k) inverse_factorial.push_back(inverse_factorial.back() / k);
    const AsymptoticSeries rest = series_.composed(s.small, [&](int k) { return ExactConstant(inverse_factorial[static_cast<std::size_t>(k)]); });
    return series_.product(SeriesAlgebra::monomial(exp(s.constant), 0, scale), rest);
  }
  AsymptoticSeries hyperbolic(const AsymptoticSeries& u, int sign) const {
    return series_.scaled(series_.sum(exponential(u), series_.scaled(exponential(series_.scaled(u, -1)), sign)), Rational(1, 2));
  }

  AsymptoticSeries logarithm(const Expression& e, const AsymptoticSeries& u) const {
    const SeriesAlgebra::Leading lead = SeriesAlgebra::leading(u);
    if (lead.power != 0) throw NotReached("expansion: a logarithm of the variable, in " + to_string(e));
    Scale inverse;
    AsymptoticSeries r = SeriesAlgebra::constant(log(lead.coefficient));
    for (const auto& [p, c] : lead.scale.exponent) {
      inverse.exponent.emplace(p, -c);
      r = series_.sum(r, SeriesAlgebra::monomial(c, p));
    }
    return series_.sum(r, log_one_plus(series_.difference(series_.product(u, SeriesAlgebra::monomial(ExactConstant(1) / lead.coefficient, 0, inverse)),
                                                          SeriesAlgebra::constant(1))));
  }
  AsymptoticSeries log_one_plus(const AsymptoticSeries& small) const {
    return series_.composed(small, [](int k) { return k == 0 ? ExactConstant(0) : ExactConstant(Rational(k % 2 == 1 ? 1 : -1, k)); });
  }

  /// Of an unbounded argument: sin(n + u) with n unbounded and u bounded, sin(n) a wave.
  AsymptoticSeries circular(const Expression& e, const AsymptoticSeries& u, bool cosine) const {
    const Split s = SeriesAlgebra::split(u);
    const AsymptoticSeries sine_of_small = taylor(s, &sin), cosine_of_small = taylor(s, &cos);
    if (s.large.parts.empty()) return cosine ? cosine_of_small : sine_of_small;
    Expression n = 0;
    for (const auto& [p, c] : s.large.parts[0].series.terms) {
      if (denominator(p) != 1) throw NotReached("expansion: no expansion of " + to_string(e) + " is known");
      n = n + c.expression() * pow(Expression::variable(variable_), Expression(Rational(p * power_)));
    }
    const auto wave = [&](const Expression& w) { return SeriesAlgebra::monomial(1, 0, {{}, w}); };
    // sin(n + u) = sin n cos u + cos n sin u, cos(n + u) = cos n cos u - sin n sin u
    const AsymptoticSeries first = series_.product(wave(cosine ? cos(n) : sin(n)), cosine_of_small);
    const AsymptoticSeries second = series_.product(wave(cosine ? sin(n) : cos(n)), sine_of_small);
    return cosine ? series_.difference(first, second) : series_.sum(first, second);
  }

  /// 1/(1 + exp(-u)), and exp(u)/(1 + exp(u)) for u -> -oo.
  AsymptoticSeries sigmoid_of(const AsymptoticSeries& u) const {
    const Split s = SeriesAlgebra::split(u);
    const int direction = sign_of_large(s);
    if (direction == 0) return taylor(s, &sigmoid);
    const AsymptoticSeries w = exponential(series_.scaled(u, -direction));
    const AsymptoticSeries r = series_.power(series_.sum(SeriesAlgebra::constant(1), w), -1);
    return direction > 0 ? r : series_.product(w, r);
  }
  /// log(1 + exp(u)) = u + log(1 + exp(-u))
  AsymptoticSeries softplus_of(const AsymptoticSeries& u) const {
    const Split s = SeriesAlgebra::split(u);
    const int direction = sign_of_large(s);
    if (direction == 0) return taylor(s, &softplus);
    const AsymptoticSeries rest = log_one_plus(exponential(series_.scaled(u, -direction)));
    return direction > 0 ? series_.sum(u, rest) : rest;
  }

  /// For u -> oo: exp(-u^2)/(sqrt(pi) u) sum_k (-1)^k (2k - 1)!! / (2 u^2)^k; erfc(-u) = 2 - erfc(u).
  AsymptoticSeries erfc_of(const AsymptoticSeries& u) const {
    const Split s = SeriesAlgebra::split(u);
    const int direction = sign_of_large(s);
    if (direction == 0) return taylor(s, &erfc);
    if (direction < 0) return series_.difference(SeriesAlgebra::constant(2), erfc_of(series_.scaled(u, -1)));
    const AsymptoticSeries square = series_.product(u, u);
    const AsymptoticSeries v = series_.power(series_.scaled(square, 2), -1);
    std::vector<Rational> odd = {1};
    for (int k = 1; k <= jet_order; ++k) odd.push_back(-odd.back() * (2 * k - 1));
    const AsymptoticSeries tail = series_.composed(v, [&](int k) { return ExactConstant(odd[static_cast<std::size_t>(k)]); });
    const AsymptoticSeries front = series_.scaled(series_.power(u, -1), Constants<ExactConstant>::pi().power(Rational(-1, 2)));
    return series_.product(exponential(series_.scaled(square, -1)), series_.product(front, tail));
  }

  /// atan(u) = +-pi/2 - atan(1/u)
  AsymptoticSeries atan_of(const AsymptoticSeries& u) const {
    const Split s = SeriesAlgebra::split(u);
    const int direction = sign_of_large(s);
    if (direction == 0) return taylor(s, &atan);
    const ExactConstant limit = Constants<ExactConstant>::pi() * ExactConstant(Rational(direction, 2));
    return series_.difference(SeriesAlgebra::constant(limit), atan_of(series_.power(u, -1)));
  }
  /// asin(1 - w) = pi/2 - sqrt(2 w) sum_k C(2k, k) / (2k + 1) (w/8)^k
  AsymptoticSeries asin_of(const AsymptoticSeries& u) const {
    const Split s = SeriesAlgebra::split(u);
    const std::optional<Rational> c = s.constant.rational();
    if (!c || abs(*c) != 1) return taylor(s, &asin);
    const AsymptoticSeries w = series_.difference(SeriesAlgebra::constant(1), series_.scaled(u, *c));
    std::vector<Rational> coefficient = {1};
    for (int k = 1; k <= jet_order; ++k) coefficient.push_back(coefficient.back() * 2 * (2 * k - 1) / (8 * k));
    const AsymptoticSeries root = series_.power(series_.scaled(w, 2), Rational(1, 2));
    const AsymptoticSeries rest = series_.composed(w, [&](int k) { return ExactConstant(Rational(coefficient[static_cast<std::size_t>(k)] / (2 * k + 1))); });
    const AsymptoticSeries limit = SeriesAlgebra::constant(Constants<ExactConstant>::pi() / 2);
    return series_.scaled(series_.difference(limit, series_.product(root, rest)), *c);
  }

  /// From its limit and its slopes: d/dt T(h, a) = -exp(-h^2/2) erf(h a/sqrt(2)) h' / (2 sqrt(2 pi)) + exp(-h^2 (1 + a^2)/2) a' / (2 pi (1 + a^2)).
  AsymptoticSeries owens_t_of(const AsymptoticSeries& h, const AsymptoticSeries& a) const {
    const Split sh = SeriesAlgebra::split(h), sa = SeriesAlgebra::split(a);
    const int a_direction = sign_of_large(sa);
    ExactConstant limit;
    if (sign_of_large(sh) == 0) {
      const Expression at_limit = owens_t(sh.constant.expression(), sa.constant.expression());
      const ExactConstant size = sh.constant * ExactConstant(sh.constant.sign());
      limit = a_direction == 0 ? ExactConstant::from(at_limit) : ExactConstant(Rational(a_direction, 4)) * erfc(size / sqrt(ExactConstant(2)));
    }
    const ExactConstant pi = Constants<ExactConstant>::pi();
    const AsymptoticSeries h2 = series_.product(h, h), d = series_.sum(SeriesAlgebra::constant(1), series_.product(a, a));
    const AsymptoticSeries one = SeriesAlgebra::constant(1), ha = series_.scaled(series_.product(h, a), sqrt(ExactConstant(Rational(1, 2))));
    const AsymptoticSeries along_h = series_.product(exponential(series_.scaled(h2, Rational(-1, 2))), series_.difference(one, erfc_of(ha)));
    const AsymptoticSeries along_a = series_.quotient(exponential(series_.scaled(series_.product(h2, d), Rational(-1, 2))), d);
    const AsymptoticSeries slope = series_.sum(series_.scaled(series_.product(along_h, series_.derivative(h)), ExactConstant(-1) / (sqrt(ExactConstant(2) * pi) * 2)),
                                               series_.scaled(series_.product(along_a, series_.derivative(a)), ExactConstant(Rational(1, 2)) / pi));
    return series_.sum(SeriesAlgebra::constant(limit), series_.integral(slope));
  }

  struct Complex {
    AsymptoticSeries re, im;
  };
  Complex product(const Complex& a, const Complex& b) const {
    return {series_.difference(series_.product(a.re, b.re), series_.product(a.im, b.im)), series_.sum(series_.product(a.re, b.im), series_.product(a.im, b.re))};
  }
  /// exp(-(x + i y)^2) = exp(y^2 - x^2) (cos 2 x y - i sin 2 x y)
  Complex gaussian(const AsymptoticSeries& x, const AsymptoticSeries& y) const {
    const AsymptoticSeries size = exponential(series_.difference(series_.product(y, y), series_.product(x, x)));
    const AsymptoticSeries angle = series_.scaled(series_.product(x, y), 2);
    const Expression name = Expression::variable("angle");
    return {series_.product(size, circular(cos(name), angle, true)), series_.scaled(series_.product(size, circular(sin(name), angle, false)), -1)};
  }

  Complex erf_of_complex(const AsymptoticSeries& x, const AsymptoticSeries& y) const {
    const Split sx = SeriesAlgebra::split(x), sy = SeriesAlgebra::split(y);
    const int direction = sign_of_large(sx);
    const ExactConstant root_pi = sqrt(Constants<ExactConstant>::pi());
    if (direction < 0) {
      const Complex mirrored = erf_of_complex(series_.scaled(x, -1), series_.scaled(y, -1));
      return {series_.scaled(mirrored.re, -1), series_.scaled(mirrored.im, -1)};
    }
    const Complex g = gaussian(x, y);
    if (direction == 0 && sy.large.parts.empty()) {
      const Expression x0 = sx.constant.expression(), y0 = sy.constant.expression();
      const Complex slope = product(g, {series_.derivative(x), series_.derivative(y)});
      const auto from_limit = [&](const Expression& limit, const AsymptoticSeries& along) {
        return series_.sum(SeriesAlgebra::constant(ExactConstant::from(limit)), series_.scaled(series_.integral(along), ExactConstant(2) / root_pi));
      };
      return {from_limit(erf_re(x0, y0), slope.re), from_limit(erf_im(x0, y0), slope.im)};
    }
    // erfc(z) = exp(-z^2)/(sqrt(pi) z) sum_k (-1)^k (2k - 1)!! / (2 z^2)^k for |arg z| < 3 pi/4; on the imaginary axis the constant is beneath all.
    const AsymptoticSeries size = series_.power(series_.sum(series_.product(x, x), series_.product(y, y)), -1);
    const Complex inverse{series_.product(x, size), series_.scaled(series_.product(y, size), -1)};
    const Complex square = product(inverse, inverse);
    Complex sum{SeriesAlgebra::constant(1), {}}, power = sum;
    ExactConstant c = 1;
    const Rational step = SeriesAlgebra::leading(size).power;
    int k = 1;
    for (; k < jet_order && step * k < width_; ++k) {
      power = product(power, square);
      c *= ExactConstant(Rational(1 - 2 * k, 2));
      sum = {series_.sum(sum.re, series_.scaled(power.re, c)), series_.sum(sum.im, series_.scaled(power.im, c))};
    }
    const AsymptoticSeries rest = SeriesAlgebra::remainder(step * k);
    sum = {series_.sum(sum.re, rest), series_.sum(sum.im, rest)};
    const Complex erfc_z = product(g, product(inverse, sum));
    return {series_.difference(SeriesAlgebra::constant(1), series_.scaled(erfc_z.re, ExactConstant(1) / root_pi)), series_.scaled(erfc_z.im, ExactConstant(-1) / root_pi)};
  }
};

}  // namespace

AsymptoticSeries asymptotic_series(const Expression& e, std::string_view variable, int sign, int power, int width) {
  return Expander(variable, sign, power, width).at(e);
}

}  // namespace infwidth
