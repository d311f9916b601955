// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/asymptotics.hpp"

#include "infwidth/expression/program.hpp"
#include "infwidth/expression/series_algebra.hpp"
#include "infwidth/gaussian/at_zero.hpp"
#include "infwidth/real/errors.hpp"
#include "limit_terms.hpp"

namespace infwidth {

namespace {

constexpr int widths[] = {4, 8, 16};  // powers of the small variable, more where fewer do not show two terms

/// A coefficient with all constants put in that cannot be told from 0 is no leading one.
bool has_doubtful_term(const Asymptotics& found, const ClosedForm& form) {
  const Precision precision(200);
  for (const Expression& term : found.terms) {
    const Expression e = form.whole(term);
    try {
      const Program program({e}, "q");
      // At q = 1/2 nothing that goes on oscillating is 0 by chance but for a set of measure 0, which only costs a second look.
      if (Evaluator<Ball>(program).value(Ball(Rational(1, 2))).contains_zero()) return true;
    } catch (const std::logic_error&) {
      return false;  // other letters are generic
    }
  }
  return false;
}

const Piece* piece_beside_zero(const Activation& phi, int direction) {
  for (const Piece& piece : phi.pieces()) {
    const int left = piece.left ? side_of_zero(piece.left->at) : -1, right = piece.right ? side_of_zero(piece.right->at) : 1;
    if (direction > 0 ? (left <= 0 && right > 0) : (left < 0 && right >= 0)) return &piece;
  }
  throw std::logic_error("the pieces of an activation do not cover the line");
}

/// E of the one-sided expansion of h = f^2: c t^p of x = t gives c E|z|^p q^(p/2) / 2.
AsymptoticSeries expectation_of(const AsymptoticSeries& h, const std::string& name) {
  AsymptoticSeries r;
  for (const auto& part : h.parts) {
    if (part.scale.compare({}) != 0 || !part.scale.wave.is_number(1)) throw NotReached("expansion: " + name + " has an essential singularity at x = 0");
    PowerSeries s;
    for (const auto& [p, c] : part.series.terms) {
      if (p <= -1) throw NoSuchQuantity("the square grows like |x|^(" + to_string(p) + ") at x = 0: its expectation is infinite");
      s.terms.emplace(Rational(p / 2), c * absolute_moment(p) / 2);
    }
    if (part.series.order) s.order = *part.series.order / 2;
    r.parts.push_back({{}, s});
  }
  return r;
}

}  // namespace

std::optional<Asymptotics> asymptotics_by_closed_form(const ClosedForm& form, bool chi, Limit limit) {
  const std::optional<Expression>& formula = chi ? form.chi : form.Q;
  if (!formula) return std::nullopt;
  if (limit == Limit::infinity && form.below) {
    throw NoSuchQuantity("the expectation is infinite for q >= " + to_string(form.whole(*form.below)) + ": there is no limit q -> oo");
  }
  // First with letters for long constants, then, where their values matter, with these.
  for (const bool whole : {false, true}) {
    if (whole && form.constants.empty()) break;
    for (const int width : widths) {
      std::optional<Asymptotics> found;
      try {
        const Expression e = whole ? form.whole(*formula) : *formula;
        const AsymptoticSeries series = asymptotic_series(e, "q", 1, limit == Limit::zero ? 1 : -1, width);
        found = width == widths[2] ? known_terms(series, limit) : two_terms(series, limit);
      } catch (const NotReached&) {
        // with more terms, or not this way
      }
      if (!found || has_doubtful_term(*found, form)) continue;
      for (const auto& constant : form.constants) {
        for (const Expression& term : found->terms) {
          if (!term.depends_on(constant.first)) continue;
          found->constants.push_back(constant);
          break;
        }
      }
      found->method = "closed form";
      return found;
    }
  }
  return std::nullopt;
}

std::optional<Asymptotics> asymptotics_by_taylor_series(const Activation& phi, bool chi) {
  const Piece *right = piece_beside_zero(phi, 1), *left = piece_beside_zero(phi, -1);
  const bool whole_line = !right->right && !left->left;
  for (const int width : widths) {
    const SeriesAlgebra algebra(width);
    std::optional<Asymptotics> found;
    try {
      AsymptoticSeries sum;
      for (const int side : {1, -1}) {
        const Piece& piece = side > 0 ? *right : *left;
        const AsymptoticSeries f = asymptotic_series(chi ? piece.derivative : piece.value, "x", side, 1, width);
        sum = algebra.sum(sum, expectation_of(algebra.product(f, f), phi.name()));
      }
      found = width == widths[2] ? known_terms(sum, Limit::zero) : two_terms(sum, Limit::zero);
    } catch (const NotReached&) {
      // with more terms, or not at all
    }
    if (!found) continue;
    if (!found->remainder) found->beyond_powers = !whole_line;
    found->method = "one-sided Taylor series at 0";
    return found;
  }
  return std::nullopt;
}

Asymptotics asymptotics(const VarianceMap& map, bool chi, Limit limit, const Budget& budget) {
  if (chi && !map.why_chi_is_infinite().empty()) throw NoSuchQuantity(map.why_chi_is_infinite());
  std::optional<Asymptotics> found = asymptotics_by_closed_form(map.closed_form(), chi, limit);
  if (!found) found = limit == Limit::zero ? asymptotics_by_taylor_series(map.activation(), chi) : asymptotics_by_tails(map, chi, budget);
  if (!found) found = asymptotics_by_fit(map, chi, limit, budget);
  if (!found) {
    throw NotReached("no expansion in powers of q is found for " + map.activation().name() + ": it may hold logarithms of q, or "
                     "grow like an exponential without a closed form");
  }
  return *found;
}

}  // namespace infwidth
