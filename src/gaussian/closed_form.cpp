// SPDX-License-Identifier: GPL-3.0-or-later
//
// The closed forms, as data (derivations/gaussian/D-030-closed-forms.md): one expression each, in the language of typed formulas.
#include "infwidth/gaussian/closed_form.hpp"

#include <string>
#include <vector>

#include "infwidth/activation/recognise.hpp"
#include "infwidth/expression/parse.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth {

namespace {

/// Q and chi of a function f(x) as text in q and the entry's parameter `p`. `radial` is chi + 2 q chi', "" if the sum loses nothing.
struct Entry {
  const char* name;
  const char* Q;
  const char* chi;
  const char* radial;
  bool in_double;
};

const Entry entries[] = {
    {"erf", "2/pi*asin(2*q/(1+2*q))", "4/(pi*sqrt(1+4*q))", "4/(pi*(1+4*q)^(3/2))", true},
    {"gelu", "q/4+(q*asin(q/(1+q))+2*q^2/((1+q)*sqrt(1+2*q)))/(2*pi)",
     "1/4+(asin(q/(1+q))+2*q/((1+q)*sqrt(1+2*q))+q/(1+2*q)^(3/2))/(2*pi)", "", true},
    {"exp", "exp(2*q)", "exp(2*q)", "", true},
    {"gaussian", "1/sqrt(1+4*q)", "4*q/(1+4*q)^(3/2)", "12*q/(1+4*q)^(5/2)", true},
    // ELU cancels for small q; the clipped ones cancel for large q; Phi(-2 sqrt q) underflows beside exp(2q).
    {"elu", "q/2+p^2*(exp(2*q)*Phi(-2*sqrt(q))-2*exp(q/2)*Phi(-sqrt(q))+1/2)", "1/2+p^2*exp(2*q)*Phi(-2*sqrt(q))", "", false},
    {"hardtanh", "q*(erf(1/sqrt(2*q))-sqrt(2/(pi*q))*exp(-1/(2*q)))+erfc(1/sqrt(2*q))", "erf(1/sqrt(2*q))", "", false},
    {"relu6", "q/2*(erf(6/sqrt(2*q))-6*sqrt(2/(pi*q))*exp(-18/q))+18*erfc(6/sqrt(2*q))", "erf(6/sqrt(2*q))/2", "", false},
};

const Expression q = Expression::variable("q");

/// (2k-1)!! = E z^2k.
Rational double_factorial(int k) {
  Rational r = 1;
  for (int i = 1; i < 2 * k; i += 2) r *= i;
  return r;
}

/// E[f^2] of a polynomial f(sqrt(q) z), from its coefficients.
Expression polynomial_Q(const std::vector<Expression>& c) {
  Expression sum = 0;
  for (std::size_t power = 0; power <= 2 * (c.size() - 1); power += 2) {
    Expression coefficient = 0;
    for (std::size_t i = power < c.size() ? 0 : power - c.size() + 1; i < c.size() && i <= power; ++i) coefficient = coefficient + c[i] * c[power - i];
    const int half = static_cast<int>(power) / 2;
    sum = sum + simplify(coefficient) * Expression(double_factorial(half)) * pow(q, Expression(half));
  }
  return sum;
}

ClosedForm polynomial(const std::vector<Expression>& c) {
  std::vector<Expression> slope;
  for (std::size_t i = 1; i < c.size(); ++i) slope.push_back(Expression(static_cast<int>(i)) * c[i]);
  if (slope.empty()) slope.emplace_back(0);
  // Terms of both signs (Hermite polynomials) may cancel in double precision; a monomial's single term does not.
  int terms = 0;
  for (const Expression& e : c) terms += e.is_number(0) ? 0 : 1;
  return {.Q = polynomial_Q(c), .chi = polynomial_Q(slope), .radial = std::nullopt, .in_double = terms <= 1 || c.size() <= 2};
}

/// E|z|^2n = 2^n Gamma(n + 1/2) / sqrt(pi) for n a multiple of 1/2, n > -1/2.
Expression absolute_moment(const Rational& n) {
  const Rational twice = n * 2;
  const int m = static_cast<int>(numerator(twice));
  if (m % 2 == 0) return Expression(double_factorial(m / 2));
  const int k = (m - 1) / 2;  // n = k + 1/2: 2^n k! / sqrt(pi)
  Rational factorial = 1;
  for (int i = 2; i <= k; ++i) factorial *= i;
  return Expression(factorial) * pow(Expression(2), Expression(k)) * sqrt(Expression(2) / Expression::pi());
}

/// alpha (-x)^n for x < 0, beta x^n for x > 0. Other n than multiples of 1/2 need Gamma: quadrature.
std::optional<ClosedForm> powers(const Expression& alpha, const Expression& beta, const Rational& n) {
  if (denominator(Rational(n * 2)) != 1 || n < 0 || n > 200) return std::nullopt;
  const Expression mean_square = simplify((alpha * alpha + beta * beta) / Expression(2));
  ClosedForm form;
  form.Q = mean_square * absolute_moment(n) * pow(q, Expression(n));
  if (n == 0) return form;  // a jump, or a constant
  if (n <= Rational(1, 2)) return form;
  form.chi = mean_square * Expression(Rational(n * n)) * absolute_moment(Rational(n - 1)) * pow(q, Expression(Rational(n - 1)));
  return form;
}

/// A sin(b x) + B cos(b x). With T = tanh(b^2 q): (1 - e^(-2 b^2 q))/2 = T/(1+T) and (1 + e^(-2 b^2 q))/2 = 1/(1+T) do not cancel.
ClosedForm sinusoid(const Expression& A, const Expression& B, const Expression& b) {
  const Expression A2 = simplify(A * A), B2 = simplify(B * B), b2 = simplify(b * b);
  if (is_identically_zero(A2 - B2)) return {.Q = A2, .chi = simplify(b2 * A2), .radial = std::nullopt, .in_double = true};
  const Expression T = tanh(b2 * q), odd = T / (Expression(1) + T), even = Expression(1) / (Expression(1) + T);
  return {.Q = A2 * odd + B2 * even, .chi = b2 * (A2 * even + B2 * odd), .radial = std::nullopt, .in_double = true};
}

/// The maps of c + a f(b x) from those of f; c != 0 only for odd f.
ClosedForm scaled(const ClosedForm& f, const Expression& a, const Expression& b, const Expression& c) {
  const Expression a2 = simplify(a * a), b2 = simplify(b * b), at = b2 * q;
  const auto map = [&](const Expression& e) { return substitute(e, "q", at); };
  ClosedForm form;
  form.Q = simplify(c * c) + a2 * map(f.Q);
  if (f.chi) form.chi = a2 * b2 * map(*f.chi);
  if (f.radial) form.radial = a2 * b2 * map(*f.radial);
  form.in_double = f.in_double;
  return form;
}

std::optional<ClosedForm> named(const std::string& name, const Expression& parameter) {
  for (const Entry& entry : entries) {
    if (name != entry.name) continue;
    const Language language{.variables = {"q", "p"}, .functions = {}};
    const auto formula = [&](const char* text) { return substitute(parse(text, language), "p", parameter); };
    ClosedForm form{.Q = formula(entry.Q), .chi = formula(entry.chi), .radial = std::nullopt, .in_double = entry.in_double};
    if (*entry.radial != '\0') form.radial = formula(entry.radial);
    return form;
  }
  return std::nullopt;
}

}  // namespace

std::optional<ClosedForm> closed_form(const Recognised& phi) {
  switch (phi.kind) {
    case Recognised::Kind::polynomial: return polynomial(phi.coefficients);
    case Recognised::Kind::slopes: return powers(phi.left, phi.right, 1);
    case Recognised::Kind::powers: return powers(phi.left, phi.right, phi.exponent);
    case Recognised::Kind::sinusoid: return sinusoid(phi.sine, phi.cosine, phi.b);
    case Recognised::Kind::shape:
      if (const auto form = named(phi.entry, phi.parameter)) return scaled(*form, phi.a, phi.b, phi.c);
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<TanhForm> tanh_form(const Recognised& phi) {
  if (phi.kind != Recognised::Kind::shape) return std::nullopt;
  if (phi.entry == "tanh") return TanhForm{TanhIntegrand::tanh, phi.a, phi.b, phi.c};
  // silu(x) = x sigmoid(x) = w (1 + tanh w), w = x/2
  if (phi.entry == "silu") return TanhForm{TanhIntegrand::silu, phi.a, phi.b / Expression(2), phi.c};
  return std::nullopt;
}

}  // namespace infwidth
