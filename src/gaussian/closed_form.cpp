// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/closed_form.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "exponential_sum.hpp"
#include "gaussian_integral.hpp"
#include "infwidth/expression/program.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth {

namespace {

const Expression q = Expression::variable("q");

/// Constants that take more than a few nodes get a letter while formulas are made.
class Abbreviations {
 public:
  Expression abbreviated(const Expression& e) {
    constexpr std::size_t plain = 12;  // nodes
    if (e.arguments().empty()) return e;
    if (!e.depends_on("x")) {
      if (e.size() <= plain) return e;
      const bool is_peeled = e.op() == Op::negate || (e.op() == Op::divide && (e.argument(0).is_number() || e.argument(1).is_number()));
      if (!is_peeled) return letter_for(e);
    }
    std::vector<Expression> arguments;
    for (const Expression& a : e.arguments()) arguments.push_back(abbreviated(a));
    return Expression::make(e.op(), arguments);
  }
  std::vector<FormulaPiece> abbreviated(const std::vector<FormulaPiece>& pieces) {
    std::vector<FormulaPiece> result;
    const auto end = [&](const std::optional<Expression>& t) { return t ? std::optional<Expression>(abbreviated(*t)) : std::nullopt; };
    for (const FormulaPiece& p : pieces) result.push_back({end(p.left), end(p.right), abbreviated(p.value), abbreviated(p.derivative)});
    return result;
  }
  const std::vector<std::pair<std::string, Expression>>& letters() const { return letters_; }
  /// The letters of positive constants.
  const std::set<std::string>& positive() const { return positive_; }

 private:
  std::vector<std::pair<std::string, Expression>> letters_;
  std::set<std::string> positive_;

  Expression letter_for(const Expression& e) {
    for (const auto& [name, value] : letters_) {
      if (value == e) return Expression::variable(name);
    }
    const std::string name = "c_" + std::to_string(letters_.size() + 1);
    letters_.emplace_back(name, e);
    try {
      if (sign_of(e, {}) > 0) positive_.insert(name);
    } catch (const OutsideClass&) {
      // its sign is not needed, or will be asked for again
    }
    return Expression::variable(name);
  }
};

/// A piecewise function in the class: `everywhere` on the whole line, and on each interval something more.
struct PiecewiseSum {
  ExponentialSum everywhere;
  std::vector<std::pair<FormulaInterval, ExponentialSum>> parts;
};

bool is_zero(const std::optional<Expression>& t) { return t && t->is_number(0); }

/// The part of a kind and power that most pieces share, if more than one does.
void split_off_common_terms(PiecewiseSum& f) {
  if (f.parts.size() == 1) {
    f.everywhere = std::move(f.parts[0].second);
    f.parts.clear();
    return;
  }
  const auto coefficient = [](const ExponentialSum& sum, const ExponentialTerm& kind, const Rational& n) -> ComplexFormula {
    for (const ExponentialTerm& t : sum.terms()) {
      if (!t.same_kind(kind)) continue;
      const auto found = t.coefficients.find(n);
      return found == t.coefficients.end() ? ComplexFormula{} : found->second;
    }
    return {};
  };
  ExponentialSum common;
  for (const auto& [where, sum] : f.parts) {
    for (const ExponentialTerm& t : sum.terms()) {
      for (const auto& [n, c] : t.coefficients) {
        const ComplexFormula value = c;
        const Rational power = n;
        if (!coefficient(common, t, power).is_zero()) continue;
        int same = 0, none = 0;
        for (const auto& [other_where, other] : f.parts) {
          const ComplexFormula there = coefficient(other, t, power);
          same += there.re == value.re && there.im == value.im ? 1 : 0;
          none += there.is_zero() ? 1 : 0;
        }
        if (same < 2 || none >= same) continue;
        ExponentialTerm shared = t;
        shared.coefficients = {{power, value}};
        common.add(shared);
      }
    }
  }
  const ExponentialSum minus = common.scaled({-1, 0});
  for (auto& [where, sum] : f.parts) sum = sum + minus;
  std::erase_if(f.parts, [](const auto& part) { return part.second.terms().empty(); });
  f.everywhere = std::move(common);
}

PiecewiseSum read(const std::vector<FormulaPiece>& pieces, const Expression FormulaPiece::* member) {
  PiecewiseSum f;
  bool fractional = false;
  for (const FormulaPiece& piece : pieces) {
    const Expression& e = piece.*member;
    const FormulaInterval where{piece.left, piece.right};
    try {
      f.parts.emplace_back(where, ExponentialSum::from(e, false));
    } catch (const OutsideClass&) {
      // fractional powers, on a half line that begins at 0; the left one is turned over
      const bool right = is_zero(piece.left) && !piece.right, left = !piece.left && is_zero(piece.right);
      if (!right && !left) throw;
      fractional = true;
      f.parts.emplace_back(FormulaInterval{Expression(0), std::nullopt}, ExponentialSum::from(right ? e : substitute(e, "x", -Expression::variable("x")), true));
    }
  }
  if (!fractional) split_off_common_terms(f);
  return f;
}

/// The integral of sum p_q, which is real.
Expression integral(const ExponentialSum& sum, const FormulaInterval& where, const Assumptions& given) {
  Expression total = 0;
  for (const ExponentialTerm& t : sum.terms()) {
    // Of two conjugate terms one, doubled.
    const Expression& frequency = t.a.im;
    const bool is_number = frequency.is_number() && !frequency.is_number(0);
    if (is_number && frequency.value() < 0) continue;
    total = total + Expression(is_number ? 2 : 1) * gaussian_integral(t, where, given).re;
  }
  return total;
}

/// E[f^2 x^n].
class MeanSquare {
 public:
  MeanSquare(const PiecewiseSum& f, const Assumptions& given) : given_(given), everywhere_(f.everywhere * f.everywhere) {
    for (const auto& [where, sum] : f.parts) parts_.emplace_back(where, sum * sum + (f.everywhere * sum).scaled({2, 0}));
  }

  Expression times_power(int n) const {
    Expression total = integral(everywhere_.times_power(n), {}, given_);
    for (const auto& [where, sum] : parts_) total = total + integral(sum.times_power(n), where, given_);
    return total;
  }

  /// The growth exp(b x^2), b > 0, limits q to below 1/(2b).
  std::optional<Expression> below() const {
    std::optional<Expression> least;
    const auto look = [&](const ExponentialSum& sum) {
      for (const ExponentialTerm& t : sum.terms()) {
        if (t.b.is_number(0) || sign_of(t.b, given_) <= 0) continue;
        const Expression bound = tidied(Expression(1) / (Expression(2) * t.b));
        if (!least || sign_of(tidied(*least - bound), given_) > 0) least = bound;
      }
    };
    look(everywhere_);
    for (const auto& [where, sum] : parts_) look(sum);
    return least;
  }

 private:
  Assumptions given_;
  ExponentialSum everywhere_;
  std::vector<std::pair<FormulaInterval, ExponentialSum>> parts_;
};

/// An end as a formula: a fraction, or the zero of a linear or quadratic equation.
Expression formula_of(const RealPoint& t) {
  if (t.exact()) return Expression(*t.exact());
  const auto c = polynomial_coefficients(*t.equation(), "x");
  if (!c || c->size() < 2 || c->size() > 3) throw OutsideClass{"the kink at the zero of " + to_string(*t.equation())};
  if (c->size() == 2) return tidied(-(*c)[0] / (*c)[1]);
  const Expression middle = -(*c)[1] / (Expression(2) * (*c)[2]), width = sqrt((*c)[1] * (*c)[1] - Expression(4) * (*c)[0] * (*c)[2]) / (Expression(2) * (*c)[2]);
  for (const Expression& root : {tidied(middle + width), tidied(middle - width)}) {
    const Program program({root}, "x");
    const Precision precision(256);
    Evaluator<Ball> value(program);
    if (value.value(Ball(0)).overlaps(t.ball())) return root;
  }
  throw OutsideClass{"the kink at the zero of " + to_string(*t.equation())};
}

/// The pieces with long constants abbreviated, and what is known about the letters.
struct Problem {
  Abbreviations constants;
  std::vector<FormulaPiece> pieces;
  Assumptions given;

  Problem(const std::vector<FormulaPiece>& whole, const Assumptions& known) : pieces(constants.abbreviated(whole)), given(known) {
    given.positive.insert("q");
    given.positive.insert(constants.positive().begin(), constants.positive().end());
  }
  Expression shortened(const Expression& e) const { return shorten(e, given); }
  MeanSquare mean_square(const Expression FormulaPiece::* member) const { return {read(pieces, member), given}; }
};

std::vector<FormulaPiece> formula_pieces(const Activation& phi) {
  std::vector<FormulaPiece> pieces;
  const auto end = [](const std::optional<PieceEnd>& t) { return t ? std::optional<Expression>(formula_of(t->at)) : std::nullopt; };
  for (const Piece& p : phi.pieces()) pieces.push_back({end(p.left), end(p.right), p.value, p.derivative});
  return pieces;
}

/// The normal form on the whole line, where there is one in the class.
std::optional<std::vector<FormulaPiece>> normal_form(const Activation& phi) {
  const std::optional<Recognised> r = recognise(phi);
  if (!r) return std::nullopt;
  const Expression x = Expression::variable("x");
  std::optional<Expression> f;
  if (r->kind == Recognised::Kind::sinusoid) {
    f = r->sine * sin(r->b * x) + r->cosine * cos(r->b * x);
  } else if (r->kind == Recognised::Kind::shape) {
    const Expression w = r->b * x;
    if (r->entry == "erf") f = r->c + r->a * erf(w);
    if (r->entry == "gelu") f = r->c + r->a * w * Phi(w);
    if (r->entry == "exp") f = r->c + r->a * exp(w);
    if (r->entry == "gaussian") f = r->c + r->a * exp(-w * w);
  }
  if (!f) return std::nullopt;
  return std::vector<FormulaPiece>{{std::nullopt, std::nullopt, *f, differentiate(*f, "x")}};
}

std::string with_constants(std::string text, const Abbreviations& constants) {
  for (const auto& [name, value] : constants.letters()) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + name.size())) text.replace(at, name.size(), "(" + to_string(value) + ")");
  }
  return text;
}

}  // namespace

Expression ClosedForm::whole(const Expression& formula) const {
  Expression e = formula;
  for (const auto& [name, value] : constants) e = substitute(e, name, value);
  return e;
}

ClosedForm closed_form(const std::vector<FormulaPiece>& pieces, bool jumps, const Assumptions& given) {
  const Problem problem(pieces, given);
  ClosedForm form;
  const auto attempt = [&](const Expression FormulaPiece::* member) -> std::optional<Expression> {
    try {
      const MeanSquare square = problem.mean_square(member);
      const Expression mean = problem.shortened(square.times_power(0));
      if (!form.below) form.below = square.below();
      return mean;
    } catch (const OutsideClass& e) {
      if (form.outside.empty()) form.outside = with_constants(e.term, problem.constants);
      return std::nullopt;
    }
  };
  form.Q = attempt(&FormulaPiece::value);
  if (!jumps) form.chi = attempt(&FormulaPiece::derivative);
  for (const auto& letter : problem.constants.letters()) {
    const auto uses = [&](const std::optional<Expression>& e) { return e && e->depends_on(letter.first); };
    if (uses(form.Q) || uses(form.chi) || uses(form.below)) form.constants.push_back(letter);
  }
  return form;
}

ClosedForm closed_form(const Activation& phi) {
  ClosedForm form;
  try {
    form = closed_form(formula_pieces(phi), phi.jump().has_value());
    if (form.outside.empty()) return form;
  } catch (const OutsideClass& e) {
    form.outside = e.term;
  }
  if (const auto pieces = normal_form(phi)) return closed_form(*pieces, false);
  return form;
}

std::optional<Expression> closed_form_of_radial(const Activation& phi) {
  const auto of = [](const std::vector<FormulaPiece>& pieces) {
    const Problem problem(pieces, {});
    ClosedForm form;
    form.constants = problem.constants.letters();
    return form.whole(problem.shortened(problem.mean_square(&FormulaPiece::derivative).times_power(2) / q));
  };
  try {
    return of(formula_pieces(phi));
  } catch (const OutsideClass&) {
    // by the normal form
  }
  try {
    if (const auto pieces = normal_form(phi)) return of(*pieces);
  } catch (const OutsideClass&) {
    // there is none
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
