// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "infwidth/expression/expression.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/real/ball.hpp"

namespace infwidth {

/// A real point where something happens: an exact fraction, or the only zero of an analytic formula in an interval.
class RealPoint {
 public:
  RealPoint(Rational exact) : exact_(exact), low_(exact), high_(std::move(exact)) {}  // NOLINT(google-explicit-constructor)
  /// The simple zero of `equation` (in x, without kinked functions) in [low, high], isolated by the caller: the derivative has one sign there.
  RealPoint(Expression equation, Rational low, Rational high);

  const std::optional<Rational>& exact() const { return exact_; }
  /// The point at the working precision of this thread.
  Ball ball() const;
  double approximately() const;
  /// The equation whose zero the point is, and fractions on both sides of it (for an exact point: none, and itself twice).
  const std::optional<Expression>& equation() const { return equation_; }
  const Rational& low() const { return low_; }
  const Rational& high() const { return high_; }

 private:
  std::optional<Rational> exact_;
  std::optional<Expression> equation_;
  std::shared_ptr<const Program> program_;  // of the equation
  Rational low_, high_;
};

/// How an analytic piece behaves at one of its ends.
enum class EndKind {
  analytic,   // formula and derivative are analytic in a neighbourhood of the end
  removable,  // both have a removable singularity there (sin(x)/x at 0): analytic, but not to be evaluated at the point itself
  algebraic,  // y = |x - end|^(1/root) makes both analytic after multiplication with a power of y: sqrt(abs(x))
  logarithmic,  // analytic in s, |x - end| ~ e^-s: log(abs(x)), and powers with exponents of no small denominator
};

struct PieceEnd {
  RealPoint at;
  EndKind kind = EndKind::analytic;
  int root = 1;                            // for `algebraic`
  // For `algebraic`, `logarithmic`: phi ~ |x - end|^order, phi' ~ |x - end|^derivative_order, powers of log|x - end| aside (lower bounds of the exponents).
  Rational order = 0, derivative_order = 0;
};

/// A stretch of the real line between neighbouring kinks, where the activation is one analytic formula without kinked functions.
struct Piece {
  std::optional<PieceEnd> left, right;  // none: the piece goes to infinity
  Expression value, derivative;         // in x
};

enum class Parity { none, even, odd };

struct Stretch;

/// A function phi : R -> R as the expectations need it: analytic pieces between kinks, jumps and singular points.
class Activation {
 public:
  /// A catalogue name (`tanh`, `leaky_relu:1/5`) or a formula in x.
  ///   Errors   UsageError: not in the language, not real on the whole line (`log(x)`), infinitely many kinks (`relu(sin(x))`);
  ///            NoSuchQuantity: a pole (`1/x`);
  ///            NotReached: a singular point or a zero of a kinked function's argument that cannot be treated, with the point or the term
  static Activation from_text(std::string_view text);
  static Activation from_formula(const Expression& formula, std::string name);
  /// A function f of which only E[f] is wanted: abs(x)^(-4/5), whose square has no expectation, is one. A jump is not looked for.
  ///   Errors   as `from_text`; NoSuchQuantity only where f itself is not integrable
  static Activation integrand_from_text(std::string_view text);
  static Activation integrand_from_formula(const Expression& formula, std::string name);

  /// The user's own function: a generic callable over the number and the piece's index, with its kinks in increasing order.
  /// Piece i lies between kinks i-1 and i; the callable is traced once a piece:
  ///     Activation::from_callable("mine", [](const auto& x, std::size_t piece) { return piece == 0 ? exp(x) - 1 : x; }, {0});
  template <class Callable>
    requires std::convertible_to<std::invoke_result_t<Callable, Expression, std::size_t>, Expression>
  static Activation from_callable(std::string name, const Callable& f, const std::vector<Rational>& kinks) {
    std::vector<Expression> pieces;
    for (std::size_t i = 0; i <= kinks.size(); ++i) pieces.push_back(f(Expression::variable("x"), i));
    return from_pieces(std::move(name), kinks, pieces);
  }
  static Activation from_pieces(std::string name, const std::vector<Rational>& kinks, const std::vector<Expression>& formulas);

  /// phi', an activation of its own. It jumps where phi has a kink; a jump of phi is left out.
  ///   Errors   as `from_formula`, of the derivative's formulas
  Activation derivative() const;

  /// As the user wrote it.
  const std::string& name() const { return name_; }
  /// In increasing order; at least one.
  const std::vector<Piece>& pieces() const { return pieces_; }
  Parity parity() const { return parity_; }
  /// A point where phi itself jumps, if there is one: then E[phi'^2] is infinite.
  const std::optional<RealPoint>& jump() const { return jump_; }

 private:
  std::string name_;
  std::vector<Piece> pieces_;
  Parity parity_ = Parity::none;
  std::optional<RealPoint> jump_;

  static Activation from_stretches(std::string name, const std::vector<Stretch>& stretches);
};

/// The analytic pieces of any formula in x, for expectations E[f] of a typed f: same errors as `Activation::from_text`.
std::vector<Piece> analytic_pieces(const Expression& formula);

/// Proven parity of a function given by pieces, else `none`.
Parity parity_of(const std::vector<Piece>& pieces);

}  // namespace infwidth
