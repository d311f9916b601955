// SPDX-License-Identifier: GPL-3.0-or-later
#include "tanh_moments.hpp"

#include "infwidth/real/errors.hpp"

namespace infwidth {

namespace {

using Coefficients = std::map<std::pair<int, int>, ExactConstant>;
constexpr int largest_degree = 12;

/// Thrown by what is no polynomial in x and tanh(b x).
struct NoPolynomial {};

Coefficients constant(const ExactConstant& c) { return {{{0, 0}, c}}; }
Coefficients sum(const Coefficients& a, const Coefficients& b, const ExactConstant& factor) {
  Coefficients r = a;
  for (const auto& [powers, c] : b) r[powers] += c * factor;
  return r;
}
Coefficients product(const Coefficients& a, const Coefficients& b) {
  Coefficients r;
  for (const auto& [p, c] : a) {
    for (const auto& [s, d] : b) r[{p.first + s.first, p.second + s.second}] += c * d;
  }
  return r;
}

class Reader {
 public:
  std::optional<ExactConstant> scale;

  Coefficients read(const Expression& e) {
    if (!e.depends_on("x")) return constant(ExactConstant::from(e));
    switch (e.op()) {
      case Op::variable: return {{{1, 0}, 1}};  // in x: the scale is put in at the end
      case Op::add: return sum(read(e.argument(0)), read(e.argument(1)), 1);
      case Op::subtract: return sum(read(e.argument(0)), read(e.argument(1)), -1);
      case Op::negate: return sum({}, read(e.argument()), -1);
      case Op::multiply: return product(read(e.argument(0)), read(e.argument(1)));
      case Op::divide:
        if (e.argument(1).depends_on("x")) throw NoPolynomial{};
        return product(read(e.argument(0)), constant(ExactConstant(1) / ExactConstant::from(e.argument(1))));
      case Op::power: {
        const Expression& n = e.argument(1);
        if (!n.is_number() || denominator(n.value()) != 1 || n.value() < 0 || n.value() > largest_degree) throw NoPolynomial{};
        Coefficients r = constant(1);
        for (int k = 0; k < n.value(); ++k) r = product(r, read(e.argument(0)));
        return r;
      }
      case Op::tanh: return tanh_of(e.argument(), 1);
      // sigmoid(u) = 1/2 + tanh(u/2)/2
      case Op::sigmoid: return sum(constant(Rational(1, 2)), tanh_of(e.argument(), Rational(1, 2)), Rational(1, 2));
      default: throw NoPolynomial{};
    }
  }

 private:
  /// tanh(factor u) for u = b x.
  Coefficients tanh_of(const Expression& u, const Rational& factor) {
    const Coefficients argument = read(u);
    ExactConstant b;
    for (const auto& [powers, c] : argument) {
      if (powers == std::pair{1, 0}) {
        b = c * factor;
      } else if (!c.is_zero()) {
        throw NoPolynomial{};
      }
    }
    const int sign = b.sign();
    const ExactConstant size = b * sign;
    if (sign == 0 || (scale && !(*scale - size).is_zero())) throw NoPolynomial{};
    scale = size;
    return {{{0, 1}, sign}};
  }
};

Rational factorial(int n) {
  Rational r = 1;
  for (int k = 2; k <= n; ++k) r *= k;
  return r;
}
Rational bernoulli(int n) {
  std::vector<Rational> b;
  for (int m = 0; m <= n; ++m) {
    Rational s = m == 0 ? 1 : 0;
    for (int k = 0; k < m; ++k) s -= b[static_cast<std::size_t>(k)] * factorial(m + 1) / (factorial(k) * factorial(m + 1 - k));
    b.push_back(m == 0 ? Rational(1) : Rational(s / (m + 1)));
  }
  return b.back();
}
/// sum (-1)^(k+1) / k^n for even n: (1 - 2^(1-n)) |B_n| (2 pi)^n / (2 n!)
ExactConstant eta(int n) {
  const Rational two_n = Rational(Integer(1) << n);
  const Rational c = (1 - 2 / two_n) * abs(bernoulli(n)) * two_n / (2 * factorial(n));
  return ExactConstant(c) * Constants<ExactConstant>::pi().power(n);
}

/// The integral of w^i tanh(w)^j with the tails taken away.
ExactConstant moment_of(int i, int j) {
  if (j == 0) return 0;
  if (j == 1) return i % 2 == 0 ? ExactConstant(0) : ExactConstant(Rational(-4 * factorial(i) / Rational(Integer(1) << (i + 1)))) * eta(i + 1);
  // tanh^j = tanh^(j-2) - (tanh^(j-1))' / (j - 1), by parts
  ExactConstant r = moment_of(i, j - 2);
  if (i == 0) return j % 2 == 0 ? r - ExactConstant(Rational(2, j - 1)) : r;
  return r + ExactConstant(Rational(i, j - 1)) * moment_of(i - 1, j - 1);
}

}  // namespace

std::optional<TanhPolynomial> TanhPolynomial::from(const Expression& f) {
  try {
    Reader reader;
    TanhPolynomial p;
    const Coefficients in_x = reader.read(f);
    p.scale_ = reader.scale.value_or(ExactConstant(1));
    for (const auto& [powers, c] : in_x) {
      if (powers.first > largest_degree || powers.second > 4 * largest_degree) return std::nullopt;
      p.coefficients_.emplace(powers, c / p.scale_.power(powers.first));
    }
    return p;
  } catch (const NoPolynomial&) {
    return std::nullopt;
  }
}

TanhPolynomial TanhPolynomial::square() const {
  TanhPolynomial r = *this;
  r.coefficients_ = product(coefficients_, coefficients_);
  return r;
}

ExactConstant TanhPolynomial::moment(int n) const {
  ExactConstant sum;
  for (const auto& [powers, c] : coefficients_) sum += c * moment_of(powers.first + n, powers.second);
  return sum / scale_.power(n + 1);
}

}  // namespace infwidth
