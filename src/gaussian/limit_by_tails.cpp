// SPDX-License-Identifier: GPL-3.0-or-later
#include <cmath>

#include "infwidth/expression/program.hpp"
#include "infwidth/expression/series_algebra.hpp"
#include "infwidth/gaussian/asymptotics.hpp"
#include "infwidth/real/errors.hpp"
#include "limit_terms.hpp"
#include "tanh_moments.hpp"

namespace infwidth {

namespace {

constexpr int width = 4;
constexpr long bits = 400;
const Rational half(1, 2);
// A constant is taken for known if its error is this much smaller: with logarithms of q about, extrapolation settles at 10^5.
constexpr long settled = 100'000'000;

Ball value(const VarianceMap& map, bool chi, const Ball& q, const Budget& budget) {
  const VarianceJet<Ball> jet = map.at(q, budget);
  return chi ? jet.chi : jet.Q;
}

AsymptoticSeries tail_of_square(const Activation& phi, bool chi, int side) {
  const Piece& piece = side > 0 ? phi.pieces().back() : phi.pieces().front();
  const AsymptoticSeries f = asymptotic_series(chi ? piece.derivative : piece.value, "x", side, -1, width);
  return SeriesAlgebra(width).product(f, f);
}

/// Powers of q cannot be fitted to what grows like exp(c q).
bool grows_exponentially(const Activation& phi, bool chi) {
  for (const int side : {1, -1}) {
    try {
      const AsymptoticSeries h = tail_of_square(phi, chi, side);
      if (!h.parts.empty() && h.parts[0].scale.growth() > 0) return true;
    } catch (const NotReached&) {
      // not known
    }
  }
  return false;
}

/// E of the polynomials to which h = f^2 comes exponentially near on both sides, by power of q; none if it does not.
std::optional<std::map<Rational, ExactConstant>> tail_moments(const Activation& phi, bool chi) {
  std::map<Rational, ExactConstant> moments;
  for (const int side : {1, -1}) {
    const AsymptoticSeries h = tail_of_square(phi, chi, side);
    for (const auto& part : h.parts) {
      const int growth = part.scale.growth();
      if (growth < 0) continue;
      if (growth > 0 || part.series.order || !part.scale.wave.is_number(1)) return std::nullopt;
      for (const auto& [p, c] : part.series.terms) {
        if (p > 0 || denominator(p) != 1) return std::nullopt;
        moments[Rational(-p / 2)] += c * absolute_moment(Rational(-p)) / 2;
      }
    }
  }
  std::erase_if(moments, [](const auto& m) { return m.second.is_zero(); });
  return moments;
}

Ball constant_value(const ExactConstant& c) {
  const Program program({c.expression()}, "q");
  return Evaluator<Ball>(program).value(Ball(0));
}

/// Is a coefficient of an extrapolation known to some digits?
bool is_settled(const Estimate<Ball>& e) { return certainly_positive(abs(e.value) - e.error * Ball(settled)) == Truth::yes; }

/// Adds the terms c_k u^k, u = q^step, that stand out of their errors.
void add_numeric(Asymptotics& r, const std::vector<Estimate<Ball>>& coefficients, const Rational& from, const Rational& step) {
  for (std::size_t k = 0; k < coefficients.size(); ++k) {
    const Rational power = from + step * Rational(static_cast<int>(k));
    const Estimate<Ball>& c = coefficients[k];
    if (r.terms.size() == 2 || (!is_settled(c) && !r.terms.empty() && certainly_negative(c.error - Ball(1) / Ball(settled)) != Truth::yes)) {
      r.remainder = written_term(1, power);
      return;
    }
    // What is as small as its own error is taken for 0.
    if (!is_settled(c)) continue;
    const std::string name = "c_" + std::to_string(r.numeric.size() + 1);
    r.numeric.push_back({name, c});
    r.terms.push_back(written_term(Expression::variable(name), power));
    r.remainder = written_term(1, Rational(power + step));
  }
}

}  // namespace

std::optional<Asymptotics> asymptotics_by_tails(const VarianceMap& map, bool chi, const Budget& budget) {
  const Activation& phi = map.activation();
  std::optional<std::map<Rational, ExactConstant>> moments;
  try {
    moments = tail_moments(phi, chi);
  } catch (const NotReached&) {
    return std::nullopt;  // the tails have no expansion
  }
  if (!moments) return std::nullopt;
  Asymptotics r;
  r.method = "tails";
  for (auto m = moments->rbegin(); m != moments->rend(); ++m) {
    if (r.terms.size() == 2) {
      r.remainder = written_term(1, m->first);
      return r;
    }
    r.terms.push_back(written_term(m->second.expression(), m->first));
  }
  r.remainder = written_term(1, -half);
  if (r.terms.size() == 2) return r;
  // The rest, h minus its tails, is exponentially small far out: (2 pi q)^(-1/2) sum_j (-1)^j M_2j / (j! (2 q)^j).
  const Piece& piece = phi.pieces().front();
  const std::optional<TanhPolynomial> f = phi.pieces().size() == 1 ? TanhPolynomial::from(chi ? piece.derivative : piece.value) : std::nullopt;
  const ExactConstant root = (ExactConstant(2) * Constants<ExactConstant>::pi()).power(-half);
  if (f) {
    const TanhPolynomial h = f->square();
    ExactConstant weight = root;
    constexpr int orders = 4;
    for (int j = 0; j < orders; ++j) {
      const ExactConstant c = weight * h.moment(2 * j);
      const Rational power = -half - j;
      if (!c.is_zero() && r.terms.size() == 2) {
        r.remainder = written_term(1, power);
        return r;
      }
      if (!c.is_zero()) r.terms.push_back(written_term(c.expression(), power));
      r.remainder = written_term(1, Rational(power - 1));
      weight *= ExactConstant(Rational(-1, 2 * (j + 1)));
    }
    return r;
  }
  const Precision precision(bits);
  std::vector<std::pair<Rational, Ball>> known;
  for (const auto& [power, c] : *moments) known.emplace_back(power, constant_value(c));
  const auto rest = [&](const Ball& q) {
    Ball v = value(map, chi, q, budget);
    for (const auto& [power, c] : known) v -= c * pow(q, Ball(power));
    return v * sqrt(q);
  };
  add_numeric(r, extrapolated(rest, 1, Limit::infinity), -half, -1);
  return r;
}

std::optional<Asymptotics> asymptotics_by_fit(const VarianceMap& map, bool chi, Limit limit, const Budget& budget) {
  const Precision precision(bits);
  const int direction = limit == Limit::infinity ? 1 : -1;
  if (limit == Limit::infinity && grows_exponentially(map.activation(), chi)) return std::nullopt;
  // The exponent: d log f / d log q in the limit, by steps of a factor 4, and then a multiple of 1/4.
  const auto slope = [&](const Ball& q) {
    const Ball next = limit == Limit::infinity ? q * Ball(4) : q / Ball(4);
    return log(value(map, chi, next, budget) / value(map, chi, q, budget)) / (Ball(direction) * log(Ball(4)));
  };
  const Estimate<Ball> exponent = extrapolated(slope, half, limit)[0];
  const double quarters = 4 * exponent.value.to_double();
  if (!(std::abs(quarters - std::round(quarters)) < 1e-4) || !(std::abs(quarters) < 400) || !(exponent.error.to_double() < 1e-4)) return std::nullopt;
  const Rational power(static_cast<int>(std::round(quarters)), 4);
  const auto scaled = [&](const Ball& q) { return value(map, chi, q, budget) * pow(q, Ball(Rational(-power))); };
  const std::vector<Estimate<Ball>> coefficients = extrapolated(scaled, half, limit);
  if (!is_settled(coefficients[0])) return std::nullopt;
  Asymptotics r;
  r.method = "extrapolation";
  r.fitted = true;
  add_numeric(r, coefficients, power, -direction * half);
  return r;
}

}  // namespace infwidth
