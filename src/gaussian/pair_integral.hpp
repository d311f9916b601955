// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "exponential_sum.hpp"
#include "infwidth/expression/simplify.hpp"

namespace infwidth {

/// 1 for side (x - at) > 0, else 0.
struct StepFactor {
  Expression at;
  int side = 1;
  bool operator==(const StepFactor&) const = default;
};

/// A term on the whole line or, without normal factors, on a half line.
struct GatedTerm {
  ExponentialTerm term;
  std::optional<StepFactor> step;
};

/// The integrals of f(u) g(v) against the normal density with variances q1, q2 and covariance c, as formulas in these: masses of the bivariate normal distribution
/// and a recursion in the powers by parts (derivations D-033).
class PairTable {
 public:
  explicit PairTable(const Assumptions& given) : given_(given) {}

  ///   Errors  OutsideClass for what the table does not have
  ComplexFormula integral(const GatedTerm& f, const GatedTerm& g);

 private:
  /// x^k e^(a x + b x^2) times a step or a normal factor.
  struct Factor {
    int k = 0;
    ComplexFormula a;
    Expression b = 0;
    std::optional<StepFactor> step;
    std::optional<NormalFactor> normal;
    bool operator==(const Factor& other) const {
      return k == other.k && a.re == other.a.re && a.im == other.a.im && b == other.b && step == other.step && normal == other.normal;
    }
  };
  struct Known {
    Factor f, g;
    ComplexFormula value;
  };

  Assumptions given_;
  std::vector<Known> known_;

  ComplexFormula moment(const Factor& f, const Factor& g);
  ComplexFormula mass(const Factor& f, const Factor& g);
  ComplexFormula with_derivative_of_gate(const Factor& f, const Factor& g, bool exchanged);
  std::optional<int> sign(const Expression& e) const;
  Expression triangle(const Expression& top, const Expression& width, const Expression& corner, const Expression& root) const;
};

}  // namespace infwidth
