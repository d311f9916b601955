// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/rational.hpp"

namespace infwidth {

/// What a node of a formula is. The kinked ones (relu .. max) disappear when an activation is cut into its analytic pieces.
enum class Op : std::uint8_t {
  number, pi, variable,                                     // leaves
  add, subtract, multiply, divide, negate, power,           // arithmetic
  exp, log, sqrt, sin, cos, tan, sinh, cosh, tanh, asin, atan, asinh, erf, erfc, Phi, sigmoid, softplus,  // analytic functions
  gamma,                                                    // of what is constant in the variable of the day: it has no derivative here
  owens_t, erf_re, erf_im,                                  // of two arguments: T(h, a); real and imaginary part of erf(x + i y)
  hyp2f1,                                                   // 2F1(a, b; c; z): a, b, c constant in the variable of the day
  relu, step, sign, abs, min, max,                          // kinked functions: step(0) = 0, sign(0) = 0
};

/// A formula: an immutable tree, shared by value. Building one folds exact arithmetic (0 + x, 1 * x, x^1, numbers) and nothing else.
/// It has the operators and functions of a number, so a generic callable can be run on it and becomes a formula:
///     auto f = [](auto x) { return x / (1 + exp(-x)); };
///     Expression e = f(Expression::variable("x"));
class Expression {
 public:
  Expression(int value) : Expression(Rational(value)) {}  // NOLINT(google-explicit-constructor)
  Expression(const Rational& value);                      // NOLINT(google-explicit-constructor)
  static Expression pi();
  static Expression variable(std::string_view name);
  /// A node of `op` over `arguments` (1, 2 or, of hyp2f1, 4), folded where that is exact.
  static Expression make(Op op, std::vector<Expression> arguments);

  Op op() const;
  /// The number of an `Op::number`.
  const Rational& value() const;
  /// The name of an `Op::variable`.
  const std::string& name() const;
  const std::vector<Expression>& arguments() const;
  const Expression& argument(std::size_t i = 0) const { return arguments()[i]; }

  bool is_number() const { return op() == Op::number; }
  bool is_number(int v) const { return is_number() && value() == v; }
  bool depends_on(std::string_view name) const;
  /// True when any node of the tree is a kinked function.
  bool has_kinked_function() const;
  /// The number of nodes, counted as a tree.
  std::size_t size() const;
  /// Structural equality; `hash` agrees with it.
  bool operator==(const Expression& other) const;
  std::size_t hash() const;

  Expression operator-() const { return make(Op::negate, {*this}); }
  friend Expression operator+(const Expression& a, const Expression& b) { return make(Op::add, {a, b}); }
  friend Expression operator-(const Expression& a, const Expression& b) { return make(Op::subtract, {a, b}); }
  friend Expression operator*(const Expression& a, const Expression& b) { return make(Op::multiply, {a, b}); }
  friend Expression operator/(const Expression& a, const Expression& b) { return make(Op::divide, {a, b}); }

 private:
  struct Node;
  explicit Expression(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;
};

#define INFWIDTH_EXPRESSION_FUNCTION(name) \
  inline Expression name(const Expression& u) { return Expression::make(Op::name, {u}); }
INFWIDTH_EXPRESSION_FUNCTION(exp)
INFWIDTH_EXPRESSION_FUNCTION(log)
INFWIDTH_EXPRESSION_FUNCTION(sqrt)
INFWIDTH_EXPRESSION_FUNCTION(sin)
INFWIDTH_EXPRESSION_FUNCTION(cos)
INFWIDTH_EXPRESSION_FUNCTION(tan)
INFWIDTH_EXPRESSION_FUNCTION(sinh)
INFWIDTH_EXPRESSION_FUNCTION(cosh)
INFWIDTH_EXPRESSION_FUNCTION(tanh)
INFWIDTH_EXPRESSION_FUNCTION(asin)
INFWIDTH_EXPRESSION_FUNCTION(atan)
INFWIDTH_EXPRESSION_FUNCTION(asinh)
INFWIDTH_EXPRESSION_FUNCTION(erf)
INFWIDTH_EXPRESSION_FUNCTION(erfc)
INFWIDTH_EXPRESSION_FUNCTION(Phi)
INFWIDTH_EXPRESSION_FUNCTION(sigmoid)
INFWIDTH_EXPRESSION_FUNCTION(softplus)
INFWIDTH_EXPRESSION_FUNCTION(relu)
INFWIDTH_EXPRESSION_FUNCTION(step)
INFWIDTH_EXPRESSION_FUNCTION(sign)
INFWIDTH_EXPRESSION_FUNCTION(abs)
#undef INFWIDTH_EXPRESSION_FUNCTION
inline Expression tgamma(const Expression& u) { return Expression::make(Op::gamma, {u}); }
inline Expression owens_t(const Expression& h, const Expression& a) { return Expression::make(Op::owens_t, {h, a}); }
inline Expression erf_re(const Expression& x, const Expression& y) { return Expression::make(Op::erf_re, {x, y}); }
inline Expression erf_im(const Expression& x, const Expression& y) { return Expression::make(Op::erf_im, {x, y}); }
inline Expression hyp2f1(const Expression& a, const Expression& b, const Expression& c, const Expression& z) { return Expression::make(Op::hyp2f1, {a, b, c, z}); }
inline Expression min(const Expression& a, const Expression& b) { return Expression::make(Op::min, {a, b}); }
inline Expression max(const Expression& a, const Expression& b) { return Expression::make(Op::max, {a, b}); }
inline Expression pow(const Expression& a, const Expression& b) { return Expression::make(Op::power, {a, b}); }

/// The derivative with respect to `variable`, valid off the kinks and jumps (step' = sign' = 0, abs' = sign, relu' = step).
///   Errors   UsageError for gamma, or the parameters of hyp2f1, of something that depends on `variable`
Expression differentiate(const Expression& e, std::string_view variable);

/// `e` with every `variable` replaced.
Expression substitute(const Expression& e, std::string_view variable, const Expression& by);

/// The text of a formula in infwidth's own language: `parse(to_string(e)) == e` up to folding. As short as a person would write it.
std::string to_string(const Expression& e);

}  // namespace infwidth

template <>
struct std::hash<infwidth::Expression> {
  std::size_t operator()(const infwidth::Expression& e) const { return e.hash(); }
};
