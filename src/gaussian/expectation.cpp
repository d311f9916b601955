// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/gaussian/expectation.hpp"

#include <cmath>

#include "infwidth/gaussian/at_zero.hpp"
#include "infwidth/gaussian/boost_rule.hpp"
#include "infwidth/gaussian/double_rule.hpp"
#include "infwidth/gaussian/panels.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"

namespace infwidth {

namespace {

/// Odd functions have expectation 0, provided that there is one: throws if E|f| is not proven to be finite.
bool is_zero_by_symmetry(const Activation& f, const Ball& q) {
  if (f.parity() != Parity::odd) return false;
  if (!q.is_exact_zero()) (void)PanelRule(f.pieces(), Integrands::value, Parity::odd).integrate(q, 64, 0);
  return true;
}

}  // namespace

Expectation expectation(const Activation& f, const Ball& q, const Budget& budget) {
  Expectation result;
  Estimate<Ball>& e = result.estimate;
  e.proven = true;
  if (is_zero_by_symmetry(f, q)) {
    e.method = "zero by symmetry";
    return result;
  }
  if (q.is_exact_zero()) {
    e.value = expectation_at_zero(f.pieces());
    e.method = "value at 0";
    result.log2_scale = static_cast<double>(log2_magnitude(e.value));
  } else {
    const PanelRule rule(f.pieces(), Integrands::value, f.parity());
    const auto integral = rule.integrate(q, Precision::bits(), 0, budget);
    e.value = integral.integrals[0].moment[0];
    e.evaluations = integral.evaluations;
    e.method = "Gauss-Legendre panels";
    result.log2_scale = integral.integrals[0].log2_scale;
  }
  e.error = e.value.radius();
  return result;
}

Estimate<Digits> expectation(const Activation& f, const Digits& q, const Budget& budget) {
  if (is_zero_by_symmetry(f, Ball(q.convert_to<double>()))) return {Digits(0), Digits(0), false, 0, "zero by symmetry"};
  if (q == 0) {
    const Precision p(Precision::bits_for(Digits::default_precision()) + 32);
    return {to_digits(expectation_at_zero(f.pieces())), Digits(0), false, 0, "value at 0"};
  }
  return boost_expectation(f.pieces(), q, budget);
}

Estimate<double> expectation(const Activation& f, double q, const Budget& budget) {
  budget.check();
  if (is_zero_by_symmetry(f, Ball(q))) return {0, 0, false, 0, "zero by symmetry"};
  if (q == 0) {
    const Precision p(128);
    return {expectation_at_zero(f.pieces()).to_double(), 0, false, 0, "value at 0"};
  }
  const auto mean = DoubleRule(f, DoubleRule::Purpose::mean).mean(q);
  if (!std::isfinite(mean.value)) throw NotReached("the expectation overflows double precision; use --engine ball");
  return {mean.value, 1e-13 * mean.magnitude, false, mean.evaluations, "Gauss-Legendre panels, double"};
}

}  // namespace infwidth
