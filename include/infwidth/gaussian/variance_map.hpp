// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <memory>
#include <string>

#include "infwidth/activation/activation.hpp"
#include "infwidth/gaussian/closed_form.hpp"
#include "infwidth/real/ball.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/estimate.hpp"
#include "infwidth/real/pack.hpp"
#include "infwidth/run/budget.hpp"

namespace infwidth {

/// The maps Q(q) = E[phi(sqrt(q) z)^2] and chi(q) = E[phi'(sqrt(q) z)^2], z ~ N(0,1), at one variance q, with the derivatives in q that
/// metric and curvature need.
///   radial   P = E[phi'(sqrt(q) z)^2 z^2] = chi + 2 q chi', formed without that sum; dradial = dP/dq
///   Q_order, chi_order   how many derivatives of Q / chi exist at this q (2 when all do, -1 when the value itself is infinite);
///            the fields beyond are 0 and mean nothing. `reason` says why: "chi' is infinite at q = 0: phi' jumps at x = 0"
///   sizes    of dQ, d2Q, dchi, d2chi: what their rounding in double precision is measured by, where they come from sums that cancel; else 0
template <class Real>
struct VarianceJet {
  Real Q = Real(0), dQ = Real(0), d2Q = Real(0);
  Real chi = Real(0), dchi = Real(0), d2chi = Real(0);
  Real radial = Real(0), dradial = Real(0);
  int Q_order = 2, chi_order = 2;
  std::string reason = {};
  std::string method = {};
  std::uint64_t evaluations = 0;
  bool proven = false;
  std::array<Real, 4> sizes = {Real(0), Real(0), Real(0), Real(0)};
};

/// Why E[phi'^2] is infinite at every q > 0, or "".
std::string reason_of_infinite_chi(const Activation& phi);

/// Q and chi of one activation, by the best route there is: closed form, residue trapezoid, Gauss-Legendre panels.
/// The choice is made once, at construction. Safe for concurrent reads.
///   Derivations D-020, D-030
class VarianceMap {
 public:
  /// What doubles are asked for: all fields, or Q, dQ and chi alone, which without a closed form is several times as fast to prepare. (Balls and `Digits` give all.)
  enum class OfDoubles { all, values };
  explicit VarianceMap(const Activation& activation, OfDoubles of_doubles = OfDoubles::all);
  ~VarianceMap();
  VarianceMap(VarianceMap&&) noexcept;
  VarianceMap& operator=(VarianceMap&&) noexcept;

  const Activation& activation() const;
  /// The formulas of Q and chi in q, as far as there are any.
  const ClosedForm& closed_form() const;
  /// Why E[phi'^2] is infinite at every q > 0, "" if it is not.
  const std::string& why_chi_is_infinite() const;

  /// Balls at the working precision: proven. q may be any ball >= 0; the exact 0 is an ordinary input.
  ///   Errors   NoSuchQuantity if Q diverges; NotReached if a bound cannot be had (naming the term).
  VarianceJet<Ball> at(const Ball& q, const Budget& budget = {}) const;
  /// Double precision, eight variances at once; 12 digits, not proven. Overflow gives infinities, which the caller refuses.
  VarianceJet<Pack> at(const Pack& q, const Budget& budget = {}) const;
  /// The second route, Boost.Math's quadrature at the precision of `Digits`: never a closed form, not proven.
  VarianceJet<Digits> at(const Digits& q, const Budget& budget = {}) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace infwidth
