// SPDX-License-Identifier: GPL-3.0-or-later
#include "closed_maps.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "infwidth/expression/simplify.hpp"
#include "infwidth/real/refine.hpp"

namespace infwidth {

namespace {

/// Bits that the values lack of a relative radius of 2^-bits, the derivatives of one beside value / q^k.
long missing_bits(const VarianceJet<Ball>& jet, const Ball& q, long bits) {
  const Precision p(64);
  const Ball unit = power_of_two(-bits);
  long missing = 0;
  const auto look = [&](const Ball& x, const Ball& least) { missing = std::max(missing, bits_over(x.radius(), max(abs(x.mid()), least) * unit)); };
  for (const auto& [f, df, d2f] : {std::tie(jet.Q, jet.dQ, jet.d2Q), std::tie(jet.chi, jet.dchi, jet.d2chi)}) {
    if (!f.is_finite() || !df.is_finite() || !d2f.is_finite()) return unknown_bits;
    const Ball size = abs(f.mid()) / q;
    look(f, Ball(0));
    look(df, size);
    look(d2f, size / q);
  }
  return missing;
}

}  // namespace

VarianceJet<Ball> closed_at_point(const Program& program, const Ball& q) {
  const long wanted = Precision::bits(), most = 4 * wanted + 4000;
  for (long bits = wanted + 10;;) {
    const Precision p(bits);
    VarianceJet<Ball> jet = evaluate_closed(Evaluator<Jet<Ball, 2>>(program), q);
    const long missing = missing_bits(jet, q, wanted);
    if (missing == 0 || bits >= most) return jet;
    bits += std::min(missing == unknown_bits ? bits : missing + 8, most - bits);
  }
}

Expression well_conditioned(const Expression& e) {
  if (e.arguments().empty() || !e.depends_on("q")) return e;
  std::vector<Expression> arguments;
  for (const Expression& a : e.arguments()) arguments.push_back(well_conditioned(a));
  if (e.op() != Op::asin) return Expression::make(e.op(), std::move(arguments));
  const Expression& u = arguments[0];
  Assumptions given;
  given.positive = {"q"};
  return atan(shorten(u / sqrt(shorten(1 - u * u, given)), given));
}

bool holds_in_double(const CompiledForm& form, const Evaluator<Jet<Pack, 2>>& on_packs) {
  constexpr double tolerance = 1e-13;
  for (double v = 0x1p-20; v < 2e8; v *= 4) {
    const double q = 1.1 * v;
    const Precision precision(700);
    const VarianceJet<Ball> truth = evaluate_closed(Evaluator<Jet<Ball, 2>>(form.program), Ball(q));
    const VarianceJet<Pack> found = evaluate_closed(on_packs, Pack(q));
    const auto is_right = [&](const Ball& want, const Pack& got, const Ball& value, int order) {
      const double size = std::abs(value.to_double());
      if (!(size < 1e290 && size > 1e-290)) return true;  // beyond the range: refused where it is met
      const double scale = std::max(std::abs(want.to_double()), size / std::pow(std::max(q, 1.0), order));
      return std::abs((Ball(got[0]) - want).to_double()) <= tolerance * scale;
    };
    if (!is_right(truth.Q, found.Q, truth.Q, 0) || !is_right(truth.dQ, found.dQ, truth.Q, 1) || !is_right(truth.d2Q, found.d2Q, truth.Q, 2))
      return false;
    if (!is_right(truth.chi, found.chi, truth.chi, 0) || !is_right(truth.dchi, found.dchi, truth.chi, 1) ||
        !is_right(truth.d2chi, found.d2chi, truth.chi, 2))
      return false;
    if (!is_right(truth.radial, found.radial, truth.radial, 0) || !is_right(truth.dradial, found.dradial, truth.radial, 1)) return false;
  }
  return true;
}

}  // namespace infwidth
