// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "infwidth/gaussian/variance_map.hpp"

namespace infwidth {

enum class Limit { zero, infinity };  // of the variance q: q -> 0+, q -> oo

/// The leading term of Q or chi and the next one, as formulas in q:
///     Q(q) = terms[0] + terms[1] + O(remainder)
///   terms      in order of size; one where there is no other (Q = q/2), or where the next is not known. Powers of q, exponentials of powers (exp(2 q),
///              exp(-1/(2 q))) and factors that go on oscillating (cos(4 q)). None: the function is 0.
///   remainder  what is left out is O of this; the order is the next term's where that is known. None, and not `beyond_powers`: nothing is left out.
///   beyond_powers  what is left out is smaller than every power of q, like exp(-1/q)
///   constants  letters in the terms for longer constants, c_1, c_2, ..
///   numeric    letters in the terms for constants that were found by extrapolation, with an estimate of the error: not proven
///   fitted     the exponents of q are such findings too; else they, and all but the numeric constants, are exact
struct Asymptotics {
  struct Numeric {
    std::string name;
    Estimate<Ball> value;
  };
  std::vector<Expression> terms;
  std::optional<Expression> remainder;
  bool beyond_powers = false;
  std::vector<std::pair<std::string, Expression>> constants;
  std::vector<Numeric> numeric;
  bool fitted = false;
  std::string method;
};

/// From the closed form where there is one that can be expanded; else for q -> 0 from the one-sided Taylor series of the activation at 0, for q -> oo from its
/// tails if it comes exponentially near to polynomials; else by extrapolation.
///   Errors   NoSuchQuantity: chi (or Q, from some q on) is infinite;
///            NotReached: no expansion in powers and exponentials is found (logarithms of q)
///   Derivation D-032
Asymptotics asymptotics(const VarianceMap& map, bool chi, Limit limit, const Budget& budget = {});

/// The routes by themselves; none where a route does not apply.
std::optional<Asymptotics> asymptotics_by_closed_form(const ClosedForm& form, bool chi, Limit limit);
std::optional<Asymptotics> asymptotics_by_taylor_series(const Activation& phi, bool chi);
std::optional<Asymptotics> asymptotics_by_tails(const VarianceMap& map, bool chi, const Budget& budget = {});
std::optional<Asymptotics> asymptotics_by_fit(const VarianceMap& map, bool chi, Limit limit, const Budget& budget = {});

}  // namespace infwidth
