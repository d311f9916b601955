// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "infwidth/expression/program.hpp"
#include "infwidth/geometry/recursion.hpp"

namespace infwidth {

/// A kernel f(x.y) of the inputs, or exp(-|x - y|^2/(2 l2)), whose metric is that of f(t) = t/l2: A = f'(|x|^2), B = f''(|x|^2).
///   name     as it was asked for
///   formula  k as a formula in t = x.y, and for the radial basis function in r2 = |x - y|^2
class DotKernel {
 public:
  /// `rbf:l2`, `polynomial:p,c` = (t + c)^p, `dot:F` with a formula F in t.
  ///   Errors   UsageError: another word, a parameter that is missing or out of its domain (l2 > 0, p = 1, 2, .., c >= 0), a formula with kinks
  static DotKernel from_text(std::string_view text);

  const std::string& name() const { return name_; }
  const Expression& formula() const { return formula_; }
  bool is_radial() const { return radial_; }
  /// f' and f'' in t.
  const Program& slopes() const { return slopes_; }

 private:
  DotKernel(std::string name, Expression formula, const Expression& in_metric, bool radial);
  std::string name_;
  Expression formula_;
  bool radial_;
  Program slopes_;
};

template <class Real>
std::string reason_against(const DotKernel& kernel, const Real&, const Real&) { return kernel.name().empty() ? "no kernel" : ""; }
inline std::string reason_against(const DotKernel& kernel, const Ball& A, const Ball& C) {
  if (!A.is_finite() || !C.is_finite()) return kernel.name() + " has no derivatives at this point";
  const bool negative = certainly_negative(A) == Truth::yes || certainly_negative(C) == Truth::yes;
  return negative ? kernel.name() + " is no kernel: its metric is not positive at this point" : "";
}
inline std::string reason_against(const DotKernel& kernel, const Digits& A, const Digits& C) { return A < 0 || C < 0 ? kernel.name() + " is no kernel: its metric is not positive at this point" : ""; }

/// Its metric along a ray, at |x|^2 = s.
template <class Real>
RadialKernel<Real> dot_kernel(const DotKernel& kernel, const Real& s) {
  Evaluator<Jet<Real, 2>> evaluate(kernel.slopes());
  const auto f = evaluate(Jet<Real, 2>::variable(s));
  RadialKernel<Real> k;
  k.s = s;
  k.extent = s + Real(1);
  k.A = f[0];
  k.B = truncated(f[1]);
  k.radial = truncated(k.A) + Jet<Real, 1>::variable(s) * k.B;
  k.defect = k.B - Jet<Real, 1>(Real(2)) * derivative_series(k.A);
  k.radial_terms = abs(k.A[0]) + s * abs(k.B[0]);
  k.defect_terms = abs(k.B[0]) + Real(2) * abs(k.A[1]);
  k.no_metric = reason_against(kernel, k.A[0], k.radial[0]);
  k.singular = is_exact_zero(k.A[0]) && is_exact_zero(k.radial[0]);
  return k;
}

}  // namespace infwidth
