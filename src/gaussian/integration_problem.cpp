// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration_problem.hpp"

#include <algorithm>
#include <utility>

#include "infwidth/expression/sign.hpp"

namespace infwidth {

Expression with_constants(Expression formula, const LetteredConstants& constants) {
  for (const auto& [letter, value] : constants) formula = substitute(formula, letter, value);
  return formula;
}

Expression Abbreviations::abbreviated(const Expression& e) {
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

std::vector<FormulaPiece> Abbreviations::abbreviated(const std::vector<FormulaPiece>& pieces) {
  std::vector<FormulaPiece> result;
  const auto end = [&](const std::optional<Expression>& t) { return t ? std::optional<Expression>(abbreviated(*t)) : std::nullopt; };
  for (const FormulaPiece& p : pieces) result.push_back({end(p.left), end(p.right), abbreviated(p.value), abbreviated(p.derivative)});
  return result;
}

std::string Abbreviations::explained(std::string text) const {
  for (const auto& [name, value] : letters_) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + name.size())) text.replace(at, name.size(), "(" + to_string(value) + ")");
  }
  return text;
}

Expression Abbreviations::letter_for(const Expression& e) {
  for (const auto& [name, value] : letters_) {
    if (value == e) return Expression::variable(name);
  }
  const std::string name = "c_" + std::to_string(letters_.size() + 1);
  letters_.emplace_back(name, e);
  if (proven_sign(e, given_) == 1) positive_.insert(name);
  return Expression::variable(name);
}

namespace {

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

}  // namespace

PiecewiseSum IntegrationProblem::read(const Expression FormulaPiece::* member) const {
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

std::optional<SidedPowers> IntegrationProblem::read_powers(const Expression FormulaPiece::* member) const {
  SidedPowers powers;
  for (const FormulaPiece& piece : pieces) {
    const bool right = is_zero(piece.left) && !piece.right, left = !piece.left && is_zero(piece.right);
    if (!right && !left) return std::nullopt;
    const Expression& e = piece.*member;
    try {
      const ExponentialSum sum = ExponentialSum::from(right ? e : substitute(e, "x", -Expression::variable("x")), true);
      for (const ExponentialTerm& t : sum.terms()) {
        if (!t.a.is_zero() || !t.b.is_number(0) || !t.normals.empty()) return std::nullopt;
        for (const auto& [p, c] : t.coefficients) {
          if (c.is_zero()) continue;
          if (!c.im.is_number(0) || p <= -1) return std::nullopt;
          (right ? powers[p].right : powers[p].left) = c.re;
        }
      }
    } catch (const OutsideClass&) {
      return std::nullopt;
    }
  }
  return powers;
}

IntegrationProblem::IntegrationProblem(const std::vector<FormulaPiece>& whole, const Assumptions& known, const std::set<std::string>& variables)
    : constants(known), pieces(constants.abbreviated(whole)), given(known) {
  given.positive.insert(variables.begin(), variables.end());
  given.positive.insert(constants.positive().begin(), constants.positive().end());
}

std::optional<Expression> IntegrationProblem::attempt(ExpectationFormulas& form, const std::function<Expression()>& integral) const {
  try {
    return integral();
  } catch (const OutsideClass& e) {
    if (form.outside.empty()) {
      form.outside = constants.explained(e.term);
      if (e.open_sign) form.open_sign = constants.whole(*e.open_sign);
    }
    return std::nullopt;
  }
}

LetteredConstants IntegrationProblem::used_in(const std::vector<std::optional<Expression>>& formulas) const {
  LetteredConstants used;
  for (const auto& letter : constants.letters()) {
    if (std::any_of(formulas.begin(), formulas.end(), [&](const auto& e) { return e && e->depends_on(letter.first); })) used.push_back(letter);
  }
  return used;
}

std::vector<FormulaPiece> formula_pieces(const Activation& phi) {
  std::vector<FormulaPiece> pieces;
  const auto end = [](const std::optional<PieceEnd>& t) -> std::optional<Expression> {
    if (!t) return std::nullopt;
    if (const auto formula = formula_of(t->at)) return formula;
    throw OutsideClass{"the kink at the zero of " + to_string(*t->at.equation())};
  };
  for (const Piece& p : phi.pieces()) pieces.push_back({end(p.left), end(p.right), p.value, p.derivative});
  return pieces;
}

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

}  // namespace infwidth
